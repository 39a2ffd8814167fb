"""Delimited text: DuckDB reads it; what it cannot place is read again row by row.

DuckDB's rejects alone would not do: an unterminated quote swallows the lines
after it and quoted newlines make its row numbers differ from the file's lines.
So rows are reconciled with the lines counted beforehand, and a file that does
not add up goes through `careful`, which gives every row its true line.
"""

from __future__ import annotations

import csv
import itertools
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb

from tierwise.engine.connect import Session, quoted
from tierwise.engine.readers.careful import read_carefully
from tierwise.engine.readers.csv_source import LONGEST_LINE, csv_source
from tierwise.engine.readers.encoding import Text, open_text
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
from tierwise.settings.model import Source
from tierwise.tables.problems import Problem, Severity

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
STRAIGHT = 1 << 26
"""Bytes up to which a file is read straight into its types; reading a larger one twice costs."""
_LOOK = 200  # records that are looked at to find the delimiter
csv.field_size_limit(LONGEST_LINE)


@dataclass(frozen=True, slots=True)
class Layout:
    """How a delimited file is laid out."""

    delimiter: str
    header: tuple[str, ...]
    header_lines: int


def read_text(session: Session, table: str, source: Source, path: Path, name: str) -> Rows:
    """Rows of one delimited file, every value as text; a small tidy file is not read yet."""
    text = decoded(session, table, source, path, name)
    layout = _layout(table, source, text, name)
    expected = text.lines - layout.header_lines

    def with_care() -> Rows:
        return _settled(session, table, text, layout, path, name)

    untidy = text.undecodable or text.odd_newlines
    if untidy or expected < 1 or text.path.stat().st_size > STRAIGHT:
        return with_care()
    reading = csv_source(text.path, layout.header, layout.delimiter, layout.header_lines)
    row = f"row_number() OVER () + {layout.header_lines}"
    return replace(
        _rows(text, layout, path, name, reading, row, table), expected=expected, reread=with_care
    )


def _settled(
    session: Session, table: str, text: Text, layout: Layout, path: Path, name: str
) -> Rows:
    """The same as a Parquet file, with what could not be read beside it."""
    target = scratch_file(session, path)
    rejects: tuple[Reject, ...] = ()
    row = f"file_row_number + {layout.header_lines + 1}"
    count = _in_one_go(session, text, layout, target)
    if count != text.lines - layout.header_lines:
        row = identifier(ROW)
        rejects, count = _row_by_row(session, text, layout, name, target)
    if not count and not rejects:
        raise unreadable(
            "header-only",
            table,
            name,
            "The file has a header and no rows.",
            "Export it again, or take the table out of tierwise.toml.",
        )
    reading = f"read_parquet({quoted(target)}, file_row_number = true)"
    return replace(_rows(text, layout, path, name, reading, row, table), rejects=rejects)


def _rows(
    text: Text, layout: Layout, path: Path, name: str, reading: str, row: str, table: str
) -> Rows:
    listed = ", ".join(identifier(column) for column in layout.header)
    sql = f"SELECT {listed}, {row} AS {ROW}, {quoted(name)} AS {FILE} FROM {reading}"
    columns = tuple(SourceColumn(column, "VARCHAR") for column in layout.header)
    return Rows(name, sql, columns, (path,), problems=_told(table, name, text))


def decoded(session: Session, table: str, source: Source, path: Path, name: str) -> Text:
    """The file as UTF-8; refused when empty or when the encoding does not exist."""
    if path.stat().st_size == 0:
        raise unreadable("empty-file", table, name, "The file is empty.", "Export it again.")
    try:
        text = open_text(path, source.encoding, session.scratch)
    except LookupError:
        raise unreadable(
            "unknown-encoding",
            table,
            name,
            "This encoding does not exist.",
            'Set encoding to "utf-8", "latin-1", "windows-1252" or "utf-16".',
            value=str(source.encoding),
        ) from None
    if not text.lines:
        raise unreadable("empty-file", table, name, "The file is empty.", "Export it again.")
    return text


