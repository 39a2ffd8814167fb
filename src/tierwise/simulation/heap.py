"""The coming events in order of time: a binary heap from which any event can be taken.

`when` has the moment of each event, `heap` the events, `place` where in the heap each
stands (-1: nowhere), all of shape (events,); `n[0]` is the size. The functions take
arrays one by one, because a tuple of them costs the compiler minutes.
"""

from __future__ import annotations

from tierwise.simulation.compiled import compiled, inlined
from tierwise.simulation.plant import Counts, Vector


@inlined
def rise(when: Vector, heap: Counts, place: Counts, at: int, event: int) -> None:
    """Put the event at `at`, or as far towards the root as its time asks."""
    t = when[event]
    while at > 0:
        above = (at - 1) >> 1
        other = heap[above]
        if when[other] < t or (when[other] == t and other < event):
            break
        heap[at] = other
        place[other] = at
        at = above
    heap[at] = event
    place[event] = at


@inlined
def sink(when: Vector, heap: Counts, place: Counts, n: Counts, at: int, event: int) -> None:
    """Put the event at `at`, or as far from the root as its time asks."""
    t = when[event]
    size = n[0]
    below = 2 * at + 1
    while below < size:
        child = heap[below]
        if below + 1 < size:
            other = heap[below + 1]
            if when[other] < when[child] or (when[other] == when[child] and other < child):
                child = other
                below += 1
        if t < when[child] or (t == when[child] and event < child):
            break
        heap[at] = child
        place[child] = at
        at = below
        below = 2 * at + 1
    heap[at] = event
    place[event] = at


@compiled
def push(when: Vector, heap: Counts, place: Counts, n: Counts, event: int, t: float) -> None:
    """Add an event, or give one that is there an earlier moment or a later one."""
    when[event] = t
    at = place[event]
    if at < 0:
        n[0] += 1
        rise(when, heap, place, n[0] - 1, event)
    elif at == 0:
        sink(when, heap, place, n, 0, event)
    else:
        rise(when, heap, place, at, event)
        sink(when, heap, place, n, place[event], event)


@compiled
def remove(when: Vector, heap: Counts, place: Counts, n: Counts, event: int) -> None:
    """Take an event out, wherever it stands; nothing when it is not there."""
    at = place[event]
    if at < 0:
        return
    place[event] = -1
    n[0] -= 1
    if at == n[0]:
        return
    moved = heap[n[0]]
    rise(when, heap, place, at, moved)
    sink(when, heap, place, n, place[moved], moved)
