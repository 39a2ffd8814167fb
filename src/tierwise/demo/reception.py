"""The one reception: calls are answered strictly first come, first served."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from tierwise.demo.columns import Flags, Floats, Ints


@dataclass(frozen=True)
class Served:
    """What became of each call, in order of arrival.

    answered: false for those who hung up; agent: who answered (-1 for nobody);
    wait_s: until the answer or until the caller gave up; handle_s: talk time, 0 if nobody answered.
    """

    answered: Flags
    agent: Ints
    wait_s: Ints
    handle_s: Ints


def first_come_first_served(
    arrival_s: Ints,
    work_s: Floats,
    patience_s: Ints,
    shifts: tuple[Ints, Ints, Ints],
    pace: Floats,
) -> Served:
    """Answer calls in order of arrival by whoever is free first.

    arrival_s: rising; work_s: talk time at average pace; patience_s: seconds a caller waits.
    shifts: agent, start and end of each shift; no call begins after a shift's end.
    pace: factor on talk time per agent.

    Nobody overtakes, so the fate of a call depends on earlier calls alone and one
    pass over the arrivals with a heap of the agents' free moments is the exact queue.
    """
    agents, starts, ends = (values.tolist() for values in shifts)
    ready = [(start, shift) for shift, start in enumerate(starts)]
    heapq.heapify(ready)
    speed = pace.tolist()
    fates: list[tuple[int, int, int]] = []
    for arrival, work, patience in zip(
        arrival_s.tolist(), work_s.tolist(), patience_s.tolist(), strict=True
    ):
        while ready and max(ready[0][0], arrival) >= ends[ready[0][1]]:
            heapq.heappop(ready)
        wait = max(ready[0][0] - arrival, 0) if ready else patience
        if wait >= patience:
            fates.append((-1, patience, 0))
            continue
        shift = ready[0][1]
        talk = max(round(work * speed[agents[shift]]), 5)
        heapq.heapreplace(ready, (arrival + wait + talk, shift))
        fates.append((agents[shift], wait, talk))
    agent, wait_s, talk_s = np.array(fates, dtype=np.int64).reshape(-1, 3).T
    return Served(agent >= 0, agent, wait_s, talk_s)
