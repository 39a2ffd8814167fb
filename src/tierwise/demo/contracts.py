"""Contracts, the price catalogue they could be moved to, and what is used of them."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa

from tierwise.demo.columns import (
    Flags,
    Ints,
    constant,
    dates,
    flags,
    labels,
    money,
    numbered,
    real,
    table,
    texts,
    whole,
)
from tierwise.demo.days import AS_OF_DAY, YEARS, day_number
from tierwise.demo.roster import Roster
from tierwise.demo.spend import TOP

# Per family: product, metric that is billed, price of one unit in 2025 and cost of one unit, cents.
FAMILIES = ("connectivity", "telephony", "devices")
PRODUCTS = ("NET-02", "TEL-01", "DEV-06")
METRICS = ("megabits", "seats", "pages")
RATE_CENTS = np.array([95, 1_180, 3])
COST_CENTS = np.array([42, 520, 1])
PRICE_FALL = 0.925  # a unit costs this share of what it cost a year before
OFFER_YEARS = (2023, 2024, 2025)
# Minimum term in months, factor on the unit price, fixed fee in cents a month.
PLANS = ((1, 1.06, 0), (12, 1.0, 1_500), (36, 0.96, 2_500))

OUTCOMES_WANTED = (
    "No outage in trading hours",
    "Calls answered by the right desk",
    "Fewer printers, same output",
    "Sites opened on the planned day",
    "One bill the accountants accept",
)
OUTCOME_STATES = ("reached", "on track", "at risk", "not reviewed")

# Long-standing accounts of the top ten that nobody has written to since their term ended:
# rank, year of the last price, year the term ended.
FORGOTTEN = ((3, 2016, 2019), (6, 2015, 2018), (8, 2016, 2020), (9, 2017, 2020))


@dataclass(frozen=True)
class Contracts:
    """One entry per contract; units: what the customer is billed for each month."""

    customer: Ints
    family: Ints
    units: Ints
    rate_cents: Ints
    priced_day: Ints
    started_day: Ints
    term_end_day: Ints
    ended: Flags

    def __len__(self) -> int:
        return len(self.customer)


def make_contracts(rng: np.random.Generator, roster: Roster) -> Contracts:
    """Contracts of the top 600, some of the others, and ended ones of customers who left."""
    customer = _holders(rng, roster)
    count, family = len(customer), _families(rng, customer)
    forgotten, price_year, term_years = _terms(rng, customer)
    # Nothing was agreed before there was a customer, nor after it had left.
    earliest, latest = roster.first_day[customer], roster.last_day[customer] - 20
    priced_day = np.clip(_day_in(rng, price_year), earliest, np.maximum(latest, earliest))
    age = np.where(forgotten, 6 * 365, rng.integers(0, 4 * 365, count))
    rate = np.round(RATE_CENTS[family] / PRICE_FALL ** (2025 - _year_of(priced_day)))
    monthly = _usual_spend(roster, customer) / 12 * rng.uniform(0.12, 0.4, count)
    ended = ~roster.is_active[customer]
    term_end = priced_day + 365 * term_years
    return Contracts(
        customer=customer,
        family=family,
        units=np.maximum(np.round(monthly / rate), 1).astype(np.int64),
        rate_cents=rate.astype(np.int64),
        priced_day=priced_day,
        started_day=np.maximum(priced_day - age, earliest),
        term_end_day=np.where(ended, np.minimum(term_end, latest + 20), term_end),
        ended=ended,
    )


def _terms(rng: np.random.Generator, customer: Ints) -> tuple[Flags, Ints, Ints]:
    """Whether a contract is one of the forgotten, year of its price, years of its term."""
    count = len(customer)
    price_year = 2025 - np.minimum(rng.poisson(1.6, count), 7)
    term_years = rng.integers(1, 4, count)
    forgotten = np.zeros(count, dtype=np.bool_)
    for rank, year, end_year in FORGOTTEN:
        first = int(np.flatnonzero(customer == rank - 1)[0])
        forgotten[first], price_year[first], term_years[first] = True, year, end_year - year
    return forgotten, price_year, term_years


def _families(rng: np.random.Generator, customer: Ints) -> Ints:
    """A customer holds at most one contract per family: links and voice first, print third."""
    seen: Counter[int] = Counter()
    place = np.zeros(len(customer), dtype=np.int64)
    for i, who in enumerate(customer.tolist()):
        place[i] = seen[who]
        seen[who] += 1
    first = rng.integers(0, 2, int(customer.max()) + 1)[customer]
    only_print = (rng.random(len(customer)) < 0.12) & (customer >= TOP)
    return np.where(only_print | (place == 2), 2, (first + place) % 2)


def _year_of(day: Ints) -> Ints:
    years = day.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970
    return np.asarray(years, dtype=np.int64)


def _holders(rng: np.random.Generator, roster: Roster) -> Ints:
    top = np.arange(600)
    second = np.concatenate([np.arange(40), np.arange(40)[rng.random(40) < 0.5]])
    small = rng.choice(np.arange(600, 5000), 90, replace=False)
    left = np.flatnonzero(~roster.is_active & ~roster.is_prospect & (roster.band <= 2))
    customer = np.concatenate([top, second, small, left[:40]])
    return customer[np.argsort(roster.number[customer], kind="stable")]


def _usual_spend(roster: Roster, customer: Ints) -> Ints:
    now = roster.net_cents[customer, 2]
    return np.asarray(np.where(now > 0, now, roster.net_cents[customer].max(axis=1)))


def _day_in(rng: np.random.Generator, year: Ints) -> Ints:
    opens = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    return np.asarray(np.minimum(opens + rng.integers(0, 360, len(year)), AS_OF_DAY - 20))


def contract_table(rng: np.random.Generator, roster: Roster, contracts: Contracts) -> pa.Table:
    """The canonical table `contracts`; `rolling` means past its term and still billed."""
    count, family = len(contracts), contracts.family
    rolling = contracts.term_end_day < AS_OF_DAY
    renews = ~rolling & (rng.random(count) < 0.5)
    status = np.select([contracts.ended, rolling], [2, 1], 0)
    return table(
        contract_id=numbered("K", np.arange(1, count + 1), 4),
        customer_id=numbered("F", roster.number[contracts.customer], 5),
        product_id=labels(PRODUCTS, family),
        started_on=dates(contracts.started_day),
        term_end_on=dates(contracts.term_end_day),
        notice_days=whole(np.array([30, 60, 90])[rng.integers(0, 3, count)]),
        auto_renew=flags(renews),
        status=labels(("active", "rolling", "ended"), status),
        monthly_amount=money(contracts.units * contracts.rate_cents),
        currency=constant("EUR", count),
        monthly_cost=money(contracts.units * COST_CENTS[family]),
        last_repriced_on=dates(contracts.priced_day),
        desired_outcome=labels(OUTCOMES_WANTED, rng.integers(0, len(OUTCOMES_WANTED), count)),
        outcome_status=labels(OUTCOME_STATES, rng.integers(0, len(OUTCOME_STATES), count)),
        product_family=labels(FAMILIES, family),
    )


def offer_table() -> pa.Table:
    """The canonical table `offers`: each family's plans year by year, prices per unit as JSON."""
    rows = [
        (family, year, *plan)
        for family in range(len(FAMILIES))
        for year in OFFER_YEARS
        for plan in PLANS
    ]
    family, year, term, factor, fee = (np.array(column) for column in zip(*rows, strict=True))
    rate = np.round(RATE_CENTS[family] / PRICE_FALL ** (2025 - year) * factor / 100, 3)
    first = [day_number(date(y, 1, 1)) for y in year.tolist()]
    last = [
        day_number(date(2026, 6, 30) if y == YEARS[-1] else date(y, 12, 31)) for y in year.tolist()
    ]
    return table(
        offer_id=texts([f"OF-{FAMILIES[f][:3].upper()}-{y}-{t:02d}" for f, y, t, _, _ in rows]),
        product_family=labels(FAMILIES, family),
        valid_from=dates(np.array(first)),
        valid_to=dates(np.array(last)),
        monthly_price=money(fee),
        unit_prices=texts(
            [json.dumps({METRICS[f]: float(r)}) for f, r in zip(family, rate, strict=True)]
        ),
        min_term_months=whole(term),
        eligibility=texts([f"{METRICS[f]} >= {1 if t < 36 else 5}" for f, _, t, _, _ in rows]),
        monthly_cost=money(fee // 3),
        unit_costs=texts([json.dumps({METRICS[f]: COST_CENTS[f].item() / 100}) for f in family]),
        currency=constant("EUR", len(rows)),
    )


def usage_table(rng: np.random.Generator, roster: Roster, contracts: Contracts) -> pa.Table:
    """The canonical table `usage`: twelve months of every running contract, by contract.

    Most use about what they pay for; some grow out of it and some stopped using half of it.
    """
    running = np.flatnonzero(~contracts.ended)
    months = np.datetime64("2025-01", "M") + np.arange(12)
    starts = months.astype("datetime64[D]").astype(np.int64)
    level = np.where(rng.random(len(running)) < 0.12, 0.5, rng.uniform(0.85, 1.02, len(running)))
    slope = rng.normal(0.0, 0.012, len(running))
    shape = level[:, None] * (1 + slope[:, None] * (np.arange(12) - 11))
    noise = rng.lognormal(0.0, 0.03, shape.shape)
    quantity = np.maximum(np.round(contracts.units[running, None] * shape * noise), 0)
    wide = starts[None, :] + np.zeros_like(quantity, dtype=np.int64)
    known = (wide >= contracts.started_day[running, None]).ravel()
    row = np.repeat(running, 12)[known]
    return table(
        customer_id=numbered("F", roster.number[contracts.customer[row]], 5),
        period_start_on=dates(wide.ravel()[known]),
        metric=labels(METRICS, contracts.family[row]),
        quantity=real(quantity.ravel()[known]),
        unit=labels(("Mbit/s", "seat", "page"), contracts.family[row]),
        contract_id=numbered("K", row + 1, 4),
    )
