"""Amounts of several currencies brought to the project's, day by day, or refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import ibis.expr.types as ir

from tierwise.engine.connect import Session, quoted
from tierwise.engine.mapping import Mapped
from tierwise.engine.presets import read_preset
from tierwise.engine.readers.rows import identifier
from tierwise.tables.problems import Problem, Severity
from tierwise.tables.rules import AMOUNTS
from tierwise.tables.schema import Kind
from tierwise.units import AMOUNT_TYPE, number_of

_RATE_TYPE = "DECIMAL(18, 9)"  # times an amount it still fits 38 digits: the product is exact


def converted(
    session: Session,
    mapped: Mapped,
    view: ir.Table,
    currency: str,
    rates: Path,
    preset: str | None = None,
) -> tuple[ir.Table, tuple[Problem, ...]]:
    """The view with every amount in the project's currency; an error says where rates are missing.

    `preset` names a known export, whose only currency need not be guessed.
    """
    if mapped.table.name == "rates" or not _money(mapped):
        return view, ()
    if mapped.field("currency") is None:
        has_one = any(column.name == "currency" for column in mapped.table.columns)
        known = bool(preset) and read_preset(str(preset)).currency == currency
        return view, (_assumed(mapped, currency),) if has_one and not known else ()
    found = _counted(session, mapped, view)
    foreign = [row for row in found if row[0] not in {None, currency}]
    said = [_without_currency(mapped, row, currency) for row in found if row[0] is None]
    if not foreign:
        return view, tuple(said)
    if not rates.is_file() or not mapped.table.happened:
        return view, (*said, _refused(mapped, found, currency))
    said.append(_converted(mapped, foreign, currency))
    return _by_day(session, mapped, currency, rates), tuple(said)


def _money(mapped: Mapped) -> list[str]:
    return [f.column.name for f in mapped.fields if f.column.kind is Kind.MONEY]


_Counted = tuple[str | None, int, object]


def _counted(session: Session, mapped: Mapped, view: ir.Table) -> list[_Counted]:
    """Rows and sum of amounts by currency, most rows first."""
    amount = view[AMOUNTS.get(mapped.table.name, _money(mapped)[0])]
    grouped = view.group_by("currency").aggregate(n=view.count(), amount=amount.sum())
    rows = session.rows(grouped.order_by(grouped.n.desc(), grouped.currency))
    return [(row["currency"], row["n"], row["amount"] or 0) for row in rows]


def _listed(found: Sequence[_Counted]) -> str:
    return ", ".join(
        f"{code or 'none'} ({number_of(n, 'row')}, {amount:,.2f})" for code, n, amount in found
    )


def _assumed(mapped: Mapped, currency: str) -> Problem:
    return Problem(
        "currency-assumed",
        Severity.NOTE,
        mapped.table.name,
        f"No currency column is mapped; all amounts are taken as {currency},"
        " the project's currency.",
        "Map currency, or set project.currency, if that is wrong.",
        mapped.rows.source,
    )


def _without_currency(mapped: Mapped, row: _Counted, currency: str) -> Problem:
    return Problem(
        "no-currency",
        Severity.WARNING,
        mapped.table.name,
        f"Rows without a currency are taken as {currency}; they sum to {row[2]:,.2f}.",
        "Fill it in the source if that is wrong.",
        mapped.rows.source,
        column="currency",
        count=row[1],
    )


def _refused(mapped: Mapped, found: Sequence[_Counted], currency: str) -> Problem:
    only = {code for code, _, _ in found} - {None}
    other = f' Or set project.currency = "{next(iter(only))}".' if len(only) == 1 else ""
    return Problem(
        "several-currencies",
        Severity.ERROR,
        mapped.table.name,
        f"Amounts are in {_listed(found)}, the project is in {currency}:"
        " adding them up would be wrong.",
        "Add a table of rates: [sources.rates] with path and columns rate_on, currency and rate"
        f" ({currency} for one unit of the currency).{other}",
        mapped.rows.source,
        column="currency",
        count=sum(n for code, n, _ in found if code != currency),
    )


def _converted(mapped: Mapped, foreign: Sequence[_Counted], currency: str) -> Problem:
    return Problem(
        "converted",
        Severity.NOTE,
        mapped.table.name,
        f"Amounts in {_listed(foreign)} are converted to {currency}"
        " at the latest rate of their day.",
        "Nothing to do; original_currency and fx_rate keep what was used.",
        mapped.rows.source,
        column="currency",
        count=sum(n for _, n, _ in foreign),
    )


def _by_day(session: Session, mapped: Mapped, currency: str, rates: Path) -> ir.Table:
    """Join each row to the latest rate up to its day; fx_rate is null where there is none."""
    name = f"converted_{mapped.table.name}"
    own = f"(t.currency IS NULL OR t.currency = {quoted(currency)})"
    rate = f"(CASE WHEN {own} THEN CAST(1 AS {_RATE_TYPE}) ELSE r.rate END)"
    amounts = ", ".join(
        f"TRY_CAST(round(t.{identifier(c)} * {rate}, 4) AS {AMOUNT_TYPE}) AS {identifier(c)}"
        for c in _money(mapped)
    )
    session.raw.execute(
        f"CREATE OR REPLACE TEMP VIEW {name} AS"
        f" SELECT t.* REPLACE ({amounts}, {quoted(currency)} AS currency),"
        f" t.currency AS original_currency, CAST({rate} AS DOUBLE) AS fx_rate"
        f" FROM typed_{mapped.table.name} t ASOF LEFT JOIN"
        f" (SELECT currency, rate_on, CAST(rate AS {_RATE_TYPE}) AS rate"
        f" FROM read_parquet({quoted(rates)})) r"
        f" ON t.currency = r.currency AND CAST(t.{mapped.table.happened} AS DATE) >= r.rate_on"
    )
    return session.backend.table(name)
