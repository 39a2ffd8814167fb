"""The integral over the unseen moment of leaving in Pareto/NBD.

A customer seen until t_x either is active at T or left at some t_x + v before
it. Up to factors that depend on x alone, the likelihoods of these are

    (alpha + T)^-(r+x) (beta + T)^-s    and
    s (alpha + t_x + v)^-(r+x) (beta + t_x + v)^-(s+1) dv,  0 < v < T - t_x

(Fader & Hardie 2005, note on the Pareto/NBD). Textbooks turn the integral into
a difference of two 2F1, which cancels and overflows for large x. Here it is
summed by Gauss and Legendre in w = ln(1 + v / (t_x + min(alpha, beta))): all
terms are positive, and the integrand is analytic in the strip |Im w| < pi. So
a history is a mixture of 1 + NODES ways to come about, and gradient and Hessian
are the means and covariances of theirs.
"""

from __future__ import annotations

import numpy as np
from scipy import special

from tierwise.lifetime.cells import Cells, Matrix, Vector

NODES = 32  # twelve digits
NEGLIGIBLE = 45.0  # e-folds after which the rest of an integral is left out
CHUNK = 1_024  # cells at once: times NODES, what a processor's cache holds
TIME_NODES = 96

Theta = tuple[float, ...]

POINTS, WEIGHTS = special.roots_legendre(NODES)


def _gone(theta: Theta, cells: Cells, rows: slice) -> tuple[Vector, Vector, Matrix, Vector]:
    """x, T, the moments of leaving and the log-odds of each against being active at T."""
    r, alpha, s, beta = theta
    x = cells.x[rows].astype(np.float64)
    t_x, T = cells.weeks[cells.t_x_index[rows]], cells.weeks[cells.T_index[rows]]
    base = t_x + min(alpha, beta)
    with np.errstate(over="ignore"):
        faded = np.minimum(
            (alpha + t_x) * np.expm1(NEGLIGIBLE / (r + x)),
            (beta + t_x) * np.expm1(NEGLIGIBLE / (s + 1)),
        )
    reach = np.log1p(np.minimum(T - t_x, faded) / base)
    w = 0.5 * reach[:, None] * (1 + POINTS)
    after = base[:, None] * np.expm1(w)
    left_at = t_x[:, None] + after
    # dv = (base + v) dw; a history that ends with its purchase leaves no time to go.
    with np.errstate(divide="ignore"):
        log_width = np.log(0.5 * s * reach * base / (beta + T))
    odds = (
        log_width[:, None]
        + np.log(WEIGHTS)
        + w
        + (r + x)[:, None] * np.log((alpha + T)[:, None] / (alpha + left_at))
        + (s + 1) * np.log((beta + T)[:, None] / (beta + left_at))
    )
    return x, T, left_at, odds


def log_odds_gone(theta: Theta, cells: Cells, rows: slice) -> Vector:
    """Log-odds of having left before T, shape (cells,)."""
    odds = _gone(theta, cells, rows)[3]
    top = np.maximum(odds.max(axis=1), -700.0)
    total: Vector = top + np.log(np.maximum(np.exp(odds - top[:, None]).sum(axis=1), 1e-300))
    return total


def mixture(theta: Theta, cells: Cells, rows: slice) -> tuple[float, Vector, Matrix]:
    """Log of the sum of all ways, gradient and Hessian by parameters, summed over customers."""
    r, alpha, s, beta = theta
    x, T, left_at, odds = _gone(theta, cells, rows)
    n = cells.n[rows].astype(np.float64)
    top = np.maximum(odds.max(axis=1), 0.0)
    likely = np.exp(odds - top[:, None])
    whole = np.exp(-top) + likely.sum(axis=1)
    likely /= whole[:, None]
    stayed = np.exp(-top) / whole

    rate, leaving = 1 / (alpha + T), 1 / (beta + T)
    value = n @ (top + np.log(whole) - (r + x) * np.log(alpha + T) - s * np.log(beta + T))
    active = np.array([-np.log(alpha + T), -(r + x) * rate, -np.log(beta + T), -s * leaving])
    rate_then, leaving_then = 1 / (alpha + left_at), 1 / (beta + left_at)
    # How much the gradient of having left then differs from that of being active.
    apart = np.array(
        [
            np.log(rate_then * (alpha + T)[:, None]),
            (r + x)[:, None] * (rate[:, None] - rate_then),
            1 / s + np.log(leaving_then * (beta + T)[:, None]),
            (s * leaving)[:, None] - (s + 1) * leaving_then,
        ]
    )
    mean = np.einsum("kcg,cg->kc", apart, likely)
    weighted = n[:, None] * likely
    flat = apart.reshape(4, -1)
    hessian = (flat * weighted.ravel()) @ flat.T - (mean * n) @ mean.T
    own = n * stayed
    hessian[0, 1] -= own @ rate + np.vdot(weighted, rate_then)
    hessian[1, 1] += (own * (r + x)) @ rate**2
    hessian[1, 1] += ((weighted * rate_then**2).sum(axis=1)) @ (r + x)
    hessian[2, 2] -= weighted.sum() / s**2
    hessian[2, 3] -= own @ leaving + np.vdot(weighted, leaving_then)
    hessian[3, 3] += s * (own @ leaving**2) + (s + 1) * np.vdot(weighted, leaving_then**2)
    hessian[1, 0], hessian[3, 2] = hessian[0, 1], hessian[2, 3]
    return float(value), (active + mean) @ n, hessian


def discounted_weeks(s: float, B: Vector, weeks: float, rate_per_week: float) -> Vector:
    """Integral of exp(-rate u) (1 + u / B)^-s over u from 0 to weeks, shape of B.

    Over an infinite horizon it is B U(1, 2 - s, rate B) with Tricomi's U. Summed in
    w = ln(1 + u / B), where the integrand has no singularity at all.
    """
    last = min(weeks, NEGLIGIBLE / rate_per_week if rate_per_week > 0 else np.inf)
    points, nodes = special.roots_legendre(TIME_NODES)
    reach = np.log1p(last / B)
    if s > 1:
        reach = np.minimum(reach, NEGLIGIBLE / (s - 1))
    w = 0.5 * reach[:, None] * (1 + points)
    decay = (1 - s) * w - rate_per_week * B[:, None] * np.expm1(w)
    lasting: Vector = 0.5 * B * reach * (np.exp(decay) @ nodes)
    return lasting
