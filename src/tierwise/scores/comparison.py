"""Means of two groups compared within strata, so that a third thing cannot make the difference.

Post-stratified means (Cochran 1977, Sampling Techniques, 3rd ed., section 5A.9):
each stratum's difference is weighed the same for both groups. The interval is
Welch's (Welch 1947, Biometrika 34(1-2)), with the degrees of freedom of
Satterthwaite (1946, Biometrics Bulletin 2(6)) over all cells. It reads the
customers as a sample of such customers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, log, sqrt
from typing import Any

import ibis.expr.types as ir
from scipy import stats

from tierwise.value.slices import LEVEL

MIN_CELL = 2
"""Customers that a cell needs to have a variance."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One group in one stratum."""

    n: int  # customers
    mean: float  # of the measure; 0 when n is 0
    variance: float  # of the measure, n - 1 below the line; 0 when n is below 2


@dataclass(frozen=True, slots=True)
class Stratum:
    """Both groups where the third thing is alike."""

    flagged: Cell
    others: Cell


@dataclass(frozen=True, slots=True)
class Comparison:
    """Flagged customers against all others; `low` and `high` end the 95% interval."""

    n_flagged: int  # customers compared, in strata where both groups have two or more
    n_others: int
    left_out: int  # flagged customers without anybody to compare with
    mean_flagged: float  # post-stratified, in the unit of the measure
    mean_others: float
    difference: float  # mean_flagged - mean_others
    low: float
    high: float
    ratio: float | None  # mean_flagged / mean_others; None unless both are positive
    ratio_low: float | None
    ratio_high: float | None


Weights = Callable[[Stratum], float]


def everybody(stratum: Stratum) -> float:
    """Weigh strata by all their customers: what would the firm see if groups were mixed alike."""
    return float(stratum.flagged.n + stratum.others.n)


def the_flagged(stratum: Stratum) -> float:
    """Weigh strata by their flagged customers: these against others like them."""
    return float(stratum.flagged.n)


def compare(strata: Sequence[Stratum], weights: Weights) -> Comparison | None:
    """Compare the groups at the same mix of strata; None where no stratum has two of both."""
    usable = [s for s in strata if min(s.flagged.n, s.others.n) >= MIN_CELL]
    if not usable:
        return None
    total = sum(weights(s) for s in usable)
    share = [weights(s) / total for s in usable]
    flagged = [(w, s.flagged) for w, s in zip(share, usable, strict=True)]
    others = [(w, s.others) for w, s in zip(share, usable, strict=True)]
    one, two = _mean(flagged), _mean(others)
    half = half_width([*flagged, *others])
    ratio = _ratio(flagged, others)
    return Comparison(
        n_flagged=sum(s.flagged.n for s in usable),
        n_others=sum(s.others.n for s in usable),
        left_out=sum(s.flagged.n for s in strata) - sum(s.flagged.n for s in usable),
        mean_flagged=one,
        mean_others=two,
        difference=one - two,
        low=one - two - half,
        high=one - two + half,
        ratio=ratio[0],
        ratio_low=ratio[1],
        ratio_high=ratio[2],
    )


Weighed = Sequence[tuple[float, Cell]]


def half_width(cells: Weighed) -> float:
    """Half of the 95% interval of a weighted sum (or difference) of independent means."""
    variance = _variance(cells)
    if variance <= 0:
        return 0.0
    return float(stats.t.ppf(0.5 + LEVEL / 2, _freedom(cells)) * sqrt(variance))


def _mean(cells: Weighed) -> float:
    return sum(w * cell.mean for w, cell in cells)


def _variance(cells: Weighed) -> float:
    return sum(w * w * cell.variance / cell.n for w, cell in cells)


def _freedom(cells: Weighed) -> float:
    """Satterthwaite's degrees of freedom of the variance of a weighted sum of means."""
    parts = [(w * w * cell.variance / cell.n, cell.n - 1) for w, cell in cells]
    # Scaled, since the squares of small parts would vanish.
    largest = max(part for part, _ in parts)
    scaled = [(part / largest, n) for part, n in parts]
    return sum(part for part, _ in scaled) ** 2 / sum(part**2 / n for part, n in scaled)


def _ratio(flagged: Weighed, others: Weighed) -> tuple[float | None, float | None, float | None]:
    """Ratio of the means with an interval by the delta method on its logarithm.

    var(log(a / b)) = var(a) / a^2 + var(b) / b^2 for independent a and b (Casella
    & Berger 2002, Statistical Inference, example 5.5.27).
    """
    one, two = _mean(flagged), _mean(others)
    if one <= 0 or two <= 0:
        return None, None, None
    variance = _variance(flagged) / one**2 + _variance(others) / two**2
    half = stats.norm.ppf(0.5 + LEVEL / 2) * sqrt(variance)
    middle = log(one / two)
    return exp(middle), exp(middle - half), exp(middle + half)


def moments(name: str, value: ir.NumericValue, where: ir.BooleanValue) -> dict[str, ir.Scalar]:
    """Aggregates `name_n`, `name_mean`, `name_variance` of a value in a group."""
    number = value.cast("float64")
    inside = where & number.notnull()
    return {
        f"{name}_n": inside.sum(),
        f"{name}_mean": number.mean(where=inside),
        f"{name}_variance": number.var(where=inside, how="sample"),
    }


def cell_of(row: dict[str, Any], name: str) -> Cell:
    """Read back what `moments` aggregated."""
    return Cell(
        int(row[f"{name}_n"] or 0),
        float(row[f"{name}_mean"] or 0),
        float(row[f"{name}_variance"] or 0),
    )
