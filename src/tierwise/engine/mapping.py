"""From a source's columns to canonical ones: which expression fills which column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from tierwise.engine.connect import Session, quoted
from tierwise.engine.presets import read_preset
from tierwise.engine.project import nearest
from tierwise.engine.readers.rows import (
    FILE,
    ROW,
    InputKind,
    Rows,
    UnreadableError,
    described,
    identifier,
)
from tierwise.settings.model import ColumnSource, Source
from tierwise.tables.problems import Problem, Severity
from tierwise.tables.schema import Column, Table

Origin = str | ColumnSource


@dataclass(frozen=True, slots=True)
class Field:
    """One canonical column and the SQL expression over the source that fills it."""

    column: Column
    sql: str
    origin: str  # as the user knows it: the source's column, else the canonical one
    type: str  # DuckDB's name of the expression's type
    computed: bool = False  # by an expression or one value for all, not simply a column

    @property
    def is_text(self) -> bool:
        """Whether values come as text and have to be read."""
        return self.type == "VARCHAR"


@dataclass(frozen=True, slots=True)
class Mapped:
    """A source mapped onto a table; `unmapped` columns go into attributes."""

    table: Table
    rows: Rows
    fields: tuple[Field, ...]
    unmapped: tuple[str, ...]

    def field(self, name: str) -> Field | None:
        """The field that fills the column `name`, if any does."""
        return next((f for f in self.fields if f.column.name == name), None)


def queried(session: Session, table: Table, source: Source, rows: Rows) -> Rows:
    """The rows after the source's own query, or the preset's; unchanged when there is none."""
    preset = read_preset(source.preset) if source.preset else None
    query = (source.sql if rows.kind is InputKind.FILE else None) or (preset.sql if preset else "")
    if not query:
        return rows
    rows = rows.settled()
    session.raw.execute(f"CREATE OR REPLACE TEMP VIEW source AS {rows.sql}")
    target = session.scratch / f"{table.name}-query.parquet"
    try:
        session.raw.execute(
            f"COPY ({query.strip().rstrip(';')}) TO {quoted(target)} (FORMAT parquet)"
        )
    except duckdb.Error as found:
        raise UnreadableError(_bad_query(table, rows, query, found)) from None
    finally:
        session.raw.execute("DROP VIEW source")
    sql = _with_origin(session, target, rows.source)
    return replace(rows, sql=sql, columns=described(session, sql))


def _parquet(path: Path) -> str:
    return f"read_parquet({quoted(path)}, file_row_number = true)"


def _with_origin(session: Session, target: Path, source: str) -> str:
    """Row and file as the query passed them on, else the number of the query's row."""
    listed = session.raw.execute(f"DESCRIBE FROM {_parquet(target)}").fetchall()
    names = {str(row[0]) for row in listed}
    row = ROW if ROW in names else "file_row_number + 1"
    file = FILE if FILE in names else quoted(source)
    taken = ", ".join(sorted({ROW, FILE, "file_row_number"} & names))
    return f"SELECT * EXCLUDE ({taken}), {row} AS {ROW}, {file} AS {FILE} FROM {_parquet(target)}"


def mapped(session: Session, table: Table, source: Source, rows: Rows) -> Mapped:
    """Resolve every column; UnreadableError carries all that does not resolve."""
    origins = origins_of(table, source, rows.names)
    problems: list[Problem] = []
    fields: list[Field] = []
    for column in table.columns:
        if column.name not in origins:
            continue
        found = _resolved(session, table, rows, column, origins[column.name])
        if isinstance(found, Field):
            fields.append(found)
        else:
            problems.append(found)
    problems += _not_mapped(table, rows, set(origins))
    if problems:
        raise UnreadableError(*problems)
    return Mapped(table, rows, tuple(fields), _unmapped(rows, fields, origins))


def origins_of(table: Table, source: Source, header: tuple[str, ...]) -> Mapping[str, Origin]:
    """Canonical column to origin: equal names, the preset's, and above both the project's own."""
    present = {_plain(name): name for name in header}
    origins: dict[str, Origin] = {
        column.name: present[column.name] for column in table.columns if column.name in present
    }
    preset = read_preset(source.preset).columns if source.preset else {}
    for name, wanted in preset.items():
        origin = _first_present(wanted, present)
        # What the export may lack, it may lack; what is required is reported as missing.
        if name in table.required or not _lacks(origin, present):
            origins[name] = origin
    return origins | dict(source.columns)


def _first_present(
    wanted: str | tuple[str, ...] | ColumnSource, present: Mapping[str, str]
) -> Origin:
    if isinstance(wanted, tuple):
        return next((name for name in wanted if _plain(name) in present), wanted[0])
    return wanted


