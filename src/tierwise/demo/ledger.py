"""The cost ledger: pools by driver and direct costs of single customers, month by month."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tierwise.demo.columns import (
    Floats,
    Ints,
    constant,
    dates,
    labels,
    money,
    numbered,
    real,
    table,
)
from tierwise.demo.contacts import Cases
from tierwise.demo.days import AS_OF_DAY, DAY_S, YEARS, year_days
from tierwise.demo.orders import Lines
from tierwise.demo.roster import Roster

DRIVERS = ("order", "contact", "delivery", "return", "visit", "overhead")
ORDER, CONTACT, DELIVERY, RETURN, VISIT, OVERHEAD = range(6)
VISIT_CENTS = 20_000
SPECIAL_DELIVERY_CENTS = 9_000


@dataclass(frozen=True)
class Pool:
    """A monthly cost with no customer: its driver and its size in a full year, cents of 2025."""

    text: str
    driver: int
    year_cents: int


POOLS = (
    Pool("Order handling: entry, checks, invoicing", ORDER, 62_000_000),
    Pool("Service department: pay of agents and leads", CONTACT, 40_000_000),
    Pool("Service department: telephony and case system", CONTACT, 7_000_000),
    Pool("Warehouse and carriers", DELIVERY, 64_000_000),
    Pool("Returns: inspection and restocking", RETURN, 38_000_000),
    Pool("Field sales: cars and travel desk", VISIT, 4_000_000),
    Pool("Overhead: premises, IT, administration", OVERHEAD, 560_000_000),
    Pool("Overhead: management and marketing", OVERHEAD, 380_000_000),
)
_COST_RISE = 0.03
_VISITS_A_YEAR = np.array([10.0, 0.7])  # of the two top bands
_SPECIALS_A_YEAR = np.array([6.0, 0.5])


@dataclass(frozen=True)
class _Rows:
    """Ledger rows; customer -1 where the row is a pool, quantity below 0 where unknown."""

    customer: Ints
    day: Ints
    cents: Ints
    driver: Ints
    quantity: Floats
    text: Ints


TEXTS = (*(pool.text for pool in POOLS), "Visits to the customer", "Special deliveries")


def cost_table(rng: np.random.Generator, roster: Roster, lines: Lines, cases: Cases) -> pa.Table:
    """The canonical table `costs` for every month of the three years."""
    month_ends = _month_ends()
    parts = [
        _pools(rng, month_ends, _quantities(lines, cases, month_ends)),
        _direct(rng, roster, month_ends, _VISITS_A_YEAR, VISIT_CENTS, VISIT),
        _direct(rng, roster, month_ends, _SPECIALS_A_YEAR, SPECIAL_DELIVERY_CENTS, DELIVERY),
    ]
    rows = {n: np.concatenate([getattr(p, n) for p in parts]) for n in _Rows.__dataclass_fields__}
    order = np.argsort(rows["day"], kind="stable")
    rows = {name: values[order] for name, values in rows.items()}
    count = len(order)
    return table(
        source_id=numbered("K", np.arange(1, count + 1), 5),
        customer_id=numbered("F", roster.number[rows["customer"]], 5, rows["customer"] >= 0),
        cost_date=dates(rows["day"]),
        amount=money(rows["cents"]),
        currency=constant("EUR", count),
        driver=labels(DRIVERS, rows["driver"]),
        driver_qty=real(np.round(rows["quantity"], 2), rows["quantity"] >= 0),
        description=labels(TEXTS, rows["text"]),
    )


def _month_ends() -> Ints:
    first = np.datetime64(f"{YEARS[0]}-01", "M")
    starts = first + np.arange(1, 12 * len(YEARS) + 1)
    return starts.astype("datetime64[D]").astype(np.int64) - 1


def _quantities(lines: Lines, cases: Cases, month_ends: Ints) -> Floats:
    """What each pool's driver amounted to in the month, shape (drivers, months); -1 unknown."""
    months = len(month_ends)
    sold = np.flatnonzero(~lines.is_return)
    _, first_line = np.unique(lines.order[sold], return_index=True)
    orders = _per_month(lines.at[sold[first_line]], month_ends)
    returns = _per_month(lines.at[lines.is_return], month_ends)
    worked = (cases.handle_s >= 0) & (cases.first_reply >= 0)
    minutes = _per_month(cases.demand.at[worked], month_ends, cases.handle_s[worked] / 60.0)
    minutes[month_ends < year_days(2024)[0]] = -1.0  # the case system is two years old
    unknown = np.full(months, -1.0)
    return np.stack([orders, minutes, orders, returns, unknown, unknown])


def _per_month(at: Ints, month_ends: Ints, weights: Floats | None = None) -> Floats:
    month = np.searchsorted(month_ends, at // DAY_S)
    return np.bincount(month, weights, minlength=len(month_ends)).astype(np.float64)


def _pools(rng: np.random.Generator, month_ends: Ints, quantities: Floats) -> _Rows:
    months, count = len(month_ends), len(POOLS)
    years_back = (AS_OF_DAY - month_ends) // 366
    level = (1 + _COST_RISE) ** -years_back.astype(np.float64)
    yearly = np.array([pool.year_cents for pool in POOLS], dtype=np.float64)
    swing = rng.normal(1.0, 0.025, (count, months))
    driver = np.array([pool.driver for pool in POOLS])
    return _Rows(
        customer=np.full(count * months, -1),
        day=np.tile(month_ends, count),
        cents=np.round(yearly[:, None] / 12 * level * swing).astype(np.int64).ravel(),
        driver=np.repeat(driver, months),
        quantity=quantities[driver].ravel(),
        text=np.repeat(np.arange(count), months),
    )


def _direct(
    rng: np.random.Generator,
    roster: Roster,
    month_ends: Ints,
    yearly: Floats,
    unit_cents: int,
    driver: int,
) -> _Rows:
    """Costs known to be one customer's: only key accounts are visited or served specially."""
    key = np.flatnonzero((roster.band <= 1) & ~roster.is_prospect)
    rate = yearly[roster.band[key]] / 12
    quantity = rng.poisson(rate[:, None], (len(key), len(month_ends)))
    quantity *= month_ends[None, :] >= roster.first_day[key, None]
    quantity *= month_ends[None, :] <= roster.last_day[key, None]
    who, month = np.nonzero(quantity)
    number = quantity[who, month]
    price = unit_cents * rng.lognormal(0.0, 0.15, len(who))
    return _Rows(
        customer=key[who],
        day=month_ends[month],
        cents=np.round(price * number).astype(np.int64),
        driver=np.full(len(who), driver),
        quantity=number.astype(np.float64),
        text=np.full(len(who), TEXTS.index("Visits to the customer") + (driver == DELIVERY)),
    )
