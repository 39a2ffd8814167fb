"""How numbers stand in a text source: decimal sign, thousands, currency signs, percent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tierwise.engine.connect import Session
from tierwise.engine.mapping import Field, Mapped
from tierwise.engine.readers.rows import FILE, ROW
from tierwise.tables.problems import Problem, Severity
from tierwise.tables.schema import Kind
from tierwise.units import number_of

NUMERIC = {Kind.MONEY, Kind.NUMBER, Kind.INTEGER}
SIGNS = {"€": "EUR", "$": "USD", "£": "GBP", "¥": "JPY"}
_NOISE = r"[€$£¥\s\x{00A0}\x{202F}'’]"  # signs, spaces and Swiss thousands: never a decimal sign
_PLAIN = "DOUBLE"  # a cast to a wide decimal takes a hundred times as long
_STRAY = 0.01  # share of values against the majority's sign that count as typing errors


@dataclass(frozen=True, slots=True)
class Numbers:
    """What was found about a source's numbers. `plain`: a bare cast reads all of them."""

    plain: bool = True
    decimal: str = "."
    problems: tuple[Problem, ...] = ()


def look_at_numbers(
    session: Session, mapped: Mapped, decimal: str | None, currency: str
) -> Numbers:
    """One pass over the text columns that hold numbers; an error says where signs are in doubt."""
    fields = [f for f in mapped.fields if f.is_text and f.column.kind in NUMERIC]
    if not fields:
        return Numbers()
    values = " UNION ALL ".join(
        f"SELECT trim({f.sql}) AS v, {i} AS f FROM ({mapped.rows.sql})"
        for i, f in enumerate(fields)
    )
    odd = f"SELECT v, f FROM ({values}) WHERE v <> '' AND TRY_CAST(v AS {_PLAIN}) IS NULL"
    plain = decimal != "," and not session.raw.execute(f"SELECT 1 FROM ({odd}) LIMIT 1").fetchall()
    if plain and (decimal or not dots_in_doubt(session, mapped)):
        return Numbers()
    seen = _signs_seen(session, values, _of_money(mapped, fields))
    problems = _currency_signs(session, mapped, fields, odd, currency)
    if decimal:
        return Numbers(False, decimal, tuple(problems))
    doubt = _doubt(session, mapped, fields, seen)
    return Numbers(False, seen.sign, (*problems, *([doubt] if doubt else [])))


def dots_in_doubt(session: Session, mapped: Mapped) -> bool:
    """Whether amounts have a dot before three digits and no number shows what it means.

    They read without fault, and are wrong by a thousand where the dot separates
    thousands. Most sources answer with their first rows.
    """
    fields = [f for f in mapped.fields if f.is_text and f.column.kind in NUMERIC]
    money = [fields[i] for i in _of_money(mapped, fields)]
    return (
        bool(money)
        and not _any_row(session, mapped, [f"NOT {_unclear(f.sql)}" for f in fields], fields)
        and _any_row(session, mapped, [_unclear(f.sql) for f in money], money)
    )


def _any_row(
    session: Session, mapped: Mapped, conditions: Sequence[str], fields: Sequence[Field]
) -> bool:
    """Whether a condition holds for some value with a dot."""
    cases = (
        f"CASE WHEN contains({field.sql}, '.') THEN {condition} ELSE false END"
        for field, condition in zip(fields, conditions, strict=True)
    )
    sql = f"SELECT 1 FROM ({mapped.rows.sql}) WHERE {' OR '.join(cases)} LIMIT 1"
    return bool(session.raw.execute(sql).fetchall())


def _unclear(text: str) -> str:
    return f"regexp_full_match({text}, '\\s*[+-]?{_LONE_DOT}\\s*')"


def _of_money(mapped: Mapped, fields: Sequence[Field]) -> list[int]:
    """Places of the fields with amounts; none in a workbook, which knows its numbers."""
    return [
        i
        for i, field in enumerate(fields)
        if field.column.kind is Kind.MONEY and not mapped.rows.excel
    ]


