"""Tenures: how many contracts faced each renewal, and how many ended there.

Tenure counts the renewals a contract has faced: lost at tenure 1 means it ended at
the first chance to leave, alive at tenure 3 that it was renewed three times. All
that a contract model or a product-limit curve needs is, for t = 1, 2, ..., who was
at risk at renewal t and who was lost at it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tierwise.errors import DataError

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tenures:
    """Contracts at risk and lost, by renewal; entry 0 is the first renewal."""

    at_risk: Array  # contracts that faced renewal t, shape (periods,)
    lost: Array  # contracts that ended at renewal t, shape (periods,)

    @property
    def kept(self) -> Array:
        """Contracts that were renewed at t, shape (periods,)."""
        return self.at_risk - self.lost

    @property
    def renewals(self) -> Array:
        """Number of each renewal: 1, 2, ..."""
        return np.arange(1.0, self.at_risk.size + 1)


def tenures_from_counts(tenure: ArrayLike, lost: ArrayLike, alive: ArrayLike) -> Tenures:
    """Pool rows of counts: so many contracts lost, so many still alive, at each tenure.

    `tenure` (rows,) whole renewals from 0; `lost`, `alive` (rows,) contracts. A tenure
    may stand in several rows: cohorts are pooled. Raises DataError for tenures or
    counts below zero, and for contracts lost before they faced any renewal.
    """
    at, gone, here = (np.atleast_1d(np.asarray(v, dtype=float)) for v in (tenure, lost, alive))
    _check(at, gone, here)
    size = int(at.max(initial=0)) + 1
    index = at.astype(np.intp)
    ended = np.bincount(index, weights=gone, minlength=size)
    left = np.bincount(index, weights=gone + here, minlength=size)
    at_risk = left[::-1].cumsum()[::-1][1:]
    return Tenures(at_risk.astype(np.float64), ended[1:].astype(np.float64))


def tenures_from_contracts(
    tenure: ArrayLike, lost: ArrayLike, entered: ArrayLike | None = None
) -> Tenures:
    """Count contracts one by one: each with its tenure and whether it was lost there.

    `tenure` (contracts,) whole renewals; `lost` (contracts,) true or false; `entered`
    (contracts,) the tenure at which a contract came under observation, when the
    records begin after it did (left truncation). Raises DataError as
    `tenures_from_counts`, and for contracts that entered after their tenure.
    """
    gone = np.asarray(lost, dtype=bool)
    whole = tenures_from_counts(tenure, gone, ~gone)
    if entered is None:
        return whole
    start = np.asarray(entered, dtype=float)
    late = start > np.asarray(tenure, dtype=float)
    if np.any(late):
        raise DataError(
            f"{int(late.sum()):,} contracts came under observation after they had ended.",
            "Check the two tenures of these contracts.",
        )
    unseen = tenures_from_counts(start, np.zeros_like(start), np.ones_like(start)).at_risk
    before = np.zeros_like(whole.at_risk)
    before[: unseen.size] = unseen
    seen = np.maximum(whole.at_risk - before, 0)
    if np.any(whole.lost > seen):
        raise DataError(
            "A contract was lost at the tenure at which it came under observation.",
            "Give the tenure before its first observed renewal.",
        )
    return Tenures(at_risk=seen, lost=whole.lost)


def tenures_from_survivors(survivors: ArrayLike) -> Tenures:
    """One cohort by its survivors: at the start, after one renewal, after two, ...

    Raises DataError for survivors that grow in number or fall below zero.
    """
    alive = np.asarray(survivors, dtype=float)
    if alive.ndim != 1 or alive.size < 2 or np.any(np.diff(alive) > 0) or alive[-1] < 0:
        raise DataError(
            "Survivors must be two counts or more, none larger than the one before.",
            "Give the cohort's size first, then the contracts left after each renewal.",
        )
    return Tenures(at_risk=alive[:-1].copy(), lost=-np.diff(alive))


def pooled_tenures(cohorts: Sequence[Tenures]) -> Tenures:
    """Several cohorts as one: contracts at risk and lost add up renewal by renewal."""
    size = max((cohort.at_risk.size for cohort in cohorts), default=0)
    at_risk, lost = np.zeros(size), np.zeros(size)
    for cohort in cohorts:
        at_risk[: cohort.at_risk.size] += cohort.at_risk
        lost[: cohort.lost.size] += cohort.lost
    return Tenures(at_risk, lost)


def _check(tenure: Array, lost: Array, alive: Array) -> None:
    if not tenure.shape == lost.shape == alive.shape:
        raise DataError(
            f"Tenures, lost and alive differ in length: {tenure.size}, {lost.size}, {alive.size}.",
            "Give one entry of each per row.",
        )
    whole = np.isfinite(tenure) & (tenure >= 0) & (tenure == np.floor(tenure))
    if not np.all(whole):
        raise DataError(
            f"{int((~whole).sum()):,} tenures are not whole numbers from 0 up.",
            "Count tenure in renewals faced, not in days.",
        )
    if not (np.all(lost >= 0) and np.all(alive >= 0)):
        raise DataError("A count of contracts is below zero or missing.", "Check the counts.")
    early = lost[tenure == 0].sum()
    if early > 0:
        raise DataError(
            f"{early:,.0f} contracts are lost at tenure 0, before they faced any renewal.",
            "Count a contract that ended at its first renewal at tenure 1.",
        )
