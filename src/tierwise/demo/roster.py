"""The customers behind every table: who they are to Fairfield, year by year."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tierwise.demo.columns import Flags, Ints
from tierwise.demo.days import AS_OF_DAY, YEARS, year_days
from tierwise.demo.spend import ACTIVE, TOP, UPPER, band_of, earlier_years, rank_curve

LAPSED = 460
PROSPECTS = 14
LONG_STANDING_DAYS = 9 * 365  # what the ten largest have over the others


@dataclass(frozen=True)
class Roster:
    """One entry per customer: first the active by rank, then the lapsed, then prospects.

    number: digits of the customer id, shuffled so that an id tells nothing about rank.
    rank: 1..5000 by net revenue of the last twelve months; for the others the
        rank they would have had when they bought.
    net_cents: net revenue per calendar year of YEARS, shape (n, 3).
    first_day, last_day: the span in which the customer buys, as day numbers.
    """

    number: Ints
    rank: Ints
    net_cents: Ints
    first_day: Ints
    last_day: Ints

    def __len__(self) -> int:
        return len(self.number)

    @property
    def band(self) -> Ints:
        """0..5, the band of the rank."""
        return band_of(self.rank)

    @property
    def is_active(self) -> Flags:
        """Bought in the last twelve months."""
        return np.arange(len(self)) < ACTIVE

    @property
    def is_prospect(self) -> Flags:
        """Never bought."""
        return np.arange(len(self)) >= ACTIVE + LAPSED

    def span_in(self, year: int) -> tuple[Ints, Ints]:
        """First and last day of buying inside a calendar year; empty where last < first."""
        first, last = year_days(year)
        return np.maximum(self.first_day, first), np.minimum(self.last_day, last)


def make_roster(rng: np.random.Generator) -> Roster:
    """All customers with their spend per year."""
    count = ACTIVE + LAPSED + PROSPECTS
    active, lapsed = _active(rng), _lapsed(rng)
    prospects = (
        np.full(PROSPECTS, 3000),
        np.zeros((PROSPECTS, 3), dtype=np.int64),
        np.full(PROSPECTS, AS_OF_DAY - 30),
        np.full(PROSPECTS, AS_OF_DAY),
    )
    rank, net, first, last = (
        np.concatenate(parts).astype(np.int64)
        for parts in zip(active, lapsed, prospects, strict=True)
    )
    return Roster(rng.permutation(count) + 1, rank, net, first, last)


def _active(rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints]:
    rank = np.arange(1, ACTIVE + 1)
    cents = rank_curve(rng)
    net = np.column_stack([earlier_years(rng, cents), cents])
    first = _first_days(rng, rank)
    net = _only_while_customer(net, first)
    # Silent for a whole year, then back: the reactivated.
    paused = (rank > UPPER) & (first < year_days(2023)[0]) & (rng.random(ACTIVE) < 0.06)
    net[paused, 1] = 0
    return rank, net, first, np.full(ACTIVE, AS_OF_DAY)


def _first_days(rng: np.random.Generator, rank: Ints) -> Ints:
    """Seven in ten were customers before the data start; the rest were won in every quarter."""
    start = year_days(YEARS[0])[0]
    tenure_days = (rng.gamma(2.0, 1400.0, ACTIVE)).astype(np.int64) % 9000
    won = start + rng.integers(0, AS_OF_DAY - start - 45, ACTIVE)
    is_new = rng.random(ACTIVE) < np.where(rank <= TOP, 0.08, 0.27)
    is_new[:10] = False
    first = np.where(is_new, won, start - 30 - tenure_days)
    first[:10] -= LONG_STANDING_DAYS
    return first


def _only_while_customer(net: Ints, first: Ints) -> Ints:
    """Cut earlier years to the part after the first day; the last year stands as it is."""
    net = net.copy()
    for column, year in enumerate(YEARS[:-1]):
        opens, closes = year_days(year)
        share = np.clip((closes - first + 1) / (closes - opens + 1), 0.0, 1.0)
        net[:, column] = np.round(net[:, column] * share).astype(np.int64)
    return np.where(net < 500, 0, net)


def _lapsed(rng: np.random.Generator) -> tuple[Ints, Ints, Ints, Ints]:
    """Customers who bought in 2023 or 2024 and never after; three of them were large."""
    first_year, gone = year_days(2023), year_days(2024)[1]
    last = rng.integers(first_year[0] + 75, gone - 5, LAPSED)
    rank = np.minimum(300 + rng.gamma(1.6, 1300.0, LAPSED).astype(np.int64), ACTIVE)
    rank[:9] = (36, 52, 71, 96, 130, 150, 171, 205, 240)
    last[:3] = (gone - 95, gone - 210, gone - 330)
    yearly = rank_curve(rng)[rank - 1]
    net = np.zeros((LAPSED, 3), dtype=np.int64)
    for column, year in enumerate(YEARS[:-1]):
        opens, closes = year_days(year)
        share = np.clip((last - opens + 1) / (closes - opens + 1), 0.0, 1.0)
        net[:, column] = np.round(yearly * share * rng.lognormal(0.0, 0.2, LAPSED))
    first = first_year[0] - 30 - rng.integers(0, 4000, LAPSED)
    return rank, np.where(net < 500, 0, net), first, last