@dataclass(frozen=True, slots=True)
class _Seen:
    comma: int  # values in which the comma can only be the decimal sign
    dot: int
    unclear: int  # such as 1,234, and 1.234 where it is an amount

    @property
    def sign(self) -> str:
        """The decimal sign that more values have."""
        return "," if self.comma > self.dot else "."


# The comma is the decimal sign in 0,5 and 12,50 and 1,2345 and 1234,567 and 1.234,5; the dot
# separates thousands in 1.234.567. With the signs exchanged, the same holds for the dot.
_COMMA = r"(^0?,\d|,\d{1,2}$|,\d{4,}$|^\d{4,},|\.\d{3},|\.\d{3}\.\d{3})"
_DOT = r"(^0?\.\d|\.\d{1,2}$|\.\d{4,}$|^\d{4,}\.|,\d{3}\.|,\d{3},\d{3})"
_LONE_COMMA, _LONE_DOT = (rf"[1-9]\d{{0,2}}{sign}\d{{3}}" for sign in (",", r"\."))


def _signs_seen(session: Session, values: str, money: Sequence[int]) -> _Seen:
    amount = f"f IN ({', '.join(map(str, money))})" if money else "false"
    sql = f"""
        WITH bare AS (SELECT regexp_replace(v, '[^0-9.,]', '', 'g') AS b, v, f FROM ({values})),
        judged AS (SELECT v,
            regexp_matches(b, '{_COMMA}') AS comma, regexp_matches(b, '{_DOT}') AS dot,
            regexp_full_match(b, '{_LONE_COMMA}')
                OR {amount} AND regexp_full_match(b, '{_LONE_DOT}') AS unclear FROM bare)
        SELECT count(*) FILTER (comma), count(*) FILTER (dot), count(*) FILTER (unclear)
        FROM judged"""
    return _Seen(*session.raw.execute(sql).fetchall()[0])


def _doubt(
    session: Session, mapped: Mapped, fields: Sequence[Field], seen: _Seen
) -> Problem | None:
    """Why it cannot be told which sign is the decimal one; None where it can."""
    less, more = sorted((seen.comma, seen.dot))
    if more and less <= more * _STRAY:
        return None
    if more:
        return _mixed(session, mapped, fields, seen)
    return _unclear_sign(session, mapped, fields, seen) if seen.unclear else None


def _mixed(session: Session, mapped: Mapped, fields: Sequence[Field], seen: _Seen) -> Problem:
    with_comma = _first(session, mapped, fields, f"regexp_matches(b, '{_COMMA}')")
    with_dot = _first(session, mapped, fields, f"regexp_matches(b, '{_DOT}')")
    odd, usual = (with_dot, with_comma) if seen.sign == "," else (with_comma, with_dot)
    names = {",": "comma", ".": "dot"}
    here, there = (names["." if seen.sign == "," else ","], names[seen.sign])
    less, more = sorted((seen.comma, seen.dot))
    file = f"{usual.file}, " if usual.file != odd.file else ""
    message = (
        f'Here the {here} is the decimal sign ({number_of(less, "value")}), in "{usual.value}"'
        f" ({file}line {usual.row}) the {there} ({number_of(more, 'value')})."
    )
    remedy = (
        f'Correct the values, or set decimal = "{seen.sign}" (or the other) in'
        f" [sources.{mapped.table.name}]; rows with another sign are left out then."
    )
    return _sign_doubt(mapped, "mixed-decimal-signs", message, remedy, odd, less)


def _unclear_sign(
    session: Session, mapped: Mapped, fields: Sequence[Field], seen: _Seen
) -> Problem:
    lone = f"regexp_full_match(b, '{_LONE_COMMA}') OR regexp_full_match(b, '{_LONE_DOT}')"
    found = _first(session, mapped, fields, lone)
    sign, name = (",", "comma") if "," in found.value else (".", "dot")
    whole, rest = found.value.split(sign, 1)
    message = (
        f"This can be {whole}{rest} ({name} for thousands) or {whole}.{rest} (decimal {name})."
    )
    remedy = f'Set decimal = "," or decimal = "." in [sources.{mapped.table.name}].'
    return _sign_doubt(mapped, "ambiguous-decimal-sign", message, remedy, found, seen.unclear)


