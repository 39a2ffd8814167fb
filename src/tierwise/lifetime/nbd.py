"""NBD: customers buy at rates that differ, and nobody leaves.

The edge of the other models: where the data show no sign of dropping out, their
dropout parameters run off, and this is what remains.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from tierwise.lifetime import arguments
from tierwise.lifetime.cells import Cells, Counts, Matrix, Vector
from tierwise.lifetime.fit import in_logs

LABEL = "NBD"
PARAMETERS = ("r", "alpha")
CITATION = "Ehrenberg 1959, Applied Statistics 8(1), 26-41"


def log_likelihood(theta: Sequence[float], cells: Cells) -> tuple[float, Vector]:
    """Log-likelihood of all customers and its gradient by log-parameters, shape (2,).

    Of the times of purchase, as in the other models, so that all compare: Poisson
    streams with gamma rates. UsageError for parameters that are not positive.
    """
    value, gradient, _ = log_likelihood_hessian(theta, cells)
    return value, gradient


def log_likelihood_hessian(theta: Sequence[float], cells: Cells) -> tuple[float, Vector, Matrix]:
    """The same with the Hessian by log-parameters, shape (2, 2)."""
    r, alpha = _checked(theta)
    x, n, n_T = cells.x_values, cells.n_by_x, cells.n_by_T
    rate, shape, total = alpha + cells.weeks, r * cells.n_by_T + cells.x_by_T, float(cells.n.sum())
    logs = np.log(rate)
    value = float(
        n @ (special.gammaln(r + x) - special.gammaln(r)) + total * r * np.log(alpha) - shape @ logs
    )
    by_r = n @ (special.psi(r + x) - special.psi(r)) + total * np.log(alpha) - n_T @ logs
    by_alpha = total * r / alpha - shape @ (1 / rate)
    mixed = total / alpha - n_T @ (1 / rate)
    bend_r = n @ (special.zeta(2.0, r + x) - special.zeta(2.0, r))
    bend_alpha = -total * r / alpha**2 + shape @ rate**-2
    hessian = np.array([[bend_r, mixed], [mixed, bend_alpha]])
    return value, *in_logs((r, alpha), np.array([by_r, by_alpha]), hessian)


def p_active(theta: Sequence[float], cells: Cells) -> Vector:
    """1 for everybody, shape (cells,)."""
    _checked(theta)
    return np.ones(cells.size)


def expected_purchases(theta: Sequence[float], cells: Cells, horizon_weeks: float) -> Vector:
    """Expected purchases in the weeks after T given the history, shape (cells,)."""
    return discounted_purchases(theta, cells, horizon_weeks, 0.0)


def discounted_purchases(
    theta: Sequence[float], cells: Cells, horizon_weeks: float, rate_per_week: float
) -> Vector:
    """Expected purchases after T, each worth exp(-rate * weeks after T), shape (cells,)."""
    return purchases_if_active(theta, cells, horizon_weeks, rate_per_week)


def purchases_if_active(
    theta: Sequence[float], cells: Cells, horizon_weeks: float, rate_per_week: float
) -> Vector:
    """The same: everybody is active."""
    weeks = arguments.horizon(horizon_weeks, rate_per_week)
    r, alpha = _checked(theta)
    lasting = -np.expm1(-rate_per_week * weeks) / rate_per_week if rate_per_week else weeks
    expected: Vector = (r + cells.x) / (alpha + cells.weeks[cells.T_index]) * lasting
    return expected


def posterior_purchases(
    draws: Matrix, cells: Cells, horizon_weeks: float, generator: np.random.Generator
) -> Counts:
    """Simulated purchases in the horizon, shape (draws, cells): one for each row of draws."""
    weeks = arguments.finite_horizon(horizon_weeks)
    counts = np.empty((len(draws), cells.size), dtype=np.int64)
    for row, theta in enumerate(draws):
        counts[row] = generator.poisson(_rates(theta, cells, generator) * weeks)
    return counts


def remaining_moments(
    theta: Sequence[float], cells: Cells, rate_per_week: float, generator: np.random.Generator
) -> tuple[Vector, Vector, Vector]:
    """P(D = 0), E[D], E[D^2] of all discounted purchases to come, at drawn rates; (cells,) each."""
    buying = _rates(theta, cells, generator)
    mean = buying / rate_per_week
    return np.zeros(cells.size), mean, mean**2 + buying / (2 * rate_per_week)


def _rates(theta: Sequence[float], cells: Cells, generator: np.random.Generator) -> Vector:
    r, alpha = _checked(theta)
    drawn: Vector = generator.standard_gamma(r + cells.x) / (alpha + cells.weeks[cells.T_index])
    return drawn


def _checked(theta: Sequence[float]) -> tuple[float, ...]:
    return arguments.positive_parameters(theta, PARAMETERS)
