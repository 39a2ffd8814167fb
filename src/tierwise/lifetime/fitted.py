"""The answer to "which model, and how well does it fit": parameters, gate, model beside data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tierwise.errors import FitError
from tierwise.lifetime.cells import Cells
from tierwise.lifetime.estimate import Estimate
from tierwise.lifetime.fit import Fit
from tierwise.lifetime.independence import Independence
from tierwise.lifetime.models import PurchaseModel
from tierwise.lifetime.spending import Spending
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import Unit

SHOWN_REPEATS = 8
"""Repeat counts shown one by one before the rest is taken together."""

_MEANING = {
    "r": "Purchase rates: shape; the smaller, the more customers differ",
    "alpha": "Purchase rates: scale in weeks; r / alpha is the mean rate a week",
    "a": "Dropout after a purchase: weight of leaving",
    "b": "Dropout after a purchase: weight of staying; a / (a + b) leave on average",
    "s": "Dropout rates: shape",
    "beta": "Dropout rates: scale in weeks; s / beta is the mean rate a week",
    "p": "Spend: shape of one customer's orders; larger is steadier",
    "q": "Spend: shape across customers; smaller is more unequal",
    "gamma": "Spend: scale across customers, in money",
}


@dataclass(frozen=True, slots=True)
class Contender:
    """One model of repeat purchase, fitted or refused."""

    model: PurchaseModel
    fit: Fit | None
    refusal: str  # why there is no fit


@dataclass(frozen=True, slots=True)
class Ranged:
    """A fit with the intervals of its parameters."""

    fit: Fit
    ends: tuple[tuple[float, float], ...]  # low and high, by parameter; open ones 0 or infinite
    level: float  # probability of each interval
    profiled: bool  # from the profile likelihood, else from the normal approximation in logs


def ranged(
    fit: Fit, profile: Callable[[float], tuple[tuple[float, float], ...]], level: float
) -> Ranged:
    """Intervals by `profile`, a function of the level; Wald's where its search does not settle."""
    try:
        return Ranged(fit, profile(level), level, profiled=True)
    except FitError:
        return Ranged(fit, fit.interval(level), level, profiled=False)


