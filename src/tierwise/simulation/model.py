"""A whole contact centre from its records: what each class and each group of agents is like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tierwise.simulation import patience, shapes
from tierwise.simulation.arrivals import Spread, spread, weekly_mean
from tierwise.simulation.calibrate import (
    Contacts,
    agents_present,
    agents_there,
    arrival_counts,
    away_after_s,
    in_hand,
)
from tierwise.simulation.fitted import Fitted, fit_lognormal
from tierwise.simulation.retrials import Retrials, retrials
from tierwise.simulation.scenario import HOUR_S
from tierwise.simulation.shapes import Duration

Vector = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

PART_S = 1800.0
"""Arrivals and agents are counted by half hours."""

POINTS = 200
"""Measured values that a scenario file keeps of a distribution without a model."""

FEWEST = 50
"""With fewer values a class or a seniority has no distribution of its own."""

FEWEST_LEFT = 20
"""With fewer people who gave up a class has the patience of its channel."""

BUSIEST = 0.95
"""Agents counted from contacts who are busier than this were there unseen as well."""

ROUNDED_UP = 0.6
"""From 0.4 on one more agent was there: a count from contacts misses who had none for a while."""

ENTIRELY_ONE = 1.15
"""From so many contacts in hand on average agents are said to have several at once."""


@dataclass(frozen=True, slots=True)
class ClassName:
    """What a class stands for."""

    name: str
    channel: str
    tier: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class GroupName:
    """Agents who answer one channel with one seniority."""

    name: str
    channel: str
    seniority: str  # "" where it is not known
    cost_per_hour: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Calls:
    """Recorded contacts with what they belong to; arrays have shape (contacts,)."""

    contacts: Contacts
    classes: tuple[ClassName, ...]
    groups: tuple[GroupName, ...]
    group_of: Counts  # group of the agent who answered; -1 for none
    customer: Counts  # -1 where it is not known
    days: int
    first_weekday: int  # of day 0; 0 for Monday

    def of_class(self, k: int) -> Flags:
        """Which contacts are of class k."""
        found: Flags = self.contacts.class_of == k
        return found

    def of_channel(self, channel: str) -> Flags:
        """Which contacts came by a channel."""
        mine = [k for k, item in enumerate(self.classes) if item.channel == channel]
        found: Flags = np.isin(self.contacts.class_of, mine)
        return found


@dataclass(frozen=True, slots=True)
class HandleFit:
    """Handle time of one class by agents of one seniority."""

    seniority: str
    values: int
    mean_s: float
    fitted: Fitted | None  # None without enough spread
    duration: Duration  # what the scenario uses

    @property
    def fits(self) -> bool:
        """Whether the model does."""
        return self.fitted is not None and self.fitted.fits


@dataclass(frozen=True, slots=True)
class PatienceFit:
    """Patience of one class."""

    of: str  # "class", or "channel" where too few of the class gave up
    waited: int
    gave_up: int
    median_s: float  # Kaplan-Meier; inf when more than half stay
    median_answered_first_s: float  # with answers in the same second taken as earlier
    fitted: Fitted | None  # the simplest model that does, else the closest; None: nobody gave up
    duration: Duration  # what the scenario uses


@dataclass(frozen=True, slots=True, eq=False)
class ClassFit:
    """What the records say of one class."""

    of: ClassName
    contacts: int
    answered: float  # share, 0..1
    per_hour: Vector  # (7 * 48,) first attempts by half hour of the week, Monday first
    spread: Spread
    handle: tuple[HandleFit, ...]
    patience: PatienceFit
    retrials: Retrials


@dataclass(frozen=True, slots=True, eq=False)
class GroupFit:
    """What the records say of one group of agents."""

    of: GroupName
    there: Vector  # (7 * 48,) agents, mean over open days
    on_duty: Counts  # (7 * 48,) the same in whole agents
    contacts_in_hand: float  # of an agent who is busy, on average
    seen_little: bool = False  # agents were added, because contacts do not show who is there

    @property
    def concurrency(self) -> int:
        """Contacts that an agent can have in hand."""
        return int(np.ceil(self.contacts_in_hand)) if self.contacts_in_hand >= ENTIRELY_ONE else 1


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """What a scenario is written from."""

    classes: tuple[ClassFit, ...]
    groups: tuple[GroupFit, ...]
    open_days: int
    days: int


def fit(calls: Calls) -> Model:
    """Fit every class and count every group.

    Days without a contact are taken as closed. MissingDataError for a class that nobody
    answered.
    """
    counts = arrival_counts(calls.contacts, len(calls.classes), calls.days, PART_S)
    is_open = counts.sum(axis=(1, 2)) > 0
    came_again = {c: _retrials(calls, c) for c in {item.channel for item in calls.classes}}
    by_channel = {c: _patience(calls, calls.of_channel(c), "channel") for c in came_again}
    mean = weekly_mean(counts, is_open, calls.first_weekday)
    classes = []
    for k, name in enumerate(calls.classes):
        mine = calls.of_class(k)
        own = _patience(calls, mine, "class")
        again = came_again[name.channel]
        first = 1 - _again(again, calls.contacts.answered[mine])
        classes.append(
            ClassFit(
                name,
                int(mine.sum()),
                float(calls.contacts.answered[mine].mean()),
                mean[:, k] * first * HOUR_S / PART_S,
                spread(counts[:, :, k], is_open, calls.first_weekday),
                _handle(calls, mine),
                own if own.gave_up >= FEWEST_LEFT else by_channel[name.channel],
                again,
            )
        )
    groups = [_group(calls, g, is_open) for g in range(len(calls.groups))]
    for channel in by_channel:
        _man(groups, [item for item in classes if item.of.channel == channel])
    return Model(tuple(classes), tuple(groups), int(is_open.sum()), calls.days)


def _man(groups: list[GroupFit], classes: list[ClassFit]) -> None:
    """Whole agents of a channel, and enough of them where contacts show too few."""
    mine = [g for g, group in enumerate(groups) if group.of.channel == classes[0].of.channel]
    if not mine:
        return
    levels = np.array([groups[g].there for g in mine])
    handle = [item.per_hour * item.answered * item.handle[0].mean_s / HOUR_S for item in classes]
    load = np.sum(handle, axis=0) / max(groups[g].concurrency for g in mine)
    shared, seen_little = whole_agents(levels, load)
    for g, on_duty in zip(mine, shared, strict=True):
        groups[g] = replace(groups[g], on_duty=on_duty, seen_little=seen_little)


def whole_agents(levels: npt.NDArray[np.float64], load: Vector) -> tuple[Counts, bool]:
    """Whole agents of the groups of a channel, shape (groups, parts), and whether seen little.

    `levels` has that shape too, `load` (parts,) is the work in agents. Whoever does other
    work between contacts is seen only with one and cannot be counted. Then there are as
    many as the square-root rule asks for, while contacts come and a part after.
    """
    total = np.floor(levels.sum(axis=0) + ROUNDED_UP).astype(np.int64)
    seen_little = float(load.sum()) > BUSIEST * float(total.sum())
    wanted = np.ceil(load + np.sqrt(load)) if seen_little else np.where(load > 0, 1, 0)
    wanted = wanted.astype(np.int64)
    total = np.maximum(total, np.maximum(wanted, np.roll(wanted, 1)))
    return _shared(levels, total), seen_little


def _shared(levels: npt.NDArray[np.float64], total: Counts) -> Counts:
    """A total in whole agents shared out by level, (groups, parts): who lacks most is next."""
    found = np.zeros(levels.shape, dtype=np.int64)
    owed = np.zeros(levels.shape[0])
    for part, number in enumerate(total.tolist()):
        level = levels[:, part]
        whole = float(level.sum())
        owed += number * (level / whole if whole else levels.sum(axis=1) / max(levels.sum(), 1e-9))
        for _ in range(number):
            g = int(np.argmax(owed))
            found[g, part] += 1
            owed[g] -= 1
    return found


def _retrials(calls: Calls, channel: str) -> Retrials:
    mine = calls.of_channel(channel)
    found = calls.contacts
    end_s = calls.days * 86_400.0
    return retrials(found.at_s[mine], calls.customer[mine], found.answered[mine], end_s)


def _again(found: Retrials, answered: Flags) -> float:
    """Share of contacts that are second attempts: they come again by themselves."""
    return found.share * float((~answered).mean()) if found.is_certain and answered.size else 0.0


def _handle(calls: Calls, mine: Flags) -> tuple[HandleFit, ...]:
    """By seniority where there is enough of each, the mean of all first."""
    found = calls.contacts
    answered = mine & found.answered
    fits = [_handle_fit("", found.handle_s[answered])]
    level = np.array([*(group.seniority for group in calls.groups), ""])[calls.group_of]
    for seniority in sorted({str(one) for one in level[answered]} - {""}):
        values = found.handle_s[answered & (level == seniority)]
        if values.size >= FEWEST:
            fits.append(_handle_fit(seniority, values))
    return tuple(fits) if len(fits) > 2 else tuple(fits[:1])


def _handle_fit(seniority: str, values_s: Vector) -> HandleFit:
    above = values_s[values_s > 0]
    spread_out = above.size >= 2 and float(np.ptp(above)) > 0
    found = fit_lognormal("handle time", values_s) if spread_out else None
    measured = shapes.equally_likely(np.round(shapes.thinned(np.sort(values_s), POINTS), 1))
    duration = found.duration if found is not None and found.fits else measured
    return HandleFit(seniority, int(values_s.size), float(values_s.mean()), found, duration)


def _patience(calls: Calls, mine: Flags, of: str) -> PatienceFit:
    """From those who waited: the simplest model that fits, else the measured curve."""
    chosen = mine & (calls.contacts.wait_s > 0)
    wait, gave_up = calls.contacts.wait_s[chosen], ~calls.contacts.answered[chosen]
    if not gave_up.any():
        never = shapes.NOBODY_GIVES_UP
        return PatienceFit(of, int(wait.size), 0, np.inf, np.inf, None, never)
    models = patience.fitted("patience", wait, gave_up)
    best = next((one for one in models if one.fits), min(models, key=lambda one: one.distance))
    measured = patience.measured(wait, gave_up, POINTS)
    return PatienceFit(
        of,
        int(wait.size),
        int(gave_up.sum()),
        patience.median_s(patience.survival(wait, gave_up)),
        patience.median_s(patience.survival_answered_first(wait, gave_up)),
        best,
        best.duration if best.fits else measured,
    )


def _group(calls: Calls, g: int, is_open: Flags) -> GroupFit:
    """Agents of a group by half hour of the week."""
    mine = calls.group_of == g
    several = in_hand(calls.contacts, mine)
    there = agents_of(calls, g, several)
    mean = weekly_mean(there[:, :, None], is_open, calls.first_weekday)[:, 0]
    return GroupFit(calls.groups[g], mean, np.rint(mean).astype(np.int64), several)


def agents_of(calls: Calls, g: int, contacts_in_hand: float) -> npt.NDArray[np.float64]:
    """Agents of a group by day and half hour, shape (days, 48).

    Those with one contact at a time are counted while somebody waits in their channel;
    those with several from contact to contact.
    """
    mine = calls.group_of == g
    if contacts_in_hand >= ENTIRELY_ONE:
        away_s = away_after_s(calls.contacts.only(mine))
        return agents_present(calls.contacts, calls.days, PART_S, mine, away_s)
    queue = calls.of_channel(calls.groups[g].channel)
    records = calls.contacts.only(queue)
    return agents_there(records, calls.days, PART_S, mine[queue], away_after_s(records))


def shares_recorded(calls: Calls) -> Mapping[str, tuple[float, float, float]]:
    """By class: mean wait in seconds, share that waited, share that gave up."""
    found = {}
    for k, item in enumerate(calls.classes):
        mine = calls.of_class(k)
        wait, answered = calls.contacts.wait_s[mine], calls.contacts.answered[mine]
        found[item.name] = (float(wait.mean()), float((wait > 0).mean()), float((~answered).mean()))
    return found
