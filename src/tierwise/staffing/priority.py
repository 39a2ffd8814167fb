"""Mean waits by class under priority rules: formulas for quick answers and to test against."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from tierwise.errors import RefusedError, UsageError
from tierwise.staffing.erlang import erlang_c

Vector = npt.NDArray[np.float64]


def strict_waits_s(per_s: Sequence[float], mean_handle_s: float, agents: int) -> Vector:
    """Mean wait of each class, highest first, M/M/c without pre-emption.

    Sources: Cobham 1954; Kella & Yechiali 1985. RefusedError when the load is too high.
    """
    rates = _rates(per_s)
    load = float(rates.sum() * mean_handle_s)
    start = erlang_c(agents, load) * mean_handle_s / agents
    return _cobham(rates * mean_handle_s / agents, start)


def strict_waits_general_s(
    per_s: Sequence[float], mean_s: Sequence[float], second_moment_s2: Sequence[float]
) -> Vector:
    """The same for one agent and any handle times (M/G/1). Source: Cobham 1954, eq. 3."""
    rates, means = _rates(per_s), np.asarray(mean_s, dtype=np.float64)
    _stable(float(rates @ means))
    return _cobham(rates * means, float(rates @ np.asarray(second_moment_s2)) / 2)


def accumulating_waits_s(
    per_s: Sequence[float], growth: Sequence[float], mean_handle_s: float, agents: int
) -> Vector:
    """Mean wait of each class when priority grows with waiting, M/M/c.

    `growth` is the priority a second of waiting brings, the highest first.
    Sources: Kleinrock 1964; Stanford, Taylor & Ziedins 2014, section 4.
    """
    rates = _rates(per_s)
    load = float(rates.sum() * mean_handle_s)
    start = erlang_c(agents, load) * mean_handle_s / agents
    return _kleinrock(rates * mean_handle_s / agents, growth, start)


def accumulating_waits_general_s(
    per_s: Sequence[float],
    growth: Sequence[float],
    mean_s: Sequence[float],
    second_moment_s2: Sequence[float],
) -> Vector:
    """The same for one agent and any handle times. Source: Kleinrock 1964, eq. 11."""
    rates, means = _rates(per_s), np.asarray(mean_s, dtype=np.float64)
    _stable(float(rates @ means))
    return _kleinrock(rates * means, growth, float(rates @ np.asarray(second_moment_s2)) / 2)


def _cobham(loads: Vector, start: float) -> Vector:
    summed = np.cumsum(loads)
    before = summed - loads
    waits: Vector = start / ((1 - before) * (1 - summed))
    return waits


def _kleinrock(loads: Vector, growth: Sequence[float], start: float) -> Vector:
    b = np.asarray(growth, dtype=np.float64)
    if (np.diff(b) > 0).any() or (b <= 0).any():
        raise UsageError("Growth of priority must fall from class to class and stay above 0.")
    whole = start / (1 - loads.sum())
    waits = np.zeros(loads.size)
    for k in range(loads.size - 1, -1, -1):  # the slowest class first: others lean on it
        behind = slice(k + 1, None)
        gained = float((loads[behind] * waits[behind] * (1 - b[behind] / b[k])).sum())
        ahead = float((loads[:k] * (1 - b[k] / b[:k])).sum())
        waits[k] = (whole - gained) / (1 - ahead)
    return waits


def _rates(per_s: Sequence[float]) -> Vector:
    rates = np.asarray(per_s, dtype=np.float64)
    if (rates <= 0).any():
        raise UsageError("Every class needs an arrival rate above 0.")
    return rates


def _stable(load: float) -> None:
    if load >= 1:
        raise RefusedError(f"A load of {load:.4g} on one agent grows without end.", "Add agents.")
