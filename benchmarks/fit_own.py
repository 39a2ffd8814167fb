"""Fit a model with tierwise, customer by customer as the peers get them.

    python fit_own.py MODEL HISTORIES.npz

The seconds of the fit include counting the cells and the Hessian; those of the
expectation are for 52 weeks ahead, all cells. Prints them as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time

import numpy as np

from tierwise.lifetime.cells import count
from tierwise.lifetime.models import MODELS


def main() -> None:
    """Fit once, and again when the first took under a second: the best counts."""
    model, path = MODELS[sys.argv[1]], sys.argv[2]
    with np.load(path) as histories:
        columns = [histories[name] for name in ("x", "t_x_days", "T_days")]
    seconds = []
    for _ in range(5):
        began = time.perf_counter()
        cells = count(*columns)
        fit = model.fit(cells)
        seconds.append(time.perf_counter() - began)
        if seconds[0] > 1:
            break
    began = time.perf_counter()
    model.expected_purchases(fit.theta, cells, 52)
    found = {
        "theta": fit.theta,
        "log_likelihood": fit.log_likelihood,
        "seconds": min(seconds),
        "expectation_seconds": time.perf_counter() - began,
        "cells": cells.size,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
