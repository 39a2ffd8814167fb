"""Drawing answers in a terminal: results on stdout, everything else on stderr."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TextIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tierwise.errors import MissingDataError, TierwiseError, UsageError
from tierwise.results import Answer, Figure, Grid
from tierwise.tables import Problem, Severity
from tierwise.units import Unit, format_value, number_of

ROWS_SHOWN = 30
"""Rows of a grid that are printed; --json, --csv and the console have all."""

_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "yellow", Severity.NOTE: "dim"}

COLUMNS_WITH_CENTS = 9
"""Tables with more columns than this show money without cents."""

WIDE = 200
"""Columns to assume when the output goes into a file or a pipe."""

_out = Console(width=None if sys.stdout.isatty() else WIDE, highlight=False)
_err = Console(stderr=True, highlight=False, soft_wrap=True)


def say(message: str) -> None:
    """Progress and remarks: on stderr, so that stdout stays the result."""
    _err.print(Text(message, style="dim"))


def show_error(error: TierwiseError) -> None:
    """What was found and what to do, on stderr."""
    _err.print(Text(error.message, style="bold red"))
    if error.remedy:
        _err.print(Text(error.remedy))


def show_json(document: object) -> None:
    """One JSON document on stdout."""
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def show(answer: Answer, *, as_json: bool, heading: str = "") -> None:
    """Print an answer in the form that was asked for; `heading` where it stands on no build."""
    if as_json:
        show_json(answer.to_json())
        return
    _out.print(Text(answer.title, style="bold"))
    _out.print(Text(heading or context_line(answer), style="dim"))
    _out.print()
    currency = answer.context.currency
    if answer.figures:
        _out.print(_figures(answer.figures, currency))
    for grid in answer.grids:
        if grid.rows:
            _out.print()
            _out.print(_grid(grid, currency))
    for note in answer.notes:
        _out.print(Text(f"· {note}", style="dim"))


def write_csv(answer: Answer, target: str) -> None:
    """The first grid of an answer, every row, into a file or (`-`) to stdout.

    Headers are the names that JSON has; shares are 0..1, dates ISO, numbers plain.
    """
    grid = next((g for g in answer.grids if g.rows), None)
    if grid is None and not answer.grids:
        raise MissingDataError(f"{answer.title}: there is no table in this answer.", "Use --json.")
    chosen = grid or answer.grids[0]
    if target == "-":
        _write_rows(sys.stdout, chosen)
        return
    try:
        with Path(target).open("w", encoding="utf-8", newline="") as file:
            _write_rows(file, chosen)
    except OSError as error:
        raise UsageError(f"{target} cannot be written: {error.strerror}.") from error
    say(f"{number_of(len(chosen.rows), 'row')} of {chosen.title} written to {target}.")


def _write_rows(file: TextIO, grid: Grid) -> None:
    writer = csv.writer(file, lineterminator="\n")
    names = [column.name for column in grid.columns]
    names += [grid.opens] if grid.opens and grid.opens not in names else []
    writer.writerow(names)
    for row in grid.rows:
        writer.writerow([_plain(row.get(name)) for name in names])


def _plain(value: object) -> object:
    """Floats without the digits that no measurement has; None is an empty field."""
    return round(value, 6) if isinstance(value, float) else value


def show_problems(problems: Sequence[Problem]) -> None:
    """One paragraph a problem, the gravest first: where, what was found, what to do."""
    for problem in problems:
        _out.print(Text(f"{problem.severity}: ", style=_STYLES[problem.severity]), end="")
        _out.print(Text(str(problem)))
    if not problems:
        _out.print("Nothing to report.")


def context_line(answer: Answer) -> str:
    """`Fairfield, as of 2025-12-31, 12m, by revenue in EUR, 5,000 customers`."""
    c = answer.context
    parts = [c.project, f"as of {c.as_of}"]
    if c.window:
        parts.append("all history" if c.window == "all" else f"{c.window} from {c.window_from}")
        parts.append(f"by {c.lens.replace('_', ' ')} in {c.currency}")
    parts.append(number_of(c.customers, "customer"))
    return ", ".join([*parts, c.slice] if c.slice else parts)


def _figures(figures: tuple[Figure, ...], currency: str) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right", style="bold")
    table.add_column(style="dim")
    for figure in figures:
        interval = ""
        if figure.low is not None and figure.high is not None:
            ends = (format_value(end, figure.unit, currency) for end in (figure.low, figure.high))
            interval = " to ".join(ends)
        remark = ", ".join(part for part in (interval, figure.note) if part)
        table.add_row(figure.label, format_value(figure.value, figure.unit, currency), remark)
    return table


def _grid(grid: Grid, currency: str) -> Table:
    shown = grid.rows[:ROWS_SHOWN]
    more = len(grid.rows) - len(shown)
    title = (
        f"{grid.title} ({currency})"
        if any(c.unit is Unit.MONEY for c in grid.columns)
        else grid.title
    )
    caption = f"{number_of(more, 'more row')} with --json or --csv FILE" if more > 0 else None
    table = Table(title=title, title_justify="left", caption=caption, header_style="bold", box=None)
    for column in grid.columns:
        text = column.unit in (Unit.TEXT, Unit.DATE)
        table.add_column(column.label, justify="left" if text else "right", overflow="fold")
    for row in shown:
        table.add_row(*(_cell(row.get(c.name), c.unit, len(grid.columns)) for c in grid.columns))
    return table


def _cell(value: Any, unit: Unit, columns: int) -> str:
    """Wide tables show whole units of money: cents would not fit beside each other."""
    if unit is Unit.MONEY and value is not None and columns > COLUMNS_WITH_CENTS:
        return f"{value:z,.0f}"
    return format_value(value, unit).removesuffix(" min")
