"""MBG/NBD: a customer may drop out after each purchase, the first included.

As BG/NBD, but the first purchase brings an occasion to drop out as well, so a
customer who never came back need not be active.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tierwise.lifetime import arguments, beta_geometric
from tierwise.lifetime.cells import Cells, Counts, Matrix, Vector

LABEL = "MBG/NBD"
PARAMETERS = beta_geometric.PARAMETERS
CITATION = (
    "Batislam, Denizel & Filiztekin 2007,"
    " International Journal of Research in Marketing 24(3), 201-209"
)
FIRST = 1  # occasions to drop out before the first repeat purchase


def log_likelihood(theta: Sequence[float], cells: Cells) -> tuple[float, Vector]:
    """Log-likelihood of all customers and its gradient by log-parameters, shape (4,).

    Source: Batislam, Denizel & Filiztekin 2007, eq. 5. UsageError for parameters
    that are not positive.
    """
    value, gradient, _ = log_likelihood_hessian(theta, cells)
    return value, gradient


def log_likelihood_hessian(theta: Sequence[float], cells: Cells) -> tuple[float, Vector, Matrix]:
    """The same with the Hessian by log-parameters, shape (4, 4)."""
    return beta_geometric.log_likelihood(_checked(theta), cells, FIRST)


def p_active(theta: Sequence[float], cells: Cells) -> Vector:
    """P(customer still active at T), shape (cells,).

    Source: Batislam, Denizel & Filiztekin 2007. UsageError for parameters that are not positive.
    """
    return beta_geometric.p_active(_checked(theta), cells, FIRST)


def expected_purchases(theta: Sequence[float], cells: Cells, horizon_weeks: float) -> Vector:
    """Expected purchases in the weeks after T given the history, shape (cells,).

    Source: Batislam, Denizel & Filiztekin 2007, reckoned as the integral of the
    expected rate over time, which has no pole at a = 1. UsageError for parameters
    that are not positive or a negative or infinite horizon.
    """
    return discounted_purchases(theta, cells, horizon_weeks, 0.0)


def discounted_purchases(
    theta: Sequence[float], cells: Cells, horizon_weeks: float, rate_per_week: float
) -> Vector:
    """Expected purchases after T, each worth exp(-rate * weeks after T), shape (cells,).

    The horizon may be infinite when the continuous discount rate is above 0.
    UsageError for arguments out of their range.
    """
    left = purchases_if_active(theta, cells, horizon_weeks, rate_per_week)
    return left * p_active(theta, cells)


def purchases_if_active(
    theta: Sequence[float], cells: Cells, horizon_weeks: float, rate_per_week: float
) -> Vector:
    """The same for customers known to be active at T: it does not depend on t_x."""
    weeks = arguments.horizon(horizon_weeks, rate_per_week)
    return beta_geometric.purchases_of_active(_checked(theta), cells, FIRST, weeks, rate_per_week)


def posterior_purchases(
    draws: Matrix, cells: Cells, horizon_weeks: float, generator: np.random.Generator
) -> Counts:
    """Simulated purchases in the horizon, shape (draws, cells): one for each row of draws.

    Rate, dropout probability and state are drawn given the history. Memory grows
    with the shape of the result: give a part of the cells at a time. UsageError
    for arguments out of their range.
    """
    weeks = arguments.finite_horizon(horizon_weeks)
    counts = np.empty((len(draws), cells.size), dtype=np.int64)
    for row, theta in enumerate(draws):
        counts[row] = beta_geometric.simulate_future(
            _checked(theta), cells, FIRST, weeks, generator
        )
    return counts


def remaining_moments(
    theta: Sequence[float], cells: Cells, rate_per_week: float, generator: np.random.Generator
) -> tuple[Vector, Vector, Vector]:
    """P(D = 0), E[D], E[D^2] of all discounted purchases to come, at drawn rates; (cells,) each."""
    return beta_geometric.remaining_moments(_checked(theta), cells, FIRST, rate_per_week, generator)


def _checked(theta: Sequence[float]) -> tuple[float, ...]:
    return arguments.positive_parameters(theta, PARAMETERS)
