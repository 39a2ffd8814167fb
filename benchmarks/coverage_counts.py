"""How often the 90% intervals of fitted parameters hold the truth, on simulated firms.

    python benchmarks/coverage_counts.py mbg_nbd [--simulations 200] [--customers 20000]

Both kinds of interval are measured on the same firms: from the profile likelihood, which
is what the program prints, and Wald's, the normal approximation in logs. Firm k draws from
the seed 20000 + k, so that the first 200 of 1000 firms are those of a run of 200. Exit 1
when the profile interval of a parameter holds the truth less than 87% or more than 93% of
the time. The count itself has a binomial error, printed as +-: of a perfect interval 200
firms show a share outside 87-93% in one of seven counts, 1000 firms in one of 600.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from dataclasses import dataclass

import numpy as np

from tierwise.errors import FitError
from tierwise.lifetime.models import LEAVING, MODELS, PurchaseModel

# Fitted to CDNOW by the papers: see the citations of the models.
TRUTH = {
    "bg_nbd": (0.243, 4.414, 0.793, 2.426),
    "mbg_nbd": (0.525, 6.183, 0.891, 1.614),
    "pareto_nbd": (0.553, 10.578, 0.606, 11.669),
}
LOW, HIGH, LEVEL = 0.87, 0.93, 0.9
DAYS = (189, 273)  # observed: CDNOW's quarter of joining and 39 weeks
FIRST_SEED = 20_000


@dataclass(frozen=True)
class Held:
    """Firms whose interval holds each parameter, by kind of interval."""

    profile: np.ndarray  # (parameters,)
    wald: np.ndarray
    fitted: int  # firms
    unfitted: int  # firms without a maximum of the likelihood


def covered(model: PurchaseModel, simulations: int, customers: int) -> Held:
    """Simulate firms one by one and look where the truth lies."""
    truth = TRUTH[model.name]
    profile, wald = np.zeros(len(truth), dtype=int), np.zeros(len(truth), dtype=int)
    unfitted = 0
    for index in range(simulations):
        generator = np.random.default_rng(FIRST_SEED + index)
        T_days = generator.integers(*DAYS, customers)
        cells = model.simulate(truth, T_days, 0, generator).cells()
        try:
            fit = model.fit(cells)
        except FitError:
            unfitted += 1
            continue
        wald += _holds(fit.interval(LEVEL), truth)
        profile += _holds(model.profile_interval(fit, cells, LEVEL), truth)
    return Held(profile, wald, simulations - unfitted, unfitted)


def _holds(ends: tuple[tuple[float, float], ...], truth: tuple[float, ...]) -> np.ndarray:
    low, high = np.array(ends).T
    return (low <= truth) & (truth <= high)


def main() -> None:
    """Print the share held for each parameter; exit 1 when one is out of range."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=sorted(LEAVING))
    parser.add_argument("--simulations", type=int, default=200)
    parser.add_argument("--customers", type=int, default=20_000)
    arguments = parser.parse_args()
    model = MODELS[arguments.model]
    began = time.perf_counter()
    held = covered(model, arguments.simulations, arguments.customers)
    error = math.sqrt(LEVEL * (1 - LEVEL) / held.fitted)
    print(
        f"{model.label}, {held.fitted} firms of {arguments.customers:,} customers,"
        f" {time.perf_counter() - began:.0f} s, {held.unfitted} without a fit;"
        f" a perfect interval shows {LEVEL:.0%} +- {error:.1%}"
    )
    shares = held.profile / held.fitted
    for name, share, wald in zip(model.parameters, shares, held.wald / held.fitted, strict=True):
        print(f"  {name:6} profile {share:6.1%}   Wald {wald:6.1%}")
    sys.exit(0 if ((shares >= LOW) & (shares <= HIGH)).all() else 1)


if __name__ == "__main__":
    main()
