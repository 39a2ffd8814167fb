"""The whole model of a calibration, simulated for as long as was recorded, beside the records."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tierwise.simulation import figures as f
from tierwise.simulation.model import shares_recorded
from tierwise.simulation.replicate import Span
from tierwise.simulation.scenario import WEEK_S
from tierwise.simulation.section import Asked
from tierwise.workflows.recorded import Recording
from tierwise.workflows.simulate import FIRST_COME, Progress, compared, run_policies

CLOSE = 0.1
"""A wait that the model misses by less than 10% is near enough for comparing policies."""

MEASURES = ("mean_wait_s", "share_waiting", "share_abandoned")


@dataclass(frozen=True, slots=True)
class Held:
    """What was recorded of a class beside what the scenario gives."""

    name: str
    measure: str
    recorded: float
    model: float
    low: float  # where 95% of simulations of the same length lie
    high: float

    @property
    def fits(self) -> bool:
        """Inside, or near."""
        near = abs(self.model - self.recorded) <= CLOSE * abs(self.recorded)
        return self.low <= self.recorded <= self.high or near


def held_against(
    asked: Asked,
    recording: Recording,
    weeks: int,
    runs: int,
    workers: int,
    progress: Progress | None,
) -> tuple[Held, ...]:
    """The scenario under its present rule, simulated for as long as was recorded."""
    policy = next((one for one in compared(asked) if one.present), FIRST_COME)
    span = Span(0.0, weeks * WEEK_S)
    (run,) = run_policies(
        asked.scenario,
        [(policy, asked.params(policy))],
        span,
        asked.run.seed,
        runs,
        workers=workers,
        progress=progress,
    )
    seen = shares_recorded(recording.calls)
    return tuple(
        _held(item.name, measure, recorded, [f.of_class(t, k)[measure] for t in run.tallies])
        for k, item in enumerate(asked.scenario.classes)
        for measure, recorded in zip(MEASURES, seen[item.name], strict=True)
    )


def _held(name: str, measure: str, recorded: float, values: Sequence[float]) -> Held:
    """With the interval of a further simulation of the same length."""
    found = f.estimate(values)
    if found is None:
        return Held(name, measure, recorded, math.nan, math.nan, math.nan)
    half = found.half_width * math.sqrt(len(values) + 1)
    return Held(name, measure, recorded, found.value, max(found.value - half, 0.0),
                found.value + half)  # fmt: skip
