"""Problems in user data are values: collected, counted and shown all at once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How much a problem matters to the figures."""

    ERROR = "error"  # the row, or the whole table, is left out
    WARNING = "warning"  # kept, but a figure may not mean what one thinks
    NOTE = "note"  # legitimate; said so that nobody wonders


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of problem at one place, with its first example.

    Shown as: orders.csv, line 17, column amount: found "12,x". <message> <remedy>
    """

    code: str  # stable name, such as "not-a-number"; groups equal problems
    severity: Severity
    table: str  # canonical table
    message: str  # what is wrong, in words
    remedy: str  # what to do, in the imperative
    source: str = ""  # file name, table or query as the project names it
    row: int | None = None  # line of a text file, else row number, counted from 1
    column: str = ""  # as the source names it
    value: str = ""  # as found
    count: int = 1  # rows with the same problem

    @property
    def _counted(self) -> str:
        """Text files have lines, everything else has rows."""
        return "line" if self.source.lower().endswith((".csv", ".tsv", ".txt")) else "row"

    def __str__(self) -> str:
        where = [self.source or self.table]
        where += [f"{self._counted} {self.row}"] if self.row is not None else []
        where += [f"column {self.column}"] if self.column else []
        found = f' found "{self.value}".' if self.value else ""
        times = f" ({self.count:,} rows)" if self.count > 1 else ""
        return f"{', '.join(where)}:{found} {self.message}{times} {self.remedy}".strip()
