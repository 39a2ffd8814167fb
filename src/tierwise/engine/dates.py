"""How dates stand in a text source: one known format a column, never a guess between two."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tierwise.engine.connect import Session, quoted
from tierwise.engine.mapping import Field, Mapped
from tierwise.engine.settings_text import quoted_toml
from tierwise.settings.zones import UTC
from tierwise.tables.problems import Problem, Severity
from tierwise.tables.rules import ISO
from tierwise.tables.schema import Kind

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
_SAMPLE = 2_000
_OFFSET = r"(Z|UTC|GMT|[+-]\d{2}(:?\d{2})?)$"
_CLOCK = r"\d:\d"  # a time of day with an offset, not a date that ends in -0312


@dataclass(frozen=True, slots=True)
class Zones:
    """Whose clock times are read from, and whose clock they are kept in."""

    written: str = UTC  # of times that do not say their distance from UTC
    kept: str = UTC  # of the project: its days, quarters and hours

    @classmethod
    def of(cls, source: str | None, project: str) -> Zones:
        """The zones of a source; times without one are the project's where it names none."""
        return cls(source or project, project)

    @property
    def same(self) -> bool:
        """Whether times without an offset stay as they are written."""
        return self.written == self.kept


@dataclass(frozen=True, slots=True)
class DateFormat:
    """How one column's dates are read."""

    name: str  # ISO, EXCEL or a strptime format
    offsets: bool = False  # some values say their distance from UTC
    forms: tuple[str, ...] = ()  # the strptime formats that occur; (): all with this day format


def date_sql(text: str, kind: Kind, form: DateFormat, zones: Zones) -> str:
    """SQL that reads one text as a date or time of the project's zone.

    A date with an offset stays the day it is written as where the project has no
    zone of its own: exporters write the first moment of a day that way.
    """
    wall = wall_sql(text, form)
    if kind is Kind.DATE and not (form.offsets and zones.kept != UTC):
        return f"CAST({wall} AS DATE)"
    # A bare date has no zone; moving its midnight would move the day.
    clocked = kind is Kind.TIME and not zones.same
    local = (
        f"CASE WHEN {text} LIKE '%:%' THEN {moved_sql(wall, zones)} ELSE {wall} END"
        if clocked
        else wall
    )
    read = _absolute(text, local, zones.kept) if form.offsets else local
    return f"CAST({read} AS DATE)" if kind is Kind.DATE else read


def moved_sql(wall: str, zones: Zones) -> str:
    """SQL for a time by the project's clock that was read from the source's."""
    if zones.same:
        return wall
    return f"timezone({quoted(zones.kept)}, timezone({quoted(zones.written)}, {wall}))"


def _absolute(text: str, local: str, zone: str) -> str:
    """A time that says its distance from UTC, by the clock of a zone; `local` where it does not."""
    joined = f"regexp_replace({_joined(text)}, '([+-]\\d{{2}}):?(\\d{{2}})?$', '\\1:\\2')"
    joined = f"regexp_replace({joined}, ':$', ':00')"
    shown = f"regexp_matches(trim({text}), '{_OFFSET}') AND regexp_matches({text}, '{_CLOCK}')"
    absolute = f"timezone({quoted(zone)}, TRY_CAST({joined} AS TIMESTAMPTZ))"
    return f"CASE WHEN {shown} THEN {absolute} ELSE {local} END"


def _joined(text: str) -> str:
    """A time and its offset without a blank between them, and with seconds: DuckDB needs both."""
    close = f"regexp_replace(trim({text}), ' ([+-]\\d{{2}}(:?\\d{{2}})?)$', '\\1')"
    return f"regexp_replace({close}, '([T ]\\d{{1,2}}:\\d{{2}})(Z|[+-]\\d{{2}})', '\\1:00\\2')"


def may_be_offset(text: str) -> str:
    """SQL for whether a text may end in a distance from UTC; true for a few that do not."""
    return f"(contains({text}, '+') OR contains(substr({text}, 11), '-'))"


