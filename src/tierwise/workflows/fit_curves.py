"""Curves of the fit report: data and model of every class, for charts."""

from __future__ import annotations

from typing import Any

import numpy as np

from tierwise.simulation import patience
from tierwise.simulation.arrivals import weekly_mean
from tierwise.simulation.calibrate import arrival_counts
from tierwise.simulation.fitted import Fitted
from tierwise.simulation.model import PART_S, ClassFit, Model, PatienceFit
from tierwise.simulation.tails import share_longer
from tierwise.workflows.recorded import Recording

CURVE = 120
"""Points of a drawn distribution."""

Row = dict[str, Any]


def curves(recording: Recording, model: Model) -> list[Row]:
    """Data and model of every class, for charts."""
    calls = recording.calls
    counts = arrival_counts(calls.contacts, len(calls.classes), calls.days, PART_S)
    is_open = counts.sum(axis=(1, 2)) > 0
    week = weekly_mean(counts, is_open, calls.first_weekday)
    found = []
    for k, item in enumerate(model.classes):
        name = item.of.name
        found.append(
            {"class": name, "what": "arrivals", "points": _arrival_points(item, week[:, k])}
        )
        for fit in item.handle if len(item.handle) == 1 else item.handle[1:]:
            mine = calls.of_class(k) & calls.contacts.answered
            if fit.seniority:
                level = np.array([*(g.seniority for g in calls.groups), ""])[calls.group_of]
                mine &= level == fit.seniority
            what = f"handle time, {fit.seniority}" if fit.seniority else "handle time"
            points = _handle_points(calls.contacts.handle_s[mine], fit.fitted)
            found.append({"class": name, "what": what, "points": points})
        mine = (
            calls.of_class(k) if item.patience.of == "class" else calls.of_channel(item.of.channel)
        )
        mine &= calls.contacts.wait_s > 0
        points = _patience_points(
            calls.contacts.wait_s[mine], ~calls.contacts.answered[mine], item.patience
        )
        if points:
            found.append({"class": name, "what": "patience", "points": points})
    return found


def _arrival_points(item: ClassFit, recorded: np.ndarray[Any, Any]) -> list[Row]:
    """Contacts an hour by hour of the week: recorded, and the first attempts of the model."""
    hours = recorded.reshape(-1, 2).sum(axis=1)
    model = item.per_hour.reshape(-1, 2).mean(axis=1)
    return [{"x": i, "data": float(hours[i]), "model": float(model[i])} for i in range(hours.size)]


def _handle_points(values: np.ndarray[Any, Any], fitted: Fitted | None) -> list[Row]:
    """Share that takes longer, up to the 99% quantile."""
    at = np.linspace(0, float(np.quantile(values, 0.99)), CURVE)
    data = 1 - np.searchsorted(np.sort(values), at, side="right") / values.size
    model = share_longer(fitted.duration, at) if fitted else data
    return [
        {"x": float(x), "data": float(d), "model": float(m)}
        for x, d, m in zip(at, data, model, strict=True)
    ]


def _patience_points(
    wait: np.ndarray[Any, Any], gave_up: np.ndarray[Any, Any], found: PatienceFit
) -> list[Row]:
    """Share that would stay longer, as far as enough people waited."""
    if found.fitted is None:
        return []
    times, share = patience.survival(wait, gave_up)
    last = np.sort(wait)[-min(patience.SEEN, wait.size)]
    at = np.linspace(0, float(last), CURVE)
    place = np.searchsorted(times, at, side="right") - 1
    data = np.where(place >= 0, share[np.maximum(place, 0)], 1.0)
    model = share_longer(found.fitted.duration, at)
    return [
        {"x": float(x), "data": float(d), "model": float(m)}
        for x, d, m in zip(at, data, model, strict=True)
    ]
