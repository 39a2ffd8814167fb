"""Contacts that would wait for ever: nobody who is known has so much room, however idle."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tierwise.routing.pool import Pool


@dataclass(frozen=True, slots=True)
class Heavy:
    """Contacts of one class and weight that wait."""

    class_name: str
    weight: int  # units of an agent's capacity that each takes
    contacts: int


@dataclass(frozen=True, slots=True)
class Stuck:
    """Contacts that nobody could take."""

    class_name: str
    weight: int
    contacts: int
    most: int  # largest capacity of those who serve the class; 0: nobody of them is known


def stuck(
    pool: Pool, waiting: Iterable[Heavy], capacities: Iterable[tuple[str, int]]
) -> tuple[Stuck, ...]:
    """Which contacts no agent could take, on shift or not; `capacities` are (group, units)."""
    most = dict.fromkeys(pool.class_names, 0)
    for group, capacity in capacities:
        for name in pool.groups.get(group, ()):
            most[name] = max(most[name], capacity)
    return tuple(
        Stuck(one.class_name, one.weight, one.contacts, most.get(one.class_name, 0))
        for one in waiting
        if one.weight > most.get(one.class_name, 0)
    )
