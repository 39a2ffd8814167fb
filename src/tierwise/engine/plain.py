"""Text in the common manner, read in one cheap step: plain numbers, ISO dates, tidy words.

Most exports are written like this. Reading strictly costs half of reading
tolerantly, and says of each value whether it must be looked at more closely:
nothing is judged here, a misfit only means that `kinds` reads the column.
"""

from __future__ import annotations

from dataclasses import dataclass

from tierwise.engine.dates import Zones, may_be_offset
from tierwise.engine.kinds import FALSE, TRUE, listed
from tierwise.engine.mapping import Field
from tierwise.settings.zones import UTC
from tierwise.tables.schema import Kind
from tierwise.units import AMOUNT_TYPE

_DECIMALS = 4  # of an amount


@dataclass(frozen=True, slots=True)
class Plain:
    """SQL of one column's value, and of whether a closer look is needed; "" for never."""

    value: str
    misfit: str = ""


def read_plainly(field: Field, zones: Zones) -> Plain:
    """How a text column is read where it is written in the common manner."""
    sql = field.sql
    match field.column.kind:
        case Kind.ID:
            return Plain(sql)
        case Kind.TEXT:
            known = field.column.one_of
            return Plain(sql, f"{sql} NOT IN ({listed(known)})" if known else "")
        case Kind.MONEY:
            return _amount(sql)
        case Kind.NUMBER:
            value = f"TRY_CAST({sql} AS DOUBLE)"
            return Plain(value, _failed(sql, f"NOT coalesce(isfinite({value}), false)"))
        case Kind.INTEGER:
            value = f"TRY_CAST({sql} AS BIGINT)"  # which rounds 3.5 to 4
            doubt = f"{value} IS NULL OR {_bare_sign(sql, value)} OR {_has(sql, '.', 'e', 'E')}"
            return Plain(value, _failed(sql, doubt))
        case Kind.FLAG:
            word = f"lower({sql})"
            value = f"(CASE WHEN {word} IN ({listed(TRUE)}) THEN true"
            value += f" WHEN {word} IN ({listed(FALSE)}) THEN false END)"
            return Plain(value, _failed(sql, f"{value} IS NULL"))
        case Kind.DATE | Kind.TIME:
            return _moment(field, zones)


def _amount(sql: str) -> Plain:
    """Exact as written: a fifth decimal or an exponent would be rounded away in silence."""
    value = f"TRY_CAST({sql} AS {AMOUNT_TYPE})"
    longer = f"(contains({sql}, '.') AND strlen({sql}) - strpos({sql}, '.') > {_DECIMALS})"
    doubt = f"{value} IS NULL OR {longer} OR {_bare_sign(sql, value)} OR {_has(sql, 'e', 'E')}"
    return Plain(value, _failed(sql, doubt))


def _moment(field: Field, zones: Zones) -> Plain:
    """Four digits of year first, which keeps out words that the engine takes for times."""
    sql = field.sql
    read = f"TRY_CAST({sql} AS TIMESTAMP)"
    value = f"CAST({read} AS DATE)" if field.column.kind is Kind.DATE else read
    year = f"{sql} >= '1' AND {sql} < ':' AND {read} < TIMESTAMP '10000-01-01'"
    return Plain(value, _failed(sql, f"NOT coalesce({year}, false) OR {_offset(sql, zones)}"))


def _offset(sql: str, zones: Zones) -> str:
    """Whether a text may say its distance from UTC; a Z says nothing new where clocks show UTC."""
    if zones.kept == UTC:
        return may_be_offset(sql)
    return f"{may_be_offset(sql)} OR right({sql}, 1) > '9'"


def _failed(sql: str, condition: str) -> str:
    return f"({sql} IS NOT NULL AND ({condition}))"


def _bare_sign(sql: str, value: str) -> str:
    """Zero without a digit 0: the engine takes "- " for a number."""
    return f"({value} = 0 AND NOT contains({sql}, '0'))"


def _has(sql: str, *signs: str) -> str:
    return " OR ".join(f"contains({sql}, '{sign}')" for sign in signs)
