"""Who is served next, and by whom: the functions that the simulator and the router share.

Flat functions over arrays: plain Python in the router, compiled in the simulator,
the same decision in both. That is why nothing is imported but `math`, why no
helper is shared between them, and why they take arrays and no objects.

The index of a class is `min(cap, head start + rate * wait)` plus what its queue is
longer than its share. It covers first come first served (rate 1 for all), head
starts, accumulating priority (Kleinrock 1964; Stanford, Taylor & Ziedins 2014),
capped priority, and queue ratios (Gurvich & Whitt 2010), which keep waits near
their targets. A level stands above the index: strict priority.
"""

from __future__ import annotations

import math

TYPE_CHECKING = False  # type checkers take it for true; nothing is imported when it runs
if TYPE_CHECKING:
    from collections.abc import Sequence

    from tierwise.routing.params import Counts, Params, Vector

    Seconds = Sequence[float] | Vector
    Numbers = Sequence[int] | Counts

NONE = -1
"""Nobody may be served, or no group has anybody for it."""


def index_of(k: int, wait_s: float, queue_length: Numbers, params: Params) -> float:
    """Index of the class k when its first contact has waited `wait_s`; higher goes first."""
    index = params.head_start_s[k] + params.rate[k] * wait_s
    if index > params.cap_s[k]:
        index = params.cap_s[k]
    if params.per_queued_s[k] != 0.0:
        total = 0
        for j in range(len(queue_length)):
            total += queue_length[j]
        index += params.per_queued_s[k] * (queue_length[k] - params.queue_share[k] * total)
    return float(index)


def choose_contact(
    g: int,
    head_wait_s: Seconds,
    queue_length: Numbers,
    idle: Numbers,
    params: Params,
) -> int:
    """Class whose first contact an idle agent of group g takes, or NONE.

    `head_wait_s` and `queue_length` have shape (classes,), `idle` (groups,) with the
    agent in question counted. Skill comes first: only classes that g may serve after
    such a wait. Then whoever is past its floor, longest over first; then level; then
    index; then the longest wait; then the order of the classes.
    """
    total = 0
    for k in range(len(queue_length)):
        total += queue_length[k]
    best = NONE
    best_over = -math.inf
    best_level = math.inf
    best_index = -math.inf
    best_wait = -math.inf
    for k in range(len(queue_length)):
        wait = head_wait_s[k]
        if queue_length[k] == 0 or wait < params.after_wait_s[g, k]:
            continue
        over = wait - params.floor_s[k]
        if over < 0.0:
            over = -1.0
            if idle[g] <= params.reserve[g, k]:
                continue
        level = params.level[g, k]
        index = params.head_start_s[k] + params.rate[k] * wait
        if index > params.cap_s[k]:
            index = params.cap_s[k]
        if params.per_queued_s[k] != 0.0:
            index += params.per_queued_s[k] * (queue_length[k] - params.queue_share[k] * total)
        better = over > best_over
        if over == best_over:
            better = level < best_level
            if level == best_level:
                better = index > best_index
                if index == best_index:
                    better = wait > best_wait
        if better:
            best = k
            best_over = over
            best_level = level
            best_index = index
            best_wait = wait
    return best


def choose_group(k: int, wait_s: float, idle: Numbers, idle_since: Seconds, params: Params) -> int:
    """Group whose idle agent takes the first contact of class k, or NONE.

    `idle` and `idle_since` (moment since which its longest idle agent is idle) have
    shape (groups,). The preferred group first, then whose agent is idle longest. A
    contact past its floor takes a reserved agent too.
    """
    best = NONE
    best_rank = math.inf
    best_since = math.inf
    past_floor = wait_s >= params.floor_s[k]
    for g in range(len(idle)):
        if idle[g] == 0 or wait_s < params.after_wait_s[g, k]:
            continue
        if not past_floor and idle[g] <= params.reserve[g, k]:
            continue
        rank = params.preference[g, k]
        if rank < best_rank or (rank == best_rank and idle_since[g] < best_since):
            best = g
            best_rank = rank
            best_since = idle_since[g]
    return best
