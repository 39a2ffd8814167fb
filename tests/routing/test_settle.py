"""Matching many agents with many contacts: what it never does, and its slow obvious twin."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.routing.params import Params
from tierwise.routing.policy import NONE, choose_contact, choose_group
from tierwise.routing.settle import (
    ROUNDING_S,
    Agent,
    Reason,
    Waiting,
    settle,
)

CLASSES, GROUPS = 3, 2
seconds = st.sampled_from([0.0, 5.0, 30.0, 60.0, 61.0, 300.0])
with_inf = st.one_of(seconds, st.just(math.inf))


def vector(values, size=CLASSES):
    return st.lists(values, min_size=size, max_size=size).map(lambda v: np.array(v, dtype=float))


def matrix(values):
    return vector(values, GROUPS * CLASSES).map(lambda v: v.reshape(GROUPS, CLASSES))


few = st.sampled_from([0.0, 1.0, 2.0])
policies = st.builds(
    Params,
    head_start_s=vector(seconds),
    rate=vector(few),
    cap_s=vector(with_inf),
    floor_s=vector(with_inf),
    per_queued_s=vector(few),
    queue_share=vector(st.sampled_from([0.2, 0.5])),
    level=matrix(few),
    after_wait_s=matrix(with_inf),
    reserve=matrix(few).map(lambda m: m.astype(np.int64)),
    preference=matrix(few),
)
weights = st.lists(st.integers(1, 3), min_size=CLASSES, max_size=CLASSES)


@st.composite
def crowds(draw):
    """Queues, longest wait first, each class of one weight; and agents with room."""
    queues, number = [], 0
    for weight in draw(weights):
        waits = sorted(draw(st.lists(seconds, max_size=6)), reverse=True)
        queues.append([Waiting(number + i, wait, weight) for i, wait in enumerate(waits)])
        number += len(waits)
    drawn = st.tuples(st.integers(0, GROUPS - 1), st.integers(1, 3), st.integers(0, 99))
    agents = [
        Agent(f"a{i}", g, room, float(idle))
        for i, (g, room, idle) in enumerate(draw(st.lists(drawn, max_size=6)))
    ]
    return queues, agents


def settled(crowd, params):
    queues, agents = crowd
    return settle(queues, [len(q) for q in queues], agents, params)


def left(crowd, matches):
    """Who waits and who has room afterwards."""
    queues, agents = crowd
    taken = {m.contact for m in matches}
    used = {a.agent: sum(m.weight for m in matches if m.agent == a.agent) for a in agents}
    waiting = [[w for w in queue if w.contact not in taken] for queue in queues]
    rooms = [replace(a, room=a.room - used[a.agent]) for a in agents]
    return waiting, [a for a in rooms if a.room > 0]


@settings(max_examples=150, deadline=None)
@given(crowds(), policies)
def test_nobody_gets_more_than_there_is_room_and_no_contact_goes_twice(crowd, params):
    matches = settled(crowd, params)
    assert len({m.contact for m in matches}) == len(matches)
    for agent in crowd[1]:
        assert sum(m.weight for m in matches if m.agent == agent.agent) <= agent.room


@settings(max_examples=150, deadline=None)
@given(crowds(), policies)
def test_skill_comes_first(crowd, params):
    for m in settled(crowd, params):
        assert m.waited_s + ROUNDING_S >= params.after_wait_s[m.group, m.class_]


@settings(max_examples=150, deadline=None)
@given(crowds(), policies)
def test_within_a_class_the_order_is_kept(crowd, params):
    matches = settled(crowd, params)
    for k, queue in enumerate(crowd[0]):
        got = [m.contact for m in matches if m.class_ == k]
        assert got == [w.contact for w in queue][: len(got)]


@settings(max_examples=150, deadline=None)
@given(crowds(), policies)
def test_nobody_idle_is_left_beside_a_contact_that_they_may_take(crowd, params):
    """But for those whom a reserve keeps, and not even they from one past its floor."""
    waiting, agents = left(crowd, settled(crowd, params))
    idle = [sum(a.group == g for a in agents) for g in range(GROUPS)]
    for k, queue in enumerate(waiting):
        for agent in agents if queue else ():
            wait = queue[0].waited_s + ROUNDING_S
            if wait < params.after_wait_s[agent.group, k] or agent.room < queue[0].weight:
                continue
            assert wait < params.floor_s[k]
            assert idle[agent.group] <= params.reserve[agent.group, k]


@settings(max_examples=150, deadline=None)
@given(crowds(), policies)
def test_one_group_takes_whoever_is_past_its_floor_before_anybody_else(crowd, params):
    queues, agents = crowd
    crowd = queues, [replace(agent, group=0) for agent in agents]
    matches = settled(crowd, params)
    for at, m in enumerate(matches):
        waiting, free = left(crowd, matches[:at])
        over = [
            queue[0].waited_s + ROUNDING_S >= params.floor_s[k]
            for k, queue in enumerate(waiting)
            if queue
            and queue[0].waited_s + ROUNDING_S >= params.after_wait_s[0, k]
            and any(agent.room >= queue[0].weight for agent in free)
        ]
        if any(over):
            assert m.waited_s + ROUNDING_S >= params.floor_s[m.class_]


@settings(max_examples=300, deadline=None)
@given(crowds(), policies)
def test_it_equals_one_decision_at_a_time(crowd, params):
    """The longest idle agent asks; the contact looks for its group; until nobody gets anything."""
    queues, agents = [list(q) for q in crowd[0]], list(crowd[1])
    found = []
    while step := one_decision(queues, agents, params):
        k, agent = step
        found.append((queues[k][0].contact, agent.agent))
        weight = queues[k].pop(0).weight
        agents.remove(agent)
        if agent.room > weight:
            agents.append(replace(agent, room=agent.room - weight, idle_s=0.0))
    assert [(m.contact, m.agent) for m in settled(crowd, params)] == found


def one_decision(queues, agents, params):
    """Class and agent of the next match, by scanning everybody; None where there is none."""
    lengths = [len(q) for q in queues]
    idle = [sum(a.group == g for a in agents) for g in range(GROUPS)]

    def longest(g, weight):
        able = [a for a in agents if a.group == g and a.room >= weight]
        return max(able, key=lambda a: a.idle_s, default=None)

    first = {g: longest(g, 1) for g in range(GROUPS) if idle[g]}
    since = [-first[g].idle_s if g in first else 0.0 for g in range(GROUPS)]
    for g in sorted(first, key=lambda g: since[g]):
        waits = [
            q[0].waited_s + ROUNDING_S if q and longest(g, q[0].weight) else -1.0 for q in queues
        ]
        k = choose_contact(g, waits, lengths, idle, params)
        if k != NONE:
            weight = queues[k][0].weight
            able = [idle[j] if longest(j, weight) else 0 for j in range(GROUPS)]
            chosen = choose_group(k, waits[k], able, since, params)
            return k, longest(chosen, weight)
    return None


def plain(classes: int) -> Params:
    return Params(
        head_start_s=np.zeros(classes),
        rate=np.ones(classes),
        cap_s=np.full(classes, np.inf),
        floor_s=np.full(classes, np.inf),
        per_queued_s=np.zeros(classes),
        queue_share=np.zeros(classes),
        level=np.zeros((1, classes)),
        after_wait_s=np.zeros((1, classes)),
        reserve=np.zeros((1, classes), dtype=np.int64),
        preference=np.zeros((1, classes)),
    )


def test_the_reason_says_what_decided():
    head_start = plain(2)._replace(head_start_s=np.array([60.0, 0.0]))
    floored = head_start._replace(floor_s=np.array([np.inf, 100.0]))

    def reasons(first, second, params):
        queues = [[Waiting(i, w)] if w is not None else [] for i, w in enumerate((first, second))]
        lengths = [len(q) for q in queues]
        return [m.reason for m in settle(queues, lengths, [Agent("a", 0, 1, 0.0)], params)]

    assert reasons(10.0, None, head_start) == [Reason.ALONE]
    assert reasons(10.0, 40.0, head_start) == [Reason.POLICY]
    assert reasons(10.0, 5.0, head_start) == [Reason.LONGEST]
    assert reasons(10.0, 120.0, floored) == [Reason.FLOOR]
