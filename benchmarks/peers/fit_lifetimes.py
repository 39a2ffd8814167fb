"""Fit a model with lifetimes: run by benchmarks/fits.py in an environment of its own.

    python fit_lifetimes.py MODEL HISTORIES.npz

Prints parameters, seconds of the fit and peak memory as JSON.
"""

import json
import resource
import sys
import time
import warnings

import numpy as np
from lifetimes import BetaGeoFitter, ModifiedBetaGeoFitter, ParetoNBDFitter

FITTERS = {
    "bg_nbd": BetaGeoFitter,
    "mbg_nbd": ModifiedBetaGeoFitter,
    "pareto_nbd": ParetoNBDFitter,
}

warnings.simplefilter("ignore")
histories = np.load(sys.argv[2])
x, t_x, T = histories["x"], histories["t_x_days"] / 7, histories["T_days"] / 7
began = time.perf_counter()
fitter = FITTERS[sys.argv[1]](penalizer_coef=0.0).fit(x, t_x, T)
seconds = time.perf_counter() - began
found = {
    "theta": [float(value) for value in fitter.params_.values],
    "seconds": seconds,
    "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}
print(json.dumps(found))
