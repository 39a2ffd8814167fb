"""Firms that obey a model: histories for tests, benchmarks and teaching."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tierwise.lifetime import arguments, bg_nbd, mbg_nbd, nbd, pareto_nbd
from tierwise.lifetime.beta_geometric import purchases_before_dropout
from tierwise.lifetime.cells import DAYS_PER_WEEK, Cells, Counts, Vector, count

Days = npt.NDArray[np.int64] | Vector


@dataclass(frozen=True, slots=True, eq=False)
class Histories:
    """What happened to each customer, all arrays of shape (customers,)."""

    x: Counts  # repeat purchases up to T
    t_x_days: Vector  # days from the first purchase to the last up to T
    T_days: Days  # days observed
    future: Counts  # purchases in the days after T that were asked for
    active: npt.NDArray[np.bool_]  # still active at T, which nobody can see

    def cells(self) -> Cells:
        """The histories as cells."""
        return count(self.x, self.t_x_days, self.T_days)

    def in_whole_days(self) -> Histories:
        """The same with t_x at the end of its day, as tables of orders have it."""
        last = np.minimum(np.ceil(self.t_x_days), np.floor(self.T_days))
        return replace(self, t_x_days=np.where(self.x > 0, np.maximum(last, 1), 0))


def cohort_days(
    customers: int, joining_days: int, observed_days: int, generator: np.random.Generator
) -> npt.NDArray[np.int64]:
    """T of customers who join on days spread evenly over the first `joining_days`."""
    start = generator.integers(0, max(joining_days, 1), customers)
    days: npt.NDArray[np.int64] = observed_days - start
    return days


def bg_nbd_histories(
    theta: Sequence[float], T_days: Days, future_days: float, generator: np.random.Generator
) -> Histories:
    """Customers of BG/NBD observed for T_days each, and what they buy after."""
    return _coins(theta, T_days, future_days, bg_nbd.FIRST, generator)


def mbg_nbd_histories(
    theta: Sequence[float], T_days: Days, future_days: float, generator: np.random.Generator
) -> Histories:
    """Customers of MBG/NBD observed for T_days each, and what they buy after."""
    return _coins(theta, T_days, future_days, mbg_nbd.FIRST, generator)


def pareto_nbd_histories(
    theta: Sequence[float], T_days: Days, future_days: float, generator: np.random.Generator
) -> Histories:
    """Customers of Pareto/NBD observed for T_days each, and what they buy after."""
    r, alpha, s, beta = arguments.positive_parameters(theta, pareto_nbd.PARAMETERS)
    T, after, size = T_days / DAYS_PER_WEEK, future_days / DAYS_PER_WEEK, T_days.size
    rate = generator.gamma(r, 1 / alpha, size)
    leaving = np.maximum(generator.gamma(s, 1 / beta, size), 1e-300)
    life = generator.standard_exponential(size) / leaving
    x = generator.poisson(rate * np.minimum(life, T))
    return Histories(
        x=x,
        # The last of x purchases spread evenly over the time observed and active.
        t_x_days=_last_of(x, x, generator) * np.minimum(life, T) * DAYS_PER_WEEK,
        T_days=T_days,
        future=generator.poisson(rate * np.clip(life - T, 0, after)),
        active=life > T,
    )


def nbd_histories(
    theta: Sequence[float], T_days: Days, future_days: float, generator: np.random.Generator
) -> Histories:
    """Customers of NBD observed for T_days each, and what they buy after."""
    r, alpha = arguments.positive_parameters(theta, nbd.PARAMETERS)
    T, after, size = T_days / DAYS_PER_WEEK, future_days / DAYS_PER_WEEK, T_days.size
    rate = generator.gamma(r, 1 / alpha, size)
    x = generator.poisson(rate * T)
    return Histories(
        x=x,
        t_x_days=_last_of(x, x, generator) * T_days,
        T_days=T_days,
        future=generator.poisson(rate * after),
        active=np.ones(size, dtype=bool),
    )


def _coins(
    theta: Sequence[float],
    T_days: Days,
    future_days: float,
    first: int,
    generator: np.random.Generator,
) -> Histories:
    """Purchases of a Poisson process, cut off by the first coin that says so."""
    r, alpha, a, b = arguments.positive_parameters(theta, bg_nbd.PARAMETERS)
    T, after, size = T_days / DAYS_PER_WEEK, future_days / DAYS_PER_WEEK, T_days.size
    rate = generator.gamma(r, 1 / alpha, size)
    # The first purchase brings the first coin in MBG/NBD, and is no repeat.
    most = purchases_before_dropout(generator.beta(a, b, size), generator) - first
    wanted = generator.poisson(rate * T)
    x = np.minimum(wanted, most)
    return Histories(
        x=x,
        t_x_days=_last_of(x, wanted, generator) * T_days,
        T_days=T_days,
        future=np.minimum(generator.poisson(rate * after), most - x) * (wanted < most),
        active=wanted < most,
    )


def _last_of(x: Counts, wanted: Counts, generator: np.random.Generator) -> Vector:
    """Where the x-th of `wanted` even points on (0, 1) lies; 0 for x = 0. Never quite 0 else."""
    drawn = generator.beta(np.maximum(x, 1), np.maximum(wanted - x, 0) + 1)
    last: Vector = np.where(x > 0, np.maximum(drawn, 1e-12), 0.0)
    return last
