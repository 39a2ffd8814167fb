"""One table from its source to its Parquet file: read, map, judge, write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import ibis.expr.types as ir

from tierwise.engine.connect import Session, quoted
from tierwise.engine.currency import converted
from tierwise.engine.duplicates import Duplicates, find_duplicates, without
from tierwise.engine.mapping import Mapped, mapped, queried
from tierwise.engine.project import ProjectFolder
from tierwise.engine.readers.rows import FILE, ROW, Rows
from tierwise.engine.rejects import Rejects
from tierwise.engine.view import typed_view
from tierwise.settings.model import Source
from tierwise.tables.problems import Problem, Severity
from tierwise.tables.rules import AMOUNTS, Effect, Rule, any_holds, rules, verdict
from tierwise.tables.schema import Table

# Level 1 and no dictionaries for keys that hardly repeat: half the time of the defaults.
PARQUET = (
    "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, PARQUET_VERSION v2,"
    " DICTIONARY_SIZE_LIMIT 2000"
)


@dataclass(frozen=True, slots=True)
class LoadedTable:
    """What became of one table's rows. `rows_read` is the sum of the three counts after it."""

    name: str
    source: str
    rows_read: int
    rows_kept: int
    rows_rejected: int
    rows_after_as_of: int
    columns: tuple[str, ...]
    first_on: date | None
    last_on: date | None


@dataclass(frozen=True, slots=True)
class Loading:
    """What loading one table needs to know."""

    session: Session
    project: ProjectFolder
    folder: Path
    as_of: date
    today: date
    rejects: Rejects
    environment: Mapping[str, str]
    tell: Callable[[str], None]

    @property
    def currency(self) -> str:
        """The currency that amounts are brought to."""
        return self.project.settings.project.currency


@dataclass(frozen=True, slots=True)
class Outcome:
    """One table loaded, with all that was noticed."""

    table: LoadedTable
    problems: tuple[Problem, ...]
    rows: Rows


def load_table(loading: Loading, table: Table, source: Source, rows: Rows) -> Outcome:
    """Judge every row and write the good ones; UnreadableError when the table as a whole fails."""
    session = loading.session
    rows = queried(session, table, source, rows)
    fields = mapped(session, table, source, rows)
    view, noticed = typed_view(session, fields, source, loading.currency)
    view, said = converted(
        session, fields, view, loading.currency, loading.folder / "rates.parquet"
    )
    judged = rules(view, table, as_of=loading.as_of, today=loading.today)
    counts = _counted(session, view, judged)
    problems = [*rows.problems, *noticed, *said, *_unread(table, rows)]
    problems += _problems(session, fields, view, judged, counts)
    good = _good(view, judged, counts)
    repeated = _repeated(session, fields, good)
    if repeated.rows:
        good = without(session, good)
        problems.append(_duplicate(fields, repeated))
    kept = _write(loading, fields, good)
    _write_rejects(loading, fields, view, judged, counts, repeated)
    loaded = _summed(loading, fields, counts, kept, repeated.rows)
    return Outcome(loaded, tuple(problems), rows)


def _counted(session: Session, view: ir.Table, judged: Sequence[Rule]) -> dict[str, int]:
    """How many rows there are and for how many each rule holds, in one pass."""
    counted: dict[str, ir.Scalar] = {rule.name: view.count(where=rule.holds) for rule in judged}
    counts = session.rows(view.aggregate(rows=view.count(), **counted))[0]
    left = {rule.effect for rule in judged if counts[rule.name]}
    counts |= {"rejected": 0, "left_out": 0}
    if left & {Effect.REJECT, Effect.LEAVE_OUT}:
        rejected = any_holds(judged, Effect.REJECT)
        later = any_holds(judged, Effect.LEAVE_OUT) & ~rejected
        again = view.aggregate(
            rejected=view.count(where=rejected), left_out=view.count(where=later)
        )
        counts |= session.rows(again)[0]
    return counts


def _good(view: ir.Table, judged: Sequence[Rule], counts: Mapping[str, int]) -> ir.Table:
    """The rows that stay; no condition at all when every row does."""
    if counts["rejected"]:
        view = view.filter(~any_holds(judged, Effect.REJECT))
    if counts["left_out"]:
        view = view.filter(~any_holds(judged, Effect.LEAVE_OUT))
    return view


def _repeated(session: Session, fields: Mapped, good: ir.Table) -> Duplicates:
    key = fields.table.key
    if not key or any(fields.field(name) is None for name in key):
        return Duplicates()
    return find_duplicates(session, good, key)


def _write(loading: Loading, fields: Mapped, good: ir.Table) -> int:
    names = [c for c in good.columns if "__" not in c]
    kept = good.select(*names, source_row=good[ROW])
    sql = loading.session.backend.compile(kept)
    path = loading.folder / f"{fields.table.name}.parquet"
    done = loading.session.raw.execute(f"COPY ({sql}) TO {quoted(path)} ({PARQUET})").fetchall()
    return int(done[0][0])


