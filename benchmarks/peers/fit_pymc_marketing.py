"""The maximum of the likelihood of Pareto/NBD in PyMC-Marketing, searched to the end.

    python fit_pymc_marketing.py pareto_nbd HISTORIES.npz

The package fits by prior and posterior, so its own log-likelihood of a history, the
distribution ParetoNBD, is compiled with its gradient and maximised in log-parameters from
three starts. Equal histories are weighted. Prints parameters, how far apart the starts
ended, seconds and peak memory as JSON. Its environment is benchmarks/peers/requirements-pymc.txt.
"""

import json
import resource
import sys
import time

import numpy as np
import pymc as pm
import pytensor
import pytensor.tensor as pt
from pymc_marketing.clv.distributions import ParetoNBD
from scipy.optimize import minimize

STARTS = ((0.5, 10.0, 0.5, 10.0), (1.0, 20.0, 0.3, 5.0), (0.3, 5.0, 1.5, 30.0))
STEP = 4e-3  # of the differences, in logs
WEIGHTS = {-2: 1 / 12, -1: -8 / 12, 1: 8 / 12, 2: -1 / 12}  # of a first derivative

histories = np.load(sys.argv[2])
rows = np.stack([histories["x"], histories["t_x_days"], histories["T_days"]])
(x, t_x, T), n = np.unique(rows, axis=1, return_counts=True)
data = np.stack([t_x / 7, x], axis=1).astype(float)

logs = pt.dvector("logs")
r, alpha, s, beta = (pt.exp(logs[i]) for i in range(4))
each = pm.logp(ParetoNBD.dist(r=r, alpha=alpha, s=s, beta=beta, T=T / 7), data)
began = time.perf_counter()
loss = pytensor.function([logs], -pt.sum(each * n) / n.sum())


def slope(at: np.ndarray) -> np.ndarray:
    """Gradient by differences of fourth order."""
    unit = np.eye(4) * STEP
    return np.array(
        [sum(w * loss(at + k * unit[i]) for k, w in WEIGHTS.items()) / STEP for i in range(4)]
    )


def bend(at: np.ndarray) -> np.ndarray:
    """Hessian by differences of the gradient: it need only point the way."""
    unit, step = np.eye(4), 1e-2
    found = [(slope(at + step * one) - slope(at - step * one)) / (2 * step) for one in unit]
    return (np.array(found) + np.array(found).T) / 2


def settle(start: tuple[float, ...]) -> np.ndarray:
    """Log-parameters at the minimum that is reached from a start."""
    near = minimize(loss, np.log(start), method="BFGS", jac=slope, options={"gtol": 1e-7})
    at, curvature = near.x, bend(near.x)
    for _ in range(20):
        step = np.linalg.solve(curvature, slope(at))
        at = at - step
        if np.abs(step).max() < 1e-9:
            break
    return at


ends = [settle(start) for start in STARTS]
seconds = time.perf_counter() - began
best = min(ends, key=loss)
print(
    json.dumps(
        {
            "theta": np.exp(best).tolist(),
            "starts_apart": float(np.ptp(ends, axis=0).max()),
            "seconds": seconds,
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
