"""One table from its source to its Parquet file: read, map, judge, write."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path

import duckdb
import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from tierwise.engine.connect import Session, quoted
from tierwise.engine.currency import converted
from tierwise.engine.duplicates import Duplicates, find_duplicates, find_identical, without, worth
from tierwise.engine.findings import duplicate_problems, identical_problems, rule_problems, unread
from tierwise.engine.mapping import Mapped, failing, mapped, queried
from tierwise.engine.project import ProjectFolder
from tierwise.engine.readers.rows import FILE, ROW, NotPlainError, Rows, UnreadableError, identifier
from tierwise.engine.rejects import Rejects
from tierwise.engine.reused import find_reused, reused_problem
from tierwise.engine.view import forget, typed_view
from tierwise.settings.model import Source
from tierwise.tables.problems import Problem, Severity
from tierwise.tables.rules import (
    AMOUNTS,
    Effect,
    Rule,
    any_holds,
    is_later,
    recorded_later,
    rules,
    verdict,
)
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
    first_later: date | None = None  # first day after the as-of date, where nothing is before it


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
    if rows.is_straight:
        try:
            return _mapped_and_loaded(loading, table, source, rows)
        except (NotPlainError, duckdb.Error):
            rows = rows.settled()
    return _mapped_and_loaded(loading, table, source, rows)


def _mapped_and_loaded(loading: Loading, table: Table, source: Source, rows: Rows) -> Outcome:
    rows = queried(loading.session, table, source, rows)
    fields = mapped(loading.session, table, source, rows)
    try:
        return _loaded(loading, fields, source)
    except (duckdb.DataError, duckdb.ProgrammingError) as error:
        if rows.is_straight:
            raise
        raise UnreadableError(failing(loading.session, fields, error)) from error


def _loaded(loading: Loading, fields: Mapped, source: Source) -> Outcome:
    session, table, rows = loading.session, fields.table, fields.rows
    typed = typed_view(session, fields, source, loading.project.settings.project)
    rates = loading.folder / "rates.parquet"
    view, said = converted(session, fields, typed.view, loading.currency, rates, source.preset)
    noticed = typed.problems
    judged = rules(view, table, as_of=loading.as_of, today=loading.today, forms=typed.forms)
    if doubts := [p for p in (*noticed, *said) if p.severity is Severity.ERROR]:
        beside = _beside(session, fields, view, judged, (*noticed, *said))
        forget(session, fields)
        raise UnreadableError(*doubts, beside=beside)
    counts = _counted(session, view, judged)
    good = _good(view, judged, counts)
    repeated = _repeated(session, fields, good)
    same: list[Problem] = []
    if _without_key(fields):
        same, dropped = _identical(session, fields, good, drop=source.drop_identical)
        repeated = dropped or repeated
    if repeated.rows:
        good = without(session, good)
    problems = [*rows.problems, *noticed, *said, *unread(table, rows)]
    problems += rule_problems(session, fields, view, _dropping(judged), counts)
    problems += same or duplicate_problems(fields, repeated)
    problems += _of_kept_rows(loading, fields, good, judged, typed.forms, counts, repeated)
    kept = _write(loading, fields, good, counts)
    problems += _reused(loading, fields)
    _write_rejects(loading, fields, view, judged, counts, repeated)
    loaded = _summed(loading, fields, counts, kept, repeated.rows)
    if not kept and counts["left_out"]:
        loaded = replace(loaded, first_later=_first_later(session, table, view, judged))
    forget(session, fields)
    return Outcome(loaded, tuple(problems), rows)


def _beside(
    session: Session,
    fields: Mapped,
    view: ir.Table,
    judged: Sequence[Rule],
    noticed: Sequence[Problem],
) -> list[Problem]:
    """What else is wrong in a table that cannot be loaded yet, so that all is corrected at once.

    Amounts of several kinds are not added up, and days that are in doubt are not
    held against today.
    """
    dated = any(problem.code == "ambiguous-date" for problem in noticed)
    sure = [rule for rule in judged if not (dated and rule.effect is Effect.LEAVE_OUT)]
    counts = _counted(session, view, sure)
    repeated = _repeated(session, fields, _good(view, sure, counts))
    known = [problem for problem in noticed if problem.severity is not Severity.ERROR]
    return [
        *fields.rows.problems,
        *known,
        *unread(fields.table, fields.rows),
        *rule_problems(session, fields, view, sure, counts, sums=False),
        *duplicate_problems(fields, repeated),
    ]


def _dropping(judged: Sequence[Rule]) -> list[Rule]:
    return [rule for rule in judged if rule.effect is not Effect.KEEP]


def _of_kept_rows(
    loading: Loading,
    fields: Mapped,
    good: ir.Table,
    judged: Sequence[Rule],
    forms: Mapping[str, str],
    counts: Mapping[str, int],
    repeated: Duplicates,
) -> list[Problem]:
    """What is said of rows that stay; counted again when others went."""
    again = rules(good, fields.table, as_of=loading.as_of, today=loading.today, forms=forms)
    keeping = [rule for rule in again if rule.effect is Effect.KEEP and counts[rule.name]]
    if keeping and (repeated.rows or any(counts[rule.name] for rule in _dropping(judged))):
        counts = _holding(loading.session, good, keeping)
    return rule_problems(loading.session, fields, good, keeping, counts)


def _holding(session: Session, view: ir.Table, judged: Sequence[Rule]) -> dict[str, int]:
    """How many rows there are and for how many each rule holds, in one pass."""
    counted: dict[str, ir.Scalar] = {rule.name: view.count(where=rule.holds) for rule in judged}
    return session.rows(view.aggregate(rows=view.count(), **counted))[0]


def _counted(session: Session, view: ir.Table, judged: Sequence[Rule]) -> dict[str, int]:
    """The same with the rows that go; a row for which several rules hold goes once."""
    counts = _holding(session, view, judged) | {"rejected": 0, "left_out": 0}
    if any(counts[rule.name] for rule in _dropping(judged)):
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


def _without_key(fields: Mapped) -> bool:
    """Whether rows cannot be told apart by a key."""
    return any(fields.field(name) is None for name in fields.table.key or ("",))


def _repeated(session: Session, fields: Mapped, good: ir.Table) -> Duplicates:
    return (
        Duplicates() if _without_key(fields) else find_duplicates(session, good, fields.table.key)
    )


def _identical(
    session: Session, fields: Mapped, good: ir.Table, *, drop: bool
) -> tuple[list[Problem], Duplicates | None]:
    """What is said of rows that equal an earlier one, and those to leave out, if that is set."""
    found = find_identical(session, good)
    if not found.rows:
        return [], None
    amount = AMOUNTS.get(fields.table.name, "")
    sum_of = worth(session, good, amount) if amount in good.columns else None
    return identical_problems(fields, found, sum_of, dropped=drop), found if drop else None


def _write(loading: Loading, fields: Mapped, good: ir.Table, counts: Mapping[str, int]) -> int:
    names = [c for c in good.columns if "__" not in c]
    unknown = _unknown_yet(loading.as_of, fields.table, good, counts)
    whole = good.op()
    if not unknown and isinstance(whole, ops.DatabaseTable):  # compiling costs more than writing
        listed = ", ".join(identifier(name) for name in names)
        origin = f"{identifier(ROW)} AS source_row, {identifier(FILE)} AS source_file"
        sql = f"SELECT {listed}, {origin} FROM {identifier(whole.name)}"
    else:
        kept = good.mutate(**unknown).select(*names, source_row=good[ROW], source_file=good[FILE])
        sql = loading.session.backend.compile(kept)
    path = loading.folder / f"{fields.table.name}.parquet"
    done = loading.session.raw.execute(f"COPY ({sql}) TO {quoted(path)} ({PARQUET})").fetchall()
    return int(done[0][0])


def _reused(loading: Loading, fields: Mapped) -> list[Problem]:
    """Order ids that are used again, among the lines that were written."""
    order_id = fields.field("header_id")
    if fields.table.name != "order_lines" or order_id is None:
        return []
    columns = tuple(field.column.name for field in fields.fields)
    found = find_reused(loading.session, loading.folder / "order_lines.parquet", columns)
    return [reused_problem(found, order_id.origin)] if found else []


def _unknown_yet(
    as_of: date, table: Table, good: ir.Table, counts: Mapping[str, int]
) -> dict[str, ir.Value]:
    """Columns without what happened after the as-of date, and without what it brought about."""
    when: dict[str, ir.BooleanValue] = {}
    for name in table.recorded:
        if counts.get(recorded_later(name)):
            later = is_later(good[name], as_of)
            for column in (name, *table.told_by(name)):
                when[column] = when[column] | later if column in when else later
    return {c: ibis.ifelse(w, None, good[c]) for c, w in when.items() if c in good.columns}


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
        loading.rejects.add_judged(fields, marked.filter(marked["__verdict"].notnull()), refused)
    if repeated.rows:
        key = "every column" if _without_key(fields) else ", ".join(fields.table.key)
        loading.rejects.add_duplicates(fields, key)


def _summed(
    loading: Loading, fields: Mapped, counts: Mapping[str, int], kept: int, repeated: int
) -> LoadedTable:
    unread = len(fields.rows.rejects)
    columns = tuple(field.column.name for field in fields.fields)
    first, last = _span(loading, fields.table, columns)
    return LoadedTable(
        fields.table.name,
        fields.rows.source,
        counts["rows"] + unread,
        kept,
        counts["rejected"] + unread + repeated,
        counts["left_out"],
        columns,
        first,
        last,
    )


def _first_later(
    session: Session, table: Table, view: ir.Table, judged: Sequence[Rule]
) -> date | None:
    """The first day after the as-of date that is no later than today."""
    later = next(rule.holds for rule in judged if rule.code == "after-as-of")
    return _day(session.rows(view.aggregate(day=view[table.happened].min(where=later)))[0]["day"])


def _span(
    loading: Loading, table: Table, columns: Sequence[str]
) -> tuple[date | None, date | None]:
    """First and last day of what was kept; Parquet's own statistics answer."""
    if not table.happened or table.happened not in columns:
        return None, None
    written = f"read_parquet({quoted(loading.folder / f'{table.name}.parquet')})"
    day = identifier(table.happened)
    span = f"SELECT min({day}), max({day}) FROM {written}"
    first, last = loading.session.raw.execute(span).fetchall()[0]
    return _day(first), _day(last)


def _day(value: object) -> date | None:
    if isinstance(value, datetime):
        return value.date()
    return value if isinstance(value, date) else None