def _lacks(origin: Origin, present: Mapping[str, str]) -> bool:
    """Whether the source does not have the column, or one that the expression quotes."""
    if isinstance(origin, str):
        return _plain(origin) not in present
    return any(_plain(name) not in present for name in re.findall(r'"([^"]+)"', origin.sql or ""))


def _plain(name: str) -> str:
    """A name without case, spaces and signs: `Order ID` is `order_id`."""
    return re.sub(r"[^0-9a-z]+", "_", name.strip().casefold()).strip("_")


def _resolved(
    session: Session, table: Table, rows: Rows, column: Column, origin: Origin
) -> Field | Problem:
    if isinstance(origin, str):
        exact = [c for c in rows.columns if c.name == origin]
        loose = [c for c in rows.columns if _plain(c.name) == _plain(origin)]
        found = exact or loose
        if not found:
            return _unknown_column(table, rows, column, origin)
        return Field(column, identifier(found[0].name), found[0].name, found[0].type)
    if origin.sql is None:
        value = origin.value
        literal = quoted(value) if isinstance(value, str) else str(value)
        kind = "VARCHAR" if isinstance(value, str) else "DOUBLE"
        return Field(column, f"CAST({literal} AS {kind})", column.name, kind, computed=True)
    return _expression(session, table, rows, column, origin.sql)


def _expression(
    session: Session, table: Table, rows: Rows, column: Column, sql: str
) -> Field | Problem:
    try:
        found = described(session, f"SELECT ({sql}) AS value FROM ({rows.sql})")
    except duckdb.Error as error:
        said = str(error).split("\n\n")[0].replace("\n", " ")
        return Problem(
            "bad-expression",
            Severity.ERROR,
            table.name,
            f"The expression for {column.name} does not work on this source: {said}",
            f"Correct sources.{table.name}.columns.{column.name};"
            f" the source has: {', '.join(rows.names)}.",
            rows.source,
            column=column.name,
            value=sql,
        )
    return Field(column, f"({sql})", column.name, found[0].type, computed=True)


def failing(session: Session, fields: Mapped, error: duckdb.Error) -> Problem:
    """What the engine could not do with some row, and the expression that it failed in."""
    table, rows = fields.table, fields.rows
    column = next((f.column.name for f in fields.fields if _fails(session, rows, f)), "")
    where = f"The expression for {column} fails" if column else "The engine fails"
    said = str(error).split("\n")[0]
    return Problem(
        "failing-expression",
        Severity.ERROR,
        table.name,
        f"{where} on some row: {said}",
        f"Use TRY_CAST in sources.{table.name}.columns.{column}: rows that do not fit are reported."
        if column
        else f"Bring the columns of [sources.{table.name}] to plain text and numbers.",
        rows.source,
        column=column,
    )


def _fails(session: Session, rows: Rows, field: Field) -> bool:
    if not field.computed:
        return False
    try:
        session.raw.execute(
            f"SELECT count(value) FROM (SELECT {field.sql} AS value FROM ({rows.sql}))"
        )
    except duckdb.Error:
        return True
    return False


def _bad_query(table: Table, rows: Rows, query: str, error: duckdb.Error) -> Problem:
    said = str(error).split("\n\n")[0].replace("\n", " ")
    return Problem(
        "bad-query",
        Severity.ERROR,
        table.name,
        f"The query does not work: {said}",
        f"Correct sources.{table.name}.sql; the file's rows are the table `source`.",
        rows.source,
        value=query.strip()[:80],
    )


def _unknown_column(table: Table, rows: Rows, column: Column, origin: str) -> Problem:
    return Problem(
        "unknown-column",
        Severity.ERROR,
        table.name,
        f"The source has no such column, which should fill {column.name}."
        f"{nearest(origin, rows.names)} It has: {', '.join(rows.names)}.",
        f"Correct sources.{table.name}.columns.{column.name} in tierwise.toml.",
        rows.source,
        column=origin,
    )


def _not_mapped(table: Table, rows: Rows, origins: set[str]) -> list[Problem]:
    return [
        Problem(
            "required-not-mapped",
            Severity.ERROR,
            table.name,
            f"Nothing fills {name}, which {table.name} needs."
            f" The source has: {', '.join(rows.names)}.",
            f'Add {name} = "..." under [sources.{table.name}.columns] in tierwise.toml.',
            rows.source,
            column=name,
        )
        for name in table.required
        if name not in origins
    ]


def _unmapped(rows: Rows, fields: list[Field], origins: Mapping[str, Origin]) -> tuple[str, ...]:
    if "attributes" in origins:
        return ()
    used = {field.origin for field in fields if not field.computed}
    return tuple(name for name in rows.names if name not in used)
