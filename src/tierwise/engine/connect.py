"""The embedded engine: one DuckDB under Ibis, with bounded memory.

This is the only room that opens an engine or executes an expression, so another
engine could take the same expressions here; DuckDB is the only one so far.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from ibis.backends.duckdb import Backend

MEMORY_LIMIT = "1200MB"
"""What DuckDB may hold before it spills to scratch files; Python and Arrow come on top."""


ROW_GROUP = 122_880
"""Rows of a Parquet row group, what DuckDB itself writes."""

BATCH_ROWS = 500_000
"""Rows handed to compiled code at a time."""


@dataclass(frozen=True, slots=True)
class Session:
    """An open engine with a scratch folder that goes when the session ends."""

    backend: Backend
    scratch: Path

    @property
    def raw(self) -> duckdb.DuckDBPyConnection:
        """The DuckDB connection itself, for readers and COPY."""
        connection: duckdb.DuckDBPyConnection = self.backend.con
        return connection

    def parquet(self, path: Path | str) -> ir.Table:
        """A Parquet file (or glob) as an Ibis table."""
        return self.backend.read_parquet(str(path))

    def rows(self, expression: ir.Table) -> list[dict[str, Any]]:
        """Execute once and return the rows: decimals, dates and None as Python has them."""
        return list(self.raw.execute(self._sql(expression)).to_arrow_table().to_pylist())

    def columns(self, expression: ir.Table) -> dict[str, npt.NDArray[Any]]:
        """Execute once and return whole columns as NumPy arrays, for models; nulls are NaN."""
        table = self.raw.execute(self._sql(expression)).to_arrow_table()
        return {name: _values(table[name]) for name in table.column_names}

    def batches(self, expression: ir.Table) -> Iterator[pa.RecordBatch]:
        """Execute once and hand out the rows as they come, half a million at a time."""
        yield from self.raw.execute(self._sql(expression)).to_arrow_reader(BATCH_ROWS)

    def hold(self, name: str, columns: Mapping[str, npt.NDArray[Any]]) -> ir.Table:
        """Columns of a model as a table of the engine, for as long as the session lives."""
        if all(_is_plain(values) for values in columns.values()):
            # Registering an Arrow table would import pandas.
            return self._hold(name, dict(columns))
        return self.hold_arrow(name, pa.table({k: pa.array(v) for k, v in columns.items()}))

    def hold_arrow(self, name: str, table: pa.Table) -> ir.Table:
        """An Arrow table as a table of the engine, for as long as the session lives."""
        return self._hold(name, table)

    def store(self, tables: Iterable[pa.Table]) -> ir.Table:
        """Arrow tables, one after another, in a scratch file: what is too large to be held.

        Registering them with the engine would import pandas.
        """
        from pyarrow.parquet import ParquetWriter

        tables = iter(tables)
        first = next(tables)
        path = self._scratch_file()
        with ParquetWriter(path, first.schema, compression="none", use_dictionary=False) as file:
            for table in chain([first], tables):
                file.write_table(table, row_group_size=ROW_GROUP)
        return self.parquet(path)

    def spill(self, expression: ir.Table) -> ir.Table:
        """Execute once into a scratch file, what is too large to be held."""
        path = self._scratch_file()
        # Read once or twice: compressing it and looking for repeated values cost half the time.
        plain = "FORMAT parquet, COMPRESSION uncompressed, DICTIONARY_SIZE_LIMIT 1"
        self.raw.execute(f"COPY ({self._sql(expression)}) TO {quoted(path)} ({plain})")
        return self.parquet(path)

    def _scratch_file(self) -> str:
        number, path = tempfile.mkstemp(suffix=".parquet", dir=self.scratch)
        os.close(number)
        return path

    def _hold(self, name: str, table: object) -> ir.Table:
        self.raw.register(f"{name}_columns", table)
        self.raw.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM {name}_columns")
        self.raw.unregister(f"{name}_columns")
        return self.backend.table(name)

    def write_parquet(self, expression: ir.Table, path: Path) -> None:
        """Execute once, straight into a Parquet file; nothing passes through Python."""
        sql = self._sql(expression)
        self.raw.execute(f"COPY ({sql}) TO {quoted(path)} (FORMAT parquet, COMPRESSION zstd)")

    def keep(self, name: str, expression: ir.Table) -> ir.Table:
        """Execute once and hold the result under a name for as long as the session lives."""
        self.raw.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {self._sql(expression)}")
        return self.backend.table(name)

    @contextmanager
    def fork(self) -> Iterator[Session]:
        """A second way into the same engine, for one other thread; names it makes are its own."""
        cursor = self.raw.cursor()
        folder = Path(tempfile.mkdtemp(dir=self.scratch))
        try:
            cursor.execute("SET TimeZone = 'UTC'")
            yield Session(ibis.duckdb.from_connection(cursor), folder)
        finally:
            cursor.close()

    def _sql(self, expression: ir.Table) -> str:
        """The expression as SQL whose integers are 64 bits, as its schema says.

        DuckDB adds integers up to 128 bits, which Parquet stores as floating
        point and Arrow as decimals.
        """
        columns = ", ".join(
            f'CAST("{name}" AS BIGINT) AS "{name}"' if kind.is_int64() else f'"{name}"'
            for name, kind in expression.schema().items()
        )
        return f"SELECT {columns} FROM ({self.backend.compile(expression)})"


def _values(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """The column as one array. Arrow's own way there imports pandas: a second and 60 MB."""
    kind = column.type
    plain = pa.types.is_integer(kind) or pa.types.is_float32(kind) or pa.types.is_float64(kind)
    if not plain or column.null_count or not column.num_chunks:
        return np.asarray(column.to_numpy())
    return np.concatenate([np.from_dlpack(chunk) for chunk in column.chunks])


def _is_plain(values: npt.NDArray[Any]) -> bool:
    """Whether DuckDB takes these numbers as they are; it would make NaN a null."""
    if values.dtype == np.int64:
        return True
    return values.dtype == np.float64 and not np.isnan(values).any()


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
