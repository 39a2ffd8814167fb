"""How dates stand in a text source: one known format a column, never a guess between two."""

from __future__ import annotations

from dataclasses import dataclass

from tierwise.engine.connect import Session, quoted
from tierwise.engine.mapping import Field, Mapped
from tierwise.engine.readers.rows import UnreadableError
from tierwise.tables.problems import Problem, Severity
from tierwise.tables.schema import Kind

ISO = "ISO 8601"
EXCEL = "Excel day number"
DAYS = (
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d.%m.%y",
    "%Y%m%d",
    "%d %b %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
)
_HOURS = (
    "",
    " %H:%M",
    " %H:%M:%S",
    "T%H:%M:%S",
    " %H:%M:%S.%f",
    " %I:%M %p",
    " %I:%M:%S %p",
    ", %H:%M",
)
_OFFSET = r"(Z|UTC|GMT|[+-]\d{2}:?\d{2})$"
_CLOCK = r"\d:\d"  # a time of day with an offset, not a date that ends in -0312


@dataclass(frozen=True, slots=True)
class DateFormat:
    """How one column's dates are read."""

    name: str  # ISO, EXCEL or a strptime format
    offsets: bool = False  # some values say their distance from UTC


def date_sql(text: str, kind: Kind, form: DateFormat, zone: str | None) -> str:
    """SQL that reads one text as a date, or as a UTC time."""
    wall = wall_sql(text, form)
    if kind is Kind.DATE:
        return f"CAST({wall} AS DATE)"
    local = _to_utc(wall, zone, f"{text} LIKE '%:%'")
    if not form.offsets:
        return local
    joined = f"regexp_replace(trim({text}), ' ?([+-]\\d{{2}}):?(\\d{{2}})$', '\\1:\\2')"
    shown = f"regexp_matches(trim({text}), '{_OFFSET}') AND regexp_matches({text}, '{_CLOCK}')"
    absolute = f"timezone('UTC', TRY_CAST({joined} AS TIMESTAMPTZ))"
    return f"CASE WHEN {shown} THEN {absolute} ELSE {local} END"


def _to_utc(wall: str, zone: str | None, has_clock: str) -> str:
    """A bare date has no zone; moving its midnight would move the day."""
    if zone is None or zone == "UTC":
        return wall
    moved = f"timezone('UTC', timezone({quoted(zone)}, {wall}))"
    return f"CASE WHEN {has_clock} THEN {moved} ELSE {wall} END"


def wall_sql(text: str, form: DateFormat) -> str:
    """SQL for the date and time as written, whatever the zone; NULL before the year 1000."""
    bare = f"trim({text})"
    if form.name == ISO:
        joined = (
            f"regexp_replace({bare}, ' ([+-]\\d{{2}}:?\\d{{2}})$', '\\1')" if form.offsets else bare
        )
        read = f"TRY_CAST({joined} AS TIMESTAMP)"
    elif form.name == EXCEL:
        days = f"TRY_CAST({bare} AS DOUBLE)"
        read = f"TIMESTAMP '1899-12-30' + to_seconds(CAST(round({days} * 86400) AS BIGINT))"
        read = f"CASE WHEN {days} BETWEEN 1 AND 2958465 THEN {read} END"
    else:
        read = f"try_strptime({bare}, [{', '.join(quoted(v) for v in variants(form.name))}])"
    return f"(CASE WHEN year({read}) BETWEEN 1000 AND 9999 THEN {read} END)"


def variants(form: str) -> tuple[str, ...]:
    """A date format with every time of day that may follow it."""
    return (
        (form,) if any(sign in form for sign in ("%H", "%I")) else tuple(form + h for h in _HOURS)
    )


def look_at_dates(
    session: Session, mapped: Mapped, wanted: str | None
) -> tuple[dict[str, DateFormat], tuple[Problem, ...]]:
    """The format of every text column that holds dates; UnreadableError when two would fit."""
    fields = [f for f in mapped.fields if f.is_text and f.column.kind in {Kind.DATE, Kind.TIME}]
    found: dict[str, DateFormat] = {}
    problems: list[Problem] = []
    doubts: list[Problem] = []
    for field in fields:
        form, problem = _look(session, mapped, field, wanted)
        found[field.column.name] = form
        if problem is not None:
            (doubts if problem.severity is Severity.ERROR else problems).append(problem)
    if doubts:
        raise UnreadableError(*doubts)
    return found, tuple(problems)


