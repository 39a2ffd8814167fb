"""The embedded engine: one DuckDB under Ibis, with bounded memory.

This is the only room that opens an engine or executes an expression. The
distributed engine takes the same expressions through the same `Session`.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.duckdb import Backend

MEMORY_LIMIT = "1200MB"
"""What DuckDB may hold before it spills to scratch files; Python and Arrow come on top."""


@dataclass(frozen=True, slots=True)
class Session:
    """An open engine with a scratch folder that goes when the session ends."""

    backend: Backend
    scratch: Path

    @property
    def raw(self) -> duckdb.DuckDBPyConnection:
        """The DuckDB connection itself, for readers and COPY."""
        return self.backend.con

    def parquet(self, path: Path | str) -> ir.Table:
        """A Parquet file (or glob) as an Ibis table."""
        return self.backend.read_parquet(str(path))

    def rows(self, expression: ir.Table) -> list[dict[str, Any]]:
        """Execute once and return the rows: decimals, dates and None as Python has them."""
        table: pa.Table = self.backend.to_pyarrow(expression)
        return list(table.to_pylist())

    def write_parquet(self, expression: ir.Table, path: Path) -> None:
        """Execute once, straight into a Parquet file; nothing passes through Python."""
        sql = self.backend.compile(expression)
        self.raw.execute(f"COPY ({sql}) TO {quoted(path)} (FORMAT parquet, COMPRESSION zstd)")


def quoted(value: object) -> str:
    """A value as an SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"


@contextmanager
def open_session(
    memory_limit: str = MEMORY_LIMIT, scratch: Path | None = None
) -> Iterator[Session]:
    """Open an engine; scratch files live under `scratch` or the system's temporary folder."""
    with tempfile.TemporaryDirectory(prefix="tierwise-", dir=scratch) as folder:
        backend = ibis.duckdb.connect(
            memory_limit=memory_limit,
            threads=os.cpu_count() or 1,
            temp_directory=folder,
            preserve_insertion_order=False,
            autoinstall_known_extensions=False,
            autoload_known_extensions=False,
        )
        try:
            yield Session(backend, Path(folder))
        finally:
            backend.disconnect()
