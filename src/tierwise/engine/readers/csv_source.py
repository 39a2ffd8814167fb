"""CSV with nothing left to find out: the one place that spells DuckDB's options."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from tierwise.engine.connect import quoted

LONGEST_LINE = 1 << 24


def csv_source(
    path: Path, names: Sequence[str], delimiter: str = ",", skip: int = 0, rejects: str = ""
) -> str:
    """SQL for a CSV file's rows, all as text; `rejects` names the table of refused rows."""
    columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in names)
    kept = (
        f", store_rejects = true, rejects_limit = 0, rejects_table = '{rejects}',"
        f" rejects_scan = '{rejects}_scan'"
        if rejects
        else ""
    )
    return (
        f"read_csv({quoted(path)}, columns = {{{columns}}}, delim = {quoted(delimiter)},"
        " auto_detect = false, header = false, quote = '\"', escape = '\"',"
        f" max_line_size = {LONGEST_LINE}, skip = {skip}{kept})"
    )


def write_csv(path: Path, rows: Iterable[Sequence[object]]) -> int:
    """Write rows as `csv_source` reads them; return how many.

    One kind of newline: DuckDB takes the first it sees for the only one, and a
    different one inside quotes for an error.
    """
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        for row in rows:
            writer.writerow(row)
            count += 1
    return count
