"""What a file of unknown origin may be: columns matched by name, confirmed by their values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TypeVar

from tierwise.engine.connect import Session, quoted
from tierwise.engine.dates import DAYS, EXCEL, DateFormat, wall_sql
from tierwise.engine.numbers import number_sql
from tierwise.engine.presets import preset_names, read_preset
from tierwise.engine.readers.rows import ROW, Rows, SourceColumn, identifier
from tierwise.engine.synonyms import synonyms
from tierwise.settings.model import ColumnSource
from tierwise.tables.rules import ISO
from tierwise.tables.schema import TABLES, Column, Kind, Table

_SAMPLE = 2_000
_ENOUGH = 0.9  # share of the sampled values that must be of the kind
_MOSTLY_ONCE = 2 / 3  # share of distinct ids in a list of customers; a few repeat by mistake
_REQUIRED = 3  # weight of a required column, against 1
_NUMERIC = {Kind.MONEY, Kind.NUMBER, Kind.INTEGER}


@dataclass(frozen=True, slots=True)
class Match:
    """One canonical column, what fills it, and why."""

    column: str
    origin: str | ColumnSource
    reason: str


@dataclass(frozen=True, slots=True)
class Guess:
    """What one file was taken for."""

    table: str
    matches: tuple[Match, ...] = ()
    preset: str = ""
    reasons: tuple[str, ...] = ()
    unmapped: tuple[str, ...] = ()
    unconfirmed: Mapping[str, str] = field(
        default_factory=dict
    )  # column matched by name, not by values


@dataclass(frozen=True, slots=True)
class NearMiss:
    """The table that a file would fill if it had a few columns more."""

    table: str
    matches: tuple[Match, ...]
    missing: tuple[str, ...]  # required columns that nothing fills
    unconfirmed: Mapping[str, str]  # as in Guess

    def __str__(self) -> str:
        parts = [
            f'{name} is missing ("{self.unconfirmed[name]}" holds values of another kind)'
            if name in self.unconfirmed
            else f"{name} is missing"
            for name in self.missing
        ]
        return f"looks like {self.table}; {', '.join(parts)}"


def recognise(session: Session, rows: Rows) -> Guess | NearMiss | None:
    """The table that a file fills, the one that it nearly fills, or None."""
    known = _known_export(rows)
    if known:
        return known
    found = [_as_table(session, rows, TABLES[table]) for table in synonyms()]
    guess = _best([one for one in found if isinstance(one, Guess)])
    miss = _best([one for one in found if isinstance(one, NearMiss)])
    if guess is None or miss is None:
        return guess or miss
    # Orders without an amount have a customer in each row too: that makes no list of customers.
    return miss if _weight(miss) >= _weight(guess) + _REQUIRED else guess


Found = TypeVar("Found", Guess, NearMiss)


def _best(found: list[Found]) -> Found | None:
    order = list(synonyms())
    return max(found, key=lambda g: (_weight(g), -order.index(g.table)), default=None)


def _weight(found: Guess | NearMiss) -> int:
    """Required columns count most, so that a list of orders is not taken for one of customers."""
    table = TABLES[found.table]
    return sum(_REQUIRED if table.column(m.column).required else 1 for m in found.matches)


def _known_export(rows: Rows) -> Guess | None:
    found = [p for name in preset_names() if (p := read_preset(name)).recognises(rows.names)]
    if not found:
        return None
    preset = max(found, key=lambda p: len(p.header))
    used = {name.casefold() for origin in preset.columns.values() for name in _named(origin)}
    unmapped = () if preset.sql else tuple(n for n in rows.names if n.casefold() not in used)
    reason = f"its header is that of {preset.title}: {', '.join(preset.header[:6])} ..."
    return Guess(preset.table, (), preset.name, (reason, *preset.notes), unmapped)


def _named(origin: object) -> tuple[str, ...]:
    if isinstance(origin, str):
        return (origin,)
    return tuple(origin) if isinstance(origin, tuple) else ()


def plain(name: str) -> str:
    """A name without case, signs and with single blanks: `Order_ID` is `order id`."""
    return re.sub(r"[^0-9a-zäöüß]+", " ", name.casefold()).strip()


def _as_table(session: Session, rows: Rows, table: Table) -> Guess | NearMiss | None:
    matches: dict[str, Match] = {}
    taken: set[str] = set()
    unconfirmed: dict[str, str] = {}
    for rank, column in _candidates(rows, table):
        name, place = rank
        if column.name in matches or name in taken:
            continue
        source = next(c for c in rows.columns if c.name == name)
        said = _values(session, rows, source, column)
        if said is None:
            unconfirmed[column.name] = name
            continue
        matches[column.name] = Match(column.name, name, f"{_why(name, place)}; {said}")
        taken.add(name)
    _complete(table, matches)
    missing = tuple(name for name in table.required if name not in matches)
    if missing:
        absent = sum(name not in unconfirmed for name in missing)
        named = len(table.required) - absent
        near = named > 1 and named > absent
        return NearMiss(table.name, tuple(matches.values()), missing, unconfirmed) if near else None
    if table.name == "customers":
        key = matches["customer_id"]
        total, distinct = _counted(session, rows, key)
        if not total or distinct < total * _MOSTLY_ONCE:
            return None  # a list of something that customers have
        matches["customer_id"] = _saying_repeats(key, total - distinct)
    unmapped = tuple(n for n in rows.names if n not in taken)
    return Guess(table.name, tuple(matches.values()), "", (), unmapped, unconfirmed)


def _candidates(rows: Rows, table: Table) -> list[tuple[tuple[str, int], Column]]:
    """Pairs of a source column and a canonical one whose names fit, the surest first."""
    found: list[tuple[int, tuple[str, int], Column]] = []
    for column in table.columns:
        names = (
            plain(column.name),
            *(plain(n) for n in synonyms()[table.name].get(column.name, ())),
        )
        for source in rows.names:
            if plain(source) in names:
                place = names.index(plain(source))
                found.append((place, (source, place), column))
    return [
        (pair, column) for _, pair, column in sorted(found, key=lambda f: (not f[2].required, f[0]))
    ]


def _why(name: str, place: int) -> str:
    return f'"{name}" is the canonical name' if place == 0 else f'"{name}" is a usual name for it'


def _values(session: Session, rows: Rows, source: SourceColumn, column: Column) -> str | None:
    """What the values say for the match; None when they speak against it."""
    if column.kind in {Kind.ID, Kind.TEXT, Kind.FLAG}:
        return "text is allowed"
    if source.type != "VARCHAR":
        dated = source.type == "DATE" or source.type.startswith("TIMESTAMP")
        fits = (
            dated
            if column.kind in {Kind.DATE, Kind.TIME}
            else not dated and source.type != "BOOLEAN"
        )
        whole = source.type in {"INTEGER", "BIGINT"} and column.kind in {Kind.DATE, Kind.TIME}
        return f"its type is {source.type.lower()}" if fits or whole else None
    total, good = _tried(session, rows, source, column.kind)
    one_slip = total - good <= 1 and good * 2 >= total  # in a short file
    if not total or (good < total * _ENOUGH and not one_slip):
        return None
    kind = "numbers" if column.kind in _NUMERIC else "dates"
    return f"{good} of {total} values looked at are {kind}"


def _tried(session: Session, rows: Rows, source: SourceColumn, kind: Kind) -> tuple[int, int]:
    name = identifier(source.name)
    sample = f"SELECT trim({name}) AS v FROM ({rows.sql}) WHERE trim({name}) <> '' LIMIT {_SAMPLE}"
    if kind in _NUMERIC:
        tests = [f"TRY_CAST({number_sql('v', sign)} AS DOUBLE)" for sign in ".,"]
    else:
        forms = (ISO, *((EXCEL,) if rows.excel else ()), *DAYS)
        tests = [wall_sql("v", DateFormat(form, True)) for form in forms]
    counted = ", ".join(f"count({test})" for test in tests)
    row = session.raw.execute(f"SELECT count(*), {counted} FROM ({sample})").fetchall()[0]
    return row[0], max(row[1:])


def _complete(table: Table, matches: dict[str, Match]) -> None:
    """Orders without an amount or a number of their own, where the rest tells them."""
    if table.name != "order_lines" or "customer_id" not in matches or "created_at" not in matches:
        return
    quantity, price = matches.get("quantity"), matches.get("unit_amount")
    if "total_amount" not in matches and quantity and price:
        product = " * ".join(
            f"TRY_CAST({identifier(str(m.origin))} AS DECIMAL(18, 4))" for m in (quantity, price)
        )
        reason = f"no column holds the amount, {quantity.origin} times {price.origin} gives it"
        matches["total_amount"] = Match("total_amount", ColumnSource(sql=product), reason)
    if "header_id" not in matches and "total_amount" in matches:
        reason = "no column numbers the orders, so every row is taken as one"
        matches["header_id"] = Match("header_id", ColumnSource(sql=ROW), reason)


def _counted(session: Session, rows: Rows, match: Match) -> tuple[int, int]:
    """Values and distinct values of a column."""
    name = identifier(str(match.origin))
    sql = f"SELECT count({name}), count(DISTINCT {name}) FROM ({rows.sql})"
    total, distinct = session.raw.execute(sql).fetchall()[0]
    return int(total), int(distinct)


def _saying_repeats(key: Match, repeats: int) -> Match:
    if not repeats:
        return key
    rows = "one row repeats" if repeats == 1 else f"{repeats:,} rows repeat"
    return replace(key, reason=f"{key.reason}; {rows} an id, the first row of each is kept")


def last_day(session: Session, rows: Rows, column: str, today: date) -> date | None:
    """The last day up to today in a column; where it can be read in several ways, in any of them.

    A day too late leaves nothing out, a day too early does.
    """
    value = f"trim(CAST({identifier(column)} AS VARCHAR))"
    reads = [wall_sql(value, DateFormat(form, True)) for form in (ISO, *DAYS)]
    until = f"DATE {quoted(today)}"
    asked = ", ".join(
        f"count({read}), max(CAST({read} AS DATE)) FILTER (CAST({read} AS DATE) <= {until})"
        for read in reads
    )
    row = session.raw.execute(f"SELECT {asked} FROM ({rows.sql})").fetchall()[0]
    most = max(row[::2])
    days = [day for n, day in zip(row[::2], row[1::2], strict=True) if n == most and day]
    return max(days, default=None) if most else None
