"""Rejects: the rows that a build left out, each with its line, its value and the reason."""

from __future__ import annotations

from tierwise.engine.builds import Build
from tierwise.engine.connect import Session
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import Unit

_COLUMNS = (
    Column("table", "Table"),
    Column("source", "Source"),
    Column("source_row", "Line", Unit.COUNT, "Line of a text file, else row number"),
    Column("column", "Column"),
    Column("value", "Found"),
    Column("code", "Code"),
    Column("reason", "Why it was left out"),
    Column("raw", "Row", help="The whole row as the source has it"),
)


def rejects(session: Session, build: Build, context: Context, limit: int) -> Answer:
    """At most `limit` rows in order of table, source and line, and how many there are in all.

    Rows of a killed or older build have no file: none were left out then.
    """
    path, total = build.folder / "rejects.parquet", int(build.manifest["rejects"])
    rows = []
    if path.exists():
        kept = session.parquet(path)
        total = int(session.rows(kept.aggregate(n=kept.count()))[0]["n"])
        rows = session.rows(kept.order_by("table", "source", "source_row").limit(limit))
    left = f"{total - len(rows):,} more are not listed." if total > len(rows) else ""
    figure = Figure("rejected", "Rows left out", total, Unit.COUNT)
    grid = Grid("rejects", "Rows left out", _COLUMNS, tuple(rows))
    return Answer(
        kind="rejects",
        title="Rows that were left out",
        context=context,
        figures=(figure,),
        grids=(grid,),
        notes=(left,) if left else (),
    )