def _write_rejects(
    loading: Loading,
    fields: Mapped,
    view: ir.Table,
    judged: Sequence[Rule],
    counts: Mapping[str, int],
    repeated: Duplicates,
) -> None:
    name = fields.table.name
    loading.rejects.add_unread(name, fields.rows.rejects)
    if counts["rejected"]:
        marked = view.mutate(__verdict=verdict(judged, Effect.REJECT))
        refused = [rule for rule in judged if rule.effect is Effect.REJECT]
        loading.rejects.add_judged(name, marked.filter(marked["__verdict"].notnull()), refused)
    if repeated.rows:
        loading.rejects.add_duplicates(name, view.get_name(), ", ".join(fields.table.key))


def _summed(
    loading: Loading, fields: Mapped, counts: Mapping[str, int], kept: int, repeated: int
) -> LoadedTable:
    unread = len(fields.rows.rejects)
    first, last = _span(loading, fields.table)
    return LoadedTable(
        fields.table.name,
        fields.rows.source,
        counts["rows"] + unread,
        kept,
        counts["rejected"] + unread + repeated,
        counts["left_out"],
        tuple(field.column.name for field in fields.fields),
        first,
        last,
    )


def _span(loading: Loading, table: Table) -> tuple[date | None, date | None]:
    """First and last day of what was kept; Parquet's own statistics answer."""
    written = loading.session.parquet(loading.folder / f"{table.name}.parquet")
    if table.happened not in written.columns:
        return None, None
    day = written[table.happened]
    found = loading.session.rows(written.aggregate(first=day.min(), last=day.max()))[0]
    return _day(found["first"]), _day(found["last"])


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None


def _unread(table: Table, rows: Rows) -> list[Problem]:
    """One problem for each way in which rows could not be read, with the first line."""
    found: list[Problem] = []
    for code in dict.fromkeys(reject.code for reject in rows.rejects):
        same = [reject for reject in rows.rejects if reject.code == code]
        lines = ", ".join(str(reject.row) for reject in same[:10]) + (
            " ..." if len(same) > 10 else ""
        )
        message = f"This row has {same[0].reason}; left out. Lines: {lines}."
        found.append(
            Problem(
                code,
                Severity.ERROR,
                table.name,
                message,
                "Correct these lines in the source.",
                same[0].source,
                same[0].row,
                same[0].column,
                same[0].raw[:80],
                len(same),
            )
        )
    return found


def _problems(
    session: Session,
    fields: Mapped,
    view: ir.Table,
    judged: Sequence[Rule],
    counts: Mapping[str, int],
) -> list[Problem]:
    return [_problem(session, fields, view, rule, counts) for rule in judged if counts[rule.name]]


def _problem(
    session: Session, fields: Mapped, view: ir.Table, rule: Rule, counts: Mapping[str, int]
) -> Problem:
    found = f"{rule.column}__found"
    columns = [FILE, ROW, *([found] if found in view.columns else [])]
    first = session.rows(view.filter(rule.holds).select(*columns).order_by(FILE, ROW).limit(1))[0]
    field = fields.field(rule.column)
    return Problem(
        rule.code,
        rule.severity,
        fields.table.name,
        rule.message + _sum(session, view, rule, fields.table),
        rule.remedy,
        first[FILE],
        first[ROW],
        field.origin if field else rule.column,
        str(first.get(found) or "")[:80],
        int(counts[rule.name]),
    )


def _sum(session: Session, view: ir.Table, rule: Rule, table: Table) -> str:
    """What the rows are worth, where that is asked for and known."""
    amount = AMOUNTS.get(table.name, "")
    if rule.code not in {"negative-amount", "no-customer"} or amount not in view.columns:
        return ""
    summed = view.aggregate(these=view[amount].sum(where=rule.holds), total=view[amount].sum())
    found = session.rows(summed)[0]
    total = found["total"]
    share = (
        f", {found['these'] / total:.1%} of the total"
        if rule.code == "no-customer" and total
        else ""
    )
    return f" They sum to {found['these'] or 0:,.2f}{share}."


def _duplicate(fields: Mapped, repeated: Duplicates) -> Problem:
    file, row, key = repeated.first
    differ = repeated.rows - repeated.identical
    how = {0: "all equal to the first", repeated.rows: "all different from the first"}.get(
        differ, f"{repeated.identical:,} equal to the first, {differ:,} different"
    )
    origins = [field.origin for name in fields.table.key if (field := fields.field(name))]
    return Problem(
        "duplicate",
        Severity.ERROR,
        fields.table.name,
        f"Row {repeated.original} has this key already; the first row is kept,"
        f" later ones are left out ({how}).",
        "Remove the copies, or map a column that tells the rows apart.",
        file,
        row,
        ", ".join(origins),
        key,
        repeated.rows,
    )
