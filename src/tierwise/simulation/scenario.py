"""A contact centre in the field's words: classes of contacts, groups of agents, shifts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from tierwise.simulation.shapes import NOBODY_GIVES_UP, Duration, constant

DAY_S = 86_400.0
WEEK_S = 7 * DAY_S
HOUR_S = 3_600.0
ANY = ""
"""Seniority of handle times that hold for all who have none of their own."""

NO_TIME = constant(0.0)


@dataclass(frozen=True, slots=True)
class Retrial:
    """Those who give up and come again."""

    share: float = 0.0  # 0..1 of those who gave up
    delay: Duration = NO_TIME  # until they come again


@dataclass(frozen=True, slots=True)
class SelfService:
    """Self-service before an agent; whoever it does not help reaches one."""

    share: float = 0.0  # 0..1 of arrivals that meet it first
    contained: float = 0.0  # 0..1 of these that need nobody afterwards
    duration: Duration = NO_TIME  # of those who go on to an agent


@dataclass(frozen=True, slots=True)
class Callback:
    """An offer to be called when it is one's turn: the place is kept, nobody gives up."""

    share: float = 0.0  # 0..1 of those asked that accept
    after_wait_s: float = float("inf")  # wait at which it is offered


@dataclass(frozen=True, slots=True)
class LaterSlot:
    """An appointment offered in a rush; it joins the end of the queue at its time."""

    share: float = 0.0  # 0..1 of those asked that accept
    from_waiting: int = 0  # contacts of the class waiting from which it is offered; 0: never
    delay: Duration = NO_TIME  # until the appointment


@dataclass(frozen=True, slots=True, eq=False)
class Recorded:
    """Arrivals as they were."""

    at_s: npt.NDArray[np.float64]  # (contacts,) seconds from the start, ascending
    handle_s: npt.NDArray[np.float64]  # (contacts,) seconds; NaN where nobody answered
    patience_s: npt.NDArray[np.float64] | None = None  # (contacts,) seconds; NaN: drawn


@dataclass(frozen=True, slots=True)
class ContactClass:
    """Contacts that the policy treats alike: one tier, channel and reason."""

    name: str
    arrivals_per_s: tuple[float, ...]  # one rate for each part of the scenario's cycle
    handle: Mapping[str, Duration]  # by seniority of the agent; ANY for all others
    patience: Duration = NOBODY_GIVES_UP
    wrap_up: Duration = NO_TIME  # of the agent, after the contact has ended
    target_wait_s: float = 20.0  # answered within this counts as in time
    retrial: Retrial = Retrial()
    self_service: SelfService = SelfService()
    callback: Callback = Callback()
    later_slot: LaterSlot = LaterSlot()
    transfers: Mapping[str, float] = field(default_factory=dict)  # class name: share sent there
    recorded: Recorded | None = None  # instead of rates


@dataclass(frozen=True, slots=True)
class Shift:
    """Agents who are on duty from one moment of the duty cycle to another."""

    agents: int
    from_s: float = 0.0
    to_s: float = float("inf")  # before from_s: on the next day; inf: until the cycle ends
    breaks_s: tuple[tuple[float, float], ...] = ()  # from, to


@dataclass(frozen=True, slots=True)
class AgentGroup:
    """Agents with the same skills and seniority."""

    name: str
    shifts: tuple[Shift, ...]
    seniority: str = ANY
    concurrency: int = 1  # contacts that one agent has in hand at once, as on chat
    slowdown: float = 0.0  # handle time grows by this share for each other contact in hand
    cost_per_hour: float = 0.0

    @property
    def agents(self) -> int:
        """Different people in the group."""
        return sum(shift.agents for shift in self.shifts)


@dataclass(frozen=True, slots=True)
class Scenario:
    """Who comes, who serves and when; without the policy."""

    title: str
    classes: tuple[ContactClass, ...]
    groups: tuple[AgentGroup, ...]
    edges_s: tuple[float, ...] = (0.0, float("inf"))  # ends of the parts of the arrival cycle
    duty_cycle_s: float = DAY_S  # after this time shifts start again

    @property
    def day_s(self) -> float:
        """What waits are shown by time of: a day, where the duty cycle has whole days."""
        return DAY_S if self.duty_cycle_s % DAY_S == 0 else self.duty_cycle_s

    def offered_load(self) -> dict[str, float]:
        """Mean number of agents that each class would keep busy, at its mean rate."""
        widths = np.diff(self.edges_s)
        weights = widths / widths.sum() if np.isfinite(widths).all() else np.ones(1)
        found = {}
        for item in self.classes:
            rate = float(np.asarray(item.arrivals_per_s) @ weights)
            found[item.name] = rate * (mean_handle_s(item) + item.wrap_up.mean_s)
        return found


def mean_handle_s(item: ContactClass) -> float:
    """Mean handle time in seconds over the seniorities it is given for."""
    return float(np.mean([duration.mean_s for duration in item.handle.values()]))
