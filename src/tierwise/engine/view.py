"""A mapped source as one view of canonical columns, each read by its kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import ibis.expr.types as ir

from tierwise.engine.connect import Session, quoted
from tierwise.engine.dates import Zones, look_at_dates
from tierwise.engine.kinds import NOTHING, Manner, Reading, cents_sql, listed, read_field
from tierwise.engine.mapping import Field, Mapped
from tierwise.engine.numbers import dots_in_doubt, look_at_numbers
from tierwise.engine.plain import read_plainly
from tierwise.engine.readers.rows import FILE, ROW, NotPlainError, identifier
from tierwise.settings.model import Project, Source
from tierwise.tables.problems import Problem
from tierwise.tables.schema import Kind

RAW = "__raw"  # the source's row as JSON text
ATTRIBUTES = "attributes"
MISFIT = "__misfit"  # some value of the row is not written in the common manner
_SAMPLE = 1_000
_FLAGS = ("bad", "big", "excess")


@dataclass(frozen=True, slots=True)
class Typed:
    """A source read: canonical columns, their flags and attributes, and how it was read."""

    view: ir.Table
    problems: tuple[Problem, ...]
    forms: Mapping[str, str]  # column of dates to its format, where that was looked for


def typed_view(session: Session, mapped: Mapped, source: Source, project: Project) -> Typed:
    """Canonical columns, their flags, attributes; and what was noticed.

    Values that have to be parsed are parsed once and held; values that already
    have a type are read again by whoever needs them, which costs less than
    holding them.
    """
    _found_view(session, mapped)
    cents, zones = _cents(mapped, source, project.currency), _zones(source, project)
    if not cents and zones.same and _may_assume(mapped, source):
        view = _typed(session, mapped, _plain_columns(mapped, zones))
        if _fits(session, mapped, source):
            return Typed(view, (), {})
    if mapped.rows.is_straight:
        raise NotPlainError
    manner, problems = _look(session, mapped, source, project)
    parts = [part for f in mapped.fields for part in _columns(f, read_field(f, manner))]
    forms = {column: form.name for column, form in manner.dates.items()}
    return Typed(_typed(session, mapped, parts), problems, forms)


def _zones(source: Source, project: Project) -> Zones:
    return Zones.of(source.time_zone, project.time_zone)


def _plain_columns(mapped: Mapped, zones: Zones) -> list[str]:
    """Columns in the common manner; one flag says which rows were not written in it."""
    manner = Manner.assumed(mapped.fields, zones)
    parts, misfits = [], []
    for field in mapped.fields:
        if field.is_text:
            plain = read_plainly(field, zones)
            parts.append(f"{plain.value} AS {field.column.name}")
            misfits += [plain.misfit] if plain.misfit else []
        else:
            parts += _columns(field, read_field(field, manner))
    return [*parts, f"({' OR '.join(misfits)}) AS {MISFIT}"] if misfits else parts


def _typed(session: Session, mapped: Mapped, columns: Sequence[str]) -> ir.Table:
    parts = [ROW, FILE, *columns]
    if mapped.unmapped:
        parts.append(f"{_struct(mapped.unmapped)} AS {ATTRIBUTES}")
    name = typed_name(mapped)
    kind = "TEMP TABLE" if _is_parsed(mapped) else "TEMP VIEW"
    session.raw.execute(
        f"CREATE OR REPLACE {kind} {name} AS SELECT {', '.join(parts)} FROM ({mapped.rows.sql})"
    )
    return session.backend.table(name)


def typed_name(mapped: Mapped) -> str:
    """Name of the view, or of the table that holds it."""
    return f"typed_{mapped.table.name}"


def _may_assume(mapped: Mapped, source: Source) -> bool:
    """Whether nothing that is set, or known of the source, speaks against the common manner."""
    return not source.date_format and source.decimal != "," and not mapped.rows.excel


def _fits(session: Session, mapped: Mapped, source: Source) -> bool:
    """Whether the common manner read every value; judged on the values as they were read.

    Looking at a text before reading it costs as much as reading it, and most
    exports are clean, so they are read first and looked at only when that fails.
    """
    name, texts = typed_name(mapped), _texts(mapped)
    misread = [f"({_untidy(f, identifier(f.column.name))})" for f in texts]
    misread += [MISFIT] if any(_needs_reading(f) for f in mapped.fields) else []
    whole = [f"({_sampled_whole(f, name)})" for f in texts if f.column.kind is Kind.ID]
    asked = [f"count(*) FILTER ({' OR '.join(misread)}) > 0"] if misread else []
    asked += whole
    if mapped.rows.is_straight:  # a quoted line break, or a line that swallowed others
        asked.append(f"count(*) <> {mapped.rows.expected}")
    if not asked:
        return True
    row = session.raw.execute(f"SELECT {', '.join(asked)} FROM {name}").fetchall()[0]
    return not any(row) and (source.decimal is not None or not dots_in_doubt(session, mapped))


def _sampled_whole(field: Field, name: str) -> str:
    """SQL for whether the first ids all end in .0."""
    column = identifier(field.column.name)
    some = f"SELECT {column} AS v FROM {name} WHERE {column} <> '' LIMIT {_SAMPLE}"
    return f"SELECT coalesce(bool_and(regexp_full_match(v, '\\d+\\.0')), false) FROM ({some})"


def forget(session: Session, mapped: Mapped) -> None:
    """Give back what `typed_view` holds."""
    if _is_parsed(mapped):
        session.raw.execute(f"DROP TABLE IF EXISTS typed_{mapped.table.name} CASCADE")


def found_name(mapped: Mapped) -> str:
    """View of the rows as they were found: `__raw`, and `c__found` for each mapped column."""
    return f"found_{mapped.table.name}"


def _found_view(session: Session, mapped: Mapped) -> None:
    texts = [
        f"CAST({field.sql} AS VARCHAR) AS {field.column.name}__found" for field in mapped.fields
    ]
    raw = f"CAST(to_json({_struct(mapped.rows.names)}) AS VARCHAR) AS {RAW}"
    session.raw.execute(
        f"CREATE OR REPLACE TEMP VIEW {found_name(mapped)} AS"
        f" SELECT {', '.join([ROW, FILE, raw, *texts])} FROM ({mapped.rows.sql})"
    )


def _is_parsed(mapped: Mapped) -> bool:
    return any(f.is_text and f.column.kind not in {Kind.ID, Kind.TEXT} for f in mapped.fields)


def _needs_reading(field: Field) -> bool:
    return field.is_text and (
        field.column.kind not in {Kind.ID, Kind.TEXT} or bool(field.column.one_of)
    )


def _struct(names: Sequence[str]) -> str:
    return "{" + ", ".join(f"{quoted(name)}: {identifier(name)}" for name in names) + "}"


def _columns(field: Field, reading: Reading) -> list[str]:
    name = field.column.name
    flags = zip(_FLAGS, (reading.bad, reading.big, reading.excess), strict=True)
    return [
        f"{reading.value} AS {name}",
        *(f"({sql}) AS {name}__{flag}" for flag, sql in flags if sql),
    ]


def _look(
    session: Session, mapped: Mapped, source: Source, project: Project
) -> tuple[Manner, tuple[Problem, ...]]:
    numbers = look_at_numbers(session, mapped, source.decimal, project.currency)
    dates, said = look_at_dates(session, mapped, source.date_format)
    clean, whole = _ends(session, mapped)
    cents = _cents(mapped, source, project.currency)
    manner = Manner(numbers, dates, clean, whole, _zones(source, project), cents)
    return manner, (*numbers.problems, *said)


def _cents(mapped: Mapped, source: Source, currency: str) -> str:
    own = mapped.field("currency")
    return cents_sql(own.sql if own else quoted(currency)) if source.minor_units else ""


def _texts(mapped: Mapped) -> list[Field]:
    return [f for f in mapped.fields if f.is_text and f.column.kind in {Kind.ID, Kind.TEXT}]


def _ends(session: Session, mapped: Mapped) -> tuple[frozenset[str], frozenset[str]]:
    """Text columns that need no trimming, and ids all written as 17850.0.

    Trimming five columns of 10 million rows costs 2 s, seeing that there is
    nothing to trim a quarter of it.
    """
    texts = _texts(mapped)
    if not texts:
        return frozenset(), frozenset()
    counts = ", ".join(f"count(*) FILTER ({_untidy(f, f.sql)})" for f in texts)
    row = session.raw.execute(f"SELECT {counts} FROM ({mapped.rows.sql})").fetchall()[0]
    clean = {f.column.name for f, untidy in zip(texts, row, strict=True) if not untidy}
    whole = {
        f.column.name for f in texts if f.column.kind is Kind.ID and _whole(session, mapped, f)
    }
    return frozenset(clean - whole), frozenset(whole)


def _untidy(field: Field, sql: str) -> str:
    """Blanks at the ends, or a word that means nothing; all of these are short."""
    ends = f"{sql} < '!' OR {sql} LIKE '% '"  # everything that sorts before "!" starts with a blank
    if field.column.name == "currency":
        return f"{ends} OR {sql} <> upper({sql})"
    nothing = f"CASE WHEN strlen({sql}) <= 4 THEN {sql} IN ({listed(NOTHING)}) ELSE false END"
    return f"{ends} OR {nothing}" if field.column.kind is Kind.ID else ends


def _whole(session: Session, mapped: Mapped, field: Field) -> bool:
    """Whether all ids end in .0; few are looked at unless these all do."""
    values = f"SELECT trim({field.sql}) AS v FROM ({mapped.rows.sql}) WHERE trim({field.sql}) <> ''"
    return all(
        session.raw.execute(
            f"SELECT bool_and(regexp_full_match(v, '\\d+\\.0')) FROM ({values} {limit})"
        ).fetchall()[0][0]
        for limit in (f"LIMIT {_SAMPLE}", "")
    )
