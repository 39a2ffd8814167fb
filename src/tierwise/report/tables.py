"""Grids and figures as text to set: every number through format_value, units in the heads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tierwise.results import Column, Figure, Grid
from tierwise.results.answer import Row
from tierwise.units import Unit, format_value

LONGEST_WORD = 32
"""Characters without a space that fit a column; what is longer may break anywhere."""

SHORTEST_TEXT = 12  # characters that a line always has room for
FEW = 4  # columns that look lost across a whole page
SHORT = 14  # rows that are kept together on one page


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell; `interval` is set small below the text of an estimate."""

    text: str
    numeric: bool = False
    interval: str = ""
    heat: int = 0  # 0..9, shade behind the number
    long: bool = False  # may be broken anywhere, such as a digest
    whole: bool = False  # never broken, such as a band of ranks


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one column; `unit` is said here once, not in every cell."""

    label: str
    unit: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class Table:
    """A table ready to be set."""

    caption: str
    count: str  # such as "6 rows, amounts in EUR"
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    dense: bool = False  # many narrow columns

    @property
    def look(self) -> str:
        """Classes: how wide to set it, and whether a page may end within it."""
        names = (
            ("dense", self.dense),
            ("full", len(self.heads) > FEW),
            ("short", len(self.rows) <= SHORT),
        )
        return " ".join(name for name, holds in names if holds)


@dataclass(frozen=True, slots=True)
class Card:
    """One figure with its label, its interval and what it means."""

    label: str
    text: str
    unit: str = ""  # currency of an amount
    interval: str = ""
    note: str = ""


def card(figure: Figure, currency: str) -> Card:
    """A figure as people read it, with its currency beside it."""
    text, low, high = (
        format_value(v, figure.unit) for v in (figure.value, figure.low, figure.high)
    )
    interval = f"{low} to {high}" if figure.low is not None else ""
    unit = currency if figure.unit is Unit.MONEY else ""
    return Card(figure.label, text, unit, interval, figure.note)


def table(
    grid: Grid,
    currency: str,
    columns: Sequence[str] = (),
    caption: str = "",
    most: int | None = None,
) -> Table:
    """Lay out a grid, or the columns named and the first `most` rows.

    A column without any value is left out.
    """
    chosen = [c for c in grid.columns if not columns or c.name in columns]
    filled = [c for c in chosen if any(row.get(c.name) not in (None, "") for row in grid.rows)]
    bounds = {c.name + end for c in filled for end in ("_low", "_high")}
    shown = [c for c in filled if c.name not in bounds]
    ranged = {
        c.name for c in shown if any(row.get(f"{c.name}_low") is not None for row in grid.rows)
    }
    heads = tuple(_head(c, currency, c.name in ranged) for c in shown)
    rows = tuple(tuple(_cell(row, c) for c in shown) for row in grid.rows[:most])
    return Table(caption or grid.title, _count(grid, len(rows), shown, currency), heads, rows)


def shaded(grid: Grid, currency: str) -> Table:
    """A table of counts in which a darker cell holds more; the first column is the label."""
    plain = table(grid, currency)
    keys = [c.name for c in grid.columns if c.unit is Unit.COUNT]
    most = max((row[key] for row in grid.rows for key in keys), default=0)
    heats = [[0, *(_heat(row[key], most) for key in keys)] for row in grid.rows]
    rows = tuple(
        tuple(replace(cell, heat=heat) for cell, heat in zip(row, line, strict=True))
        for row, line in zip(plain.rows, heats, strict=True)
    )
    return replace(plain, rows=rows, dense=True)


def _heat(count: int, most: int) -> int:
    return -(-9 * count // most) if most else 0


def _head(column: Column, currency: str, ranged: bool) -> Head:
    said = {Unit.MONEY: currency, Unit.SHARE: "%"}.get(column.unit, "")
    both = f"{said}, interval".removeprefix(", ")
    return Head(column.label, both if ranged else said, _is_number(column))


def _cell(row: Row, column: Column) -> Cell:
    low, high = row.get(f"{column.name}_low"), row.get(f"{column.name}_high")
    ends = f"{format_value(low, column.unit)} to {format_value(high, column.unit)}"
    text = format_value(row.get(column.name), column.unit)
    return Cell(
        text,
        numeric=_is_number(column),
        interval=ends if low is not None else "",
        long=any(len(word) > LONGEST_WORD for word in text.split()),
        whole=len(text) <= SHORTEST_TEXT,
    )


def _is_number(column: Column) -> bool:
    return column.unit not in (Unit.TEXT, Unit.DATE)


def _count(grid: Grid, laid: int, columns: Sequence[Column], currency: str) -> str:
    rows = len(grid.rows)
    counted = "1 row" if rows == 1 else f"{format_value(rows, Unit.COUNT)} rows"
    if laid < rows:
        counted = f"the first {format_value(laid, Unit.COUNT)} of {counted}"
    money = any(column.unit is Unit.MONEY for column in columns)
    return f"{counted}, amounts in {currency}" if money else counted
