"""Check: load everything into a folder that is thrown away, and say all that is wrong at once."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tierwise.engine.connect import open_session
from tierwise.engine.load import LoadedTable, LoadReport, load
from tierwise.engine.project import ProjectFolder, require_sources
from tierwise.results.answer import Answer, Column, Context, Figure, Grid
from tierwise.results.findings import TABLE_COLUMNS, problem_columns
from tierwise.tables.problems import Problem, Severity
from tierwise.units import Unit
from tierwise.workflows.build import chosen_day

_PROBLEM_COLUMNS = problem_columns(
    "severity",
    "table",
    "source",
    "row",
    "column",
    "value",
    "message",
    "remedy",
    "count",
    "code",
)
DERIVED = "derived from other tables"
UNREAD = "not read, see the errors"
_ORDER = list(Severity)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What loading would give, as values and as an answer to print."""

    report: LoadReport
    answer: Answer

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Every problem, the gravest first."""
        return tuple(sorted(self.report.problems, key=lambda p: _ORDER.index(p.severity)))

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems for which rows, or a whole table, are left out."""
        return self.report.errors


def check(
    project: ProjectFolder,
    *,
    as_of: date | None,
    today: date,
    tell: Callable[[str], None],
    environment: Mapping[str, str] | None = None,
) -> CheckResult:
    """Load into a temporary folder and report; as-of is the given date, the project's, or today.

    Raises UsageError for a date after today, DataError where the project names no sources.
    """
    require_sources(project)
    cut = chosen_day(project, today, as_of)
    with open_session() as session, tempfile.TemporaryDirectory(prefix="tierwise-check-") as folder:
        report = load(
            session,
            project,
            Path(folder),
            as_of=cut,
            today=today,
            tell=tell,
            environment=environment,
        )
    return CheckResult(report, _answer(project, report, cut))


def _answer(project: ProjectFolder, report: LoadReport, as_of: date) -> Answer:
    problems = sorted(report.problems, key=lambda p: _ORDER.index(p.severity))
    by_name = {table.name: table for table in report.tables}
    customers = by_name["customers"].rows_kept if "customers" in by_name else 0
    lines = by_name["order_lines"].rows_kept if "order_lines" in by_name else 0
    currency = project.settings.project.currency
    context = Context(project.name, "", as_of, "", "", None, currency, customers, lines)
    grids = (
        Grid(
            "tables",
            "Tables",
            TABLE_COLUMNS,
            tuple(map(_table_row, report.tables)) + _unread_rows(project, set(by_name)),
        ),
        Grid(
            "problems",
            "Problems",
            _PROBLEM_COLUMNS,
            tuple(_row(p, _PROBLEM_COLUMNS) for p in problems),
        ),
    )
    return Answer("check", "What the data say", context, _figures(report), grids)


def _figures(report: LoadReport) -> tuple[Figure, ...]:
    counted = [(s, sum(p.severity is s for p in report.problems)) for s in Severity]
    figures = [Figure(f"{s}s", f"{s.capitalize()}s", n, Unit.COUNT) for s, n in counted]
    kept = sum(table.rows_kept for table in report.tables if table.source)
    derived = sum(table.rows_kept for table in report.tables if not table.source)
    rejected = sum(table.rows_rejected for table in report.tables)
    later = sum(table.rows_after_as_of for table in report.tables)
    return (
        *figures,
        Figure("rows_kept", "Rows kept", kept, Unit.COUNT),
        Figure("rows_rejected", "Rows left out", rejected, Unit.COUNT),
        Figure("rows_after_as_of", "Rows dated later", later, Unit.COUNT),
        Figure("rows_derived", "Rows derived from others", derived, Unit.COUNT),
    )


def _table_row(table: LoadedTable) -> dict[str, Any]:
    """Of a table that no file has, nothing was read."""
    row = _row(table, TABLE_COLUMNS)
    return row if table.source else row | {"source": DERIVED, "rows_read": None}


def _unread_rows(project: ProjectFolder, loaded: set[str]) -> tuple[dict[str, Any], ...]:
    """One row for each source that gave no table."""
    empty = dict.fromkeys((column.name for column in TABLE_COLUMNS), None)
    return tuple(
        empty | {"name": name, "source": f"{source.path or source.table or name}: {UNREAD}"}
        for name, source in project.settings.sources.items()
        if name not in loaded
    )


def _row(item: object, columns: tuple[Column, ...]) -> dict[str, Any]:
    values = {column.name: getattr(item, column.name) for column in columns}
    return {name: str(v) if isinstance(v, Severity) else v for name, v in values.items()}
