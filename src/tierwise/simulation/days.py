"""Recorded days as a scenario: the contacts that came, the agents that were there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from tierwise.simulation.calibrate import in_hand
from tierwise.simulation.model import PART_S, Calls, agents_of, whole_agents
from tierwise.simulation.scenario import (
    DAY_S,
    AgentGroup,
    ContactClass,
    Recorded,
    Retrial,
    Scenario,
    SelfService,
)
from tierwise.simulation.shifts import shifts_for
from tierwise.simulation.tails import drawn_beyond

Counts = npt.NDArray[np.int64]


def staffed(scenario: Scenario, calls: Calls) -> tuple[AgentGroup, ...]:
    """The groups of the scenario with the agents of the recorded days instead of their shifts.

    Groups are matched by name; the last day has a quiet one after it.
    """
    on_duty = dict(zip((one.name for one in calls.groups), _on_duty(calls), strict=True))
    quiet = np.zeros(round(DAY_S / PART_S))
    found = []
    for group in scenario.groups:
        there = np.concatenate([on_duty[group.name].astype(np.float64), quiet])
        found.append(replace(group, shifts=shifts_for(there, PART_S)))
    return tuple(found)


def _on_duty(calls: Calls) -> list[Counts]:
    """Whole agents of every group by half hour of the days."""
    parts = calls.days * round(DAY_S / PART_S)
    found = [np.zeros(parts, dtype=np.int64) for _ in calls.groups]
    for channel in dict.fromkeys(group.channel for group in calls.groups):
        mine = [g for g, group in enumerate(calls.groups) if group.channel == channel]
        several = [in_hand(calls.contacts, calls.group_of == g) for g in mine]
        levels = np.array(
            [agents_of(calls, g, n).ravel() for g, n in zip(mine, several, strict=True)]
        )
        shared, _ = whole_agents(levels, _load(calls, channel, parts))
        for g, on_duty in zip(mine, shared, strict=True):
            found[g] = on_duty
    return found


def _load(calls: Calls, channel: str, parts: int) -> npt.NDArray[np.float64]:
    """Work that came in each half hour, in agents."""
    mine = calls.of_channel(channel)
    at, work = calls.contacts.at_s[mine], np.nan_to_num(calls.contacts.handle_s[mine])
    place = np.minimum((at // PART_S).astype(np.int64), parts - 1)
    return np.bincount(place, weights=work, minlength=parts) / PART_S


def day_classes(
    scenario: Scenario, calls: Calls, generator: np.random.Generator
) -> tuple[ContactClass, ...]:
    """The classes with their recorded contacts, matched by name.

    Who gave up has the patience that was seen; who was answered has one that is longer
    than the wait, drawn from the scenario's. Retrials and self-service are in the records.
    """
    found = []
    names = [one.name for one in calls.classes]
    for item in scenario.classes:
        mine = calls.of_class(names.index(item.name)) if item.name in names else None
        if mine is None:
            found.append(replace(item, arrivals_per_s=(0.0,)))
            continue
        records = calls.contacts.only(mine)
        longer = drawn_beyond(item.patience, records.wait_s, generator)
        recorded = Recorded(
            records.at_s, records.handle_s, np.where(records.answered, longer, records.wait_s)
        )
        found.append(
            replace(item, recorded=recorded, retrial=Retrial(), self_service=SelfService())
        )
    return tuple(found)


def day_scenario(
    scenario: Scenario,
    calls: Calls,
    groups: Sequence[AgentGroup],
    generator: np.random.Generator,
) -> Scenario:
    """The recorded days, one draw of what the records do not say."""
    classes = day_classes(scenario, calls, generator)
    empty = tuple(replace(item, arrivals_per_s=(0.0,)) for item in classes)
    cycle_s = (calls.days + 1) * DAY_S
    return Scenario(scenario.title, empty, tuple(groups), (0.0, float("inf")), cycle_s)
