"""Contacts as the case system recorded them, with waits from the reception's real queue."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tierwise.demo.agents import SKILLS, Rota, Team, phone_shifts
from tierwise.demo.columns import (
    Flags,
    Ints,
    constant,
    flags,
    labels,
    numbered,
    real,
    table,
    times,
    whole,
)
from tierwise.demo.customers import People
from tierwise.demo.days import AS_OF_DAY, CLOSES_S, DAY_S, END_S, OPENS_S, is_working
from tierwise.demo.demand import CHANNELS, CHAT, EMAIL, PHONE, REASONS, SKILL_OF_REASON, WEB, Demand
from tierwise.demo.reception import first_come_first_served
from tierwise.demo.roster import Roster

OUTCOMES = ("answered", "abandoned", "self_served", "callback")
ANSWERED, ABANDONED, SELF_SERVED, CALLBACK = range(4)
STATUSES = ("open", "pending", "on_hold", "solved", "closed")
OPEN, PENDING, ON_HOLD, SOLVED, CLOSED = range(5)
PRIORITIES = ("low", "normal", "high", "urgent")
SLA_NAMES = ("Phone within 60 s", "Mail within a day", "Chat within 2 min", "Form within two days")
SLA_MINUTES = np.array([1, 1440, 2, 2880])

_SELF_SERVED = 0.35  # of web contacts
_CALLBACK = 0.09  # of callers about to give up
_REPEAT_DAYS = 7


@dataclass(frozen=True)
class Cases:
    """Contacts in order of arrival; moments in seconds since 1970, -1 where there is none.

    wait_s: until answered or given up, phone and chat only; handle_s: agent work.
    repeat_of: index of the earlier contact on the same matter, -1 for none.
    score: satisfaction 1..5, 0 where nobody rated.
    """

    demand: Demand
    person: Ints
    agent: Ints
    outcome: Ints
    status: Ints
    wait_s: Ints
    handle_s: Ints
    first_reply: Ints
    solved: Ints
    ended: Ints
    transfers: Ints
    reopens: Ints
    repeat_of: Ints
    score: Ints

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True)
class _Reply:
    """First handling of a contact: who, when, how long, how it went."""

    agent: Ints
    outcome: Ints
    wait_s: Ints
    handle_s: Ints
    at: Ints


def make_cases(
    rng: np.random.Generator, people: People, demand: Demand, team: Team, rota: Rota
) -> Cases:
    """Answer every contact; what a customer is worth plays no part in it."""
    desk = _desk(rng, demand, team, rota)
    reply = _with_phone(rng, demand, team, rota, desk)
    skilled = team.has_skill[reply.agent, SKILL_OF_REASON[demand.reason]] | (reply.agent < 0)
    has_agent = reply.agent >= 0
    transfers = (~skilled & (rng.random(len(demand)) < 0.8)).astype(np.int64)
    reopens = np.where(has_agent, rng.poisson(np.where(skilled, 0.05, 0.16)), 0)
    solved = _solved(rng, reply, skilled & (reopens == 0))
    status = _status(rng, demand, reply, solved)
    solved = np.where(status >= SOLVED, solved, -1)
    repeat_of = _repeats(demand)
    return Cases(
        demand=demand,
        person=people.draw(rng, demand.customer),
        agent=reply.agent,
        outcome=reply.outcome,
        status=status,
        wait_s=reply.wait_s,
        handle_s=reply.handle_s,
        first_reply=np.where(reply.at > END_S, -1, reply.at),
        solved=solved,
        ended=_ended(demand, reply),
        transfers=transfers,
        reopens=reopens,
        repeat_of=repeat_of,
        score=_scores(rng, reply, transfers, reopens, repeat_of),
    )


def _desk(rng: np.random.Generator, demand: Demand, team: Team, rota: Rota) -> _Reply:
    """Mail, chat and web forms, answered by the desk in order of arrival as well."""
    count, channel = len(demand), demand.channel
    agent = rota.desk_agent(rng, demand.at // DAY_S)
    lag_s = np.select(
        [channel == CHAT, channel == EMAIL],
        [rng.exponential(42.0, count), rng.lognormal(9.1, 0.9, count)],
        rng.lognormal(9.7, 0.8, count),
    ).astype(np.int64)
    served = (channel == WEB) & (rng.random(count) < _SELF_SERVED)
    at = np.where(channel == CHAT, demand.at + lag_s, next_open(rng, demand.at + lag_s))
    handle = np.maximum(np.round(demand.handle_s * team.pace[agent]), 20).astype(np.int64)
    return _Reply(
        agent=np.where(served, -1, agent),
        outcome=np.where(served, SELF_SERVED, ANSWERED),
        wait_s=np.where(channel == CHAT, lag_s, -1),
        handle_s=np.where(served, -1, handle),
        at=np.where(served, -1, at),
    )


def _with_phone(
    rng: np.random.Generator, demand: Demand, team: Team, rota: Rota, desk: _Reply
) -> _Reply:
    """Put the calls through the reception and take the rest from the desk."""
    calls = np.flatnonzero(demand.channel == PHONE)
    arrival = demand.at[calls]
    served = first_come_first_served(
        arrival, demand.handle_s[calls], demand.patience_s[calls], phone_shifts(rota), team.pace
    )
    asked_back = ~served.answered & (rng.random(len(calls)) < _CALLBACK)
    called_at = next_open(rng, arrival + served.wait_s + rng.integers(1800, 9000, len(calls)))
    by_phone = _Reply(
        agent=np.where(asked_back, desk.agent[calls], served.agent),
        outcome=np.select([served.answered, asked_back], [ANSWERED, CALLBACK], ABANDONED),
        wait_s=served.wait_s,
        handle_s=np.select(
            [served.answered, asked_back], [served.handle_s, desk.handle_s[calls]], -1
        ),
        at=np.select([served.answered, asked_back], [arrival + served.wait_s, called_at], -1),
    )
    return _Reply(
        **{name: _put(desk, by_phone, name, calls) for name in _Reply.__dataclass_fields__}
    )


def _put(desk: _Reply, by_phone: _Reply, name: str, calls: Ints) -> Ints:
    values: Ints = getattr(desk, name).copy()
    values[calls] = getattr(by_phone, name)
    return values


def next_open(rng: np.random.Generator, at: Ints) -> Ints:
    """The moment itself in opening hours, else some time in the first hours of the next opening."""
    day, second = np.divmod(at, DAY_S)
    closed = (second >= CLOSES_S) | ~is_working(day)
    moved = np.where(closed, day + 1, day)
    for _ in range(6):
        moved = np.where(is_working(moved), moved, moved + 1)
    early = closed | (second < OPENS_S)
    return np.where(early, moved * DAY_S + OPENS_S + rng.integers(60, 9000, len(at)), at)


def _solved(rng: np.random.Generator, reply: _Reply, at_once: Flags) -> Ints:
    """When the matter was closed: at the end of the first handling or days later."""
    first = at_once & (rng.random(len(reply.at)) < 0.86)
    done = reply.at + np.maximum(reply.handle_s, 0)
    later = next_open(rng, done + rng.lognormal(11.6, 0.9, len(done)).astype(np.int64))
    return np.where(reply.at < 0, -1, np.where(first, done, later))


def _status(rng: np.random.Generator, demand: Demand, reply: _Reply, solved: Ints) -> Ints:
    """Solved cases close after a month; what the as-of date cuts off is still open."""
    count = len(demand)
    done = np.where(demand.at < END_S - 30 * DAY_S, CLOSED, SOLVED)
    # A few cases of the last months got stuck: the open issues that hold back marketing.
    stuck = (reply.agent >= 0) & (demand.at > END_S - 120 * DAY_S) & (rng.random(count) < 0.012)
    waiting = np.where(rng.random(count) < 0.5, OPEN, PENDING)
    unanswered = (reply.at > END_S) & (reply.agent >= 0)
    return np.select(
        [unanswered, stuck, solved > END_S],
        [np.full(count, OPEN), np.full(count, ON_HOLD), waiting],
        done,
    )


def _ended(demand: Demand, reply: _Reply) -> Ints:
    """End of a conversation, for calls and chats; callbacks end when they are called back."""
    spoke = (reply.handle_s >= 0) & ((demand.channel == PHONE) | (demand.channel == CHAT))
    end = np.where(spoke, reply.at + reply.handle_s, -1)
    end = np.where(reply.outcome == ABANDONED, demand.at + reply.wait_s, end)
    return np.where(end > END_S, -1, end)


def _repeats(demand: Demand) -> Ints:
    """The customer's previous contact for the same reason within seven days."""
    key = demand.customer * len(REASONS) + demand.reason
    order = np.lexsort((demand.at, key))
    earlier, later = order[:-1], order[1:]
    close = demand.at[later] - demand.at[earlier] <= _REPEAT_DAYS * DAY_S
    same = (key[later] == key[earlier]) & close
    repeat_of = np.full(len(demand), -1, dtype=np.int64)
    repeat_of[later[same]] = earlier[same]
    return repeat_of


