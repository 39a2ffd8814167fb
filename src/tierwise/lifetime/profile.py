"""Intervals from the likelihood itself, for firms too small for a normal approximation."""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from tierwise.errors import FitError, UsageError
from tierwise.lifetime.cells import Vector
from tierwise.lifetime.fit import LOG_EDGE, Fit, Objective

MAX_ITERATIONS = 40
TOLERANCE = 1e-6  # of log-likelihood: far below what moves an end by a thousandth


def profile_interval(
    fit: Fit, objective: Objective, level: float = 0.9
) -> tuple[tuple[float, float], ...]:
    """Low and high end for each parameter, where its profile likelihood has fallen by chi2 / 2.

    An end that the data leave open is 0 or infinite: the likelihood levels off before
    it has fallen so far.

    Follows the bend of the likelihood where `Fit.interval` takes it for a parabola
    in logs, at about fifty times the work of one step of the fit. `objective` is the
    one that was maximised. Source: Venzon & Moolgavkar 1988, Applied Statistics
    37(1), 87-94. UsageError for a level outside (0, 1); FitError when the search for
    an end does not settle.
    """
    if not 0 < level < 1:
        raise UsageError(f"The level of an interval is {level}.", "Give one between 0 and 1.")
    reach = float(special.ndtri((1 + level) / 2))
    ends = [
        tuple(float(np.exp(_end(fit, objective, k, sign * reach))) for sign in (-1, 1))
        for k in range(len(fit.theta))
    ]
    return tuple((low, high) for low, high in ends)


def _end(fit: Fit, objective: Objective, k: int, reach: float) -> float:
    """The k-th log-parameter where the profile has fallen by reach^2 / 2, on reach's side.

    Infinite, with the sign of `reach`, where it never falls so far.
    """
    top = np.log(np.array(fit.theta))
    # Along this line the others stay at their best as long as the likelihood is a parabola.
    line = fit.covariance[:, k] / fit.log_errors[k]
    goal = fit.log_likelihood - 0.5 * reach**2
    at = top + reach * line
    for _ in range(MAX_ITERATIONS):
        value, gradient, hessian = objective(at)
        others = np.delete(gradient, k)
        if abs(value - goal) < TOLERANCE and np.abs(others).max(initial=0.0) < 1e-3:
            return float(at[k])
        step = _towards(goal - value, gradient, hessian, k, reach)
        # No end jumps back over the top or runs away.
        step *= min(1.0, 1.5 / float(np.abs(step).max()))
        at = at + step
        if abs(at[k]) > LOG_EDGE or not np.isfinite(at).all():
            return math.copysign(math.inf, reach)
    side = "above" if reach > 0 else "below"
    raise FitError(
        f"{fit.model}: the histories of {fit.customers:,} customers tell no end of the interval of"
        f" {fit.names[k]} {side} {fit.theta[k]:.3g}.",
        "Observe more customers, or use the estimates of all customers pooled.",
    )


def _towards(missing: float, gradient: Vector, hessian: Vector, k: int, reach: float) -> Vector:
    """The step to where the quadratic model has the wanted height and the others are at best."""
    rest = np.delete(np.arange(gradient.size), k)
    inner = np.linalg.inv(hessian[np.ix_(rest, rest)])
    back = -inner @ gradient[rest]  # of the others, the k-th held
    along = -inner @ hessian[rest, k]  # of the others, for one unit of the k-th
    # Height of the profile over the k-th step d: height + slope d + bend d^2 / 2.
    height = 0.5 * float(gradient[rest] @ back)
    slope = float(gradient[k] + hessian[k, rest] @ back)
    bend = float(hessian[k, k] + hessian[k, rest] @ along)
    inside = slope**2 + 2 * bend * (missing - height)
    side = math.copysign(1.0, reach)
    if bend < 0 and inside > 0:
        d = (-slope - side * math.sqrt(inside)) / bend
    else:  # no such height on this parabola: go down the slope
        d = (missing - height) / slope if side * slope < 0 else side * 0.2
    step = np.empty_like(gradient)
    step[k], step[rest] = d, back + d * along
    return step
