"""Erlang's formulas: blocking, waiting and abandonment with c agents and a offered load.

Sources: Erlang 1917 (B, C), Palm 1957 and Garnett, Mandelbaum & Reiman 2002 (A).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from tierwise.errors import RefusedError, UsageError


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a formula says of one queue."""

    p_wait: float  # share that has to wait
    p_abandon: float  # share that gives up; 0 without patience
    mean_wait_s: float  # of everybody, those answered at once with 0


def erlang_b(agents: int, load: float) -> float:
    """Share of contacts blocked when nobody can wait; UsageError for impossible numbers."""
    _check(agents, load)
    blocked = 1.0
    for c in range(1, agents + 1):
        blocked = load * blocked / (c + load * blocked)
    return blocked


def erlang_c(agents: int, load: float) -> float:
    """Share that has to wait when nobody gives up; RefusedError when load >= agents."""
    _check(agents, load)
    if load >= agents:
        raise RefusedError(
            f"A load of {load:g} agents on {agents} grows without end when nobody gives up.",
            "Add agents, or say how long people wait (Erlang A).",
        )
    blocked = erlang_b(agents, load)
    return agents * blocked / (agents - load * (1 - blocked))


def without_patience(agents: int, per_s: float, mean_handle_s: float) -> Waiting:
    """M/M/c: `per_s` arrivals a second. RefusedError when load >= agents."""
    load = per_s * mean_handle_s
    waits = erlang_c(agents, load)
    return Waiting(waits, 0.0, waits * mean_handle_s / (agents - load))


def with_patience(
    agents: int, per_s: float, mean_handle_s: float, mean_patience_s: float
) -> Waiting:
    """Erlang A (M/M/c + M): exponential patience. Source: Garnett, Mandelbaum & Reiman 2002.

    Sums the birth-and-death chain directly, so any load is fine.
    """
    _check(agents, per_s * mean_handle_s)
    if not mean_patience_s > 0:
        raise UsageError(f"A mean patience of {mean_patience_s} s is impossible.", "Give > 0.")
    if math.isinf(mean_patience_s):
        return without_patience(agents, per_s, mean_handle_s)
    served, give_up = 1 / mean_handle_s, 1 / mean_patience_s
    busy = erlang_b(agents, per_s * mean_handle_s)  # weight of all busy and nobody waiting
    below = 1 - busy
    total, queue, weight, n = 1.0, 0.0, busy, 0
    while True:
        n += 1
        weight *= per_s / (agents * served + n * give_up)
        total += weight
        queue += n * weight
        if n * weight < 1e-17 * max(queue, 1e-300) or weight == 0.0:
            break
    mean_queue = queue / total
    p_wait = (total - below) / total
    return Waiting(p_wait, give_up * mean_queue / per_s, mean_queue / per_s)


def service_level(agents: int, per_s: float, mean_handle_s: float, within_s: float) -> float:
    """Share answered within so many seconds when nobody gives up (Erlang C)."""
    load = per_s * mean_handle_s
    return 1 - erlang_c(agents, load) * math.exp(-(agents - load) * within_s / mean_handle_s)


def _check(agents: int, load: float) -> None:
    if agents < 0 or not (math.isfinite(load) and load > 0):
        raise UsageError(
            f"{agents} agents and a load of {load} cannot be reckoned with.",
            "Agents must be 0 or more, the load above 0.",
        )
