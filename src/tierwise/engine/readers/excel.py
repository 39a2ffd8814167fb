"""Excel worksheets: every cell as text, so that one odd cell costs its row and not the sheet."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tierwise.engine.connect import Session, quoted
from tierwise.engine.extensions import load_extension
from tierwise.engine.readers.rows import (
    Rows,
    described,
    identifier,
    in_order,
    numbered,
    scratch_file,
    unreadable,
)
from tierwise.settings.model import Source


def read_excel(session: Session, table: str, source: Source, path: Path, name: str) -> Rows:
    """Rows of one worksheet under its first row; empty rows are none."""
    load_extension(session, "excel")
    sheet = f", sheet = {quoted(source.sheet)}" if source.sheet else ""
    options = f"all_varchar = true, header = true, stop_at_empty = false{sheet}"
    target = scratch_file(session, path)
    try:
        count = in_order(session, f"FROM read_xlsx({quoted(path)}, {options})", target)
    except duckdb.Error as found:
        raise _not_readable(table, name, source, str(found)) from None
    columns = described(session, f"SELECT * FROM read_parquet({quoted(target)})")
    filled = " OR ".join(f"{identifier(column.name)} IS NOT NULL" for column in columns)
    sql = f"{numbered(target, 2, name)} WHERE {filled}"
    if not count:
        raise unreadable(
            "header-only",
            table,
            name,
            "The worksheet has a header and no rows.",
            "Name another sheet.",
        )
    return Rows(name, sql, columns, (path,), excel=True)


def _not_readable(table: str, name: str, source: Source, said: str) -> Exception:
    if "Sheet" in said and "not found" in said:
        hint = said.rsplit("Did you mean:", 1)[-1].strip() if "Did you mean" in said else ""
        return unreadable(
            "missing-sheet",
            table,
            name,
            "The file has no such worksheet." + (f" Did you mean {hint}?" if hint else ""),
            f"Correct sheet in [sources.{table}].",
            value=source.sheet or "",
        )
    return unreadable(
        "not-excel",
        table,
        name,
        f"The file is not readable as .xlsx: {said.splitlines()[0]}.",
        "Save it as .xlsx (not .xls) or as CSV.",
    )
