"""Columns of a table: which come first, how broad they are, how their values are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from tierwise.results import Column, Context, Grid
from tierwise.results.answer import Row
from tierwise.units import Unit, format_value

_ROOM = 1014  # pixels that a table has beside the navigation at 1280
_DIGIT, _LETTER = 7.8, 7.0  # widths at 13 pixels
_BOLD, _BROAD = 7.5, 3.5  # the same of header text; what an m or a w takes beyond
_SHORT = 12  # characters up to which a text may be a key of digits and capitals
_PROSE = 44  # characters from which a text is wrapped instead of cut
_SENTENCE = 30  # the same in a crowded table, whose texts have less room
_LOOKED_AT = 200  # rows whose values say how broad a column is
_WHOLE_FROM = 10_000  # amounts from which a crowded table leaves out the cents
TIGHT_PADDING = 6  # pixels on each side of a cell of a crowded table; others have 12
_CODES = ("reason", "outcome", "status", "header_status", "required_skill", "record_type")
_NUMBERS = frozenset(Unit) - {Unit.TEXT, Unit.DATE}


def leading(grid: Grid, *names: str) -> Grid:
    """The grid with the named columns first, in that order; the rest as it was."""
    known = {column.name: column for column in grid.columns}
    first = [known[name] for name in names if name in known]
    rest = [column for column in grid.columns if column.name not in names]
    return replace(grid, columns=(*first, *rest))


def told(grid: Grid) -> Grid:
    """Without the columns that are empty all the way down, such as names nobody has."""
    if not grid.rows:
        return grid
    kept = [c for c in grid.columns if any(row[c.name] not in (None, "") for row in grid.rows)]
    return replace(grid, columns=tuple(kept))


@dataclass(frozen=True, slots=True)
class _Room:
    """Pixels that a cell may take."""

    padding: int  # of both sides, with the line between cells
    header: int  # the same of a header, whose words are never cut
    narrow: int  # least of any column
    broad: int  # most that a text asks for


_WIDE = _Room(26, 34, 64, 280)
_TIGHT = _Room(2 * TIGHT_PADDING + 2, 2 * TIGHT_PADDING + 4, 48, 170)


@dataclass(frozen=True, slots=True)
class Layout:
    """How columns share the room of a table."""

    widths: tuple[int, ...]  # pixels, least
    brief: frozenset[str]  # names of the columns whose amounts are shown without cents
    tight: bool = False  # whether cells stand closer together

    @property
    def wide(self) -> bool:
        """True when the table has to be scrolled sideways at 1280 pixels."""
        return sum(self.widths) > _ROOM


def layout(columns: Sequence[Column], rows: Sequence[Row]) -> Layout:
    """The least widths; a table that is too wide loses cents of amounts first, then room."""
    exact = Layout(tuple(_width(c, rows, _WIDE, brief=False) for c in columns), frozenset())
    if not exact.wide:
        return exact
    brief = frozenset(c.name for c in columns if c.unit is Unit.MONEY and _large(c, rows))
    short = Layout(tuple(_width(c, rows, _WIDE, brief=c.name in brief) for c in columns), brief)
    if not short.wide:
        return short
    widths = tuple(_width(c, rows, _TIGHT, brief=c.name in brief) for c in columns)
    return Layout(widths, brief, tight=True)


def _large(column: Column, rows: Sequence[Row]) -> bool:
    values = (row.get(column.name) for row in rows)
    return any(abs(value) >= _WHOLE_FROM for value in values if value is not None)


def _width(column: Column, rows: Sequence[Row], room: _Room, *, brief: bool) -> int:
    """Pixels that the longest value and the longest word of the label need."""
    shown = (_written(row.get(column.name), column.unit, brief) for row in rows[:_LOOKED_AT])
    length = max((len(text) for text in shown), default=1)
    prose = column.unit is Unit.TEXT and length > _SHORT
    longest = max(length * (_LETTER if prose else _DIGIT), _SHORT * _DIGIT if prose else 0)
    word = max((_bold(part) for part in column.label.split()), default=_BOLD)
    return int(min(max(longest + room.padding, word + room.header, room.narrow), room.broad))


def _bold(word: str) -> float:
    return len(word) * _BOLD + sum(letter in "mwMW" for letter in word) * _BROAD


def _written(value: Any, unit: Unit, brief: bool) -> str:
    return f"{value:,.0f}" if brief and value is not None else format_value(value, unit)


def definitions(
    columns: Sequence[Column], rows: Sequence[Row], context: Context, plan: Layout
) -> list[dict[str, Any]]:
    """What AG Grid is told of the columns; those that name a row stay in sight."""
    found = [
        {
            **_column(c, context, brief=c.name in plan.brief),
            "minWidth": width,
            "flex": width,
            **_wrapping(c, rows, _SENTENCE if plan.tight else _PROSE),
        }
        for c, width in zip(columns, plan.widths, strict=True)
    ]
    for at, column in enumerate(columns):
        if at == 0 or column.opens:
            found[at] |= {"cellRenderer": "RowLink"}
    for at in range(_naming(columns) if plan.wide else 0):
        found[at] |= {"pinned": "left", "width": plan.widths[at], "flex": None}
    return found


def _naming(columns: Sequence[Column]) -> int:
    """How many columns name a row: up to the first text, such as a rank and an id."""
    first = next((at for at, c in enumerate(columns[:2]) if c.unit is Unit.TEXT), 0)
    return first + 1


def _wrapping(column: Column, rows: Sequence[Row], longest: int) -> dict[str, Any]:
    prose = column.unit is Unit.TEXT and any(
        len(str(row.get(column.name) or "")) > longest for row in rows[:50]
    )
    return {"wrapText": True, "autoHeight": True, "cellClass": "tw-prose"} if prose else {}


def _column(column: Column, context: Context, *, brief: bool) -> dict[str, Any]:
    written = f"'{column.unit}', '{context.currency}'"
    definition: dict[str, Any] = {
        "field": column.name,
        "headerName": column.label,
        "headerTooltip": column.help or column.label,
        "tooltipField": column.name if column.unit is Unit.TEXT else None,
        "valueFormatter": {"function": f"{_formatter(column)}, {written}, {str(brief).lower()})"},
        "filter": "agTextColumnFilter",
        "useValueFormatterForExport": False,
        "wrapHeaderText": True,
        "autoHeaderHeight": True,
    }
    return definition | (_number(written, brief) if column.unit in _NUMBERS else {})


def _formatter(column: Column) -> str:
    return "showCode(params.value" if column.name in _CODES else "showValue(params.value"


def _number(written: str, brief: bool) -> dict[str, Any]:
    exact = {"tooltipValueGetter": {"function": f"exactValue(params.value, {written})"}}
    return {
        "filter": "agNumberColumnFilter",
        "type": "rightAligned",
        "cellClass": "tw-number ag-right-aligned-cell",
        **(exact if brief else {}),
    }
