"""How much of the value the best customers bring."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component

from tierwise.console.guard import guarded, in_browser
from tierwise.console.page import Content, House, Page
from tierwise.console.parts.aria import aria
from tierwise.console.parts.charts import curve
from tierwise.console.parts.figures import figure_row, panel
from tierwise.console.parts.tables import table
from tierwise.console.parts.words import LENS_NAMES
from tierwise.console.view import View, read_view
from tierwise.results import Answer
from tierwise.results.answer import Row
from tierwise.units import Unit, format_value
from tierwise.workflows.value import Desk

_FIRST = 40  # the list length shown before anything is typed


def fill(desk: Desk, view: View) -> Content:
    """Fill the page: headline, curve, the live question and the tables."""
    question = view.question()
    answer = desk.concentration(question)
    top = min(_asked(view), answer.context.customers)
    asked = desk.concentration(question, top_n=(top,))
    body = html.Div(
        [
            figure_row(answer.figures, answer.context, view),
            html.Div([_curve(answer, view), _live(answer, asked, top, view)], className="tw-split"),
            html.Div(
                [table(answer.grid(name), answer.context, view) for name in ("top", "needed")],
                className="tw-unequal",
            ),
        ],
        className="tw-stack",
    )
    return Content(answer.context, body)


def _asked(view: View) -> int:
    text = view.get("top")
    return max(int(text), 1) if text.isdigit() else _FIRST


def _curve(answer: Answer, view: View) -> Component:
    of = LENS_NAMES.get(answer.context.lens, answer.context.lens)
    logarithmic = view.get("axis") == "log"
    points = answer.to_json()["lorenz"]
    chart = curve(
        "concentration-curve",
        [p for p in points if p["rank"] or not logarithmic],
        name="share",
        label="Share of the total",
        unit=Unit.SHARE,
        tip="concentrationTip",
        options={"of": of},
        marks=_mark(min(_asked(view), answer.context.customers)),
        describes=f"Curve of the share of {of} against customers ranked from the best on.",
        logarithmic=logarithmic,
    )
    scale = dmc.SegmentedControl(
        id={"type": "ask", "name": "axis"},
        data=[{"value": "", "label": "Even steps"}, {"value": "log", "label": "Zoom on the best"}],
        value=view.get("axis"),
        size="xs",
        **aria(label="Scale of the customer axis"),
    )
    return panel(
        answer.title, chart, hint="Move over the curve, or use the arrow keys.", aside=scale
    )


def _mark(top: int) -> list[dict[str, Any]]:
    return [{"x": top, "color": "var(--tw-mark)", "label": f"top {top:,}"}]


def _live(answer: Answer, asked: Answer, top: int, view: View) -> Component:
    number = dmc.NumberInput(
        id="top-n",
        label="Best customers",
        value=top,
        min=1,
        max=answer.context.customers,
        step=10,
        thousandSeparator=",",
        allowDecimal=False,
        allowNegative=False,
        debounce=250,
        size="sm",
    )
    sentence = html.Div(top_sentence(asked, top, view), id="top-n-answer", **aria(live="polite"))
    return panel("How much do the best bring?", number, sentence, hint="Type a number.")


def _row_of(answer: Answer, top: int) -> Row:
    return next(row for row in answer.grid("top").rows if row["customers"] == top)


def top_sentence(answer: Answer, top: int, view: View) -> list[Component]:
    """The live answer: share in large, the rest as a sentence, and the way to the rows."""
    row = _row_of(answer, top)
    of = LENS_NAMES.get(answer.context.lens, answer.context.lens)
    customers = format_value(row["customers"], Unit.COUNT)
    part = format_value(row["share_of_customers"], Unit.SHARE)
    amount = format_value(row["amount"], Unit.MONEY, answer.context.currency)
    return [
        html.Div(format_value(row["share"], Unit.SHARE), className="tw-big"),
        html.P(f"of {of} comes from the best {customers} customers ({part}): {amount}."),
        dcc.Link("Show these customers", href=view.opens(str(row["opens"])), className="tw-action"),
    ]


def connect(app: Dash, house: House) -> None:
    """Answer the typed list length while the page stays."""

    @guarded(
        app,
        Output("top-n-answer", "children"),
        Output("concentration-curve", "referenceLines"),
        Input("top-n", "value"),
        State("url", "pathname"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def answer_top_n(top: Any, path: str, search: str) -> tuple[Any, Any]:
        view = read_view(path, search)
        if not top:
            return [html.P("Type how many customers to look at.")], []
        answer = house.desk(view).concentration(view.question(), top_n=(int(top),))
        shown = min(int(top), answer.context.customers)
        return top_sentence(answer, shown, view), _mark(shown)

    in_browser(app, "keepTop", Output("top-n-answer", "data-top"), Input("top-n", "value"))


PAGE = Page("/value", "Concentration", fill, section="Value", tab="Concentration", connect=connect)
