"""Value cut by any dimension."""

from __future__ import annotations

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash.development.base_component import Component

from tierwise.console.page import Content, Page
from tierwise.console.parts.aria import aria
from tierwise.console.parts.charts import bars
from tierwise.console.parts.columns import leading
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.tables import table
from tierwise.console.view import View
from tierwise.errors import MissingDataError
from tierwise.results import Answer
from tierwise.units import Unit
from tierwise.workflows.value import Desk, Dimension

_TELLING = ("segment", "country", "industry", "kind", "channel", "business_unit")
_FEW = 2  # values from which there is something to compare
_DRAWN = 12  # slices that a chart has room for; the table has all

_LEADING = (
    "slice",
    "customers",
    "share_of_customers",
    "revenue",
    "revenue_share",
    "revenue_per_customer",
    "revenue_per_customer_low",
    "revenue_per_customer_high",
    "revenue_per_customer_same_tenure",
    "revenue_year_earlier",
    "change",
)


def fill(desk: Desk, view: View) -> Content:
    """Fill the page."""
    dimensions = desk.dimensions()
    if not dimensions:
        raise MissingDataError(
            "There is nothing to slice by.",
            "Map text columns such as country or segment in [sources.customers], "
            "or channel in [sources.order_lines].",
        )
    labels = {one.name: one.label for one in sorted(dimensions, key=_late)}
    by = view.get("by") or _first(list(labels), desk)
    answer = desk.slices(by, view.question())
    picker = dmc.Select(
        id={"type": "ask", "name": "by"},
        data=[{"value": name, "label": label} for name, label in labels.items()],
        value=by,
        searchable=True,
        allowDeselect=False,
        size="xs",
        w=200,
        **aria(label="Slice by"),
    )
    body = stack(
        figure_row(answer.figures, answer.context, view),
        panel(
            f"Revenue and customers by {labels.get(by, by)}",
            _chart(answer),
            aside=picker,
            hint=f"The {_DRAWN} largest; all of them are in the table.",
        ),
        table(
            leading(answer.grid("slices"), *_LEADING),
            answer.context,
            view,
            hint="Per customer: the mean with its 95% interval. "
            "A row opens the customers of the slice.",
        ),
        notes(answer.notes),
    )
    return Content(answer.context, body)


def _late(dimension: Dimension) -> bool:
    """Ids come after what people call things by."""
    return dimension.name.endswith("_id")


def _first(names: Sequence[str], desk: Desk) -> str:
    """The dimension shown before one is picked: a telling one, else one of few values."""
    said = {name.rpartition(".")[2].lower(): name for name in reversed(names)}
    telling = next((said[word] for word in _TELLING if word in said), "")
    return telling or min(names, key=lambda name: _unfit(len(desk.dimension_values(name))))


def _unfit(values: int) -> tuple[bool, int]:
    """A single value tells nothing; of the others, the fewer the better to look at."""
    return values < _FEW, values


def _chart(answer: Answer) -> Component:
    return bars(
        "slice-shares",
        answer.to_json()["slices"][:_DRAWN],
        key="slice",
        series=(
            ("revenue_share", "of revenue", "--tw-c1"),
            ("share_of_customers", "of customers", "--tw-c4"),
        ),
        unit=Unit.SHARE,
        axis="Share of the total",
        currency=answer.context.currency,
        describes="Share of revenue and of customers by slice.",
        options={
            "extra": [
                {"label": "Per customer", "name": "revenue_per_customer", "unit": "money"},
                {"label": "from", "name": "revenue_per_customer_low", "unit": "money"},
                {"label": "to", "name": "revenue_per_customer_high", "unit": "money"},
            ]
        },
    )


PAGE = Page("/value/slices", "Slices", fill, section="Value", tab="Slices", ignores=("lens",))
