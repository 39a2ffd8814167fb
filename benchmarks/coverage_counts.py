"""How often the 90% intervals of fitted parameters hold the truth, on simulated firms.

    python benchmarks/coverage_counts.py mbg_nbd [--simulations 1000] [--customers 20000]

Exit 1 when a parameter is held less than 87% or more than 93% of the time.
With 1000 firms a share is known to 0.9 points (one standard error); with 200 to
2.1, so that one of four shares often falls out by chance.
"""

from __future__ import annotations

import argparse
import sys
import time

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


def covered(
    model: PurchaseModel, simulations: int, customers: int, seed: int, profile: bool
) -> tuple[np.ndarray, int]:
    """Firms whose interval holds each parameter, and firms that could not be fitted."""
    generator = np.random.default_rng(seed)
    truth = TRUTH[model.name]
    held, failed = np.zeros(len(truth), dtype=int), 0
    for _ in range(simulations):
        T_days = generator.integers(DAYS[0], DAYS[1], customers)
        firm = model.simulate(truth, T_days, 0, generator)
        try:
            cells = firm.cells()
            fit = model.fit(cells)
            ends = model.profile_interval(fit, cells, LEVEL) if profile else fit.interval(LEVEL)
        except FitError:
            failed += 1
            continue
        low, high = np.array(ends).T
        held += (low <= truth) & (truth <= high)
    return held, failed


def main() -> None:
    """Print the share held for each parameter; exit 1 when one is out of range."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=sorted(LEAVING))
    parser.add_argument("--simulations", type=int, default=1000)
    parser.add_argument("--customers", type=int, default=20_000)
    parser.add_argument("--profile", action="store_true", help="intervals of profile likelihood")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    model = MODELS[arguments.model]
    began = time.perf_counter()
    held, failed = covered(
        model, arguments.simulations, arguments.customers, arguments.seed, arguments.profile
    )
    shares = held / arguments.simulations
    print(
        f"{model.label}, {arguments.simulations} firms of {arguments.customers:,} customers,"
        f" {time.perf_counter() - began:.0f} s, {failed} without a fit"
    )
    for name, share in zip(model.parameters, shares, strict=True):
        print(f"  {name:6} {share:6.1%} of {LEVEL:.0%} intervals hold the truth")
    sys.exit(0 if ((shares >= LOW) & (shares <= HIGH)).all() else 1)


if __name__ == "__main__":
    main()
