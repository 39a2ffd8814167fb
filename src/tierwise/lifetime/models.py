"""The models of repeat purchase side by side, under one set of names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from tierwise.errors import FitError
from tierwise.lifetime import bg_nbd, mbg_nbd, nbd, pareto_nbd, simulate
from tierwise.lifetime.cells import Cells, Counts, Matrix, Vector
from tierwise.lifetime.fit import Fit, Objective, maximise
from tierwise.lifetime.profile import profile_interval
from tierwise.lifetime.simulate import Days, Histories

Theta = Sequence[float]

SAMPLED_FROM = 200_000
"""Cells from which on the search for the maximum begins on a part of them."""
SAMPLE = 12_500
"""Cells of that part at the least."""


@dataclass(frozen=True, slots=True)
class PurchaseModel:
    """One model: what it is called, where it comes from, and its functions."""

    name: str  # key in settings and results
    label: str  # what people read
    citation: str
    parameters: tuple[str, ...]  # names in order; rates and times in weeks
    log_likelihood: Callable[[Theta, Cells], tuple[float, Vector]]
    log_likelihood_hessian: Callable[[Theta, Cells], tuple[float, Vector, Matrix]]
    p_active: Callable[[Theta, Cells], Vector]
    expected_purchases: Callable[[Theta, Cells, float], Vector]
    discounted_purchases: Callable[[Theta, Cells, float, float], Vector]
    purchases_if_active: Callable[[Theta, Cells, float, float], Vector]
    posterior_purchases: Callable[[Matrix, Cells, float, np.random.Generator], Counts]
    remaining_moments: Callable[
        [Theta, Cells, float, np.random.Generator], tuple[Vector, Vector, Vector]
    ]
    simulate: Callable[[Theta, Days, float, np.random.Generator], Histories]

    def fit(self, cells: Cells) -> Fit:
        """Maximum likelihood; FitError when the histories cannot tell the parameters."""
        _require_repeats(self.label, cells)
        starts = tuple(start[: len(self.parameters)] for start in _starts(cells))
        return maximise(
            self.label,
            self.parameters,
            self._objective(cells),
            (*self._near(cells), *starts),
            cells.customers,
        )

    def _near(self, cells: Cells) -> tuple[tuple[float, ...], ...]:
        """The maximum of a sample, where there are enough cells: few steps on all are left."""
        if cells.size < SAMPLED_FROM:
            return ()
        try:
            return (self.fit(cells.sample(SAMPLED_FROM // SAMPLE)).theta,)
        except FitError:
            return ()

    def profile_interval(
        self, fit: Fit, cells: Cells, level: float = 0.9
    ) -> tuple[tuple[float, float], ...]:
        """Low and high end for each parameter from the likelihood of the fitted cells itself.

        Truer than `Fit.interval` below some 20,000 customers. FitError for a
        parameter that the histories leave open on one side.
        """
        return profile_interval(fit, self._objective(cells), level)

    def _objective(self, cells: Cells) -> Objective:
        return lambda logs: self.log_likelihood_hessian(tuple(np.exp(logs)), cells)


def _require_repeats(label: str, cells: Cells) -> None:
    """FitError for histories that no model of repeat purchase can be fitted to."""
    if not cells.T_days.any():
        raise FitError(
            f"{label} cannot be fitted: T is 0 for all {cells.customers:,} customers, each made"
            " the first purchase on the last day.",
            "Choose a later as-of date or read an earlier start of the data.",
        )
    if not cells.x.any():
        raise FitError(
            f"{label} cannot be fitted: x is 0 for all {cells.customers:,} customers, nobody"
            " bought twice.",
            "Observe for longer, or value these customers at what they spent.",
        )


def _starts(cells: Cells) -> tuple[tuple[float, ...], ...]:
    """Starts around the mean rate of purchase, the likeliest first; good for all three."""
    weeks = float(cells.n_by_T @ cells.weeks)
    pace = weeks / float(cells.n @ cells.x)  # weeks between purchases
    stay = weeks / cells.customers
    return (
        (0.5, 0.5 * pace, 0.5, 1.5),
        (0.5, 0.25 * pace, 0.5, stay),
        (2.0, 2.0 * pace, 0.2, 4.0),
        (0.2, 0.1 * pace, 1.0, 1.0),
    )


BG_NBD = PurchaseModel(
    name="bg_nbd",
    label=bg_nbd.LABEL,
    citation=bg_nbd.CITATION,
    parameters=bg_nbd.PARAMETERS,
    log_likelihood=bg_nbd.log_likelihood,
    log_likelihood_hessian=bg_nbd.log_likelihood_hessian,
    p_active=bg_nbd.p_active,
    expected_purchases=bg_nbd.expected_purchases,
    discounted_purchases=bg_nbd.discounted_purchases,
    purchases_if_active=bg_nbd.purchases_if_active,
    posterior_purchases=bg_nbd.posterior_purchases,
    remaining_moments=bg_nbd.remaining_moments,
    simulate=simulate.bg_nbd_histories,
)

MBG_NBD = PurchaseModel(
    name="mbg_nbd",
    label=mbg_nbd.LABEL,
    citation=mbg_nbd.CITATION,
    parameters=mbg_nbd.PARAMETERS,
    log_likelihood=mbg_nbd.log_likelihood,
    log_likelihood_hessian=mbg_nbd.log_likelihood_hessian,
    p_active=mbg_nbd.p_active,
    expected_purchases=mbg_nbd.expected_purchases,
    discounted_purchases=mbg_nbd.discounted_purchases,
    purchases_if_active=mbg_nbd.purchases_if_active,
    posterior_purchases=mbg_nbd.posterior_purchases,
    remaining_moments=mbg_nbd.remaining_moments,
    simulate=simulate.mbg_nbd_histories,
)

PARETO_NBD = PurchaseModel(
    name="pareto_nbd",
    label=pareto_nbd.LABEL,
    citation=pareto_nbd.CITATION,
    parameters=pareto_nbd.PARAMETERS,
    log_likelihood=pareto_nbd.log_likelihood,
    log_likelihood_hessian=pareto_nbd.log_likelihood_hessian,
    p_active=pareto_nbd.p_active,
    expected_purchases=pareto_nbd.expected_purchases,
    discounted_purchases=pareto_nbd.discounted_purchases,
    purchases_if_active=pareto_nbd.purchases_if_active,
    posterior_purchases=pareto_nbd.posterior_purchases,
    remaining_moments=pareto_nbd.remaining_moments,
    simulate=simulate.pareto_nbd_histories,
)

NBD = PurchaseModel(
    name="nbd",
    label=nbd.LABEL,
    citation=nbd.CITATION,
    parameters=nbd.PARAMETERS,
    log_likelihood=nbd.log_likelihood,
    log_likelihood_hessian=nbd.log_likelihood_hessian,
    p_active=nbd.p_active,
    expected_purchases=nbd.expected_purchases,
    discounted_purchases=nbd.discounted_purchases,
    purchases_if_active=nbd.purchases_if_active,
    posterior_purchases=nbd.posterior_purchases,
    remaining_moments=nbd.remaining_moments,
    simulate=simulate.nbd_histories,
)

LEAVING: Mapping[str, PurchaseModel] = MappingProxyType(
    {model.name: model for model in (MBG_NBD, BG_NBD, PARETO_NBD)}
)
"""Models in which customers leave, by name, the default first."""

MODELS: Mapping[str, PurchaseModel] = MappingProxyType({**LEAVING, NBD.name: NBD})
"""By name, the default first."""

DEFAULT = MBG_NBD
"""A customer who bought once is not immortal in it."""
