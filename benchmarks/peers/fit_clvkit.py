"""Fit a model with clvkit: run by benchmarks/fits.py in an environment of its own.

    python fit_clvkit.py MODEL HISTORIES.npz

Prints parameters, seconds of the fit and peak memory as JSON.
"""

import json
import resource
import sys
import time

import numpy as np
import pandas as pd
from clvkit.clv.bgnbd import BGNBD
from clvkit.clv.mbgnbd import MBGNBD
from clvkit.customer_base import CustomerBase

FITTERS = {"bg_nbd": BGNBD, "mbg_nbd": MBGNBD}

histories = np.load(sys.argv[2])
summary = pd.DataFrame(
    {
        "frequency": histories["x"].astype(float),
        "recency": histories["t_x_days"] / 7,
        "T": histories["T_days"] / 7,
    }
)
base = CustomerBase(
    summary,
    time_unit="W",
    collapse="D",
    observation_period_end=pd.Timestamp("2025-12-31"),
    has_monetary=False,
    on_negative="net",
)
began = time.perf_counter()
fitter = FITTERS[sys.argv[1]]().fit(base)
seconds = time.perf_counter() - began
found = {
    "theta": [float(value) for value in fitter.params_.values],
    "seconds": seconds,
    "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}
print(json.dumps(found))
