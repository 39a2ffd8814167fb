"""Steps from one total to the next: a bar and a figure each, so that small steps are seen too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dash import html
from dash.development.base_component import Component

from tierwise.console.parts.aria import aria
from tierwise.results import Grid
from tierwise.results.answer import Row
from tierwise.units import Unit, format_value


@dataclass(frozen=True, slots=True)
class Span:
    """Where the bar of a step begins and ends, in units of the amounts."""

    start: float
    end: float


def spans(rows: Sequence[Row]) -> list[Span]:
    """Totals stand on zero, changes hang where the step before them ended."""
    found: list[Span] = []
    reached = 0.0
    for row in rows:
        amount = float(row["amount"])
        start = 0.0 if row["is_total"] else reached
        reached = start + amount
        found.append(Span(start, reached))
    return found


def steps(grid: Grid, describes: str, extra: Mapping[str, tuple[str, Unit]] | None = None) -> Any:
    """A table with a bar a step; `extra` holds label and unit of more columns by name."""
    more = extra or {}
    head = html.Tr([html.Th(label, scope="col") for label in _labels(more)])
    placed = zip(grid.rows, _places(spans(grid.rows)), strict=True)
    body = [_step(row, place, more) for row, place in placed]
    return html.Div(
        html.Table(
            [html.Thead(head), html.Tbody(body)], className="tw-steps", **aria(label=describes)
        ),
        className="tw-scroll",
    )


def _labels(more: Mapping[str, tuple[str, Unit]]) -> list[str]:
    return ["Step", "", "Amount", *(label for label, _ in more.values())]


def _places(found: Sequence[Span]) -> list[tuple[float, float]]:
    """Left end and width of each bar, as percentages of the room that all of them need."""
    ends = [0.0, *(end for span in found for end in (span.start, span.end))]
    low, room = min(ends), (max(ends) - min(ends)) or 1.0
    return [
        (100 * (min(s.start, s.end) - low) / room, 100 * abs(s.end - s.start) / room) for s in found
    ]


def _step(row: Row, place: tuple[float, float], more: Mapping[str, tuple[str, Unit]]) -> Component:
    total = bool(row["is_total"])
    bar = html.Div(className=f"tw-step-bar {_kind(row)}", style=_style(*place))
    return html.Tr(
        [
            html.Th(str(row["component"]), scope="row"),
            html.Td(html.Div(bar, className="tw-step-room")),
            html.Td(_amount(row)),
            *(html.Td("" if total else format_value(row[n], u)) for n, (_, u) in more.items()),
        ],
        className="tw-step-total" if total else "",
    )


def _amount(row: Row) -> str:
    """A change with its sign, a total without."""
    text = format_value(row["amount"], Unit.MONEY)
    return text if row["is_total"] or row["amount"] <= 0 else f"+{text}"


def _kind(row: Row) -> str:
    if row["is_total"]:
        return "tw-step-stands"
    return "tw-step-adds" if row["amount"] > 0 else "tw-step-takes"


def _style(left: float, width: float) -> dict[str, str]:
    return {"left": f"min({left:.3f}%, 100% - 2px)", "width": f"max({width:.3f}%, 2px)"}
