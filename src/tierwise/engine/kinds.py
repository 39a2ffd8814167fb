"""How a value of any source is read into each kind of canonical column, as SQL."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tierwise.engine.connect import quoted
from tierwise.engine.dates import DateFormat, Zones, date_sql, moved_sql
from tierwise.engine.mapping import Field
from tierwise.engine.numbers import Numbers, number_sql
from tierwise.settings.zones import UTC
from tierwise.tables.rules import ISO
from tierwise.tables.schema import Kind
from tierwise.units import AMOUNT_TYPE

NOTHING = ("", "NULL", "null", "\\N", "nan", "NaN", "None", "N/A", "n/a", "#N/A")
TRUE = ("true", "t", "yes", "y", "1", "1.0", "ja", "wahr", "oui", "si", "on")
FALSE = ("false", "f", "no", "n", "0", "0.0", "nein", "falsch", "non", "off")
_NO_CENTS = (
    "BIF",
    "CLP",
    "DJF",
    "GNF",
    "JPY",
    "KMF",
    "KRW",
    "MGA",
    "PYG",
    "RWF",
    "UGX",
    "VND",
    "VUV",
    "XAF",
    "XOF",
    "XPF",
)
_MILLS = ("BHD", "JOD", "KWD", "OMR", "TND")
_NOISE = (1e-9, 1e-14)  # what binary fractions add to an amount: absolute, relative
_FLOATS = {"DOUBLE", "FLOAT"}
_WHOLE = {
    f"{sign}{size}"
    for sign in ("", "U")
    for size in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
}


@dataclass(frozen=True, slots=True)
class Reading:
    """SQL of one canonical column; the conditions are "" where they cannot hold."""

    value: str
    bad: str = ""  # there is a value, but not of this kind
    big: str = ""  # a number that does not fit an amount
    excess: str = ""  # an amount with more than four decimals


@dataclass(frozen=True, slots=True)
class Manner:
    """What was found or set about how a source writes its values."""

    numbers: Numbers
    dates: Mapping[str, DateFormat]
    clean: frozenset[str]  # text columns without blanks at their ends
    whole: frozenset[str]  # id columns that were written as 17850.0
    zones: Zones
    cents: str  # SQL of the divisor of amounts in minor units; "" when amounts are in major ones

    @classmethod
    def assumed(cls, fields: Sequence[Field], zones: Zones) -> Manner:
        """The common manner: plain numbers, ISO dates by the project's clock, tidy text."""
        return cls(Numbers(), {}, frozenset(f.column.name for f in fields), frozenset(), zones, "")


def read_field(field: Field, manner: Manner) -> Reading:
    """How one mapped column is read."""
    match field.column.kind:
        case Kind.ID:
            return Reading(_id(field, manner))
        case Kind.TEXT:
            return Reading(_text(field, manner))
        case Kind.MONEY:
            return _money(field, manner)
        case Kind.NUMBER | Kind.INTEGER:
            return _number(field, manner)
        case Kind.FLAG:
            return _flag(field)
        case Kind.DATE | Kind.TIME:
            return _date(field, manner)


def cents_sql(currency: str) -> str:
    """Minor units in one unit of a currency: 100, but 1 yen and 1000 dinars."""
    return (
        f"CASE WHEN upper({currency}) IN ({listed(_NO_CENTS)}) THEN 1"
        f" WHEN upper({currency}) IN ({listed(_MILLS)}) THEN 1000 ELSE 100 END"
    )


def listed(values: tuple[str, ...]) -> str:
    """Text values as an SQL list."""
    return ", ".join(quoted(value) for value in values)


def _otherwise(failed: str, given: str) -> str:
    """Whether there is a value although reading it failed; looked up only where it did."""
    return f"CASE WHEN {failed} THEN {given} ELSE false END"


def _present(sql: str) -> str:
    """Text that says something, trimmed; NULL for blanks and for words that mean nothing."""
    return f"(CASE WHEN trim({sql}) NOT IN ({listed(NOTHING)}) THEN trim({sql}) END)"


def _id(field: Field, manner: Manner) -> str:
    sql, name = field.sql, field.column.name
    if field.is_text:
        if name in manner.whole:
            return f"regexp_replace({_present(sql)}, '\\.0+$', '')"
        return sql if name in manner.clean else _present(sql)
    if field.type in _FLOATS or field.type.startswith("DECIMAL"):
        whole = f"CAST(CAST({sql} AS HUGEINT) AS VARCHAR)"
        return f"(CASE WHEN {sql} = trunc({sql}) THEN {whole} ELSE CAST({sql} AS VARCHAR) END)"
    return f"CAST({sql} AS VARCHAR)"


def _text(field: Field, manner: Manner) -> str:
    sql = field.sql
    if not field.is_text:
        nested = field.type.endswith("]") or field.type.startswith(("STRUCT", "MAP"))
        return f"CAST(to_json({sql}) AS VARCHAR)" if nested else f"CAST({sql} AS VARCHAR)"
    bare = sql if field.column.name in manner.clean else f"nullif(trim({sql}), '')"
    if field.column.name == "currency":
        return sql if field.column.name in manner.clean else f"upper({bare})"
    if not field.column.one_of:
        return bare
    plain = f"replace(replace(lower({bare}), ' ', '_'), '-', '_')"
    return f"(CASE WHEN {plain} IN ({listed(field.column.one_of)}) THEN {plain} ELSE {bare} END)"