def wall_sql(text: str, form: DateFormat) -> str:
    """SQL for the date and time as written, whatever the zone; NULL before the year 1000."""
    bare = f"trim({text})"
    if form.name == ISO:
        joined = _joined(text) if form.offsets else bare
        read = f"TRY_CAST({joined} AS TIMESTAMP)"
    elif form.name == EXCEL:
        days = f"TRY_CAST({bare} AS DOUBLE)"
        read = f"TIMESTAMP '1899-12-30' + to_seconds(CAST(round({days} * 86400) AS BIGINT))"
        read = f"CASE WHEN {days} BETWEEN 1 AND 2958465 THEN {read} END"
    else:
        forms = [quoted(f) for f in form.forms or variants(form.name)]
        listed = forms[0] if len(forms) == 1 else f"[{', '.join(forms)}]"
        read = f"try_strptime({bare}, {listed})"
    return f"(CASE WHEN year({read}) BETWEEN 1000 AND 9999 THEN {read} END)"


def variants(form: str) -> tuple[str, ...]:
    """A date format with every time of day that may follow it."""
    return (
        (form,) if any(sign in form for sign in ("%H", "%I")) else tuple(form + h for h in _HOURS)
    )


def look_at_dates(
    session: Session, mapped: Mapped, wanted: str | None
) -> tuple[dict[str, DateFormat], tuple[Problem, ...]]:
    """The format of every text column that holds dates; where two would fit, an error says so."""
    fields = [f for f in mapped.fields if f.is_text and f.column.kind in {Kind.DATE, Kind.TIME}]
    found: dict[str, DateFormat] = {}
    problems: list[Problem] = []
    for field in fields:
        found[field.column.name], said = _look(session, mapped, field, wanted)
        problems += said
    return found, tuple(problems)


def _look(
    session: Session, mapped: Mapped, field: Field, wanted: str | None
) -> tuple[DateFormat, tuple[Problem, ...]]:
    values = f"SELECT trim({field.sql}) AS v FROM ({mapped.rows.sql}) WHERE trim({field.sql}) <> ''"
    # Patterns cost a microsecond a value, so only what may end in an offset is held to them.
    maybe = f"{may_be_offset('v')} OR suffix(upper(v), 'Z')"
    offset = f"regexp_matches(v, '{_OFFSET}') AND regexp_matches(v, '{_CLOCK}')"
    offset = f"CASE WHEN {maybe} THEN {offset} ELSE false END"
    plain, joined = (wall_sql("v", DateFormat(ISO, offsets)) for offsets in (False, True))
    iso = f"CASE WHEN {maybe} THEN {joined} ELSE {plain} END"
    total, as_iso, offsets = session.raw.execute(
        f"SELECT count(v), count({iso}), count(*) FILTER ({offset}) FROM ({values})"
    ).fetchall()[0]
    if wanted and _counts(session, values, (wanted,))[wanted]:
        return _narrowed(session, values, wanted, offsets > 0), ()
    form, problem = _found(session, mapped, field, values, (total, as_iso, offsets))
    unfit = _unfit(mapped, field, wanted, form) if wanted and total else None
    return form, tuple(p for p in (unfit, problem) if p is not None)


def _found(
    session: Session, mapped: Mapped, field: Field, values: str, counts: tuple[int, int, int]
) -> tuple[DateFormat, Problem | None]:
    """The format that most values have, and what speaks against it."""
    total, as_iso, offsets = counts
    if as_iso == total:
        return DateFormat(ISO, offsets > 0), None
    known = (ISO, *((EXCEL,) if mapped.rows.excel else ()), *DAYS)
    counted = _counted(session, values, known, total)
    most = max(counted.values())
    best = [name for name in known if counted[name] == most]
    form = _narrowed(session, values, best[0], offsets > 0)
    if most and len(best) > 1:
        example = _differ(session, values, best)
        if example is not None:
            return form, _ambiguous(mapped, field, *example)
    if not 0 < most < total:
        return form, None
    return form, _mixed(mapped, field, _shared(session, values, best[0], counted), total)


