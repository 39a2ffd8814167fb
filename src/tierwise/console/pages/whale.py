"""The whale curve: where profit peaks, and who takes it back."""

from __future__ import annotations

from dash.development.base_component import Component

from tierwise.console.page import Content, Page
from tierwise.console.parts.charts import curve
from tierwise.console.parts.columns import leading
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.tables import table
from tierwise.console.parts.unallocated import with_unallocated
from tierwise.console.view import View
from tierwise.results import Answer
from tierwise.units import Unit
from tierwise.workflows.value import Desk

_FIRST = ("rank", "customer_id", "name", "profit", "gross_profit", "cost_to_serve", "revenue")


def fill(desk: Desk, view: View) -> Content:
    """Fill the page."""
    question = view.question()
    answer = desk.whale(question)
    losers = desk.members("loss-makers", question, limit=200)
    body = stack(
        figure_row(
            with_unallocated(answer.figures, answer.context, desk, view), answer.context, view
        ),
        panel(
            "Cumulative profit, best customers first",
            _chart(answer),
            hint="The curve climbs while customers earn, "
            "and falls where serving them costs more than they bring.",
        ),
        notes(answer.notes),
        table(
            leading(losers.grid("members"), *_FIRST),
            answer.context,
            view,
            id="loss-makers",
            hint="The costliest first, 200 at most; the card above opens all of them.",
        ),
        table(answer.grid("steps"), answer.context, view),
    )
    return Content(answer.context, body)


def _chart(answer: Answer) -> Component:
    at_peak = answer.figure("customers_at_peak").value
    return curve(
        "whale-curve",
        answer.to_json()["curve"],
        name="cumulative",
        label=f"Cumulative profit, {answer.context.currency}",
        unit=Unit.MONEY,
        tip="whaleTip",
        options={"currency": answer.context.currency},
        marks=[{"x": at_peak, "color": "var(--tw-mark)", "label": f"peak at {at_peak:,}"}],
        describes="Cumulative profit against customers, the most profitable first.",
    )


PAGE = Page("/value/whale", "Whale curve", fill, section="Value", tab="Whale curve")
