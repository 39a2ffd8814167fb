"""Columns of the two tables that tell of the data itself: what was read, and what was found."""

from __future__ import annotations

from tierwise.results.answer import Column
from tierwise.units import Unit

TABLE_COLUMNS = (
    Column("name", "Table"),
    Column("source", "Source"),
    Column("rows_read", "Read", Unit.COUNT, "Rows found in the source"),
    Column("rows_kept", "Kept", Unit.COUNT, "Rows that the figures stand on"),
    Column("rows_rejected", "Rejected", Unit.COUNT, "Rows left out because of an error"),
    Column(
        "rows_after_as_of", "After as-of", Unit.COUNT, "Rows dated after the as-of date, not read"
    ),
    Column("first_on", "From", Unit.DATE),
    Column("last_on", "To", Unit.DATE),
)
"""One row a table of the build."""

_PROBLEM_COLUMNS = (
    Column("severity", "Severity", help="error: left out; warning: kept; note: legitimate"),
    Column("table", "Table"),
    Column("source", "Source"),
    Column("row", "Line", Unit.COUNT, "Line of a text file, else row number, of the first example"),
    Column("column", "Column"),
    Column("value", "Found"),
    Column("message", "What is wrong"),
    Column("remedy", "What to do"),
    Column("count", "Rows", Unit.COUNT),
    Column("first", "First seen"),
    Column("code", "Code"),
)


def problem_columns(*names: str) -> tuple[Column, ...]:
    """The named columns of the table of problems, in the order asked; KeyError for others."""
    known = {column.name: column for column in _PROBLEM_COLUMNS}
    return tuple(known[name] for name in names)
