"""Answer, Figure, Grid, Column, Context: immutable, and JSON by one rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from tierwise.units import Unit

Row = Mapping[str, Any]

LISTED = 500
"""Rows that a list shows before it is cut and says so."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a grid."""

    name: str  # key in the rows and in JSON
    label: str  # what people read
    unit: Unit = Unit.TEXT
    help: str = ""  # one sentence, shown on hover and in the report's glossary
    opens: str = ""  # key in the rows of the selector behind this very value; "": the row's own


@dataclass(frozen=True, slots=True)
class Grid:
    """A table of an answer. `opens` says which column holds the selector of a row's members."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    opens: str = ""  # column whose value is a member selector such as "rank:1-40"; "" if none


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its unit, its interval where it is an estimate, and its rows."""

    name: str
    label: str
    value: Any
    unit: Unit
    low: float | None = None  # lower end of the interval, same unit; None for an exact count
    high: float | None = None
    note: str = ""
    opens: str = ""  # member selector, see workflows.members


@dataclass(frozen=True, slots=True)
class Context:
    """What every figure of an answer stands on."""

    project: str
    build: str  # id of the build that was read
    as_of: date  # nothing dated later was read
    lens: str  # what customers are ranked by
    window: str  # such as "12m" or "all"
    window_from: date | None  # first day counted; None when everything is
    currency: str  # ISO 4217
    customers: int  # customers behind the answer
    lines: int  # input rows behind the answer
    slice: str = ""  # such as "country = France"; "" when nothing is cut away


@dataclass(frozen=True, slots=True)
class Answer:
    """What a question is answered with."""

    kind: str
    title: str
    context: Context
    figures: tuple[Figure, ...] = ()
    grids: tuple[Grid, ...] = ()
    notes: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)  # chart series and other JSON

    def figure(self, name: str) -> Figure:
        """Return the figure called `name`; KeyError if there is none."""
        return {figure.name: figure for figure in self.figures}[name]

    def grid(self, name: str) -> Grid:
        """Return the grid called `name`; KeyError if there is none."""
        return {grid.name: grid for grid in self.grids}[name]

    def to_json(self) -> dict[str, Any]:
        """One flat document: context, then figures by name, then grids by name.

        Shares are 0..1, money and counts are numbers, dates ISO text; intervals
        stand under `intervals` as `[low, high]` by figure name, the selectors of
        the rows behind figures under `opens`. A grid whose name is taken by a
        figure or the context stands under that name and `_rows`.
        """
        document: dict[str, Any] = {"kind": self.kind, "title": self.title}
        document |= {name: getattr(self.context, name) for name in Context.__slots__}
        document |= {figure.name: figure.value for figure in self.figures}
        intervals = {f.name: [f.low, f.high] for f in self.figures if f.low is not None}
        if intervals:
            document["intervals"] = intervals
        opens = {f.name: f.opens for f in self.figures if f.opens}
        if opens:
            document["opens"] = opens
        for grid in self.grids:
            name = f"{grid.name}_rows" if grid.name in document else grid.name
            document[name] = [dict(row) for row in grid.rows]
        document |= dict(self.extra)
        document["notes"] = list(self.notes)
        plain: dict[str, Any] = _plain(document)
        return plain


def _plain(value: object) -> Any:
    """Turn decimals into numbers and dates into ISO text, all the way down."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_plain(item) for item in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date | datetime | time):
        return value.isoformat()
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return str(value)
