"""What BG/NBD and MBG/NBD share: Poisson purchases, a coin for dropping out after each.

The two differ in the number of coins a customer with x repeat purchases has
survived: x in BG/NBD, x + 1 in MBG/NBD, where the first purchase brings one too.
Here `first` is 0 or 1, and j = x + first. Parameters are r, alpha (purchase
rates, gamma) and a, b (dropout probabilities, beta).
"""

from __future__ import annotations

import numpy as np
from scipy import special

from tierwise.lifetime.cells import Cells, Counts, Matrix, Vector
from tierwise.lifetime.decline import Decline
from tierwise.lifetime.fit import in_logs

PARAMETERS = ("r", "alpha", "a", "b")
CHUNK = 8_192
"""Cells at once: a processor's cache holds them, and BLAS starts no threads for their sums,
which would wait for each other where other programs keep the processors busy."""

NO_CHANCE = -700.0  # log-odds of a dropout without an occasion: its exponential is still a number

Theta = tuple[float, ...]


def log_likelihood(theta: Theta, cells: Cells, first: int) -> tuple[float, Vector, Matrix]:
    """Log-likelihood, gradient and Hessian in log-parameters, each summed over customers.

    Fader, Hardie & Lee 2005, Marketing Science 24(2), eq. 6, and Batislam, Denizel
    & Filiztekin 2007, eq. 5, both as the sum of two ways to the same history:
    still active at T, or dropped out at t_x. The second over the first is the
    odds e^z with z = ln a - ln(b + j - 1) + (r + x) ln((alpha + T) / (alpha + t_x)).
    """
    value, gradient, hessian = _active_part(theta, cells, first)
    for start in range(0, cells.size, CHUNK):
        part = _dropped_part(theta, cells, first, slice(start, start + CHUNK))
        value += part[0]
        gradient += part[1]
        hessian += part[2]
    return value, *in_logs(theta, gradient, hessian)


def _active_part(theta: Theta, cells: Cells, first: int) -> tuple[float, Vector, Matrix]:
    """Log-likelihood of being active at T: needs sums by x and by T only."""
    r, alpha, a, b = theta
    x, n, n_T = cells.x_values, cells.n_by_x, cells.n_by_T
    j, total, weeks = x + first, float(cells.n.sum()), cells.weeks
    shape_T = r * n_T + cells.x_by_T
    rate = alpha + weeks
    value = (
        n @ (special.gammaln(r + x) - special.gammaln(r))
        + n @ (special.gammaln(b + j) - special.gammaln(b))
        - n @ (special.gammaln(a + b + j) - special.gammaln(a + b))
        + total * r * np.log(alpha)
        - shape_T @ np.log(rate)
    )
    slope_ab = -n @ (special.psi(a + b + j) - special.psi(a + b))
    gradient = np.array(
        [
            n @ (special.psi(r + x) - special.psi(r)) + total * np.log(alpha) - n_T @ np.log(rate),
            total * r / alpha - shape_T @ (1 / rate),
            slope_ab,
            slope_ab + n @ (special.psi(b + j) - special.psi(b)),
        ]
    )
    hessian = np.zeros((4, 4))
    hessian[0, 0] = n @ (_trigamma(r + x) - _trigamma(r))
    hessian[0, 1] = hessian[1, 0] = total / alpha - n_T @ (1 / rate)
    hessian[1, 1] = -total * r / alpha**2 + shape_T @ rate**-2
    hessian[2:, 2:] = -n @ (_trigamma(a + b + j) - _trigamma(a + b))
    hessian[3, 3] += n @ (_trigamma(b + j) - _trigamma(b))
    return float(value), gradient, hessian


def _trigamma(value: Vector | float) -> Vector:
    found: Vector = special.zeta(2.0, value)
    return found


