"""A scenario from recorded contacts: arrivals, handle times, patience, who was there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from tierwise.errors import MissingDataError, UsageError
from tierwise.simulation import shapes
from tierwise.simulation.scenario import DAY_S, Shift
from tierwise.simulation.shapes import Duration

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

PATIENCE_POINTS = 1000
"""Equally likely values that a survival curve is turned into."""

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
        return Contacts(
            self.at_s[kept] - first * DAY_S,
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


def survival(wait_s: Vector, gave_up: Flags) -> tuple[Vector, Vector]:
    """Kaplan-Meier: moments at which somebody gave up, and the share that would stay longer.

    Waits that an answer ended tell only that patience was longer. Source: Kaplan & Meier 1958.
    """
    times = np.unique(wait_s[gave_up])
    order = np.sort(wait_s)
    at_risk = wait_s.size - np.searchsorted(order, times, side="left")
    left = np.sort(wait_s[gave_up])
    lost = np.searchsorted(left, times, side="right") - np.searchsorted(left, times, side="left")
    share: Vector = np.cumprod(1 - lost / at_risk, dtype=np.float64)
    return times, share


def median_patience_s(wait_s: Vector, gave_up: Flags) -> float:
    """Wait that half would not outlast, in seconds; inf when more than half stay."""
    times, share = survival(wait_s, gave_up)
    below = np.flatnonzero(share <= 0.5)
    return float(times[below[0]]) if below.size else float("inf")


def patience(contacts: Contacts, k: int) -> Duration:
    """Patience of class k from those who waited; beyond what was seen the last rate goes on."""
    mine = (contacts.class_of == k) & (contacts.wait_s > 0)
    wait, gave_up = contacts.wait_s[mine], ~contacts.answered[mine]
    if not gave_up.any():
        return shapes.NOBODY_GIVES_UP
    times, share = survival(wait, gave_up)
    points = 1 - (np.arange(PATIENCE_POINTS) + 0.5) / PATIENCE_POINTS
    place = np.searchsorted(-share, -points, side="left")
    seen = place < times.size
    found = times[np.minimum(place, times.size - 1)]
    rate = gave_up.sum() / wait.sum()  # of giving up, a second
    beyond = times[-1] + np.log(np.maximum(share[-1], 1e-12) / points) / rate
    return shapes.equally_likely(np.where(seen, found, np.maximum(beyond, times[-1])))


def agents_there(contacts: Contacts, days: int, part_s: float) -> Matrix:
    """Agents at work in each part of each day, shape (days, parts).

    While somebody waits nobody who is there rests, so the number of busy agents then is
    the number there. In the rest of the part an agent counts from a contact to the next
    when less than five minutes lie between.
    """
    parts = days * round(DAY_S / part_s)
    answered = contacts.answered
    start = contacts.at_s[answered] + contacts.wait_s[answered]
    end = start + contacts.handle_s[answered]
    busy = _steps(start, end)
    waits = contacts.wait_s > SETTLED_S
    queue = _steps(contacts.at_s[waits] + SETTLED_S, (contacts.at_s + contacts.wait_s)[waits])
    there = _steps(*_presence(contacts.agent[answered], start, end))
    grid = np.arange(0, parts * part_s, GRID_S) + GRID_S / 2
    shape = (parts, -1)
    waiting = (_level(queue, grid) > 0).reshape(shape)
    at_work = (_level(busy, grid).reshape(shape) * waiting).sum(axis=1)
    proved = at_work / np.maximum(waiting.sum(axis=1), 1)
    guessed = _level(there, grid).reshape(shape).mean(axis=1)
    share = waiting.mean(axis=1)
    found: Matrix = (proved * share + guessed * (1 - share)).reshape(days, -1)
    return found


def _presence(agent: Counts, start: Vector, end: Vector) -> tuple[Vector, Vector]:
    """Contacts of an agent, each extended to the next one when that comes soon."""
    order = np.lexsort((start, agent))
    agent, start, end = agent[order], start[order], end[order].copy()
    same = agent[1:] == agent[:-1]
    soon = same & (start[1:] - end[:-1] < AWAY_AFTER_S)
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


@dataclass(frozen=True, slots=True)
class Fitted:
    """A distribution beside the data it was fitted to."""

    what: str  # such as "handle time of gold"
    duration: Duration
    distance: float  # largest gap between the two distributions (Kolmogorov-Smirnov), 0..1
    values: int  # data behind it

    @property
    def fits(self) -> bool:
        """Whether the gap is below 5%: larger ones show in waits."""
        return self.distance <= 0.05

    @property
    def verdict(self) -> str:
        """For people."""
        said = "fits" if self.fits else "does not fit: use the measured values instead"
        return (
            f"{self.what}: {self.duration.shape} {said} (gap {self.distance:.1%}, {self.values:,})"
        )


def fit_lognormal(what: str, values_s: Vector) -> Fitted:
    """A lognormal by maximum likelihood, with how far it is from the data."""
    from scipy.stats import norm

    values = np.sort(values_s[values_s > 0])
    if values.size < 2 or values[0] == values[-1]:
        raise MissingDataError(
            f"{what}: {values.size} durations above 0 without spread.", "Use a constant."
        )
    logs = np.log(values)
    duration = Duration(shapes.Shape.LOGNORMAL, float(logs.mean()), float(logs.std()))
    model = norm.cdf((logs - duration.a) / duration.b)
    upper = np.arange(1, values.size + 1) / values.size
    distance = float(
        np.maximum(np.abs(upper - model), np.abs(upper - 1 / values.size - model)).max()
    )
    return Fitted(what, duration, distance, int(values.size))
