"""Maximum likelihood in log-parameters, and what a fit knows about its own doubt."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from tierwise.errors import EdgeError, FitError, UsageError
from tierwise.lifetime.cells import Matrix, Vector

Objective = Callable[[Vector], tuple[float, Vector, Matrix]]
"""Log-parameters to log-likelihood, its gradient and its Hessian in log-parameters."""

MAX_ITERATIONS = 200
MAX_STEP = 2.0  # in logs: no parameter moves by more than a factor of 7.4 at once
LOG_EDGE = 12.0  # a parameter beyond e^12 or below e^-12 is on its way to infinity or 0
MAX_LOG_ERROR = 8.0  # a parameter known to a factor of e^8 only is not known
GAIN = 1e-12  # a Newton step that promises less log-likelihood per customer ends the search


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """Parameters at the maximum of the likelihood, with their covariance."""

    model: str  # label of the model
    names: tuple[str, ...]  # of the parameters
    theta: tuple[float, ...]  # parameters; rates and times in weeks
    covariance: Matrix  # of the log-parameters, shape (parameters, parameters)
    log_likelihood: float  # natural log, of all customers
    customers: int  # fitted to
    iterations: int  # Newton steps taken

    @property
    def log_errors(self) -> Vector:
        """Standard errors of the log-parameters, shape (parameters,)."""
        errors: Vector = np.sqrt(np.diag(self.covariance))
        return errors

    @property
    def standard_errors(self) -> tuple[float, ...]:
        """Standard errors of the parameters themselves, by the delta method."""
        return tuple(float(error) for error in np.array(self.theta) * self.log_errors)

    @property
    def aic(self) -> float:
        """Akaike's information criterion: less is better."""
        return 2 * len(self.theta) - 2 * self.log_likelihood

    @property
    def bic(self) -> float:
        """Schwarz's information criterion: less is better."""
        return len(self.theta) * math.log(self.customers) - 2 * self.log_likelihood

    def interval(self, level: float = 0.9) -> tuple[tuple[float, float], ...]:
        """Low and high end for each parameter, from the normal approximation in logs."""
        if not 0 < level < 1:
            raise UsageError(f"The level of an interval is {level}.", "Give one between 0 and 1.")
        reach = float(special.ndtri((1 + level) / 2)) * self.log_errors
        ends = np.array(self.theta) * np.exp([-reach, reach])
        return tuple((float(low), float(high)) for low, high in ends.T)

    def draws(self, generator: np.random.Generator, size: int) -> Matrix:
        """Parameters drawn from the normal approximation in logs, shape (size, parameters)."""
        normal = generator.standard_normal((size, len(self.theta)))
        root = np.linalg.cholesky(self.covariance)
        draws: Matrix = np.array(self.theta) * np.exp(normal @ root.T)
        return draws


def in_logs(theta: Sequence[float], gradient: Vector, hessian: Matrix) -> tuple[Vector, Matrix]:
    """Gradient and Hessian by parameters to those by log-parameters (chain rule)."""
    scale = np.asarray(theta)
    slope = scale * gradient
    return slope, np.outer(scale, scale) * hessian + np.diag(slope)


