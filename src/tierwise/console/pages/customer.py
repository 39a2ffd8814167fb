"""One customer: figures, drivers, orders down to their lines, contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import dash_mantine_components as dmc
from dash import Dash, dcc, html
from dash.development.base_component import Component

from tierwise.console.page import Content, House, Page
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.later import fill_later, later
from tierwise.console.parts.messages import explained, message
from tierwise.console.parts.raw import LABELS, readable
from tierwise.console.parts.steps import steps
from tierwise.console.parts.tables import table
from tierwise.console.parts.tier_of_customer import fill_customer_tier
from tierwise.console.parts.words import window_name
from tierwise.console.parts.worth import fill_customer_worth
from tierwise.console.view import View
from tierwise.errors import TierwiseError, UsageError
from tierwise.results import Answer, Grid
from tierwise.results.answer import Row
from tierwise.units import Unit
from tierwise.workflows.value import Desk

_ALIKE = 8  # ids shown where nobody has the one asked for
_HIDDEN = ("customer_id", "name", "attributes", "source_file", "source_row", "email_hash")


def fill(desk: Desk, view: View) -> Content:
    """Fill the page."""
    id = view.get("id")
    if not id:
        raise UsageError("No customer is named.", "Type an id or a name into the search field.")
    question = view.question()
    try:
        answer = desk.customer(id, question, order=view.get("order"))
    except UsageError:
        return _nobody(desk, id, view)
    body = stack(
        _profile(answer),
        figure_row([f for f in answer.figures if f.value is not None], answer.context, view),
        later("customer-worth", view, "Working out what this customer may be worth…", height=92),
        later("customer-tier", view, "Working out the tier, and what would change it…", height=92),
        html.Div(
            [
                panel(
                    "From revenue to profit",
                    steps(answer.grid("drivers"), "Steps from revenue to profit"),
                    hint=f"What the value is made of, in {answer.context.currency}.",
                ),
                _drivers(desk, id, view),
            ],
            className="tw-halves",
        ),
        _orders(answer, view),
        _lines(answer, view),
        table(readable(answer.grid("contacts")), answer.context, view, hint=_all_history(answer))
        if answer.grid("contacts").rows
        else None,
        notes(answer.notes),
    )
    return Content(answer.context, body, title=answer.title)


def _nobody(desk: Desk, id: str, view: View) -> Content:
    """Nobody has this id: the customer whose id differs in case alone, else those alike."""
    asked = replace(view.question(), where=())
    rows = desk.members(f"find:{id}", asked, limit=_ALIKE).grid("members").rows
    same = [
        str(row["customer_id"]) for row in rows if str(row["customer_id"]).lower() == id.lower()
    ]
    if len(same) == 1 and same[0] != id:
        return fill(desk, replace(view, query={**view.query, "id": same[0]}))
    return Content(None, _unknown(id, rows, view), title="Customer")


def _unknown(id: str, rows: Sequence[Row], view: View) -> Component:
    alike = [
        dcc.Link(
            f"{row['customer_id']} {row['name'] or ''}".strip(), href=href, className="tw-chip"
        )
        for row in rows
        if (href := view.opens(str(row["opens"])))
    ]
    return message(
        f"Nobody is called “{id}” in this build",
        "Alike are:" if alike else "No id and no name holds this text.",
        action=html.Div(
            [
                *alike,
                dcc.Link("All customers", href=view.href("/members"), className="tw-chip"),
            ],
            className="tw-chips",
        ),
    )


def _drivers(desk: Desk, id: str, view: View) -> Component:
    """From the average customer to this one, or why that cannot be told."""
    title = "From the average customer to this one"
    try:
        answer = desk.drivers(id, replace(view.question(), where=()))
    except TierwiseError as error:
        return panel(title, explained(error, bare=True))
    chart = steps(
        answer.grid("steps"),
        "Steps from the value of the average customer to that of this one",
        {"average": ("Average", Unit.RATIO), "own": ("This one", Unit.RATIO)},
    )
    return panel(
        title,
        chart,
        notes(answer.notes),
        hint="Blue steps add to what the average customer is worth, orange ones take away.",
    )


def _profile(answer: Answer) -> Component:
    known = {k: v for k, v in answer.extra["profile"].items() if k not in _HIDDEN}
    facts = [
        ("Customer", answer.extra["customer_id"]),
        *((LABELS.get(k, k.replace("_", " ")), v) for k, v in known.items()),
    ]
    return html.Dl(
        [html.Div([html.Dt(str(name)), html.Dd(str(value))]) for name, value in facts],
        className="tw-facts",
    )


def _all_history(answer: Answer) -> str:
    """Lists go back to the first day; the cards above do not."""
    if answer.context.window == "all":
        return ""
    return f"All history; the cards above count the {window_name(answer.context.window)}."


def _orders(answer: Answer, view: View) -> Component:
    id = str(answer.extra["customer_id"])
    return table(
        answer.grid("orders"),
        answer.context,
        view,
        hint=" ".join((_all_history(answer), "A row shows the lines of that order.")).strip(),
        links=lambda row: view.href("/customer", id=id, order=str(row["header_id"])) + "#lines",
    )


def _lines(answer: Answer, view: View) -> Component:
    """All order lines, or those of the order in the address; source rows lead back to the input."""
    grid, order = readable(answer.grid("order_lines")), view.get("order")
    if not order:
        listed = table(grid, answer.context, view, hint=_all_history(answer))
        return html.Div(listed, id="lines")
    chosen: Grid = replace(grid, title=f"Lines of order {order}")
    every = dcc.Link(
        dmc.Text("Show all lines", size="xs", span=True),
        href=view.href("/customer", id=str(answer.extra["customer_id"])),
        className="tw-link",
    )
    return html.Div(table(chosen, answer.context, view, id="order-lines", aside=every), id="lines")


def connect(app: Dash, house: House) -> None:
    """Fill in what takes a while."""
    fill_later(app, house, "customer-worth", fill_customer_worth)
    fill_later(app, house, "customer-tier", fill_customer_tier)


PAGE = Page("/customer", "Customer", fill, section="Customers", connect=connect, ignores=("slice",))
