"""Who spends what: net revenue by rank in the last year and the two years before.

The shape is the case study's: 5,000 customers, 40 of them 69% of revenue and
250 of them 97%, exact to the cent and smooth in between.
"""

from __future__ import annotations

import numpy as np

from tierwise.demo.columns import Floats, Ints

ACTIVE = 5_000
TOP, UPPER = 40, 250
TOTAL_CENTS = 5_000_000_000
TOP_CENTS = TOTAL_CENTS * 69 // 100
UPPER_CENTS = TOTAL_CENTS * 97 // 100

BAND_EDGES = (40, 250, 1000, 2500, 4500, 5000)
"""Last rank of each band the generator treats alike."""

_AT_TOP_EDGE = 42_000_000.0  # spend at rank 40, cents: fixes how steep the top is
_JITTER = 0.03
_SPREAD = 100  # ranks that share what rounding left over


def band_of(rank: Ints) -> Ints:
    """0..5: the band of each rank (1-based)."""
    return np.searchsorted(np.array(BAND_EDGES), rank).astype(np.int64)


def rank_curve(rng: np.random.Generator) -> Ints:
    """Net revenue in cents of ranks 1..5000, strictly falling, with the exact shares."""
    smooth = _smooth_curve()
    pieces = (
        (0, TOP, TOP_CENTS),
        (TOP, UPPER, UPPER_CENTS - TOP_CENTS),
        (UPPER, ACTIVE, TOTAL_CENTS - UPPER_CENTS),
    )
    return np.concatenate([_exact(_shaken(rng, smooth[lo:hi]), total) for lo, hi, total in pieces])


def _shaken(rng: np.random.Generator, curve: Floats) -> Floats:
    """A little noise, none at the ends: nobody may slip past the next piece of the curve."""
    place = np.arange(len(curve))
    from_end = np.minimum(place, place[::-1])
    jitter = _JITTER * np.minimum(from_end / 10, 1.0)
    return np.sort(curve * np.exp(rng.normal(0.0, 1.0, len(curve)) * jitter))[::-1]


def _smooth_curve() -> Floats:
    rank = np.arange(1, ACTIVE + 1, dtype=np.float64)
    steps = (TOP_CENTS, UPPER_CENTS - TOP_CENTS, TOTAL_CENTS - UPPER_CENTS)
    top = _power_to(rank[:TOP] / TOP, _AT_TOP_EDGE, steps[0])
    upper = _power_to(rank[TOP:UPPER] / TOP, _AT_TOP_EDGE, steps[1])
    # Small customers keep a base need, so the tail flattens out instead of vanishing.
    base = np.linspace(19_000.0, 9_500.0, ACTIVE - UPPER)
    lower = base + _power_to(rank[UPPER:] / UPPER, upper[-1] - base[0], steps[2] - base.sum())
    return np.concatenate([top, upper, lower])


def _power_to(x: Floats, at_one: float, total: float) -> Floats:
    """`at_one * x**-a` with `a` chosen by bisection so that it sums to `total`."""
    flat, steep = 0.0, 20.0
    grows = x[0] < 1.0  # left of the anchor a steeper curve sums to more
    for _ in range(80):
        middle = (flat + steep) / 2
        too_much = at_one * np.sum(x**-middle) > total
        flat, steep = (flat, middle) if too_much == grows else (middle, steep)
    return np.asarray(at_one * x**-flat, dtype=np.float64)


def _exact(values: Floats, total: int) -> Ints:
    """Whole cents in the same proportions, strictly falling, summing to `total`."""
    steps = np.arange(len(values))
    cents = np.round(values * (total / values.sum())).astype(np.int64)
    falling = np.minimum.accumulate(cents + steps) - steps
    spread = min(_SPREAD, len(values))
    each, left = divmod(total - int(falling.sum()), spread)
    falling[:spread] += each
    falling[0] += left
    return falling


def earlier_years(rng: np.random.Generator, cents: Ints) -> Ints:
    """Net revenue of the two years before, shape (n, 2), from that of the last year."""
    rank = np.arange(1, len(cents) + 1)
    sigma = np.where(rank <= TOP, 0.12, np.where(rank <= UPPER, 0.25, 0.45))
    growth = rng.normal(0.05, 1.0, (len(cents), 2)) * sigma[:, None] + np.array([0.03, 0.03])
    # Some of today's good customers were small two years ago: movement worth seeing.
    growth[rng.random(len(cents)) < 0.03, 1] += 1.2
    before = cents * np.exp(-growth[:, 1])
    two_before = before * np.exp(-growth[:, 0])
    return np.round(np.stack([two_before, before], axis=1)).astype(np.int64)
