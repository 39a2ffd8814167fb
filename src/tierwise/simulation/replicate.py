"""One replication, and the figures of many with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tierwise.errors import RefusedError
from tierwise.routing.params import Params
from tierwise.simulation import kernel
from tierwise.simulation.arrays import one_type_params, plant_of
from tierwise.simulation.plant import (
    AREA,
    N_EVENTS,
    N_TRACE,
    OFFERED,
    OVERLAP,
    SELF_SERVED,
    STREAMS,
    Keys,
    Matrix,
    Tally,
    empty_state,
    empty_tally,
)
from tierwise.simulation.scenario import Scenario

ROOM = 4_096
"""Contacts that may wait or be away at first; a run that needs more starts again with more."""

MOST_ROOM = 4_194_304
"""With so many waiting the queue does not settle."""


@dataclass(frozen=True, slots=True)
class Span:
    """What part of a replication counts."""

    warm_up_s: float  # contacts before are served and not counted
    end_s: float  # the last contact comes before this
    stop_s: float = float("inf")  # whoever still waits then is counted as left


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one replication gave."""

    tally: Tally
    events: int  # of all kinds, warm-up included
    contacts: int  # arrivals, warm-up included
    trace: Matrix  # (rows, 5): moment, what, class, place, number of the contact


def keys_of(classes: int, seed: np.random.SeedSequence) -> Keys:
    """Keys of the streams of random numbers, shape (classes, STREAMS)."""
    words: Keys = seed.generate_state(classes * STREAMS, np.uint64).astype(np.uint64)
    return words.reshape(classes, STREAMS)


def replicate(
    scenario: Scenario,
    params: Params,
    span: Span,
    seed: np.random.SeedSequence,
    trace_rows: int = 0,
) -> Outcome:
    """Run one replication; the same seed gives the same contacts under every policy.

    UsageError for a scenario that cannot be simulated, RefusedError when the queue
    grows without end.
    """
    plant, params = plant_of(scenario, params), one_type_params(params)
    keys = keys_of(len(scenario.classes), seed)
    room = ROOM
    while room <= MOST_ROOM:
        state = empty_state(plant, room)
        tally = empty_tally(len(scenario.classes), len(scenario.groups))
        trace = np.zeros((trace_rows, 5))
        moments = (float(span.warm_up_s), float(span.end_s), float(span.stop_s))
        if kernel.run(plant, params, keys, state, tally, trace, moments) == 0:
            _check(scenario, tally)
            rows = trace[: int(state.n[N_TRACE])]
            return Outcome(tally, int(state.n[N_EVENTS]), int(state.made.sum()), rows)
        room *= 8
    raise RefusedError(
        f"More than {MOST_ROOM:,} contacts wait at once: this queue does not settle.",
        "Add agents, patience or self-service; its mean wait depends on how long one looks.",
    )


def _check(scenario: Scenario, tally: Tally) -> None:
    """Little's law: queue length over time and waits over contacts are one sum, counted twice."""
    area, overlap = tally.sum[:, AREA], tally.sum[:, OVERLAP]
    allowed = 1e-9 * np.maximum(overlap, 1.0) + 1e-6
    for k in np.flatnonzero(np.abs(area - overlap) > allowed):
        name = scenario.classes[k].name
        raise AssertionError(f"Little's law fails for {name}: {area[k]} is not {overlap[k]}")


def arrivals(tally: Tally) -> int:
    """Contacts counted, self-service included."""
    return int(tally.counts[:, OFFERED].sum() + tally.counts[:, SELF_SERVED].sum())
