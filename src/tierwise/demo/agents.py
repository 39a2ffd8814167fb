"""The service team and its roster of phone shifts and desk duty."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tierwise.demo.columns import (
    Flags,
    Floats,
    Ints,
    constant,
    dates,
    labels,
    money,
    numbered,
    real,
    table,
    texts,
)
from tierwise.demo.days import AS_OF_DAY, CLOSES_S, DAY_S, OPENS_S, is_working

SKILLS = ("orders", "billing", "technical", "commercial")
SITES = ("Leeds", "Cork", "Lyon")
EMPLOYERS = ("in-house", "Brightline Services")

# (from, to) of the phone shifts of a working day; the rest of the team has desk duty.
# The late shift may still answer after closing time those who rang before it.
PHONE_SHIFTS = (
    (OPENS_S, 13 * 3600),
    (13 * 3600, CLOSES_S + 1800),
    (10 * 3600, 11 * 3600 + 1800),
    (15 * 3600 + 1800, 16 * 3600 + 1800),
)


@dataclass(frozen=True)
class Team:
    """One entry per agent.

    pace: handle time relative to the team's average; below 1 is faster.
    has_skill: shape (agents, len(SKILLS)).
    """

    started_day: Ints
    rating: Floats
    has_skill: Flags
    cost_cents_per_hour: Ints
    employer: Ints
    pace: Floats

    def __len__(self) -> int:
        return len(self.started_day)


@dataclass(frozen=True)
class Rota:
    """Who works where on each working day.

    days: working days; order: agents of each day in drawn order, shape (days, agents),
    the first len(PHONE_SHIFTS) take the phone; present: how many are employed that day.
    """

    days: Ints
    order: Ints
    present: Ints

    def desk_agent(self, rng: np.random.Generator, day: Ints) -> Ints:
        """An agent on desk duty on each given day (or on the working day after it)."""
        row = np.minimum(np.searchsorted(self.days, day), len(self.days) - 1)
        desk = self.present[row] - len(PHONE_SHIFTS)
        place = len(PHONE_SHIFTS) + (rng.random(len(day)) * desk).astype(np.int64)
        return np.asarray(self.order[row, place], dtype=np.int64)


def make_team(rng: np.random.Generator) -> Team:
    """Fourteen agents, from veterans to two who joined within the last year."""
    years = np.array([14, 11, 9, 7.5, 6.2, 5.1, 4.4, 3.8, 3.2, 2.9, 2.6, 2.2, 0.9, 0.4])
    seniority = np.minimum(years / 8.0, 1.0)
    count = len(years)
    known = 1 + np.round(seniority * 2.4 + rng.random(count) * 0.6).astype(np.int64)
    place = np.argsort(rng.random((count, len(SKILLS))), axis=1)
    employer = (years < 4) & (rng.random(count) < 0.7)
    # Loaded: pay, desk, telephony and supervision of an hour at work.
    cost = 4_900 + 2_700 * seniority - 450 * employer + rng.normal(0, 110, count)
    rating = 0.58 + 0.32 * seniority + rng.normal(0, 0.03, count)
    return Team(
        started_day=(AS_OF_DAY - years * 365).astype(np.int64),
        rating=np.asarray(np.round(np.clip(rating, 0, 1), 3), dtype=np.float64),
        has_skill=place < known[:, None],
        cost_cents_per_hour=np.round(cost, -1).astype(np.int64),
        employer=employer.astype(np.int64),
        pace=1.12 - 0.22 * seniority,
    )


def make_rota(rng: np.random.Generator, team: Team, first_day: int) -> Rota:
    """A fresh draw of the team for every working day up to the as-of date."""
    every = np.arange(first_day, AS_OF_DAY + 1)
    days = every[is_working(every)]
    employed = team.started_day[None, :] <= days[:, None]
    keys = rng.random(employed.shape) + ~employed  # whoever has not started yet comes last
    return Rota(days, np.argsort(keys, axis=1), employed.sum(axis=1))


def phone_shifts(rota: Rota) -> tuple[Ints, Ints, Ints]:
    """Agent, start and end of every phone shift, in seconds since 1970."""
    width = len(PHONE_SHIFTS)
    hours = np.array(PHONE_SHIFTS)
    midnight = rota.days[:, None] * DAY_S
    agent = rota.order[:, :width]
    return agent.ravel(), (midnight + hours[:, 0]).ravel(), (midnight + hours[:, 1]).ravel()


def agent_table(team: Team) -> pa.Table:
    """The canonical table `agents`; cost_per_hour in EUR."""
    count = len(team)
    skills = [
        ";".join(s for s, has in zip(SKILLS, row, strict=True) if has) for row in team.has_skill
    ]
    return table(
        agent_id=numbered("A", np.arange(1, count + 1), 2),
        team_id=constant("reception", count),
        started_on=dates(team.started_day),
        rating=real(team.rating),
        skills=texts(skills),
        cost_per_hour=money(team.cost_cents_per_hour),
        location=labels(SITES, np.arange(count) % len(SITES)),
        employer=labels(EMPLOYERS, team.employer),
    )
