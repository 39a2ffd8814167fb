"""What a row must satisfy, as Ibis expressions over the canonical columns.

A table to be judged has its canonical columns, and for a column `c` that came
as something else `c__bad` (not of its kind), `c__big` (an amount too large) and
`c__excess` (more than four decimals), each only where that can happen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from tierwise.tables.problems import Severity
from tierwise.tables.schema import Column, Kind, Table

MAY_LACK_CUSTOMER = frozenset({"order_lines", "contacts"})
"""Revenue and work that nobody is known for still happened: kept, reported, never dropped."""

AMOUNTS = {
    "order_lines": "total_amount",
    "costs": "amount",
    "contracts": "monthly_amount",
    "wallets": "wallet_amount",
}
"""The amount of a row, by table, where there is one."""

ISO = "ISO 8601"
"""Name of the format of dates that is read where no other was found: 2024-01-31, or with a time."""

_EXPECTED = {
    Kind.MONEY: ("not-a-number", "This is not an amount"),
    Kind.NUMBER: ("not-a-number", "This is not a number"),
    Kind.INTEGER: ("not-a-number", "This is not a whole number"),
    Kind.FLAG: ("not-a-flag", "This is neither yes nor no"),
    Kind.DATE: (
        "not-a-date",
        "This is no date between the years 1000 and 9999 of the form",
    ),
    Kind.TIME: (
        "not-a-date",
        "This is no date between the years 1000 and 9999 of the form",
    ),
}


class Effect(StrEnum):
    """What happens to a row for which a rule holds."""

    REJECT = "reject"
    LEAVE_OUT = "leave_out"  # dated after the as-of date
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that can be said about a row. `holds` is true for the rows it is said of."""

    code: str
    column: str
    holds: ir.BooleanValue
    effect: Effect
    severity: Severity
    message: str
    remedy: str

    @property
    def name(self) -> str:
        """Unique within a table."""
        return f"{self.code}:{self.column}"


def rules(
    t: ir.Table, table: Table, *, as_of: date, today: date, forms: Mapping[str, str] | None = None
) -> tuple[Rule, ...]:
    """All rules for one table, those that reject first, in the order they are applied.

    `forms` names the format that each column of dates is read in, where it is text.
    """
    present = [column for column in table.columns if column.name in t.columns]
    found: list[Rule] = []
    for column in present:
        found += _of_column(t, table, column, (forms or {}).get(column.name, ISO))
    found += _of_dates(t, table, as_of, today)
    found += _of_recorded(t, table, as_of)
    found += _of_rates(t, table)
    found += _of_amounts(t, table)
    return tuple(sorted(found, key=lambda rule: list(Effect).index(rule.effect)))


def any_holds(judged: Sequence[Rule], effect: Effect) -> ir.BooleanValue:
    """Whether any rule with this effect holds for a row."""
    return reduce(
        or_, (rule.holds for rule in judged if rule.effect is effect), ibis.literal(False)
    )


def verdict(judged: Sequence[Rule], effect: Effect) -> ir.StringValue:
    """Name of the first rule with this effect that holds for a row; null when none does."""
    cases = [(rule.holds, ibis.literal(rule.name)) for rule in judged if rule.effect is effect]
    if not cases:
        return ibis.null("string")
    return ibis.cases(*cases, else_=ibis.null("string"))


def _flag(t: ir.Table, name: str) -> ir.BooleanValue | None:
    return t[name].fill_null(False) if name in t.columns else None


def _of_column(t: ir.Table, table: Table, column: Column, form: str) -> list[Rule]:
    needed = column.required and not _may_lack(table, column)
    found: list[Rule] = []
    bad = _flag(t, f"{column.name}__bad")
    if bad is not None:
        code, message = _EXPECTED[column.kind]
        message += f" {form}" if code == "not-a-date" else ""
        found.append(_lost(code, column, bad, message, needed))
    big = _flag(t, f"{column.name}__big")
    if big is not None:
        found.append(
            _lost("too-large", column, big, "This amount is too large to be held exactly", needed)
        )
    if needed:
        found.append(_empty(t, column))
    excess = _flag(t, f"{column.name}__excess")
    if excess is not None:
        found.append(_rounded(column, excess))
    if column.one_of:
        found.append(_unlisted(t, column))
    return found


def _may_lack(table: Table, column: Column) -> bool:
    return table.name in MAY_LACK_CUSTOMER and column.name == table.customer


def _lost(code: str, column: Column, holds: ir.BooleanValue, message: str, needed: bool) -> Rule:
    if needed:
        return Rule(
            code,
            column.name,
            holds,
            Effect.REJECT,
            Severity.ERROR,
            f"{message}; the row is left out because {column.name} is needed.",
            "Correct it in the source, or map another column.",
        )
    return Rule(
        code,
        column.name,
        holds,
        Effect.KEEP,
        Severity.WARNING,
        f"{message}; the row is kept, {column.name} is empty in it.",
        "Correct it in the source, or map another column.",
    )


def _empty(t: ir.Table, column: Column) -> Rule:
    empty = t[column.name].isnull()
    for flag in ("bad", "big"):
        given = _flag(t, f"{column.name}__{flag}")
        empty = empty if given is None else empty & ~given
    if column.kind is Kind.MONEY and "fx_rate" in t.columns:
        empty &= t["fx_rate"].notnull()  # without a rate the amount is there, and not converted
    return Rule(
        "missing-value",
        column.name,
        empty,
        Effect.REJECT,
        Severity.ERROR,
        f"{column.name} is empty; the row is left out because it is needed.",
        "Fill it in the source, or map another column.",
    )


