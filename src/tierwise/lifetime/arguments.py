"""Checks of what the public functions of the models are given."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tierwise.errors import UsageError


def positive_parameters(theta: Sequence[float], names: Sequence[str]) -> tuple[float, ...]:
    """The parameters as floats; UsageError unless there is one positive number per name."""
    values = tuple(float(value) for value in theta)
    if len(values) != len(names) or not all(0 < value < math.inf for value in values):
        raise UsageError(
            f"The parameters {', '.join(names)} are {', '.join(map(str, values)) or 'missing'}.",
            "Give one positive number for each of them.",
        )
    return values


def horizon(weeks: float, rate_per_week: float = 0.0) -> float:
    """The horizon; UsageError when it or the discount rate is negative or not a number.

    An infinite horizon needs a discount rate, without which sums need not be finite.
    """
    if not weeks >= 0:
        raise UsageError(f"The horizon is {weeks} weeks.", "Give a horizon of at least 0 weeks.")
    if not 0 <= rate_per_week < math.inf:
        raise UsageError(
            f"The discount rate is {rate_per_week} a week.", "Give a rate of at least 0."
        )
    if math.isinf(weeks) and rate_per_week == 0:
        raise UsageError(
            "An infinite horizon without discounting has no finite answer.",
            "Give a discount rate above 0 or a finite horizon.",
        )
    return float(weeks)


def finite_horizon(weeks: float) -> float:
    """The horizon; UsageError when it is negative, infinite or not a number."""
    if not 0 <= weeks < math.inf:
        raise UsageError(f"The horizon is {weeks} weeks.", "Give a number of at least 0 weeks.")
    return float(weeks)