def _digits(field: Field, manner: Manner) -> str:
    return field.sql if manner.numbers.plain else number_sql(field.sql, manner.numbers.decimal)


def _money(field: Field, manner: Manner) -> Reading:
    if not field.is_text and not manner.cents and _exact(field.type):
        outside = f"{field.sql} NOT BETWEEN -99999999999999.9999 AND 99999999999999.9999"
        value = f"TRY_CAST({field.sql} AS {AMOUNT_TYPE})"
        return Reading(value, big=outside)
    given = f"{_present(field.sql)} IS NOT NULL" if field.is_text else f"{field.sql} IS NOT NULL"
    exact = _digits(field, manner) if field.is_text else field.sql
    number = f"TRY_CAST({exact} AS DOUBLE)"
    if manner.cents:
        exact = number = f"({number} / {manner.cents})"
    value = f"TRY_CAST({exact} AS {AMOUNT_TYPE})"
    finite = f"isfinite({number})"
    return Reading(
        value,
        bad=_otherwise(f"{number} IS NULL OR NOT {finite}", given),
        big=f"{finite} AND {value} IS NULL",
        excess="" if field.type in _WHOLE else _beyond(number, value),
    )


def _exact(kind: str) -> bool:
    """Types whose values have at most four decimals and are never half a number."""
    if kind.startswith("DECIMAL"):
        return int(kind[8:-1].split(",")[1]) <= 4
    return kind in _WHOLE


def _beyond(number: str, value: str) -> str:
    noise = f"greatest({_NOISE[0]}, abs({number}) * {_NOISE[1]})"
    return f"abs({number} - CAST({value} AS DOUBLE)) > {noise}"


def _number(field: Field, manner: Manner) -> Reading:
    target = "DOUBLE" if field.column.kind is Kind.NUMBER else "BIGINT"
    if not field.is_text:
        number = f"TRY_CAST({field.sql} AS DOUBLE)"
        given = f"{field.sql} IS NOT NULL"
    else:
        text = f"rtrim({field.sql}, '% ')"
        digits = text if manner.numbers.plain else number_sql(text, manner.numbers.decimal)
        percent = f"CASE WHEN {field.sql} LIKE '%\\%%' ESCAPE '\\' THEN 100 ELSE 1 END"
        number = f"(TRY_CAST({digits} AS DOUBLE) / {percent})"
        given = f"{_present(field.sql)} IS NOT NULL"
    finite = f"(CASE WHEN isfinite({number}) THEN {number} END)"
    value = finite
    if target == "BIGINT":
        value = f"(CASE WHEN {finite} = trunc({finite}) THEN TRY_CAST({finite} AS BIGINT) END)"
    elif field.type not in _FLOATS and not field.is_text:
        return Reading(f"CAST({field.sql} AS DOUBLE)")
    return Reading(value, bad=_otherwise(f"{value} IS NULL", given))


def _flag(field: Field) -> Reading:
    if field.type == "BOOLEAN":
        return Reading(field.sql)
    text = f"lower(trim(CAST({field.sql} AS VARCHAR)))"
    yes, no = f"{text} IN ({listed(TRUE)})", f"{text} IN ({listed(FALSE)})"
    value = f"(CASE WHEN {yes} THEN true WHEN {no} THEN false END)"
    return Reading(value, bad=_otherwise(f"{value} IS NULL", f"{_present(text)} IS NOT NULL"))


def _date(field: Field, manner: Manner) -> Reading:
    zones, kind, sql = manner.zones, field.column.kind, field.sql
    if field.is_text:
        form = manner.dates.get(field.column.name, DateFormat(ISO))
        value = date_sql(sql, kind, form, zones)
        bad = _otherwise(f"{value} IS NULL", f"{_present(sql)} IS NOT NULL")
        return Reading(value, bad)
    if field.type == "DATE":
        return Reading(sql if kind is Kind.DATE else f"CAST({sql} AS TIMESTAMP)")
    if field.type == "TIMESTAMP WITH TIME ZONE":
        shown = zones.kept if kind is Kind.TIME or zones.kept != UTC else zones.written
        local = f"timezone({quoted(shown)}, {sql})"
        return Reading(f"CAST({local} AS {'DATE' if kind is Kind.DATE else 'TIMESTAMP'})")
    if field.type.startswith("TIMESTAMP"):
        if kind is Kind.DATE:
            return Reading(f"CAST({sql} AS DATE)")
        at = sql if zones.same else moved_sql(f"CAST({sql} AS TIMESTAMP)", zones)
        return Reading(f"CAST({at} AS TIMESTAMP)")
    value = date_sql(f"CAST({sql} AS VARCHAR)", kind, DateFormat("%Y%m%d"), Zones())  # 20240105
    return Reading(value, bad=f"{sql} IS NOT NULL AND {value} IS NULL")