@dataclass(frozen=True, slots=True)
class _Place:
    file: str
    row: int
    column: str  # as the source names it
    value: str


def _first(session: Session, mapped: Mapped, fields: Sequence[Field], condition: str) -> _Place:
    """The first value, bare of all but digits and signs (`b`), for which a condition holds."""
    values = " UNION ALL ".join(
        f"SELECT trim({f.sql}) AS v, {i} AS f, {ROW} AS r, {FILE} AS s FROM ({mapped.rows.sql})"
        for i, f in enumerate(fields)
    )
    bare = f"SELECT *, regexp_replace(v, '[^0-9.,]', '', 'g') AS b FROM ({values})"
    row = session.raw.execute(
        f"SELECT s, r, f, v FROM ({bare}) WHERE {condition} ORDER BY s, r, f LIMIT 1"
    ).fetchall()[0]
    return _Place(row[0], row[1], fields[row[2]].origin, row[3])


def _sign_doubt(
    mapped: Mapped, code: str, message: str, remedy: str, at: _Place, count: int
) -> Problem:
    return Problem(
        code,
        Severity.ERROR,
        mapped.table.name,
        message,
        remedy,
        at.file,
        at.row,
        at.column,
        at.value,
        count,
    )


def _currency_signs(
    session: Session, mapped: Mapped, fields: Sequence[Field], odd: str, currency: str
) -> list[Problem]:
    money = [i for i, f in enumerate(fields) if f.column.kind is Kind.MONEY]
    sql = (
        "SELECT s, count(*), any_value(v), any_value(f)"
        f" FROM (SELECT v, f, regexp_extract(v, '[€$£¥]') AS s FROM ({odd}))"
        " WHERE s <> '' GROUP BY s ORDER BY s"
    )
    found = [row for row in session.raw.execute(sql).fetchall() if row[3] in money]
    return [_sign_said(mapped, fields[f].origin, s, n, v, currency) for s, n, v, f in found]


def _sign_said(
    mapped: Mapped, column: str, sign: str, count: int, value: str, currency: str
) -> Problem:
    matches = SIGNS[sign] == currency
    message = f"Amounts carry the sign {sign}; it was taken off."
    if not matches and mapped.field("currency") is None:
        message = f"Amounts carry the sign {sign}, but they are read as {currency}."
    return Problem(
        "currency-sign",
        Severity.NOTE if matches else Severity.WARNING,
        mapped.table.name,
        message,
        "Nothing to do." if matches else "Map the currency column, or correct project.currency.",
        mapped.rows.source,
        column=column,
        value=value,
        count=count,
    )


def number_sql(text: str, decimal: str) -> str:
    """SQL that turns one text into plain digits with a dot, or NULL when its shape is wrong."""
    thousands = "." if decimal == "," else ","
    bare = f"regexp_replace(trim({text}), '{_NOISE.replace(chr(39), chr(39) * 2)}', '', 'g')"
    bare = f"regexp_replace({bare}, '^([A-Z]{{3}})|([A-Z]{{3}})$', '', 'g')"  # EUR 12.50
    bare = f"regexp_replace({bare}, '^\\((.*)\\)$', '-\\1')"  # accountants' (12.50)
    bare = f"regexp_replace({bare}, '^([^-]+)-$', '-\\1')"  # SAP's 12.50-
    shape = f"[+-]?(\\d{{1,3}}([{thousands}]\\d{{3}})+|\\d*)([{decimal}]\\d*)?([eE][+-]?\\d+)?"
    digits = f"replace(replace({bare}, '{thousands}', ''), '{decimal}', '.')"
    return f"CASE WHEN regexp_full_match({bare}, '{shape}') THEN {digits} END"
