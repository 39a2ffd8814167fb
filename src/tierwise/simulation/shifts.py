"""Shifts that put a wanted number of agents on duty."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tierwise.simulation.scenario import Shift

Vector = npt.NDArray[np.float64]


def shifts_for(agents: Sequence[float] | Vector, part_s: float) -> tuple[Shift, ...]:
    """Shifts that put so many agents on duty in each part; a fraction is a part of its time."""
    need = np.asarray(agents, dtype=np.float64)
    found = []
    for i in range(int(np.ceil(need.max(initial=0.0)))):
        spans = _joined(
            [
                (part * part_s, part * part_s + min(need[part] - i, 1.0) * part_s)
                for part in np.flatnonzero(need > i)
            ]
        )
        breaks = tuple((a[1], b[0]) for a, b in pairwise(spans))
        found.append(Shift(1, spans[0][0], spans[-1][1], breaks))
    return tuple(found)


def _joined(spans: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    joined: list[tuple[float, float]] = []
    for start, end in spans:
        if joined and start - joined[-1][1] < 1e-6:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((start, end))
    return joined