def _counted(session: Session, values: str, known: tuple[str, ...], total: int) -> dict[str, int]:
    """How many values each format reads; those that read none of a sample are tried last."""
    sample = _counts(session, f"SELECT v FROM ({values}) LIMIT {_SAMPLE}", known)
    likely = tuple(name for name in known if sample[name])
    counted = dict.fromkeys(known, 0) | (_counts(session, values, likely) if likely else {})
    complete = max(counted.values()) == total
    return counted if complete else _counts(session, values, known)


def _narrowed(session: Session, values: str, name: str, offsets: bool) -> DateFormat:
    """Only the formats that occur: each one tried in vain costs a microsecond a row."""
    if name in {ISO, EXCEL}:
        return DateFormat(name, offsets)
    forms = variants(name)
    tried = ", ".join(f"count(try_strptime(v, {quoted(form)}))" for form in forms)
    row = session.raw.execute(f"SELECT {tried} FROM ({_distinct(values)})").fetchall()[0]
    return DateFormat(name, offsets, tuple(f for f, n in zip(forms, row, strict=True) if n))


def _distinct(values: str) -> str:
    return f"SELECT v, count(*) AS n FROM ({values}) GROUP BY v"


def _counts(session: Session, values: str, forms: tuple[str, ...]) -> dict[str, int]:
    """How many values each format reads; days repeat, so each is tried once."""
    tried = ", ".join(
        f"sum(n) FILTER ({wall_sql('v', DateFormat(form, True))} IS NOT NULL)" for form in forms
    )
    row = session.raw.execute(f"SELECT {tried} FROM ({_distinct(values)})").fetchall()[0]
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


def _unfit(mapped: Mapped, field: Field, wanted: str, form: DateFormat) -> Problem:
    return Problem(
        "date-format-unfit",
        Severity.WARNING,
        mapped.table.name,
        f'date_format = "{wanted}" fits no value of this column; {form.name} is used.',
        f"Correct date_format in [sources.{mapped.table.name}], or remove it.",
        mapped.rows.source,
        column=field.origin,
    )


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


_NONE = "no date"


def _shared(
    session: Session, values: str, best: str, counted: dict[str, int]
) -> list[tuple[str, int]]:
    """Formats, the one in use first, and how many values each alone accounts for.

    A value that several formats read counts for the most frequent of them.
    """
    known = sorted((form for form in counted if counted[form]), key=lambda f: -counted[f])
    known = [best, *(form for form in known if form != best)]
    cases = " ".join(
        f"WHEN {wall_sql('v', DateFormat(form, True))} IS NOT NULL THEN {place}"
        for place, form in enumerate(known)
    )
    rows = session.raw.execute(
        f"SELECT CASE {cases} ELSE {len(known)} END, sum(n) FROM ({_distinct(values)})"
        " GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return [([*known, _NONE][place], int(n)) for place, n in rows]


def _mixed(
    mapped: Mapped, field: Field, shared: list[tuple[str, int]], total: int
) -> Problem | None:
    (best, most), *others = shared
    forms = [form for form, _ in others if form != _NONE]
    if not forms:
        return None
    also = ", ".join(f"{n:,} {'is' if n == 1 else 'are'} {form}" for form, n in others)
    return Problem(
        "mixed-date-formats",
        Severity.WARNING,
        mapped.table.name,
        f"Most dates ({most:,} of {total:,}) are {best}, which is used; of the others {also}.",
        _one_of(field, (best, forms[0])),
        mapped.rows.source,
        column=field.origin,
        count=total - most,
    )


def _one_of(field: Field, forms: tuple[str, str]) -> str:
    """How to read two formats in one column, where an expression can."""
    remedy = "Bring the column to one format in the source."
    if field.computed or EXCEL in forms:
        return remedy
    name = field.origin if re.fullmatch(r"[A-Za-z_]\w*", field.origin) else field.sql
    reads = ", ".join(
        f"TRY_CAST({name} AS TIMESTAMP)" if form == ISO else f"try_strptime({name}, {quoted(form)})"
        for form in forms
    )
    expression = quoted_toml(f"coalesce({reads})")
    return f"{remedy} Or read both: {field.column.name} = {{ sql = {expression} }}."