def _dropped_part(
    theta: Theta, cells: Cells, first: int, rows: slice
) -> tuple[float, Vector, Matrix]:
    """What the second way adds: the softplus of z, summed over these cells."""
    _, alpha, a, b = theta
    x_index, n = cells.x_index[rows], cells.n[rows]
    size = cells.x_values.size
    inverse = 1 / (alpha + cells.weeks)
    j = cells.x_values + first
    stay = np.where(j > 0, 1 / np.where(j > 0, b + j - 1, 1), 0)
    z, stretch, shape = _odds(theta, cells, first, rows)
    early = np.take(inverse, cells.t_x_index[rows])
    late = np.take(inverse, cells.T_index[rows])
    away = np.exp(-z)
    dropped = n / (1 + away)
    open_ = dropped * (1 - 1 / (1 + away))
    by_alpha = shape * (late - early)
    value = n @ (z + np.log1p(away))
    dropped_x = np.bincount(x_index, dropped, size)
    open_x = np.bincount(x_index, open_, size)
    gradient = np.array(
        [dropped @ stretch, dropped @ by_alpha, dropped_x.sum() / a, -(dropped_x @ stay)]
    )
    r_x = np.bincount(x_index, open_ * stretch, size)
    alpha_x = np.bincount(x_index, open_ * by_alpha, size)
    hessian = np.zeros((4, 4))
    hessian[0, 0] = open_ @ stretch**2
    hessian[0, 1] = open_ @ (stretch * by_alpha) + dropped @ (late - early)
    hessian[0, 2], hessian[0, 3] = r_x.sum() / a, -(r_x @ stay)
    hessian[1, 1] = open_ @ by_alpha**2 + dropped @ (shape * (early**2 - late**2))
    hessian[1, 2], hessian[1, 3] = alpha_x.sum() / a, -(alpha_x @ stay)
    hessian[2, 2] = (open_x.sum() - dropped_x.sum()) / a**2
    hessian[2, 3] = -(open_x @ stay) / a
    hessian[3, 3] = (open_x + dropped_x) @ stay**2
    return float(value), gradient, hessian + np.triu(hessian, 1).T


def _odds(theta: Theta, cells: Cells, first: int, rows: slice) -> tuple[Vector, Vector, Vector]:
    """z, ln((alpha + T) / (alpha + t_x)) and r + x of these cells."""
    r, alpha, a, b = theta
    logs = np.log(alpha + cells.weeks)
    j = cells.x_values + first
    prior = np.where(j > 0, np.log(a) - np.log(np.where(j > 0, b + j - 1, 1)), NO_CHANCE)
    shape = (r + cells.x_values)[cells.x_index[rows]]
    stretch = logs[cells.T_index[rows]] - logs[cells.t_x_index[rows]]
    return prior[cells.x_index[rows]] + shape * stretch, stretch, shape


def p_active(theta: Theta, cells: Cells, first: int) -> Vector:
    """P(active at T), shape (cells,): one over one plus the odds of having dropped out."""
    active = np.empty(cells.size)
    for start in range(0, cells.size, CHUNK):
        rows = slice(start, start + CHUNK)
        active[rows] = special.expit(-_odds(theta, cells, first, rows)[0])
    return active


def purchases_of_active(
    theta: Theta, cells: Cells, first: int, weeks: float, rate_per_week: float
) -> Vector:
    """Discounted purchases in the horizon if active at T, shape (cells,)."""
    r, alpha, a, b = theta
    decline = Decline(r + 1 + cells.x_values, a, b + first + cells.x_values)
    return (r + cells.x) * decline.integral(
        cells.x_index, alpha + cells.weeks, cells.T_index, weeks, rate_per_week
    )


def simulate_future(
    theta: Theta, cells: Cells, first: int, weeks: float, generator: np.random.Generator
) -> Counts:
    """One draw of the purchases in the horizon for each cell, given its history."""
    r, alpha, a, b = theta
    active = generator.random(cells.size) < p_active(theta, cells, first)
    chosen = np.flatnonzero(active)
    x, T = cells.x[chosen], cells.weeks[cells.T_index[chosen]]
    rate = generator.standard_gamma(r + x) / (alpha + T)
    dropout = generator.beta(a, b + first + x)
    wanted = generator.poisson(rate * weeks)
    counts = np.zeros(cells.size, dtype=np.int64)
    counts[chosen] = np.minimum(wanted, purchases_before_dropout(dropout, generator))
    return counts


def purchases_before_dropout(dropout: Vector, generator: np.random.Generator) -> Counts:
    """Purchases up to and including the one that is followed by dropping out."""
    # Below this the geometric draw would not fit 64 bits, and nobody buys so often.
    return generator.geometric(np.maximum(dropout, 1e-15))


def remaining_moments(
    theta: Theta, cells: Cells, first: int, rate_per_week: float, generator: np.random.Generator
) -> tuple[Vector, Vector, Vector]:
    """P(D = 0), E[D] and E[D^2] of D, all purchases to come, discounted; each (cells,).

    At one draw of each customer's purchase rate l and dropout probability p. With
    phi_k = l / (l + k rate) the first purchase is worth phi_1 on average and leaves
    the same question with probability 1 - p, so E[D] = l / (rate + l p) and
    E[D^2] = phi_2 (1 + 2 (1 - p) E[D] + (1 - p) E[D^2]).
    """
    r, alpha, a, b = theta
    buying = generator.standard_gamma(r + cells.x) / (alpha + cells.weeks[cells.T_index])
    dropout = generator.beta(a, b + first + cells.x)
    active, staying = p_active(theta, cells, first), 1 - dropout
    mean = buying / (rate_per_week + buying * dropout)
    twice = buying / (buying + 2 * rate_per_week)
    second = twice * (1 + 2 * staying * mean) / (1 - twice * staying)
    return 1 - active, active * mean, active * second
