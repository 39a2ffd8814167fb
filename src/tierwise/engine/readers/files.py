"""Files of every format: found by path or glob, told apart by name."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from pathlib import Path

import duckdb

from tierwise.engine.connect import Session
from tierwise.engine.readers.excel import read_excel
from tierwise.engine.readers.jsonl import read_jsonl
from tierwise.engine.readers.rows import Rows, described, numbered, stacked, unreadable
from tierwise.engine.readers.text import read_text
from tierwise.settings.model import Source

FORMATS = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "excel",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
Reader = Callable[[Session, str, Source, Path, str], Rows]


def read_files(session: Session, root: Path, table: str, source: Source) -> Rows:
    """Rows of all files that the source's path names."""
    pattern = str(source.path)
    found = matching(root, pattern)
    if not found:
        raise _missing(root, table, pattern)
    parts = [
        _reader(table, source, path)(session, table, source, path, _named(root, path))
        for path in found
    ]
    return stacked(session, parts, pattern)


def readable(session: Session, rows: Rows) -> Rows:
    """The same rows, read with care where the engine alone stumbles over one of them."""
    if not rows.is_straight:
        return rows
    try:
        read = session.raw.execute(f"SELECT count(*) FROM ({rows.sql})").fetchall()[0][0]
    except duckdb.Error:
        return rows.settled()
    return rows if read == rows.expected else rows.settled()


def matching(root: Path, pattern: str) -> list[Path]:
    """Files that a path or glob names, in order of their names."""
    path = root / pattern
    if path.is_file():
        return [path]
    base, parts = (
        (Path(path.anchor), path.parts[1:]) if path.is_absolute() else (Path(), path.parts)
    )
    return sorted(found for found in base.glob(str(Path(*parts))) if found.is_file())


def format_of(source: Source, path: Path) -> str:
    """The set format, else the one that the file's name ends with, else ""."""
    return source.format or FORMATS.get(path.suffix.lower(), "")


def _named(root: Path, path: Path) -> str:
    try:
        return path.relative_to(root).as_posix()
    except ValueError:
        return path.as_posix()


def _missing(root: Path, table: str, pattern: str) -> Exception:
    folder = (root / pattern).parent
    beside = [item.name for item in folder.iterdir()] if folder.is_dir() else []
    near = difflib.get_close_matches(Path(pattern).name, beside, n=1, cutoff=0.5)
    hint = f' The nearest name there is "{near[0]}".' if near else ""
    return unreadable(
        "missing-file",
        table,
        pattern,
        f"There is no such file in {folder}.{hint}",
        "Correct the path in tierwise.toml; it is relative to the project's folder.",
    )


def _reader(table: str, source: Source, path: Path) -> Reader:
    readers: dict[str, Reader] = {
        "csv": read_text,
        "parquet": read_parquet,
        "excel": read_excel,
        "jsonl": read_jsonl,
    }
    kind = format_of(source, path)
    if kind not in readers:
        raise unreadable(
            "unknown-format",
            table,
            path.name,
            "The kind of file does not show from its name.",
            f"Set format to one of: {', '.join(readers)}.",
            value=kind or path.suffix,
        )
    return readers[kind]


def read_parquet(session: Session, table: str, _source: Source, path: Path, name: str) -> Rows:
    """Rows of one Parquet file, typed as they are."""
    sql = numbered(path, 1, name)
    try:
        columns = described(session, sql)
    except duckdb.Error as found:
        raise unreadable(
            "not-parquet",
            table,
            name,
            f"The file is not readable as Parquet: {str(found).splitlines()[0]}.",
            "Export it again.",
        ) from None
    return Rows(name, sql, columns, (path,))
