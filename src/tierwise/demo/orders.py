"""Order lines that add up, per customer and year, to exactly the spend of the roster."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tierwise.demo.catalogue import PRODUCTS, list_cents, unit_cost_cents
from tierwise.demo.columns import (
    Flags,
    Floats,
    Ints,
    constant,
    labels,
    money,
    numbered,
    table,
    times,
    whole,
)
from tierwise.demo.days import DAY_S, YEARS, office_seconds, to_weekday, year_days
from tierwise.demo.roster import Roster

LINES_A_YEAR = np.array([140.0, 36.0, 6.0, 2.9, 2.3, 8.5])
"""Order lines a year by band; the last band buys little, often."""

NEW_ORDER = np.array([0.34, 0.42, 0.55, 0.65, 0.70, 0.80])
"""Share of lines that open a new order, by band."""

RETURNED = np.array([0.018, 0.022, 0.028, 0.035, 0.040, 0.085])
LEAKY_SHARE = 0.06  # customers whose discounts ran out of hand
NOVELTIES = 12  # how many of the dearest affordable products a line chooses from

CHANNELS = ("web", "field sales", "edi", "phone")
CHANNEL_WEIGHTS = np.array([0.46, 0.22, 0.2, 0.12])
LOCATIONS = ("Leeds", "Hamburg", "Lyon", "Cork")


@dataclass(frozen=True)
class Lines:
    """Order lines as arrays, amounts in cents, oldest order first.

    order: number of the order a line belongs to, from 1 in order of time.
    """

    customer: Ints
    order: Ints
    at: Ints
    product: Ints
    quantity: Ints
    unit_cents: Ints
    discount_cents: Ints
    total_cents: Ints
    cost_cents: Ints
    is_return: Flags

    def __len__(self) -> int:
        return len(self.customer)


def make_lines(rng: np.random.Generator, roster: Roster) -> Lines:
    """Sales and returns of all three years."""
    rates = _discount_rates(rng, roster)
    years = [_year(rng, roster, rates, column) for column in range(len(YEARS))]
    joined = {
        name: np.concatenate([getattr(lines, name) for lines in years])
        for name in Lines.__dataclass_fields__
    }
    # Each year numbers its orders from 1; go on where the year before stopped.
    before = np.cumsum([0, *(int(lines.order.max()) for lines in years[:-1])])
    joined["order"] += np.repeat(before, [len(lines) for lines in years])
    by_time = np.lexsort((joined["order"], joined["at"]))
    return Lines(**{name: values[by_time] for name, values in joined.items()})


def _discount_rates(rng: np.random.Generator, roster: Roster) -> Floats:
    usual = rng.beta(2.2, 24.0, len(roster)) + np.array([0.06, 0.04, 0.01, 0, 0, 0])[roster.band]
    leaky = rng.random(len(roster)) < LEAKY_SHARE
    return np.where(leaky, rng.uniform(0.22, 0.34, len(roster)), usual)


def _year(rng: np.random.Generator, roster: Roster, rates: Floats, column: int) -> Lines:
    year = YEARS[column]
    buyers = np.flatnonzero(roster.net_cents[:, column] > 0)
    first, last = (days[buyers] for days in roster.span_in(year))
    share = (last - first + 1) / 365.0
    counts = np.maximum(rng.poisson(LINES_A_YEAR[roster.band[buyers]] * share), 1)
    row = np.repeat(np.arange(len(buyers)), counts)
    starts = np.concatenate([[0], np.cumsum(counts)[:-1]])
    band = roster.band[buyers][row]

    returned = _returned_share(rng, band, starts)
    sold, back = _split(rng, roster.net_cents[buyers, column], row, starts, returned)
    order, at = _orders(rng, NEW_ORDER[band], starts, first[row], last[row])
    packs = np.where((returned > 0) & (returned < 1), 4, 1)
    sales = _price(rng, buyers[row], order, at, sold, rates, packs, year)
    return _with_returns(rng, sales, returned, back, year)


def _returned_share(rng: np.random.Generator, band: Ints, starts: Ints) -> Floats:
    """How much of each line comes back; the first line of a customer never does."""
    part = np.array([1.0, 0.5, 0.25])[rng.integers(0, 3, len(band))]
    share = np.where(rng.random(len(band)) < RETURNED[band], part, 0.0)
    share[starts] = 0.0
    return share


def _split(
    rng: np.random.Generator, net: Ints, row: Ints, starts: Ints, returned: Floats
) -> tuple[Ints, Ints]:
    """Cents sold and cents given back per line, so that the difference is `net` per customer."""
    weight = rng.lognormal(0.0, 0.6, len(row))
    kept = np.bincount(row, weight * (1.0 - returned))
    sold = np.maximum(np.round(weight * (net / kept)[row]), 1.0).astype(np.int64)
    back = np.round(sold * returned).astype(np.int64)
    # Rounding leaves a few cents; the first line of the customer takes them.
    sold[starts] += net - np.add.reduceat(sold - back, starts)
    return sold, back


def _orders(
    rng: np.random.Generator, opens: Floats, starts: Ints, first: Ints, last: Ints
) -> tuple[Ints, Ints]:
    """Order number (in order of time) and moment of each line."""
    is_new = rng.random(len(opens)) < opens
    is_new[starts] = True
    local = np.cumsum(is_new) - 1
    heads = np.flatnonzero(is_new)
    days = first[heads] + (rng.random(len(heads)) * (last - first + 1)[heads]).astype(np.int64)
    at = office_seconds(rng, to_weekday(days, first[heads]))
    place = np.empty(len(heads), dtype=np.int64)
    place[np.argsort(at, kind="stable")] = np.arange(1, len(heads) + 1)
    return place[local], at[local]


def _price(
    rng: np.random.Generator,
    customer: Ints,
    order: Ints,
    at: Ints,
    sold: Ints,
    rates: Floats,
    packs: Ints,
    year: int,
) -> Lines:
    """Choose product, quantity and price so that quantity * price - discount is the amount sold.

    packs: quantities come in multiples of these, so that a quarter can go back.
    """
    rate = rates[customer] * rng.uniform(0.7, 1.3, len(sold))
    gross = sold / (1.0 - rate)
    prices = list_cents(year)
    # At least three pieces, so that a whole number of them lands near the list price.
    affordable = np.maximum(np.searchsorted(prices, gross / np.maximum(packs, 3)), 1)
    lowest = np.maximum(affordable - NOVELTIES, 0)
    product = lowest + (rng.random(len(sold)) * (affordable - lowest)).astype(np.int64)
    wanted = np.round(gross / prices[product] / packs) * packs
    quantity = np.maximum(wanted, packs).astype(np.int64)
    unit = np.ceil(gross / quantity).astype(np.int64)
    return Lines(
        customer=customer,
        order=order,
        at=at,
        product=product,
        quantity=quantity,
        unit_cents=unit,
        discount_cents=quantity * unit - sold,
        total_cents=sold,
        cost_cents=unit_cost_cents(year)[product],
        is_return=np.zeros(len(sold), dtype=np.bool_),
    )


def _with_returns(
    rng: np.random.Generator, sales: Lines, share: Floats, back: Ints, year: int
) -> Lines:
    """Add a negative line for each line that came back, inside the same calendar year."""
    which = np.flatnonzero(back > 0)
    pieces = np.round(sales.quantity[which] * share[which]).astype(np.int64)
    unit = sales.unit_cents[which]
    closes = (year_days(year)[1] + 1) * DAY_S - 1
    longest = np.minimum(30 * DAY_S, closes - sales.at[which])
    later = sales.at[which] + (rng.random(len(which)) * longest).astype(np.int64)
    changed = {
        "at": later,
        "quantity": -pieces,
        "discount_cents": back[which] - pieces * unit,
        "total_cents": -back[which],
        "is_return": np.ones(len(which), dtype=np.bool_),
    }
    return Lines(
        **{
            name: np.concatenate(
                [getattr(sales, name), changed.get(name, getattr(sales, name)[which])]
            )
            for name in Lines.__dataclass_fields__
        }
    )


def order_table(rng: np.random.Generator, roster: Roster, lines: Lines) -> pa.Table:
    """Order lines as the canonical table `order_lines`."""
    count = len(lines)
    orders = int(lines.order.max()) + 1
    channel = rng.choice(len(CHANNELS), orders, p=CHANNEL_WEIGHTS)[lines.order]
    names = {
        key: [getattr(p, key) for p in PRODUCTS] for key in ("product_id", "name", "product_type")
    }
    return table(
        header_id=numbered("O", lines.order, 6),
        line_item_id=numbered("L", np.arange(1, count + 1), 7),
        record_type=constant("line_item", count),
        created_at=times(lines.at),
        header_status=constant("fulfilled", count),
        currency=constant("EUR", count),
        product_id=labels(names["product_id"], lines.product),
        product_name=labels(names["name"], lines.product),
        product_type=labels(names["product_type"], lines.product),
        transaction_type=labels(("sale", "return"), lines.is_return.astype(np.int64)),
        quantity=whole(lines.quantity),
        unit_amount=money(lines.unit_cents),
        discount_amount=money(lines.discount_cents),
        tax_amount=money(np.zeros(count, dtype=np.int64)),
        total_amount=money(lines.total_cents),
        customer_id=numbered("F", roster.number[lines.customer], 5),
        unit_cost=money(lines.cost_cents),
        channel=labels(CHANNELS, channel),
        location_id=labels(LOCATIONS, lines.order % len(LOCATIONS)),
        business_unit=labels([p.business_unit for p in PRODUCTS], lines.product),
    )
