"""JSON lines: one object a line; a line that is none is rejected with its number."""

from __future__ import annotations

from pathlib import Path

from tierwise.engine.connect import Session, quoted
from tierwise.engine.readers.rows import (
    FILE,
    ROW,
    Reject,
    Rows,
    SourceColumn,
    identifier,
    in_order,
    scratch_file,
    unreadable,
)
from tierwise.engine.readers.text import decoded
from tierwise.settings.model import Source


def read_jsonl(session: Session, table: str, source: Source, path: Path, name: str) -> Rows:
    """Rows of one file; columns are the keys of all objects, nested values stay JSON text."""
    text = decoded(session, table, source, path, name)
    target = scratch_file(session, path)
    lines = (
        f"read_csv({quoted(text.path)}, columns = {{line: 'VARCHAR'}}, delim = '\x1f', quote = '',"
        " escape = '', header = false, auto_detect = false, max_line_size = 16777216)"
    )
    in_order(session, f"FROM {lines}", target)
    rows = (
        f"SELECT line, file_row_number + 1 AS {ROW},"
        " CASE WHEN json_valid(line) THEN json_type(line) = 'OBJECT' ELSE false END AS good"
        f" FROM read_parquet({quoted(target)}, file_row_number = true) WHERE trim(line) <> ''"
    )
    names = _keys(session, rows)
    if not names:
        raise unreadable(
            "header-only", table, name, "No line is a JSON object.", "Export one object a line."
        )
    values = ", ".join(
        f"json_extract_string(line, {_path(key)}) AS {identifier(key)}" for key in names
    )
    sql = f"SELECT {values}, {ROW}, {quoted(name)} AS {FILE} FROM ({rows}) WHERE good"
    columns = tuple(SourceColumn(key, "VARCHAR") for key in names)
    return Rows(name, sql, columns, (path,), rejects=_bad(session, rows, name))


def _keys(session: Session, rows: str) -> list[str]:
    """Every key, in the order in which keys appear first; DuckDB's names ignore case."""
    sql = (
        f"SELECT key FROM (SELECT unnest(json_keys(line)) AS key, {ROW} FROM ({rows}) WHERE good)"
        f" GROUP BY key ORDER BY min({ROW}), key"
    )
    found: dict[str, str] = {}
    for (key,) in session.raw.execute(sql).fetchall():
        found.setdefault(str(key).casefold(), str(key))
    return list(found.values())


def _path(key: str) -> str:
    return quoted('$."' + key.replace('"', '\\"') + '"')


def _bad(session: Session, rows: str, name: str) -> tuple[Reject, ...]:
    sql = f"SELECT {ROW}, line FROM ({rows}) WHERE NOT good ORDER BY {ROW}"
    return tuple(
        Reject(name, row, "not-json", "no JSON object", line)
        for row, line in session.raw.execute(sql).fetchall()
    )