def _scores(
    rng: np.random.Generator, reply: _Reply, transfers: Ints, reopens: Ints, repeat_of: Ints
) -> Ints:
    """Satisfaction 1..5 of the fifth who rate; waits and effort pull it down."""
    count = len(repeat_of)
    strain = np.maximum(reply.wait_s, 0) / 110 + 0.8 * transfers + 0.9 * reopens
    felt = 4.55 - strain - 0.6 * (repeat_of >= 0) + rng.normal(0, 0.7, count)
    rates = (reply.outcome == ANSWERED) & (reply.at <= END_S) & (rng.random(count) < 0.21)
    return np.where(rates, np.clip(np.round(felt), 1, 5), 0).astype(np.int64)


def contact_table(rng: np.random.Generator, roster: Roster, cases: Cases) -> pa.Table:
    """The canonical table `contacts`."""
    demand, count = cases.demand, len(cases)
    live = cases.wait_s >= 0
    held = cases.agent >= 0
    answered = held & (cases.first_reply >= 0)
    breach = demand.at + SLA_MINUTES[demand.channel] * 60
    met = (cases.first_reply >= 0) & (cases.first_reply <= breach)
    left_early = (cases.outcome == ABANDONED) & (cases.ended <= breach)
    breached = ~met & ~left_early & (cases.outcome != SELF_SERVED) & (breach <= END_S)
    is_complaint = demand.reason == REASONS.index("complaint")
    return table(
        contact_id=numbered("C", np.arange(1, count + 1), 6),
        customer_id=numbered("F", roster.number[demand.customer], 5),
        person_id=numbered("P", cases.person + 1, 5),
        channel=labels(CHANNELS, demand.channel),
        created_at=times(demand.at),
        first_reply_at=times(cases.first_reply, cases.first_reply >= 0),
        solved_at=times(cases.solved, cases.solved >= 0),
        status=labels(STATUSES, cases.status),
        priority=labels(PRIORITIES, _priority(rng, demand)),
        reason=labels(REASONS, demand.reason),
        group_id=constant("reception", count),
        assignee_id=numbered("A", cases.agent + 1, 2, held),
        outcome=labels(OUTCOMES, cases.outcome, cases.outcome >= 0),
        answered_at=times(cases.first_reply, answered),
        abandoned_at=times(cases.ended, cases.outcome == ABANDONED),
        ended_at=times(cases.ended, cases.ended >= 0),
        wait_s=whole(cases.wait_s, live),
        handle_time_s=whole(cases.handle_s, answered),
        required_skill=labels(SKILLS, SKILL_OF_REASON[demand.reason]),
        transfers=whole(cases.transfers),
        reopens=whole(cases.reopens),
        repeat_of_id=numbered("C", cases.repeat_of + 1, 6, cases.repeat_of >= 0),
        satisfaction_score=real(cases.score, cases.score > 0),
        sla_policy=labels(SLA_NAMES, demand.channel),
        sla_target_minutes=whole(SLA_MINUTES[demand.channel]),
        sla_breach_at=times(breach, breached),
        is_public_complaint=flags(is_complaint & (rng.random(count) < 0.06)),
    )