def _look(
    session: Session, mapped: Mapped, field: Field, wanted: str | None
) -> tuple[DateFormat, Problem | None]:
    values = f"SELECT trim({field.sql}) AS v FROM ({mapped.rows.sql}) WHERE trim({field.sql}) <> ''"
    offset = f"regexp_matches(v, '{_OFFSET}') AND regexp_matches(v, '{_CLOCK}')"
    iso = wall_sql("v", DateFormat(ISO, True))
    total, as_iso, offsets = session.raw.execute(
        f"SELECT count(v), count({iso}), count(*) FILTER ({offset}) FROM ({values})"
    ).fetchall()[0]
    if as_iso == total and (wanted is None or not _count(session, values, wanted)):
        return DateFormat(ISO, offsets > 0), None
    if wanted and _count(session, values, wanted):
        return DateFormat(wanted, offsets > 0), None
    known = (ISO, *((EXCEL,) if mapped.rows.excel else ()), *DAYS)
    counted = _counts(session, values, known)
    most = max(counted.values())
    best = [name for name in known if counted[name] == most]
    form = DateFormat(best[0], offsets > 0)
    if most and len(best) > 1:
        example = _differ(session, values, best)
        if example is not None:
            return form, _ambiguous(mapped, field, *example)
    return form, _mixed(mapped, field, best[0], counted, total) if 0 < most < total else None


def _count(session: Session, values: str, form: str) -> int:
    return _counts(session, values, (form,))[form]


def _counts(session: Session, values: str, forms: tuple[str, ...]) -> dict[str, int]:
    """How many values each format reads; distinct values only are tried, days repeat."""
    tried = ", ".join(
        f"sum(n) FILTER ({wall_sql('v', DateFormat(form, True))} IS NOT NULL)" for form in forms
    )
    distinct = f"SELECT v, count(*) AS n FROM ({values}) GROUP BY v"
    row = session.raw.execute(f"SELECT {tried} FROM ({distinct})").fetchall()[0]
    return {form: int(n or 0) for form, n in zip(forms, row, strict=True)}


def _differ(session: Session, values: str, forms: list[str]) -> tuple[str, dict[str, str]] | None:
    """A value that two of the formats read differently, with each reading; None if none does."""
    readings = [wall_sql("v", DateFormat(form, True)) for form in forms]
    other = " OR ".join(f"{readings[0]} <> {reading}" for reading in readings[1:])
    shown = ", ".join(f"strftime({reading}, '%-d %B %Y')" for reading in readings)
    rows = session.raw.execute(
        f"SELECT v, {shown} FROM ({values}) WHERE {other} ORDER BY v LIMIT 1"
    ).fetchall()
    return (rows[0][0], dict(zip(forms, rows[0][1:], strict=True))) if rows else None


def _ambiguous(mapped: Mapped, field: Field, value: str, readings: dict[str, str]) -> Problem:
    said = " or ".join(f"{reading} ({form})" for form, reading in readings.items())
    return Problem(
        "ambiguous-date",
        Severity.ERROR,
        mapped.table.name,
        f"This can be {said}; every value of the column fits both.",
        f'Set date_format = "{next(iter(readings))}" (or the other)'
        f" in [sources.{mapped.table.name}].",
        mapped.rows.source,
        column=field.origin,
        value=value,
    )


def _mixed(
    mapped: Mapped, field: Field, best: str, counted: dict[str, int], total: int
) -> Problem | None:
    others = {
        form: n for form, n in counted.items() if n and form != best and n <= total - counted[best]
    }
    if not others:
        return None
    also = ", ".join(f"{form} ({n:,} values)" for form, n in others.items())
    return Problem(
        "mixed-date-formats",
        Severity.WARNING,
        mapped.table.name,
        f"Most dates ({counted[best]:,} of {total:,}) are {best}, which is used;"
        f" others look like {also}.",
        "Bring the column to one format, or set date_format.",
        mapped.rows.source,
        column=field.origin,
        count=total - counted[best],
    )