def _rounded(column: Column, excess: ir.BooleanValue) -> Rule:
    return Rule(
        "beyond-four-decimals",
        column.name,
        excess,
        Effect.KEEP,
        Severity.WARNING,
        "Amounts have more than four decimals; they are rounded to four.",
        "Nothing to do unless the column is not an amount of money.",
    )


def _unlisted(t: ir.Table, column: Column) -> Rule:
    value = t[column.name]
    return Rule(
        "unknown-value",
        column.name,
        (value.notnull() & ~value.isin(column.one_of)).fill_null(False),
        Effect.KEEP,
        Severity.WARNING,
        f"{column.name} has a value that is not one of {', '.join(column.one_of)};"
        " the row is kept.",
        f'Translate it with {column.name} = {{ sql = "CASE ... END" }}.',
    )


def _of_dates(t: ir.Table, table: Table, as_of: date, today: date) -> list[Rule]:
    if not table.happened or table.happened not in t.columns:
        return []
    day = t[table.happened]
    in_future = (day >= ibis.literal(today + timedelta(days=1)).cast(day.type())).fill_null(False)
    later = (day >= ibis.literal(as_of + timedelta(days=1)).cast(day.type())).fill_null(False)
    return [
        Rule(
            "in-the-future",
            table.happened,
            in_future,
            Effect.LEAVE_OUT,
            Severity.WARNING,
            f"Dated after today ({today}); left out.",
            "Correct the date, or the date format.",
        ),
        Rule(
            "after-as-of",
            table.happened,
            later & ~in_future,
            Effect.LEAVE_OUT,
            Severity.NOTE,
            f"Dated after the as-of date {as_of}; left out.",
            "Nothing to do; a later as-of date reads them.",
        ),
    ]


def is_later(column: ir.Value, as_of: date) -> ir.BooleanValue:
    """Whether a date or time lies after the as-of date; false where there is none."""
    return (column >= ibis.literal(as_of + timedelta(days=1)).cast(column.type())).fill_null(False)


def recorded_later(column: str) -> str:
    """Name of the rule that holds where this column's time lies after the as-of date."""
    return f"recorded-later:{column}"


def _of_recorded(t: ir.Table, table: Table, as_of: date) -> list[Rule]:
    return [
        Rule(
            "recorded-later",
            name,
            is_later(t[name], as_of),
            Effect.KEEP,
            Severity.NOTE,
            f"{name} lies after the as-of date {as_of}; the row is kept,"
            f" {_not_read(t, table, name)}.",
            "Nothing to do; a later as-of date reads it.",
        )
        for name in table.recorded
        if name in t.columns
    ]


def _not_read(t: ir.Table, table: Table, name: str) -> str:
    told = [column for column in table.told_by(name) if column in t.columns]
    return f"the date and its {', '.join(told)} are not read" if told else "the date is not read"


def _of_rates(t: ir.Table, table: Table) -> list[Rule]:
    found: list[Rule] = []
    if "fx_rate" in t.columns:
        found.append(
            Rule(
                "no-rate",
                "currency",
                t["fx_rate"].isnull() & _has_day(t, table),
                Effect.REJECT,
                Severity.ERROR,
                "There is no rate for this currency on or before the day; the row is left out.",
                "Add earlier rates to [sources.rates].",
            )
        )
    if table.name == "rates":
        found.append(
            Rule(
                "rate-not-positive",
                "rate",
                (t["rate"] <= 0).fill_null(False),
                Effect.REJECT,
                Severity.ERROR,
                "A rate must be above zero; the row is left out.",
                "Correct the rate.",
            )
        )
    return found


def _has_day(t: ir.Table, table: Table) -> ir.BooleanValue:
    """Whether a row is not left out already for want of its day."""
    needed = table.happened in table.required and table.happened in t.columns
    return t[table.happened].notnull() if needed else ibis.literal(True)


def _of_amounts(t: ir.Table, table: Table) -> list[Rule]:
    name = AMOUNTS.get(table.name, "")
    found: list[Rule] = []
    if name in t.columns:
        found = [
            Rule(
                "negative-amount",
                name,
                (t[name] < 0).fill_null(False),
                Effect.KEEP,
                Severity.NOTE,
                "Negative amounts are kept and treated as returns."
                if table.name == "order_lines"
                else "Negative amounts are kept.",
                "Nothing to do if they are credits.",
            ),
            Rule(
                "zero-amount",
                name,
                (t[name] == 0).fill_null(False),
                Effect.KEEP,
                Severity.NOTE,
                "Amounts of zero are kept.",
                "Nothing to do if they are free goods.",
            ),
        ]
    if table.name in MAY_LACK_CUSTOMER and table.customer in t.columns:
        found.append(
            Rule(
                "no-customer",
                table.customer,
                t[table.customer].isnull(),
                Effect.KEEP,
                Severity.WARNING,
                "No customer is given; the rows are kept and reported as unattributed.",
                "Fill it in the source if the customer is known.",
            )
        )
    return found