def _priority(rng: np.random.Generator, demand: Demand) -> Ints:
    """Set by the matter, not by the customer."""
    fault = demand.reason == REASONS.index("technical_fault")
    upset = demand.reason == REASONS.index("complaint")
    drawn = np.where(rng.random(len(demand)) < 0.16, 0, 1)
    raised = rng.random(len(demand))
    return np.select([fault & (raised < 0.12), (fault & (raised < 0.4)) | upset], [3, 2], drawn)


def event_table(rng: np.random.Generator, cases: Cases, days: int = 92) -> pa.Table:
    """The canonical table `contact_events`: the case log of the last `days` days."""
    recent = np.flatnonzero(cases.demand.at >= (AS_OF_DAY - days + 1) * DAY_S)
    reply, solved = cases.first_reply[recent], cases.solved[recent]
    reopened_at = reply + ((solved - reply) * rng.uniform(0.3, 0.9, len(recent))).astype(np.int64)
    kinds = (
        (recent, cases.demand.at[recent]),
        (recent[reply >= 0], reply[reply >= 0]),
        _only((cases.reopens[recent] > 0) & (solved > reply) & (reply >= 0), recent, reopened_at),
        _only(solved >= 0, recent, solved),
    )
    kind = np.repeat(np.arange(len(kinds)), [len(at) for _, at in kinds])
    contact, at = (np.concatenate(parts) for parts in zip(*kinds, strict=True))
    order = np.lexsort((kind, contact, at))
    kind, contact, at = kind[order], contact[order], at[order]
    by_agent = (kind > 0) & (cases.agent[contact] >= 0)
    return table(
        event_id=numbered("E", np.arange(1, len(kind) + 1), 6),
        contact_id=numbered("C", contact + 1, 6),
        at=times(at),
        type=labels(("created", "assigned", "reopened", "solved"), kind),
        actor=numbered("A", cases.agent[contact] + 1, 2, by_agent),
        field=labels(("status", "assignee_id", "status", "status"), kind),
        old=labels((None, None, "solved", "open"), kind),
        new=labels(("new", "open", "open", "solved"), kind),
    )


def _only(chosen: Flags, contact: Ints, at: Ints) -> tuple[Ints, Ints]:
    return contact[chosen], at[chosen]
