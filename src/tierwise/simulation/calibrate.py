"""A scenario from recorded contacts: arrivals, handle times, patience, who was there."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tierwise.errors import MissingDataError, UsageError
from tierwise.simulation import shapes
from tierwise.simulation.scenario import DAY_S
from tierwise.simulation.shapes import Duration

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

AWAY_AFTER_S = 300.0
"""An agent without a contact for so long was not there, where nobody waited to prove it."""

SETTLED_S = 20.0
"""A contact that has waited so long waits for an agent, not for a ring or a screen."""


GRID_S = 5.0
"""Steps in which the number of agents is looked at."""


@dataclass(frozen=True, slots=True, eq=False)
class Contacts:
    """Recorded contacts in order of arrival; every array has shape (contacts,)."""

    at_s: Vector  # asked for an agent: seconds after the first midnight, local time
    class_of: Counts  # number of the class
    wait_s: Vector  # until answered or given up
    handle_s: Vector  # NaN for those not answered
    answered: Flags
    agent: Counts  # number of the agent; -1 for none

    def __post_init__(self) -> None:
        complaint = _complaint(self)
        if complaint:
            raise UsageError(complaint, "Correct the contacts table or leave such rows out.")

    def days(self, first: int, after: int) -> Contacts:
        """The contacts of days first..after-1, with the first midnight moved there."""
        kept = (self.at_s >= first * DAY_S) & (self.at_s < after * DAY_S)
        found = self.only(kept)
        return replace(found, at_s=found.at_s - first * DAY_S)

    def only(self, kept: Flags) -> Contacts:
        """Some of the contacts."""
        return Contacts(
            self.at_s[kept],
            self.class_of[kept],
            self.wait_s[kept],
            self.handle_s[kept],
            self.answered[kept],
            self.agent[kept],
        )


def _complaint(contacts: Contacts) -> str:
    """What is impossible in the records; empty when nothing is."""
    back = np.flatnonzero(np.diff(contacts.at_s) < 0)
    if back.size:
        return (
            f"Contact {back[0] + 2} arrives before the one ahead of it: the clock goes back, as at"
            " the end of daylight saving, or the rows are not in order."
        )
    if not (contacts.wait_s >= 0).all():
        return f"Contact {int(np.argmin(contacts.wait_s >= 0)) + 1} has a negative or missing wait."
    wrong = contacts.answered & ~(contacts.handle_s >= 0)
    if wrong.any():
        row = int(np.argmax(wrong)) + 1
        return f"Contact {row} was answered and has a negative or missing handle time."
    return ""


def arrival_counts(contacts: Contacts, classes: int, days: int, part_s: float) -> Matrix:
    """Arrivals by day, part of the day and class, shape (days, parts, classes)."""
    parts = round(DAY_S / part_s)
    place = (contacts.at_s // part_s).astype(np.int64) * classes + contacts.class_of
    counted = np.bincount(place, minlength=days * parts * classes)[: days * parts * classes]
    return counted.reshape(days, parts, classes).astype(np.float64)


def handle_time(contacts: Contacts, k: int) -> Duration:
    """Handle times of class k as they were; MissingDataError when nobody was answered."""
    found = contacts.handle_s[contacts.answered & (contacts.class_of == k)]
    if found.size == 0:
        raise MissingDataError(f"No contact of class {k} was answered.", "Join it to another.")
    return shapes.empirical(found)


def agents_there(
    contacts: Contacts,
    days: int,
    part_s: float,
    mine: Flags | None = None,
    away_s: float = AWAY_AFTER_S,
) -> Matrix:
    """Agents at work in each part of each day, shape (days, parts).

    While somebody waits nobody who is there rests, so the number of busy agents then is
    the number there. In the rest of the part an agent counts from a contact to the next
    when less than `away_s` lie between. `mine`, shape (contacts,), says whose agents
    are counted; all contacts tell whether somebody waits.
    """
    parts = days * round(DAY_S / part_s)
    answered = contacts.answered if mine is None else contacts.answered & mine
    start = contacts.at_s[answered] + contacts.wait_s[answered]
    end = start + contacts.handle_s[answered]
    busy = _steps(start, end)
    waits = contacts.wait_s > SETTLED_S
    queue = _steps(contacts.at_s[waits] + SETTLED_S, (contacts.at_s + contacts.wait_s)[waits])
    there = _steps(*_presence(contacts.agent[answered], start, end, away_s))
    grid = np.arange(0, parts * part_s, GRID_S) + GRID_S / 2
    shape = (parts, -1)
    waiting = (_level(queue, grid) > 0).reshape(shape)
    at_work = (_level(busy, grid).reshape(shape) * waiting).sum(axis=1)
    proved = at_work / np.maximum(waiting.sum(axis=1), 1)
    guessed = _level(there, grid).reshape(shape).mean(axis=1)
    share = waiting.mean(axis=1)
    found: Matrix = (proved * share + guessed * (1 - share)).reshape(days, -1)
    return found


def agents_present(
    contacts: Contacts, days: int, part_s: float, mine: Flags, away_s: float = AWAY_AFTER_S
) -> Matrix:
    """The same for agents with several contacts in hand, who may be there while others wait.

    An agent counts from a contact to the next when less than `away_s` lie between.
    """
    chosen = contacts.answered & mine
    start = (contacts.at_s + contacts.wait_s)[chosen]
    end = start + contacts.handle_s[chosen]
    spans = _spans(contacts.agent[chosen], start, end, away_s)
    parts = days * round(DAY_S / part_s)
    grid = np.arange(0, parts * part_s, GRID_S) + GRID_S / 2
    found: Matrix = _level(_steps(*spans), grid).reshape(days, parts // days, -1).mean(axis=2)
    return found


def away_after_s(contacts: Contacts) -> float:
    """Time without a contact after which an agent was not there, from the records themselves.

    19 of 20 pauses between two contacts of an agent on one day are shorter, and it is five
    minutes at least.
    """
    chosen = contacts.answered & (contacts.agent >= 0)
    start = (contacts.at_s + contacts.wait_s)[chosen]
    order = np.lexsort((start, contacts.agent[chosen]))
    agent, start = contacts.agent[chosen][order], start[order]
    end = start + contacts.handle_s[chosen][order]
    same = (agent[1:] == agent[:-1]) & (start[1:] // DAY_S == start[:-1] // DAY_S)
    pauses = (start[1:] - end[:-1])[same]
    return max(float(np.quantile(pauses, 0.95)), AWAY_AFTER_S) if pauses.size else AWAY_AFTER_S


def in_hand(contacts: Contacts, mine: Flags) -> float:
    """Contacts that an agent who is busy has in hand, on average over time."""
    chosen = contacts.answered & mine
    start = (contacts.at_s + contacts.wait_s)[chosen]
    took = contacts.handle_s[chosen]
    first, last = _spans(contacts.agent[chosen], start, start + took, 0.0)
    busy = float((last - first).sum())
    return float(took.sum()) / busy if busy else 1.0


def _spans(agent: Counts, start: Vector, end: Vector, gap_s: float) -> tuple[Vector, Vector]:
    """Times at which an agent has work, joined where less than `gap_s` lies between."""
    order = np.lexsort((start, agent))
    agent, start, end = agent[order], start[order], end[order]
    span = float(end.max(initial=0.0) + gap_s + 1.0)
    reach = np.maximum.accumulate(agent * 2 * span + end)  # of the same agent alone
    begins = np.ones(start.size, dtype=bool)
    begins[1:] = agent[1:] * 2 * span + start[1:] - reach[:-1] >= max(gap_s, 1e-9)
    place = np.cumsum(begins) - 1
    last = np.zeros(int(begins.sum()))
    np.maximum.at(last, place, end)
    return start[begins], last


def _presence(agent: Counts, start: Vector, end: Vector, away_s: float) -> tuple[Vector, Vector]:
    """Contacts of an agent, each extended to the next one when that comes soon."""
    order = np.lexsort((start, agent))
    agent, start, end = agent[order], start[order], end[order].copy()
    same = agent[1:] == agent[:-1]
    soon = same & (start[1:] - end[:-1] < away_s)
    end[:-1] = np.where(soon, start[1:], end[:-1])
    return start, end


def _steps(start: Vector, end: Vector) -> tuple[Vector, Vector]:
    """Moments at which a number changes, and the number after them."""
    moments = np.concatenate([start, end])
    change = np.concatenate([np.ones(start.size), -np.ones(end.size)])
    order = np.argsort(moments, kind="stable")
    return moments[order], np.cumsum(change[order])


def _level(steps: tuple[Vector, Vector], at: Vector) -> Vector:
    place = np.searchsorted(steps[0], at, side="right") - 1
    level: Vector = np.where(place >= 0, steps[1][np.maximum(place, 0)], 0.0)
    return level
