"""How often 90% intervals of the spend and contract models hold the truth.

    python benchmarks/coverage_spend.py [--model sbg] [--simulations 200] [--customers 1000]

Firms that obey a model are simulated and fitted; counted is how often the interval of
each parameter, and of one figure that is reported from them, holds the true value. A
sound interval is within 87-93% of 200 simulations about 6 times in 7: the binomial
error of the count itself is 2.1 points.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tierwise.errors import FitError
from tierwise.lifetime import bdw, contract, gamma_gamma, sbg
from tierwise.lifetime.estimate import by_draws
from tierwise.lifetime.fit import Fit
from tierwise.lifetime.tenures import Tenures, tenures_from_contracts

LEVEL = 0.9
DRAWS = 400


@dataclass(frozen=True)
class Truth:
    """A firm to simulate and what is asked of the fit."""

    theta: tuple[float, ...]
    fit: Callable[[int, np.random.Generator], Fit]  # simulate so many customers, and fit
    figure: str  # what is reported
    report: Callable[[tuple[float, ...]], NDArray[np.float64]]


@dataclass(frozen=True)
class Coverage:
    """Share of simulations whose interval held the truth, by parameter and figure."""

    covered: dict[str, float]
    simulations: int  # that were fitted
    failed: int  # without a maximum of the likelihood


def fit_spend(customers: int, generator: np.random.Generator) -> Fit:
    x = generator.geometric(0.42, customers)  # mean 2.4, as CDNOW's repeat buyers
    _, mean = gamma_gamma.simulate(TRUTHS["gamma-gamma"].theta, x, generator)
    return gamma_gamma.fit(gamma_gamma.spend_cells(x, mean))


def observed(lost_at: NDArray[np.int64], generator: np.random.Generator) -> Tenures:
    """Cohorts of one to twelve years, pooled: what a table of contracts holds."""
    seen = generator.integers(1, 13, lost_at.size)
    return tenures_from_contracts(np.minimum(lost_at, seen), lost_at <= seen)


def fit_sbg(customers: int, generator: np.random.Generator) -> Fit:
    lost_at = sbg.simulate(TRUTHS["sbg"].theta, customers, generator)
    return sbg.fit(observed(lost_at, generator))


def fit_bdw(customers: int, generator: np.random.Generator) -> Fit:
    lost_at = bdw.simulate(TRUTHS["bdw"].theta, customers, generator)
    return bdw.fit(observed(lost_at, generator))


TRUTHS = {
    "gamma-gamma": Truth(
        (6.25, 3.74, 15.44),
        fit_spend,
        "expected spend after 2 orders of 50",
        lambda theta: np.atleast_1d(gamma_gamma.order_value(theta, 2, 50.0).mean),
    ),
    "sbg": Truth(
        (0.704, 1.182),
        fit_sbg,
        "renewals to come after 3, at 10%",
        lambda theta: np.atleast_1d(sbg.SBG(*theta).remaining_for_ever(3, 0.1)),
    ),
    "bdw": Truth(
        (0.5, 1.5, 1.4),
        fit_bdw,
        "renewals among the next 5 after 3",
        lambda theta: contract.remaining_within(bdw.BdW(*theta), np.array([3.0]), 5),
    ),
}


def coverage(
    model: str, simulations: int, customers: int, generator: np.random.Generator
) -> Coverage:
    truth = TRUTHS[model]
    hits: list[list[bool]] = []
    names: tuple[str, ...] = ()
    for _ in range(simulations):
        try:
            found = truth.fit(customers, generator)
        except FitError:
            continue
        names = (*found.names, truth.figure)
        ends = zip(found.interval(LEVEL), truth.theta, strict=True)
        band = by_draws(found, truth.report, generator, DRAWS, LEVEL)
        reported = bool((band.low <= truth.report(truth.theta))[0]) and bool(
            (truth.report(truth.theta) <= band.high)[0]
        )
        hits.append([*(low <= value <= high for (low, high), value in ends), reported])
    shares = np.mean(hits, axis=0).tolist() if hits else []
    return Coverage(dict(zip(names, shares, strict=True)), len(hits), simulations - len(hits))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", choices=[*TRUTHS, "all"], default="all")
    parser.add_argument("--simulations", type=int, default=200)
    parser.add_argument("--customers", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for model in TRUTHS if options.model == "all" else [options.model]:
        generator = np.random.default_rng(options.seed)
        found = coverage(model, options.simulations, options.customers, generator)
        shares = ", ".join(f"{name} {share:.1%}" for name, share in found.covered.items())
        print(
            f"{model}: {shares} ({found.simulations} fits of {options.customers} customers,"
            f" {found.failed} without a maximum)"
        )


if __name__ == "__main__":
    main()
