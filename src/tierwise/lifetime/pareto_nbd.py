"""Pareto/NBD: a customer buys at its own rate and leaves at its own rate.

Purchase rates are gamma(r, alpha), rates of dropping out gamma(s, beta); both
are hidden, only the purchases are seen.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import special

from tierwise.lifetime import arguments, pareto_survival
from tierwise.lifetime.cells import Cells, Counts, Matrix, Vector
from tierwise.lifetime.fit import in_logs

LABEL = "Pareto/NBD"
PARAMETERS = ("r", "alpha", "s", "beta")
CITATION = "Schmittlein, Morrison & Colombo 1987, Management Science 33(1), 1-24"


def log_likelihood(theta: Sequence[float], cells: Cells) -> tuple[float, Vector]:
    """Log-likelihood of all customers and its gradient by log-parameters, shape (4,).

    Source: Fader & Hardie 2005, "A note on deriving the Pareto/NBD model", eq. 16
    before its integral becomes two 2F1. UsageError for parameters that are not
    positive.
    """
    value, gradient, _ = log_likelihood_hessian(theta, cells)
    return value, gradient


def log_likelihood_hessian(theta: Sequence[float], cells: Cells) -> tuple[float, Vector, Matrix]:
    """The same with the Hessian by log-parameters, shape (4, 4)."""
    values = _checked(theta)
    value, gradient, hessian = _rate_part(values, cells)
    for start in range(0, cells.size, pareto_survival.CHUNK):
        rows = slice(start, start + pareto_survival.CHUNK)
        part = pareto_survival.mixture(values, cells, rows)
        value += part[0]
        gradient += part[1]
        hessian += part[2]
    return value, *in_logs(values, gradient, hessian)


def _rate_part(theta: tuple[float, ...], cells: Cells) -> tuple[float, Vector, Matrix]:
    """The factors in front of the mixture: they need sums by x only."""
    r, alpha, s, beta = theta
    x, n, total = cells.x_values, cells.n_by_x, float(cells.n.sum())
    value = n @ (special.gammaln(r + x) - special.gammaln(r))
    value += total * (r * np.log(alpha) + s * np.log(beta))
    by_r = n @ (special.psi(r + x) - special.psi(r)) + total * np.log(alpha)
    gradient = np.array([by_r, total * r / alpha, total * np.log(beta), total * s / beta])
    hessian = np.diag([0.0, -r / alpha**2, 0.0, -s / beta**2]) * total
    hessian[0, 0] = n @ (special.zeta(2.0, r + x) - special.zeta(2.0, r))
    hessian[0, 1] = hessian[1, 0] = total / alpha
    hessian[2, 3] = hessian[3, 2] = total / beta
    return float(value), gradient, hessian


def p_active(theta: Sequence[float], cells: Cells) -> Vector:
    """P(customer still active at T), shape (cells,).

    Source: Schmittlein, Morrison & Colombo 1987, eqs. 11-13, from the same
    integral as the likelihood: finite whatever x. UsageError for parameters that
    are not positive.
    """
    values = _checked(theta)
    active = np.empty(cells.size)
    for start in range(0, cells.size, pareto_survival.CHUNK):
        rows = slice(start, start + pareto_survival.CHUNK)
        active[rows] = special.expit(-pareto_survival.log_odds_gone(values, cells, rows))
    return active


def expected_purchases(theta: Sequence[float], cells: Cells, horizon_weeks: float) -> Vector:
    """Expected purchases in the weeks after T given the history, shape (cells,).

    Source: Fader & Hardie 2005, note on the Pareto/NBD, eq. 41, written without
    its pole at s = 1. UsageError for parameters that are not positive or a
    negative or infinite horizon.
    """
    return discounted_purchases(theta, cells, horizon_weeks, 0.0)


def discounted_purchases(
    theta: Sequence[float], cells: Cells, horizon_weeks: float, rate_per_week: float
) -> Vector:
    """Expected purchases after T, each worth exp(-rate * weeks after T), shape (cells,).

    The horizon may be infinite when the continuous discount rate is above 0: then
    this is DERT of Fader, Hardie & Lee 2005, "RFM and CLV", Journal of Marketing
    Research 42(4), eq. 2. UsageError for arguments out of their range.
    """
    left = purchases_if_active(theta, cells, horizon_weeks, rate_per_week)
    return left * p_active(theta, cells)


def purchases_if_active(
    theta: Sequence[float], cells: Cells, horizon_weeks: float, rate_per_week: float
) -> Vector:
    """The same for customers known to be active at T: it does not depend on t_x."""
    weeks = arguments.horizon(horizon_weeks, rate_per_week)
    r, alpha, s, beta = _checked(theta)
    lasting = pareto_survival.discounted_weeks(s, beta + cells.weeks, weeks, rate_per_week)
    expected: Vector = (r + cells.x) * (lasting / (alpha + cells.weeks))[cells.T_index]
    return expected


def posterior_purchases(
    draws: Matrix, cells: Cells, horizon_weeks: float, generator: np.random.Generator
) -> Counts:
    """Simulated purchases in the horizon, shape (draws, cells): one for each row of draws.

    Both rates and the state are drawn given the history. Memory grows with the
    shape of the result: give a part of the cells at a time. UsageError for
    arguments out of their range.
    """
    weeks = arguments.finite_horizon(horizon_weeks)
    counts = np.empty((len(draws), cells.size), dtype=np.int64)
    for row, theta in enumerate(draws):
        counts[row] = _simulate_future(_checked(theta), cells, weeks, generator)
    return counts


def _simulate_future(
    theta: tuple[float, ...], cells: Cells, weeks: float, generator: np.random.Generator
) -> Counts:
    r, alpha, s, beta = theta
    active = generator.random(cells.size) < p_active(theta, cells)
    chosen = np.flatnonzero(active)
    T = cells.weeks[cells.T_index[chosen]]
    rate = generator.standard_gamma(r + cells.x[chosen]) / (alpha + T)
    leaving = generator.standard_gamma(s, chosen.size) / (beta + T)
    wait = generator.standard_exponential(chosen.size)
    counts = np.zeros(cells.size, dtype=np.int64)
    # min(wait / leaving, weeks), without dividing by a rate that may be 0.
    stay = np.where(wait < weeks * leaving, wait / np.maximum(leaving, 1e-300), weeks)
    counts[chosen] = generator.poisson(rate * stay)
    return counts


def remaining_moments(
    theta: Sequence[float], cells: Cells, rate_per_week: float, generator: np.random.Generator
) -> tuple[Vector, Vector, Vector]:
    """P(D = 0), E[D], E[D^2] of all discounted purchases to come, at drawn rates; (cells,) each.

    A Poisson stream of rate l that ends at rate m: E[D] = l / (rate + m) and
    E[D^2] = l (1 + 2 E[D]) / (2 rate + m).
    """
    r, alpha, s, beta = _checked(theta)
    T = cells.weeks[cells.T_index]
    buying = generator.standard_gamma(r + cells.x) / (alpha + T)
    leaving = generator.standard_gamma(s, cells.size) / (beta + T)
    active = p_active(theta, cells)
    mean = buying / (rate_per_week + leaving)
    second = buying * (1 + 2 * mean) / (2 * rate_per_week + leaving)
    none = 1 - active * buying / (buying + leaving)
    return none, active * mean, active * second


def _checked(theta: Sequence[float]) -> tuple[float, ...]:
    return arguments.positive_parameters(theta, PARAMETERS)
