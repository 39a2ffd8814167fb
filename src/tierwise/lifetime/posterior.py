"""Scores of purchase histories with their doubt: of the parameters, and of the customer.

Two kinds of interval, never to be mixed up. The interval of an expectation says
how well the parameters are known; with many customers it is narrow. The range
of the count N says what one customer may do; it stays wide.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from tierwise.errors import UsageError
from tierwise.lifetime import arguments
from tierwise.lifetime.cells import Cells, Counts, Matrix, Vector
from tierwise.lifetime.estimate import Band
from tierwise.lifetime.models import PurchaseModel

ENTRIES = 8_000_000  # of one array of shape (draws, cells) at once: 64 MB


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about the time after T."""

    horizon_weeks: float  # of purchases and counts; finite
    discount_per_week: float  # continuous rate of the discounted purchases
    discounted_weeks: float = np.inf  # their horizon; infinite needs a rate above 0
    level: float = 0.9  # of all intervals


@dataclass(frozen=True, slots=True, eq=False)
class PurchaseScores:
    """What each history promises, all arrays of shape (cells,).

    Values are at the fitted parameters, ends are what the parameters' doubt makes them.
    """

    p_active: Band  # probability
    purchases: Band  # expected, in the horizon
    discounted: Band  # expected discounted purchases


@dataclass(frozen=True, slots=True, eq=False)
class CountForecast:
    """What N, the purchases of one customer in the horizon, may be; shape (cells,)."""

    p_none: Vector  # P(N = 0)
    mean: Vector  # of N
    sd: Vector  # of N
    low: Vector  # quantiles of N at the level: whole numbers
    high: Vector


def score(
    model: PurchaseModel,
    theta: tuple[float, ...],
    draws: Matrix,
    cells: Cells,
    question: Question,
) -> PurchaseScores:
    """Expectations at `theta`, their intervals from `draws`, shape (draws, parameters).

    Cells sorted by x are fastest. UsageError for a question out of its range or
    fewer than two draws.
    """
    tails = _checked(question, draws)
    parts = []
    for start, stop in _parts(cells, len(draws)):
        part = cells.part(start, stop)
        centre = _expectations(model, theta, part, question)
        spread = np.empty((3, len(draws), part.size))
        for row, drawn in enumerate(draws):
            spread[:, row] = _expectations(model, tuple(drawn), part, question)
        low, high = np.quantile(spread, tails, axis=1)
        parts.append(np.stack([centre, low, high], axis=1))
    whole = np.concatenate(parts, axis=2)
    return PurchaseScores(*(Band(value, low, high, question.level) for value, low, high in whole))


def _expectations(
    model: PurchaseModel, theta: tuple[float, ...], cells: Cells, question: Question
) -> Matrix:
    """The three expectations, shape (3, cells)."""
    active = model.p_active(theta, cells)
    soon = model.purchases_if_active(theta, cells, question.horizon_weeks, 0.0)
    ever = model.purchases_if_active(
        theta, cells, question.discounted_weeks, question.discount_per_week
    )
    return np.stack([active, active * soon, active * ever])


def forecast(
    model: PurchaseModel,
    draws: Matrix,
    cells: Cells,
    question: Question,
    generator: np.random.Generator,
) -> CountForecast:
    """The predictive distribution of N for each cell, one simulated count for each draw.

    With D draws a probability p is known to sqrt(p (1 - p) / D). UsageError for a
    question out of its range or fewer than two draws.
    """
    tails = _checked(question, draws)
    parts = []
    for start, stop in _parts(cells, len(draws)):
        counts = model.posterior_purchases(
            draws, cells.part(start, stop), question.horizon_weeks, generator
        )
        parts.append(_summary(counts, tails))
    names = [field.name for field in fields(CountForecast)]
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in names]
    return CountForecast(*columns)


def _summary(counts: Counts, tails: tuple[float, float]) -> CountForecast:
    low, high = np.quantile(counts, tails, axis=0, method="inverted_cdf")
    return CountForecast(
        p_none=(counts == 0).mean(axis=0),
        mean=counts.mean(axis=0),
        sd=counts.std(axis=0, ddof=1),
        low=low.astype(np.float64),
        high=high.astype(np.float64),
    )


def _parts(cells: Cells, draws: int) -> list[tuple[int, int]]:
    size = max(1, ENTRIES // draws)
    return [(start, min(start + size, cells.size)) for start in range(0, cells.size, size)]


def _checked(question: Question, draws: Matrix) -> tuple[float, float]:
    """The two tails of the level."""
    arguments.finite_horizon(question.horizon_weeks)
    arguments.horizon(question.discounted_weeks, question.discount_per_week)
    if not 0 < question.level < 1:
        raise UsageError(
            f"The level of an interval is {question.level}.", "Give one between 0 and 1."
        )
    if len(draws) < 2:
        raise UsageError("An interval needs several draws of the parameters.", "Give 200 or so.")
    return (1 - question.level) / 2, (1 + question.level) / 2


@dataclass(frozen=True, slots=True, eq=False)
class RemainingForecast:
    """Moments of D, all purchases to come, each discounted to today; shape (cells,)."""

    p_none: Vector  # P(D = 0)
    mean: Vector  # discounted purchases
    sd: Vector


def forecast_remaining(
    model: PurchaseModel,
    draws: Matrix,
    cells: Cells,
    discount_per_week: float,
    generator: np.random.Generator,
) -> RemainingForecast:
    """What is left of each customer, averaged over the draws of parameters and rates.

    UsageError for a rate that is not above 0: undiscounted, the sum may have no end.
    """
    arguments.horizon(np.inf, discount_per_week)
    total = np.zeros((3, cells.size))
    for theta in draws:
        total += model.remaining_moments(tuple(theta), cells, discount_per_week, generator)
    none, mean, second = total / len(draws)
    return RemainingForecast(none, mean, np.sqrt(np.maximum(second - mean**2, 0.0)))