def repeats(
    model: PurchaseModel, fit: Fit, cells: Cells, generator: np.random.Generator, rounds: int = 20
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Customers by number of repeat purchases, 0 to 7 and more: seen, and by the model.

    The model's are the mean of `rounds` simulated firms whose customers were
    observed as long as the real ones. Shapes (9,).
    """
    T_days = np.repeat(cells.T_days, cells.n)
    seen = np.bincount(np.minimum(cells.x, SHOWN_REPEATS), cells.n, SHOWN_REPEATS + 1)
    expected = np.zeros(SHOWN_REPEATS + 1)
    for _ in range(rounds):
        x = model.simulate(fit.theta, T_days, 0.0, generator).x
        expected += np.bincount(np.minimum(x, SHOWN_REPEATS), minlength=SHOWN_REPEATS + 1)
    return seen.astype(np.int64), expected / rounds


def answer(
    context: Context,
    chosen: Contender,
    rate: Estimate | None,
    contenders: Sequence[Contender],
    spending: Spending,
    fits: Sequence[Ranged],
    counted: tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]] | None,
    counts: dict[str, int],
    notes: Sequence[str],
) -> Answer:
    """Everything that an analyst asks of a fit. `counts` are of `histories.totals`.

    `fits` are those whose parameters are shown, of purchases and of spend.
    """
    label = chosen.model.label if chosen.fit else "one rate for all"
    grids = [Grid("parameters", "Parameters", _parameter_columns(fits), _parameters(fits))]
    grids.append(Grid("models", "Models side by side", _MODELS, _models(contenders)))
    if counted is not None:
        grids.append(
            Grid("repeats", "Repeat purchases: seen and expected", _REPEATS, _repeats(*counted))
        )
    return Answer(
        kind="lifetime-fit",
        title=f"Fit: {label}, {spending.orders.label}",
        context=context,
        figures=_figures(chosen, rate, spending.gate, counts),
        grids=tuple(grids),
        notes=(*notes, *spending.notes, *_gate_words(spending), *_interval_words(fits)),
        extra={"fitted": chosen.fit is not None},
    )


def _gate_words(spending: Spending) -> tuple[str, ...]:
    """What the gate saw, where the notes on spending do not say it already."""
    gate = spending.gate
    return () if gate is None or gate.words in spending.notes else (gate.words,)


def _figures(
    chosen: Contender, rate: Estimate | None, gate: Independence | None, counts: dict[str, int]
) -> tuple[Figure, ...]:
    figures = [
        Figure("customers_fitted", "Customers", counts["customers"], Unit.COUNT),
        Figure("repeat_buyers", "Bought again", counts["repeat_buyers"], Unit.COUNT),
        Figure("histories", "Distinct histories", counts["cells"], Unit.COUNT),
    ]
    if chosen.fit is not None:
        ll = chosen.fit.log_likelihood
        figures.append(Figure("log_likelihood", "Log-likelihood", ll, Unit.NUMBER))
    if rate is not None:
        label, per_year = "Repeat purchases a year", rate.scaled(365.25 / 7)
        figures.append(
            Figure(
                "purchases_a_year", label, per_year.value, Unit.NUMBER, per_year.low, per_year.high
            )
        )
    if gate is not None and not np.isnan(gate.spearman.value):
        r = gate.spearman
        label = "Rank correlation of orders and spend per order"
        figures.append(Figure("spearman", label, r.value, Unit.NUMBER, r.low, r.high))
    return tuple(figures)


def _interval_words(fits: Sequence[Ranged]) -> tuple[str, ...]:
    """Which interval it is, and which ends are open."""
    said = []
    if any(one.profiled for one in fits):
        said.append("Intervals of parameters are those of the profile likelihood.")
    said += [
        f"Those of {one.fit.model} are of the normal approximation in logs: its profile did not"
        " settle."
        for one in fits
        if not one.profiled
    ]
    if any(np.isinf(high) or low == 0 for one in fits for low, high in one.ends):
        said.append("An interval that begins at 0 or has no upper end is open: more data close it.")
    return (" ".join(said),) if said else ()


def _parameters(fits: Sequence[Ranged]) -> tuple[dict[str, object], ...]:
    return tuple(
        {
            "model": one.fit.model,
            "parameter": name,
            "value": value,
            "standard_error": error,
            "low": low,
            "high": high if np.isfinite(high) else None,
            "meaning": _MEANING[name],
        }
        for one in fits
        for name, value, error, (low, high) in zip(
            one.fit.names, one.fit.theta, one.fit.standard_errors, one.ends, strict=True
        )
    )


def _models(contenders: Sequence[Contender]) -> tuple[dict[str, object], ...]:
    return tuple(
        {
            "model": one.model.label,
            "log_likelihood": one.fit.log_likelihood if one.fit else None,
            "aic": one.fit.aic if one.fit else None,
            "bic": one.fit.bic if one.fit else None,
            "said": one.refusal,
            "source": one.model.citation,
        }
        for one in contenders
    )


def _repeats(
    seen: npt.NDArray[np.int64], expected: npt.NDArray[np.float64]
) -> tuple[dict[str, object], ...]:
    return tuple(
        {
            "repeats": f"{count} or more" if count == SHOWN_REPEATS else str(count),
            "seen": int(found),
            "expected": float(wanted),
        }
        for count, (found, wanted) in enumerate(zip(seen, expected, strict=True))
    )


def _parameter_columns(fits: Sequence[Ranged]) -> tuple[Column, ...]:
    level = f"{fits[0].level:.0%} from" if fits else "from"
    return (
        Column("model", "Model"),
        Column("parameter", "Parameter"),
        Column("value", "Estimate", Unit.NUMBER),
        Column("standard_error", "Standard error", Unit.NUMBER),
        Column("low", level, Unit.NUMBER, "Lower end, from the profile likelihood"),
        Column("high", "to", Unit.NUMBER, "Upper end; none where the data leave it open"),
        Column("meaning", "Meaning"),
    )


_MODELS = (
    Column("model", "Model"),
    Column("log_likelihood", "Log-likelihood", Unit.NUMBER),
    Column("aic", "AIC", Unit.NUMBER, "Akaike's criterion: less is better"),
    Column("bic", "BIC", Unit.NUMBER, "Schwarz's criterion: less is better"),
    Column("said", "Why there is no fit"),
    Column("source", "Source"),
)
_REPEATS = (
    Column("repeats", "Repeat purchases"),
    Column("seen", "Customers seen", Unit.COUNT),
    Column("expected", "By the model", Unit.NUMBER),
)
