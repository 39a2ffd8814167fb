"""Who gets whom right now: the decision functions over all idle agents and all queues.

The simulator asks the policy after every event. Here the same functions are asked until
nobody idle may take anybody, so that after every single event the outcome is the same,
and several events at once are settled as one batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from tierwise.routing.params import Params
from tierwise.routing.policy import NONE, choose_contact, choose_group, index_of

ROUNDING_S = 1.5e-6
"""A wait reckoned from two moments of a microsecond each may be short of itself by this."""


class Reason(StrEnum):
    """What decided for a contact."""

    ALONE = "alone"  # nobody else waited whom this agent may serve
    FLOOR = "floor"  # it had waited longer than its class ever should
    POLICY = "policy"  # it went before somebody who had waited longer
    LONGEST = "longest_wait"  # it had waited longest of those this agent may serve


@dataclass(frozen=True, slots=True)
class Waiting:
    """A contact in a queue."""

    contact: int
    waited_s: float
    weight: int = 1  # units of an agent's capacity that it takes


@dataclass(frozen=True, slots=True)
class Agent:
    """An agent who may take something."""

    agent: str
    group: int
    room: int  # units of capacity that are free
    idle_s: float  # since something was last given to, or taken from, the agent


@dataclass(frozen=True, slots=True)
class Match:
    """A contact for an agent, and why this one."""

    contact: int
    agent: str
    class_: int
    group: int
    waited_s: float
    weight: int
    index: float  # of the class at that moment, see `policy.index_of`
    reason: Reason


@dataclass(slots=True)
class _Pool:
    """What changes while matches are made."""

    queues: list[list[Waiting]]
    lengths: list[int]
    groups: list[list[Agent]]  # agents of each group, idle longest first
    taken: list[int]  # contacts of each queue that are matched

    def head(self, k: int) -> Waiting | None:
        """First contact of class k that nobody has yet."""
        return self.queues[k][self.taken[k]] if self.taken[k] < len(self.queues[k]) else None

    def best(self, g: int, weight: int) -> Agent | None:
        """The agent of group g, idle longest, with room for so much."""
        return next((a for a in self.groups[g] if a.room >= weight), None)


def settle(
    queues: Sequence[Sequence[Waiting]],
    lengths: Sequence[int],
    agents: Sequence[Agent],
    params: Params,
) -> list[Match]:
    """Matches, in the order in which they are made, until nobody idle may take anybody.

    `queues` has the first contacts of each class, longest wait first, as many at least
    as there are agents with room for them; `lengths` how many wait in all. Agents idle
    equally long are taken in the order given.
    """
    groups: list[list[Agent]] = [[] for _ in range(len(params.level))]
    for agent in sorted(agents, key=lambda a: -a.idle_s):  # stable
        if agent.room > 0:
            groups[agent.group].append(agent)
    pool = _Pool([list(q) for q in queues], list(lengths), groups, [0] * len(queues))
    matches: list[Match] = []
    while match := _next(pool, params):
        matches.append(match)
        _take(pool, match)
    return matches


def _next(pool: _Pool, params: Params) -> Match | None:
    heads = [pool.head(k) for k in range(len(pool.queues))]
    idle = [len(group) for group in pool.groups]
    since = [-group[0].idle_s if group else 0.0 for group in pool.groups]
    for g in sorted((g for g, n in enumerate(idle) if n), key=since.__getitem__):
        # A class whose head no agent of the group has room for counts as not eligible.
        waits = [
            head.waited_s + ROUNDING_S if head and pool.best(g, head.weight) else -1.0
            for head in heads
        ]
        k = choose_contact(g, waits, pool.lengths, idle, params)
        head = heads[k] if k != NONE else None
        if head:
            able = [n if pool.best(j, head.weight) else 0 for j, n in enumerate(idle)]
            chosen = choose_group(k, head.waited_s + ROUNDING_S, able, since, params)
            agent = pool.best(chosen, head.weight)
            assert agent is not None  # g itself may take it
            return _match(pool, params, head, k, agent, waits)
    return None


def _match(
    pool: _Pool, params: Params, head: Waiting, k: int, agent: Agent, waits: list[float]
) -> Match:
    g = agent.group
    others = [
        wait
        for j, wait in enumerate(waits)
        if j != k and pool.lengths[j] and wait >= params.after_wait_s[g, j]
    ]
    return Match(
        head.contact,
        agent.agent,
        k,
        g,
        head.waited_s,
        head.weight,
        index_of(k, head.waited_s, pool.lengths, params),
        _reason(head.waited_s, float(params.floor_s[k]), others),
    )


def _reason(waited_s: float, floor_s: float, others: Sequence[float]) -> Reason:
    if not others:
        return Reason.ALONE
    if waited_s >= floor_s:
        return Reason.FLOOR
    return Reason.POLICY if max(others) > waited_s + 2 * ROUNDING_S else Reason.LONGEST


def _take(pool: _Pool, match: Match) -> None:
    pool.taken[match.class_] += 1
    pool.lengths[match.class_] -= 1
    group = pool.groups[match.group]
    at = next(i for i, a in enumerate(group) if a.agent == match.agent)
    agent = group.pop(at)
    if room := agent.room - match.weight:
        # Busy now with one more: the others of the group come first.
        group.append(replace(agent, room=room, idle_s=min(0.0, group[-1].idle_s if group else 0.0)))
