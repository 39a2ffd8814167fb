"""What compiled code reads and writes: the scenario as arrays, the state, the tally."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from tierwise.simulation.shapes import Shapes

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Cube = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

# Streams of random numbers of a class.
ARRIVES, HANDLES, STAYS, TRIES_SELF, CONTAINED, SELF_TIME = 0, 1, 2, 3, 4, 5
RETRIES, RETRY_TIME, CALLS_BACK, TRANSFERS, WRAPS, SHIFTS, SHIFT_TIME = 6, 7, 8, 9, 10, 11, 12
STREAMS = 13

# Columns of Tally.counts.
(OFFERED, ANSWERED, ABANDONED, WAITED, WITHIN, SELF_SERVED, RETRIED, CALLED_BACK, TRANSFERRED,
 SHIFTED, LEFT) = range(11)  # fmt: skip
COUNTS = 11

# Columns of Tally.sum.
WAIT, WAIT_ANSWERED, WAIT_ABANDONED, HOLD, HANDLE, AREA, OVERLAP = range(7)
SUMS = 7

# Columns of Tally.by_time.
T_OFFERED, T_WAIT, T_WAITED, T_ABANDONED, T_WITHIN = range(5)
TIMES = 5

# Columns of Tally.group.
BUSY_S, ON_S, OVERTIME_S = range(3)

# Wait histogram: SUB bins an octave from 2^LOWEST seconds up; bin 0 is no wait.
SUB, LOWEST, OCTAVES = 32, -20, 50
BINS = 2 + SUB * OCTAVES

DAY_BINS = 48
"""Parts of a day (half hours) that waits are shown by."""


class Plant(NamedTuple):
    """A scenario without its policy: K classes, G groups, A agents with S places in all."""

    edges_s: Vector  # (P + 1,) ends of the parts of the arrival cycle; the last may be inf
    arrivals_per_s: Matrix  # (K, P)
    recorded_at_s: Vector  # arrivals as recorded, class after class
    recorded_handle_s: Vector  # their handle times; NaN where it must be drawn
    recorded_patience_s: Vector  # their patience; NaN where it must be drawn
    recorded_first: Counts  # (K + 1,) where each class's records start; none: by rate
    shapes: Shapes
    handle: Counts  # (K, levels of seniority) row of `shapes`
    patience: Counts  # (K,) row of `shapes`, and so on
    wrap: Counts
    retry_delay: Counts
    self_time: Counts
    shift_delay: Counts
    p_retry: Vector  # (K,) share of those who gave up that come again
    p_self: Vector  # (K,) share that meets self-service first
    p_contained: Vector  # (K,) share of these that need nobody afterwards
    callback_after_s: Vector  # (K,) wait at which a callback is offered; inf: never
    p_callback: Vector  # (K,) share that takes it
    shift_from: Counts  # (K,) contacts waiting from which a later slot is offered; 0: never
    p_shift: Vector  # (K,) share that takes it
    transfer: Matrix  # (K, K) cumulative probabilities that a contact goes on to a class
    thresholds_s: Matrix  # (K, N) waits at which a contact looks again; the last is inf
    target_s: Vector  # (K,) answered within this counts as in time
    slowdown: Vector  # (G,) handle time grows by this for each other contact in hand
    slot_agent: Counts  # (S,)
    slot_group: Counts  # (S,)
    slot_level: Counts  # (S,) seniority
    first_slot: Counts  # (A + 1,)
    starts_on: Counts  # (A,) 1: on duty at the start
    duty_at_s: Vector  # (D,) moments within the duty cycle, ascending
    duty_agent: Counts  # (D,)
    duty_on: Counts  # (D,) 1: comes, 0: goes
    duty_cycle_s: float
    day_s: float  # that waits are shown by time of
    slot_first_event: int  # number of the event of place 0
    contact_first_event: int  # number of the event of contact 0


class State(NamedTuple):
    """Everything that changes while it runs. Events: K arrivals, one of duty, S slots, contacts."""

    when: Vector  # (events,) its moment
    place: Counts  # (events,) its place in the heap, -1: not there
    heap: Counts  # (events,) events by moment, then number
    n: Counts  # scalars, see N_*
    made: Counts  # (K,) contacts so far
    part: Counts  # (K,) part of the arrival cycle
    cycle_from: Vector  # (K,) start of its cycle
    wraps_up: Counts  # (K,) 1: its agents have work after it
    gives_up: Counts  # (K,) 1: its contacts have a patience
    queue_length: Counts  # (K,)
    head_wait_s: Vector  # (K,)
    first: Counts  # (K,) contact at the head of the queue
    last: Counts  # (K,)
    area_from: Vector  # (K,)
    idle: Counts  # (G,)
    idle_since: Vector  # (G,)
    idle_first: Counts  # (G,) slot idle longest
    idle_last: Counts
    idle_next: Counts  # (S,)
    idle_before: Counts
    slot_idle: Counts  # (S,) 1: in the list of the idle
    slot_state: Counts  # (S,) see OFF_DUTY
    slot_class: Counts
    slot_contact: Counts
    slot_from: Vector
    on: Counts  # (A,)
    on_from: Vector
    off_from: Vector
    in_hand: Counts  # (A,) contacts
    c_class: Counts  # (contacts,) and so on
    c_number: Counts
    c_state: Counts
    c_next: Counts
    c_before: Counts
    c_join: Vector
    c_until: Vector  # gives up at
    c_handle: Vector  # recorded handle time or NaN


N_HEAP, N_TRACE, N_EVENTS = range(3)

# What a slot does.
RESTS, SERVES, WRAPS_UP = range(3)

# What a contact does.
WAITS, IN_SELF_SERVICE, COMES_AGAIN, HAS_SLOT, WAITS_FOR_CALL = range(5)


class Tally(NamedTuple):
    """Counts and sums of contacts that came in the window; no size depends on their number."""

    counts: Counts  # (K, COUNTS)
    sum: Matrix  # (K, SUMS) seconds
    histogram: Counts  # (K, BINS) waits of those answered or gone
    answered_by: Counts  # (K, G)
    by_time: Cube  # (K, DAY_BINS, TIMES)
    group: Matrix  # (G, 3) seconds


def empty_tally(classes: int, groups: int) -> Tally:
    """Nothing counted yet."""
    return Tally(
        np.zeros((classes, COUNTS), dtype=np.int64),
        np.zeros((classes, SUMS)),
        np.zeros((classes, BINS), dtype=np.int64),
        np.zeros((classes, groups), dtype=np.int64),
        np.zeros((classes, DAY_BINS, TIMES)),
        np.zeros((groups, 3)),
    )


def empty_state(plant: Plant, room: int) -> State:
    """Nobody there, with room for so many contacts that wait or are away."""
    classes, slots = plant.arrivals_per_s.shape[0], plant.slot_agent.size
    groups, agents = plant.slowdown.size, plant.starts_on.size
    events = classes + 1 + slots + room

    def whole(size: int, value: int = 0) -> Counts:
        return np.full(size, value, dtype=np.int64)

    return State(
        np.zeros(events), whole(events, -1), whole(events), whole(3),
        whole(classes), whole(classes), np.zeros(classes), whole(classes), whole(classes),
        whole(classes), np.zeros(classes),
        whole(classes, -1), whole(classes, -1), np.zeros(classes),
        whole(groups), np.zeros(groups), whole(groups, -1), whole(groups, -1),
        whole(slots, -1), whole(slots, -1), whole(slots), whole(slots), whole(slots),
        whole(slots), np.zeros(slots),
        whole(agents), np.zeros(agents), np.zeros(agents), whole(agents),
        whole(room), whole(room), whole(room), whole(room, -1), whole(room, -1),
        np.zeros(room), np.zeros(room), np.zeros(room),
    )  # fmt: skip
