"""What became of a fit: the fit, or the error that says why there is none."""

from collections.abc import Callable
from typing import Any

import numpy as np

from tierwise.errors import FitError
from tierwise.lifetime.fit import Fit


def outcome(fit: Callable[[Any], Fit], data: Any) -> Fit | FitError:
    """Fit, and return a FitError instead of raising it; anything else is raised."""
    try:
        return fit(data)
    except FitError as error:
        return error


def is_proper(found: Fit | FitError) -> bool:
    """A refusal names a way out; a fit has finite parameters and a finite covariance."""
    if isinstance(found, FitError):
        return bool(found.remedy)
    return bool(np.isfinite(found.theta).all() and np.isfinite(found.covariance).all())
