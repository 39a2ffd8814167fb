"""Export: the better policy in the settings of the product that a firm runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from tierwise.errors import RefusedError, UsageError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.routing.section import PolicySection
from tierwise.routing.vendors import ORDERINGS, Vendor, settings_for
from tierwise.simulation import figures as f
from tierwise.simulation.plant import OFFERED, WITHIN
from tierwise.simulation.section import Asked
from tierwise.units import Unit
from tierwise.workflows.simulate import Progress, Run, read, run_asked


def vendors(today: date) -> Answer:
    """The queue rules of products: how they order, and which of our rules that is."""
    rows = tuple(
        {
            "vendor": str(vendor), "rule": str(one.rule), "words": one.words,
            "limits": one.limits, "source": one.source,
        }
        for vendor, one in ORDERINGS.items()
    )  # fmt: skip
    columns = (
        Column("vendor", "present_rule"),
        Column("rule", "Our rule"),
        Column("words", "Order"),
        Column("limits", "Not replayed"),
        Column("source", "Source"),
    )
    context = Context("Vendors", "", today, "", "", None, "", 0, 0)
    grid = Grid("vendors", "Queue rules of products", columns, rows)
    notes = ('Name one in a scenario: present_rule = "amazon-connect".',)
    return Answer("vendors", "Queue rules of products", context, (), (grid,), notes)


def export(
    path: Path,
    vendor: Vendor,
    *,
    today: date,
    policy: str = "",
    replications: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Answer:
    """The policy called `policy`, else the best one that the product can do, as its settings.

    The best keeps the most weighted contacts in time. UsageError for an unknown name;
    RefusedError when the product can do none of them, with every reason.
    """
    asked = read(path)
    runs = run_asked(asked, replications=replications, workers=workers, progress=progress)
    ranked = sorted(runs, key=lambda run: -_mean(_in_time(asked, run)))
    able = {run.policy.label: _refusal(vendor, run.policy, asked.serves) for run in ranked}
    chosen = _named(ranked, policy) if policy else next(
        (run for run in ranked if not able[run.policy.label]), None
    )  # fmt: skip
    if chosen is None or able[chosen.policy.label]:
        reasons = [f"{name}: {why}" for name, why in able.items() if why and policy in ("", name)]
        raise RefusedError(
            f"{vendor} cannot be told:\n" + "\n".join(f"  - {one}" for one in reasons) + "\n",
            "Add a policy that it can do, or let tierwise route.",
        )
    return _answer(asked, vendor, runs, ranked, chosen, able, today)


def _named(runs: Sequence[Run], name: str) -> Run:
    found = [run for run in runs if run.policy.label == name]
    if not found:
        known = ", ".join(f'"{run.policy.label}"' for run in runs)
        raise UsageError(f'There is no policy "{name}".', f"Known: {known}.")
    return found[0]


def _refusal(vendor: Vendor, policy: PolicySection, groups: Mapping[str, Sequence[str]]) -> str:
    """Why the product cannot do it; empty when it can."""
    try:
        settings_for(vendor, policy, groups)
    except RefusedError as found:
        return found.message.partition("policy: ")[2] or found.message
    return ""


def _in_time(asked: Asked, run: Run) -> list[float]:
    """Share of contacts answered in time, each counted by its weight, by replication."""
    weights = np.array(asked.weights)
    found = []
    for tally in run.tallies:
        offered = tally.counts[:, OFFERED] * weights
        within = tally.counts[:, WITHIN] * weights
        found.append(f.ratio(float(within.sum()), float(offered.sum())))
    return found


def _mean(values: Sequence[float]) -> float:
    found = float(np.mean(values))
    return found if math.isfinite(found) else 0.0


def _answer(
    asked: Asked,
    vendor: Vendor,
    runs: Sequence[Run],
    ranked: Sequence[Run],
    chosen: Run,
    able: Mapping[str, str],
    today: date,
) -> Answer:
    settings = settings_for(vendor, chosen.policy, asked.serves)
    base = _in_time(asked, runs[0])
    rows = tuple(_row(asked, run, base, able[run.policy.label]) for run in ranked)
    columns = (
        Column("policy", "Policy"),
        Column("in_time", "In time, weighted", Unit.SHARE),
        Column("change", f"Against {runs[0].policy.label}", Unit.SHARE),
        Column("change_low", "from", Unit.SHARE),
        Column("change_high", "to", Unit.SHARE),
        Column("cannot", f"What {vendor} cannot be told"),
    )
    figures = (
        Figure("vendor", "Product", str(vendor), Unit.TEXT),
        Figure("policy", "Written down", chosen.policy.label, Unit.TEXT),
    )
    notes = [ORDERINGS[vendor].limits, "Weights are those of the classes (weight = 1 without one)."]
    if ranked[0] is not chosen:
        notes.insert(
            0,
            f"{ranked[0].policy.label} keeps more in time, but {vendor} cannot do it:"
            f" {able[ranked[0].policy.label]}",
        )
    contacts = sum(run.contacts for run in runs)
    context = Context(asked.scenario.title, "", today, "", "", None, "", contacts, 0)
    grid = Grid("policies", "Policies, the best first", columns, rows)
    extra = {"settings": settings}
    title = f"{chosen.policy.label} for {vendor}"
    return Answer("export", title, context, figures, (grid,), tuple(notes), extra)


def _row(asked: Asked, run: Run, base: Sequence[float], refusal: str) -> dict[str, Any]:
    own = _in_time(asked, run)
    change = f.estimate([b - a for a, b in zip(base, own, strict=True)])
    return {
        "policy": run.policy.label, "in_time": _mean(own),
        "change": change.value if change else None, "change_low": change.low if change else None,
        "change_high": change.high if change else None, "cannot": refusal,
    }  # fmt: skip
