"""Rejects: the rows that a build left out, each with its line, its value and the reason."""

from __future__ import annotations

from tierwise.engine.builds import Build
from tierwise.engine.connect import Session
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import Unit, number_of

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
_LATER = "after the as-of date; counted apart and not listed: check names the first of them"


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
    unlisted = total - len(rows)
    left = f"Not listed: {number_of(unlisted, 'more row')}." if unlisted else ""
    later = sum(int(table["rows_after_as_of"]) for table in build.manifest["tables"])
    figures = [Figure("rejected", "Rows left out", total, Unit.COUNT)]
    if later:
        figures.append(Figure("after_as_of", "Rows dated later", later, Unit.COUNT, note=_LATER))
    grid = Grid("rejects", "Rows left out", _COLUMNS, tuple(rows))
    return Answer(
        kind="rejects",
        title="Rows that were left out",
        context=context,
        figures=tuple(figures),
        grids=(grid,),
        notes=(left,) if left else (),
    )
