"""Rows that were left out because they cannot be read or used: one Parquet file, counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from tempfile import mkdtemp

import ibis.expr.types as ir

from tierwise.engine.connect import Session, quoted
from tierwise.engine.duplicates import TABLE as DUPLICATES
from tierwise.engine.mapping import Mapped
from tierwise.engine.readers.csv_source import csv_source, write_csv
from tierwise.engine.readers.rows import FILE, ROW, Reject, identifier
from tierwise.engine.view import RAW, found_name
from tierwise.tables.rules import Rule

COLUMNS = ("table", "source", "source_row", "column", "value", "code", "reason", "raw")


class Rejects:
    """Collects rejected rows in scratch files; `write` joins them into one."""

    def __init__(self, session: Session, like: Rejects | None = None) -> None:
        self._session = session
        self._folder: Path = (
            like._folder if like else Path(mkdtemp("", "rejects-", session.scratch))
        )
        self._numbers: Iterator[int] = like._numbers if like else count(1)

    def through(self, session: Session) -> Rejects:
        """The same collection, filled by another thread through its own session."""
        return Rejects(session, like=self)

    def add_unread(self, table: str, rejects: Sequence[Reject]) -> None:
        """Rows that the reader could not place."""
        if not rejects:
            return
        listed = self._folder / "unread.csv"
        rows = (
            (table, r.source, r.row, r.column, r.value, r.code, r.reason, r.raw) for r in rejects
        )
        write_csv(listed, rows)
        self._copy(
            "SELECT * REPLACE (CAST(source_row AS BIGINT) AS source_row)"
            f" FROM {csv_source(listed, COLUMNS)}"
        )

    def add_judged(self, fields: Mapped, refused: ir.Table, rules: Sequence[Rule]) -> None:
        """Rows of a view whose column `__verdict` names the rule that refused them."""
        known = {rule.name: rule for rule in rules}
        sql = self._session.backend.compile(refused)
        value = "CASE __verdict " + " ".join(
            f"WHEN {quoted(name)} THEN {identifier(rule.column + '__found')}"
            for name, rule in known.items()
            if fields.field(rule.column)
        )
        value = f"{value} END" if "WHEN" in value else "NULL"
        reason = "CASE __verdict " + " ".join(
            f"WHEN {quoted(name)} THEN {quoted(rule.message)}" for name, rule in known.items()
        )
        self._copy(
            f'SELECT {quoted(fields.table.name)} AS "table", {FILE} AS source, {ROW} AS source_row,'
            f" split_part(__verdict, ':', 2) AS \"column\", {value} AS value,"
            f" split_part(__verdict, ':', 1) AS code, {reason} END AS reason, {RAW} AS raw"
            f" FROM (SELECT {FILE}, {ROW}, __verdict FROM ({sql}))"
            f" JOIN {found_name(fields)} USING ({FILE}, {ROW})"
        )

    def add_duplicates(self, fields: Mapped, key: str) -> None:
        """Rows of the engine's table of later duplicates."""
        same = "differs from the first"
        self._copy(
            f'SELECT {quoted(fields.table.name)} AS "table", {FILE} AS source, {ROW} AS source_row,'
            f" {quoted(key)} AS \"column\", d.shown AS value, 'duplicate' AS code,"
            f" CASE WHEN d.identical THEN 'equal to ' ELSE {quoted(same + ', ')} END ||"
            f" 'row ' || d.original AS reason, v.{RAW} AS raw"
            f" FROM {DUPLICATES} d JOIN {found_name(fields)} v USING ({FILE}, {ROW})"
        )

    def write(self, path: Path) -> int:
        """One file in order of table, source and row; none when nothing was rejected."""
        if not any(self._folder.glob("*.parquet")):
            return 0
        parts = f"read_parquet({quoted(self._folder / '*.parquet')})"
        ordered = f'SELECT * FROM {parts} ORDER BY "table", source, source_row'
        done = self._session.raw.execute(
            f"COPY ({ordered}) TO {quoted(path)} (FORMAT parquet, COMPRESSION zstd)"
        ).fetchall()
        return int(done[0][0])

    def _copy(self, sql: str) -> None:
        self._session.raw.execute(f"COPY ({sql}) TO {quoted(self._part())} (FORMAT parquet)")

    def _part(self) -> Path:
        return self._folder / f"{next(self._numbers):05}.parquet"