def _told(table: str, name: str, text: Text) -> tuple[Problem, ...]:
    if not text.guessed:
        return ()
    message = f"The file is not UTF-8; it was read as {text.encoding.replace('cp', 'windows-')}."
    remedy = "If names with accents look wrong, set encoding in tierwise.toml."
    return (Problem("encoding-guessed", Severity.NOTE, table, message, remedy, name),)


def _layout(table: str, source: Source, text: Text, name: str) -> Layout:
    delimiter = source.delimiter or _delimiter(text.path)
    with text.path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        header = next((row for row in reader if row), [])
        lines = reader.line_num
    if len(header) == 1 and source.delimiter:
        _refuse_wrong_delimiter(table, name, source.delimiter, header[0])
    return Layout(delimiter, _distinct(header), lines)


def _refuse_wrong_delimiter(table: str, name: str, delimiter: str, header: str) -> None:
    other = max(DELIMITERS, key=header.count)
    if other != delimiter and header.count(other):
        raise unreadable(
            "wrong-delimiter",
            table,
            name,
            f"With {_called(delimiter)} as delimiter the header is one column,"
            f" but it contains {_called(other)} {header.count(other)} times.",
            f'Set delimiter = "{other if other != chr(9) else chr(92) + "t"}" or take it out.',
            row=1,
            value=header[:80],
        )


def _called(delimiter: str) -> str:
    word = DELIMITERS.get(delimiter)
    return f'the {word} "{delimiter}"' if word and delimiter != "\t" else word or f'"{delimiter}"'


def _delimiter(path: Path) -> str:
    """The delimiter under which most records have as many fields as the header, more than one."""

    def fit(delimiter: str) -> tuple[int, int]:
        with path.open(encoding="utf-8-sig", newline="") as file:
            records = [
                row for row in itertools.islice(csv.reader(file, delimiter=delimiter), _LOOK) if row
            ]
        width = len(records[0]) if records else 0
        return (sum(len(row) == width for row in records), width) if width > 1 else (0, 0)

    return max(DELIMITERS, key=fit)


def _distinct(header: list[str]) -> tuple[str, ...]:
    """Names for columns: trimmed, never empty, a repeated one numbered."""
    names: list[str] = []
    taken: set[str] = set()
    for place, raw in enumerate(header, start=1):
        base = name = raw.strip() or f"column{place}"
        number = 1
        while name.casefold() in taken:  # DuckDB does not tell names apart by case
            number += 1
            name = f"{base}_{number}"
        taken.add(name.casefold())
        names.append(name)
    return tuple(names)


def _in_one_go(session: Session, text: Text, layout: Layout, target: Path) -> int:
    """Copy the rows to Parquet in file order; return how many, or -1 when any was refused."""
    if text.undecodable or text.odd_newlines:
        return -1
    rejects = f"rejects_{target.stem}"
    reading = csv_source(text.path, layout.header, layout.delimiter, layout.header_lines, rejects)
    try:
        copied = in_order(session, f"FROM {reading}", target)
        refused = session.raw.execute(f"SELECT count(*) FROM {rejects}").fetchall()
    except duckdb.Error:
        return -1
    finally:
        session.raw.execute(f"DROP TABLE IF EXISTS {rejects}")
        session.raw.execute(f"DROP TABLE IF EXISTS {rejects}_scan")
    return -1 if refused[0][0] else copied


def _row_by_row(
    session: Session, text: Text, layout: Layout, name: str, target: Path
) -> tuple[tuple[Reject, ...], int]:
    """The same with every row's line beside it, and the rows that are none."""
    clean = target.with_suffix(".csv")
    rejects, count = read_carefully(text, layout.delimiter, len(layout.header), name, clean)
    reading = csv_source(clean, (ROW, *layout.header))
    numbered = f"SELECT * REPLACE (CAST({ROW} AS BIGINT) AS {ROW}) FROM {reading}"
    session.raw.execute(f"COPY ({numbered}) TO {quoted(target)} (FORMAT parquet)")
    clean.unlink()
    return rejects, count
