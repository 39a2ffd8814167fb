"""Frames: the same questions about tables that are already in memory."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tierwise.engine.project import ProjectFolder
from tierwise.errors import UsageError
from tierwise.settings import Settings, Source
from tierwise.tables import TABLES
from tierwise.workflows.build import Tell, build, silent
from tierwise.workflows.value import Desk


def desk_from_tables(
    tables: Mapping[str, Any],
    folder: Path | str,
    *,
    as_of: date,
    columns: Mapping[str, Mapping[str, str]] | None = None,
    settings: Mapping[str, Any] | None = None,
    tell: Tell = silent,
) -> Desk:
    """Write tables into a project folder, build it, and open it for questions.

    `tables` maps canonical table names to anything that hands out Arrow batches:
    data frames of pandas and Polars, Arrow tables, DuckDB relations, Ibis
    tables. They are streamed, never held twice. `columns` names, per table, the
    source column of each canonical column where they differ. `settings` is what
    tierwise.toml would say under [project] and [value].

    Raises UsageError for an unknown table name or something without Arrow
    batches, DataError when a table could not be read.
    """
    root = Path(folder)
    root.mkdir(parents=True, exist_ok=True)
    sources = {}
    for name, table in tables.items():
        if name not in TABLES:
            raise UsageError(f'There is no table "{name}".', f"Known: {', '.join(TABLES)}.")
        _write(name, table, root / f"{name}.parquet")
        sources[name] = Source(path=f"{name}.parquet", columns=dict((columns or {}).get(name, {})))
    whole = Settings.model_validate({**(settings or {}), "sources": sources})
    project = ProjectFolder(root, whole)
    return Desk(project, build(project, today=as_of, as_of=as_of, tell=tell))


def _write(name: str, table: object, path: Path) -> None:
    if not hasattr(table, "__arrow_c_stream__"):
        raise UsageError(
            f"{name} is a {type(table).__name__}, which hands out no Arrow batches.",
            "Pass a data frame, an Arrow table or an Ibis table.",
        )
    reader = pa.RecordBatchReader.from_stream(table)
    with pq.ParquetWriter(path, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