def maximise(
    model: str,
    names: tuple[str, ...],
    objective: Objective,
    starts: Sequence[Sequence[float]],
    customers: int,
) -> Fit:
    """The first start that reaches a proper maximum; FitError with what was seen if none does.

    Newton steps held in a trust region: Nocedal & Wright 2006, Numerical
    Optimization, algorithm 4.1 with the exact step of algorithm 4.3. `starts`
    are parameters, not logs.
    """
    seen, ran_off = "", False
    for start in starts:
        found = _climb(objective, np.log(np.asarray(start, dtype=float)), customers)
        seen = seen or found.trouble(names)
        ran_off = ran_off or found.is_off
        if not found.trouble(names):
            return Fit(
                model=model,
                names=names,
                theta=tuple(float(value) for value in np.exp(found.at)),
                covariance=np.asarray(np.linalg.inv(-found.hessian), dtype=np.float64),
                log_likelihood=found.value,
                customers=customers,
                iterations=found.iterations,
            )
    raise (EdgeError if ran_off else FitError)(
        f"{model} has no maximum of its likelihood on these {customers:,} customers: {seen}.",
        "Choose another model, observe for longer, or use the estimates of all customers pooled.",
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Summit:
    at: Vector
    value: float
    hessian: Matrix
    iterations: int
    settled: bool

    @property
    def is_off(self) -> bool:
        """Whether a parameter is on its way to zero or infinity."""
        return bool((np.abs(self.at) > LOG_EDGE).any())

    def trouble(self, names: tuple[str, ...]) -> str:
        """What makes this no maximum; empty if nothing does."""
        values = ", ".join(f"{n} {v:.3g}" for n, v in zip(names, np.exp(self.at), strict=True))
        far = np.abs(self.at) > LOG_EDGE
        if far.any():
            which = " and ".join(name for name, out in zip(names, far, strict=True) if out)
            return (
                f"{which} ran off towards {'0' if self.at[far][0] < 0 else 'infinity'} ({values})"
            )
        if not self.settled:
            return f"the search did not settle in {self.iterations} steps ({values})"
        if np.linalg.eigvalsh(-self.hessian)[0] < MAX_LOG_ERROR**-2:
            return f"the likelihood is flat there, the data do not tell the parameters ({values})"
        return ""


def _climb(objective: Objective, at: Vector, customers: int) -> _Summit:
    value, gradient, hessian = objective(at)
    radius = 1.0
    for iteration in range(1, MAX_ITERATIONS + 1):
        step, promised = _step(gradient, hessian, radius)
        if promised <= GAIN * customers and np.linalg.norm(step) < radius:
            # The last step costs nothing more, and makes the answer alike from every start.
            return _Summit(at + step, value + promised, hessian, iteration, settled=True)
        tried = objective(at + step)
        kept = tried[0] - value
        # Rounding of the sum over customers hides gains below this.
        noise = 1e-13 * abs(value)
        if not kept >= 0.1 * promised - noise:
            radius = 0.25 * float(np.linalg.norm(step))
        elif kept > 0.75 * promised:
            radius = min(MAX_STEP, max(radius, 2 * float(np.linalg.norm(step))))
        if kept >= -noise and math.isfinite(kept):
            at = at + step
            value, gradient, hessian = tried
        if (np.abs(at) > LOG_EDGE).any() or radius < 1e-12:
            return _Summit(at, value, hessian, iteration, settled=False)
    return _Summit(at, value, hessian, MAX_ITERATIONS, settled=False)


def _step(gradient: Vector, hessian: Matrix, radius: float) -> tuple[Vector, float]:
    """The best step of the quadratic model within the radius, and the gain it promises."""
    curvature, axes = np.linalg.eigh(-hessian)
    slope = axes.T @ gradient
    shift = _shift(curvature, slope, radius)
    along = slope / (curvature + shift)
    promised = float(slope @ along - 0.5 * curvature @ along**2)
    return axes @ along, promised


def _shift(curvature: Vector, slope: Vector, radius: float) -> float:
    """The least shift that makes all curvatures positive and the step no longer than radius."""
    steepest = float(np.linalg.norm(slope))
    low = max(0.0, 1e-10 * abs(float(curvature[-1])) - float(curvature[0]))
    if np.linalg.norm(slope / (curvature + max(low, 1e-300))) <= radius:
        return float(low)
    high = low + steepest / radius + abs(float(curvature[0]))
    for _ in range(60):
        middle = 0.5 * (low + high)
        longer = np.linalg.norm(slope / (curvature + middle)) > radius
        low, high = (middle, high) if longer else (low, middle)
        if high - low <= 1e-3 * high:
            break
    return float(high)
