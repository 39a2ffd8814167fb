"""Delimited text read record by record: true lines, and every record that is not one named.

Slower than DuckDB (about 300,000 lines a second), so only files whose rows do
not add up come here: quoted newlines, blank lines, ragged rows, bad bytes.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from tierwise.engine.readers.csv_source import write_csv
from tierwise.engine.readers.encoding import REPLACED, Text
from tierwise.engine.readers.rows import Reject

_LONGEST = 2_000  # physical lines of one record; beyond, a quote was never closed


@dataclass(frozen=True, slots=True)
class _Record:
    line: int  # first physical line
    fields: list[str]
    raw: str
    error: str = ""  # code of what is wrong; "" for a good record
    reason: str = ""


def read_carefully(
    text: Text, delimiter: str, width: int, name: str, target: Path
) -> tuple[tuple[Reject, ...], int]:
    """Write good records, their line in front, to `target`; return the others, and how many."""
    rejects: list[Reject] = []

    def good() -> Iterator[list[object]]:
        for record in _records(text, delimiter, width):
            if record.error:
                rejects.append(Reject(name, record.line, record.error, record.reason, record.raw))
            else:
                yield [record.line, *record.fields]

    count = write_csv(target, good())
    return tuple(rejects), count


class _Lines:
    """Physical lines of a file, with a look ahead that takes nothing."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._ahead: deque[str] = deque()
        self.number = 1  # of the line that comes next

    def ahead(self) -> Iterator[str]:
        """The coming lines, at most as many as one record may have."""
        for place in range(_LONGEST):
            if place == len(self._ahead):
                line = self._file.readline()
                if not line:
                    return
                self._ahead.append(line)
            yield self._ahead[place]

    def take(self, count: int) -> str:
        """Remove and return so many lines."""
        self.number += count
        return "".join(self._ahead.popleft() for _ in range(count))


def _records(text: Text, delimiter: str, width: int) -> Iterator[_Record]:
    """Records after the header; a record that does not close gives up its first line alone."""
    with text.path.open(encoding="utf-8-sig", newline=None) as file:
        lines = _Lines(file)
        seen_header = False
        for line in iter(lambda: next(lines.ahead(), None), None):
            if line == "\n":
                lines.take(1)
                continue
            record = _record(lines, delimiter, width)
            if seen_header:
                yield record
            seen_header = True


def _record(lines: _Lines, delimiter: str, width: int) -> _Record:
    """Take the next record."""
    at = lines.number
    reader = csv.reader(lines.ahead(), delimiter=delimiter, strict=True)
    try:
        fields = next(reader)
    except csv.Error as found:
        return _Record(at, [], lines.take(1).rstrip("\n"), *_quoting(str(found)))
    while len(fields) > width and not fields[-1]:
        fields = fields[:-1]  # delimiters at the end of a line are no columns
    if len(fields) != width and reader.line_num > 1:
        # Its quotes opened by mistake: the lines after it are records of their own.
        return _Record(at, [], lines.take(1).rstrip("\n"), "unterminated-quote", _UNTERMINATED)
    raw = lines.take(reader.line_num).rstrip("\n")
    return _Record(at, fields, raw, *_judged(fields, width, raw))


_UNTERMINATED = "a quote that opens in this line and is not closed"


def _quoting(found: str) -> tuple[str, str]:
    if "expected after" in found:
        return "stray-quote", "text after a closing quote"
    return "unterminated-quote", _UNTERMINATED


def _judged(fields: list[str], width: int, raw: str) -> tuple[str, str]:
    if len(fields) < width:
        return "too-few-columns", f"{len(fields)} columns instead of {width}"
    if len(fields) > width:
        return "too-many-columns", f"{len(fields)} columns instead of {width}"
    if REPLACED in raw:
        return "undecodable", "bytes that are not of the file's encoding"
    return "", ""
