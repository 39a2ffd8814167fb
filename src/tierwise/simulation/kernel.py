"""The event loop: one replication of a scenario under a policy. Compiled.

Events are arrivals (one a class), the next change of duty, the end of work at each
place, and whatever a contact waits for. Every time a contact or an agent is free,
the policy of `routing` decides, and nothing else does.

The loop is one long function on purpose: handing some seventy arrays from function
to function made it two hundred times slower and took minutes to compile.
"""

from __future__ import annotations

import math

from tierwise.routing import policy
from tierwise.routing.params import Params
from tierwise.simulation import plant as p
from tierwise.simulation.compiled import compiled, inlined
from tierwise.simulation.counting import count_wait, overlap
from tierwise.simulation.draws import duration_s, uniform
from tierwise.simulation.heap import push, remove
from tierwise.simulation.lists import append, unlink
from tierwise.simulation.plant import Counts, Keys, Matrix, Plant, State, Tally, Vector
from tierwise.simulation.shapes import CONSTANT, NEVER

choose_contact = inlined(policy.choose_contact)
choose_group = inlined(policy.choose_group)

STEP = 1 << 40
"""Numbers of draws of a contact's next attempt lie this far apart."""

ROUNDING_S = 1e-9
"""A time span reckoned from two moments may be short of itself by this."""

# What a row of the trace tells.
JOINED, STARTED, GAVE_UP, ENDED = range(4)


@inlined
def next_poisson_s(
    edges_s: Vector, rates: Vector, part: Counts, cycle_from: Vector, k: int, t: float, left: float
) -> float:
    """Moment at which the integral of a periodic rate from t on reaches `left`; inf for never."""
    parts = edges_s.size - 1
    quiet = 0
    while quiet <= parts:
        rate = rates[part[k]]
        until = cycle_from[k] + edges_s[part[k] + 1]
        if rate > 0.0:
            quiet = 0
            if t + left / rate < until:
                return float(t + left / rate)
            left -= rate * (until - t)
        else:
            quiet += 1
        t = until
        part[k] += 1
        if part[k] == parts:
            part[k] = 0
            cycle_from[k] = until
    return math.inf


@inlined
def next_look_s(thresholds_s: Vector, joined: float, t: float) -> float:
    """Moment after t at which a contact that waits may be served by more, or is asked."""
    i = 0
    while joined + thresholds_s[i] <= t:
        i += 1
    return float(joined + thresholds_s[i])


@inlined
def part_of_day(days: float) -> int:
    """Part of the day, as the tally divides it, after so many days."""
    return int((days - math.floor(days)) * p.DAY_BINS)


@inlined
def note(trace: Matrix, row: int, t: float, what: int, k: int, who: int, number: int) -> int:
    """Write a row of the trace while there is room; the number of rows."""
    if row >= trace.shape[0]:
        return row
    trace[row, 0] = t
    trace[row, 1] = what
    trace[row, 2] = k
    trace[row, 3] = who
    trace[row, 4] = number
    return row + 1


@compiled
def run(
    plant: Plant,
    params: Params,
    keys: Keys,
    state: State,
    tally: Tally,
    trace: Matrix,
    span_s: tuple[float, float, float],
) -> int:
    """Run one replication; return 0, or 1 when the state has no room for another contact.

    `span_s`: contacts that come from the first moment to the second are counted; at
    the second the last one comes; at the third everything stops.
    """
    warm, end, stop = span_s
    shapes = plant.shapes
    handle_of, patience_of, wrap_of = plant.handle, plant.patience, plant.wrap
    p_retry, p_self, p_shift = plant.p_retry, plant.p_self, plant.p_shift
    thresholds, transfer = plant.thresholds_s, plant.transfer
    rates, edges = plant.arrivals_per_s, plant.edges_s
    recorded_first, recorded_at = plant.recorded_first, plant.recorded_at_s
    recorded_handle, recorded_patience = plant.recorded_handle_s, plant.recorded_patience_s
    slot_agent, slot_group, slot_level = plant.slot_agent, plant.slot_group, plant.slot_level
    slots0, contacts0 = plant.slot_first_event, plant.contact_first_event
    cycle, day = plant.duty_cycle_s, plant.day_s
    when, heap, place, n = state.when, state.heap, state.place, state.n
    made, part, cycle_from = state.made, state.part, state.cycle_from
    queue_length, head_wait = state.queue_length, state.head_wait_s
    first, last, area_from = state.first, state.last, state.area_from
    idle, idle_since = state.idle, state.idle_since
    idle_first, idle_last = state.idle_first, state.idle_last
    idle_next, idle_before, slot_idle = state.idle_next, state.idle_before, state.slot_idle
    slot_state, slot_class, slot_from = state.slot_state, state.slot_class, state.slot_from
    slot_contact, on, on_from = state.slot_contact, state.on, state.on_from
    off_from, in_hand = state.off_from, state.in_hand
    c_class, c_number, c_state = state.c_class, state.c_number, state.c_state
    c_next, c_before, c_join = state.c_next, state.c_before, state.c_join
    c_until, c_handle = state.c_until, state.c_handle
    count, total, histogram = tally.counts, tally.sum, tally.histogram
    by_time, answered_by, group = tally.by_time, tally.answered_by, tally.group
    classes, slots, room = made.size, slot_agent.size, c_class.size
    waiting, idle_now, busy, used, free_row, rows, events = 0, 0, 0, 0, -1, 0, 0
    duty, duty_from = 0, 0.0
    t = 0.0
    wraps_up, gives_up = state.wraps_up, state.gives_up
    for k in range(classes):
        constant = shapes.kind[wrap_of[k]] == CONSTANT and shapes.a[wrap_of[k]] == 0.0
        wraps_up[k] = 0 if constant else 1
        gives_up[k] = 0 if shapes.kind[patience_of[k]] == NEVER else 1

    for s in range(slots):
        if plant.starts_on[slot_agent[s]] == 1:
            g = slot_group[s]
            on[slot_agent[s]] = 1
            append(idle_first, idle_last, idle_next, idle_before, g, s)
            slot_idle[s] = 1
            idle[g] += 1
            idle_now += 1
    for k in range(classes):
        coming = math.inf
        if recorded_first[k + 1] > recorded_first[k]:
            coming = recorded_at[recorded_first[k]]
        else:
            left = -math.log(uniform(keys[k, p.ARRIVES], 0))
            coming = next_poisson_s(edges, rates[k], part, cycle_from, k, 0.0, left)
        if coming < end:
            push(when, heap, place, n, k, coming)
    if plant.duty_at_s.size > 0:
        push(when, heap, place, n, classes, plant.duty_at_s[0])

    while n[0] > 0:
        event = heap[0]
        if when[event] > stop:
            t = stop
            break
        t = when[event]
        events += 1
        # What the event leads to: a contact that asks for an agent, one that is put
        # off until later, one that leaves the queue, places that become free.
        asks, number, recorded_s, expected, unannounced = -1, 0, math.nan, False, False
        stays_s = math.nan  # recorded patience
        put_off, put_off_until = -1, 0.0
        gone, gone_up = -1, False
        free, free_end = 0, 0
        start_k, start_s, joined = -1, -1, t
        done = -1  # event of a place that is free; it leaves the heap unless it starts again

        if event < classes:  # an arrival
            k = event
            number = made[k]
            made[k] = number + 1
            of_record = recorded_first[k + 1] - recorded_first[k]
            coming = math.inf
            if of_record > 0:
                recorded_s = recorded_handle[recorded_first[k] + number]
                stays_s = recorded_patience[recorded_first[k] + number]
                if number + 1 < of_record:
                    coming = recorded_at[recorded_first[k] + number + 1]
            else:
                left = -math.log(uniform(keys[k, p.ARRIVES], number + 1))
                coming = next_poisson_s(edges, rates[k], part, cycle_from, k, t, left)
            if coming < end:
                push(when, heap, place, n, k, coming)
            else:
                remove(when, heap, place, n, k)
            asks, unannounced = k, True
            if p_self[k] > 0.0 and uniform(keys[k, p.TRIES_SELF], number) < p_self[k]:
                asks = -1
                if uniform(keys[k, p.CONTAINED], number) < plant.p_contained[k]:
                    if warm <= t < end:
                        count[k, p.SELF_SERVED] += 1
                else:
                    put_off = p.IN_SELF_SERVICE
                    u = uniform(keys[k, p.SELF_TIME], number)
                    put_off_until = t + duration_s(plant.self_time[k], u, shapes)

        elif event >= contacts0:  # what a contact waits for
            c = event - contacts0
            k, number, what = c_class[c], c_number[c], c_state[c]
            if what == p.WAITS or what == p.WAITS_FOR_CALL:
                joined = c_join[c]
                if t >= c_until[c]:
                    gone, gone_up = c, True
                else:
                    wait = t - joined + ROUNDING_S
                    asked = plant.callback_after_s[k]
                    is_asked = what == p.WAITS and asked <= wait < asked + 2.0 * ROUNDING_S
                    if is_asked and uniform(keys[k, p.CALLS_BACK], number) < plant.p_callback[k]:
                        c_state[c] = p.WAITS_FOR_CALL
                        c_until[c] = math.inf
                        if warm <= joined < end:
                            count[k, p.CALLED_BACK] += 1
                            total[k, p.HOLD] += t - joined
                    if idle_now > 0 and first[k] == c:
                        g = choose_group(k, wait, idle, idle_since, params)
                        if g >= 0:
                            gone, start_k, start_s = c, k, idle_first[g]
                    if start_k < 0:
                        look = min(c_until[c], next_look_s(thresholds[k], joined, t))
                        if look < math.inf:
                            push(when, heap, place, n, event, look)
                        else:
                            remove(when, heap, place, n, event)
            else:
                remove(when, heap, place, n, event)
                c_next[c] = free_row
                free_row = c
                asks, unannounced = k, what == p.IN_SELF_SERVICE
                expected = what == p.HAS_SLOT

        elif event >= slots0:  # work at a place ends
            s = event - slots0
            k, number, g = slot_class[s], slot_contact[s], slot_group[s]
            ends = slot_state[s] == p.SERVES
            wrap = 0.0
            if ends:
                rows = note(trace, rows, t, ENDED, k, s, number)
                if wraps_up[k] == 1:
                    wrap = duration_s(wrap_of[k], uniform(keys[k, p.WRAPS], number), shapes)
            if wrap > 0.0:
                slot_state[s] = p.WRAPS_UP
                push(when, heap, place, n, event, t + wrap)
            else:
                done = event
                group[g, p.BUSY_S] += overlap(slot_from[s], t, warm, end)
                slot_state[s] = p.RESTS
                in_hand[slot_agent[s]] -= 1
                busy -= 1
                if on[slot_agent[s]] == 1:
                    free, free_end = s, s + 1
                else:
                    since = max(off_from[slot_agent[s]], slot_from[s])
                    group[g, p.OVERTIME_S] += overlap(since, t, warm, end)
            if ends and transfer[k, classes - 1] > 0.0:
                u = uniform(keys[k, p.TRANSFERS], number)
                for j in range(classes):
                    if u < transfer[k, j]:
                        if warm <= t < end:
                            count[k, p.TRANSFERRED] += 1
                        asks, number = j, number + STEP * 1024 * (k + 1)
                        break

        else:  # somebody comes on duty or goes
            d = duty
            duty += 1
            if duty == plant.duty_at_s.size:
                duty = 0
                duty_from += cycle
            a = plant.duty_agent[d]
            push(when, heap, place, n, event, duty_from + plant.duty_at_s[duty])
            if plant.duty_on[d] == 1 and on[a] == 0:
                on[a] = 1
                on_from[a] = t
                free, free_end = plant.first_slot[a], plant.first_slot[a + 1]
            elif plant.duty_on[d] == 0 and on[a] == 1:
                on[a] = 0
                off_from[a] = t
                for s in range(plant.first_slot[a], plant.first_slot[a + 1]):
                    g = slot_group[s]
                    group[g, p.ON_S] += overlap(on_from[a], t, warm, end)
                    if slot_idle[s] == 1:
                        unlink(idle_first, idle_last, idle_next, idle_before, g, s)
                        slot_idle[s] = 0
                        idle[g] -= 1
                        idle_now -= 1
                        if idle[g] > 0:
                            idle_since[g] = slot_from[idle_first[g]]
            if t > end and busy == 0 and waiting == 0 and n[0] == 1:
                break

        while True:
            if gone >= 0:  # leaves the queue
                c = gone
                k, number, joined = c_class[c], c_number[c], c_join[c]
                recorded_s = c_handle[c]
                total[k, p.AREA] += queue_length[k] * overlap(area_from[k], t, warm, math.inf)
                area_from[k] = t
                total[k, p.OVERLAP] += overlap(joined, t, warm, math.inf)
                unlink(first, last, c_next, c_before, k, c)
                queue_length[k] -= 1
                waiting -= 1
                remove(when, heap, place, n, contacts0 + c)
                c_next[c] = free_row
                free_row = c
                inside = warm <= joined < end
                if inside and c_state[c] == p.WAITS:
                    total[k, p.HOLD] += t - joined
                if gone_up:
                    rows = note(trace, rows, t, GAVE_UP, k, -1, number)
                    if inside:
                        at = part_of_day(joined / day)
                        count_wait(count, total, histogram, by_time, k, at, t - joined)
                        count[k, p.ABANDONED] += 1
                        total[k, p.WAIT_ABANDONED] += t - joined
                        by_time[k, at, p.T_ABANDONED] += 1.0
                    if p_retry[k] > 0.0 and uniform(keys[k, p.RETRIES], number) < p_retry[k]:
                        if inside:
                            count[k, p.RETRIED] += 1
                        put_off = p.COMES_AGAIN
                        u = uniform(keys[k, p.RETRY_TIME], number)
                        put_off_until = t + duration_s(plant.retry_delay[k], u, shapes)
                        number += STEP
                gone = -1

            elif asks >= 0:  # asks for an agent
                k, joined = asks, t
                asks = -1
                rush = unannounced and 0 < plant.shift_from[k] <= queue_length[k]
                if rush and uniform(keys[k, p.SHIFTS], number) < p_shift[k]:
                    if warm <= t < end:
                        count[k, p.SHIFTED] += 1
                    put_off = p.HAS_SLOT
                    u = uniform(keys[k, p.SHIFT_TIME], number)
                    put_off_until = t + duration_s(plant.shift_delay[k], u, shapes)
                if put_off < 0:
                    if warm <= t < end:
                        count[k, p.OFFERED] += 1
                    rows = note(trace, rows, t, JOINED, k, -1, number)
                    g = -1
                    if idle_now > 0 and queue_length[k] == 0:
                        g = choose_group(k, 0.0, idle, idle_since, params)
                    if g >= 0:
                        start_k, start_s = k, idle_first[g]
                    else:
                        c = free_row
                        if c >= 0:
                            free_row = c_next[c]
                        elif used < room:
                            c = used
                            used += 1
                        else:
                            return 1
                        total[k, p.AREA] += queue_length[k] * overlap(
                            area_from[k], t, warm, math.inf
                        )
                        area_from[k] = t
                        until = math.inf
                        if not math.isnan(stays_s):
                            until = t + stays_s
                        elif gives_up[k] == 1 and not expected:
                            u = uniform(keys[k, p.STAYS], number)
                            until = t + duration_s(patience_of[k], u, shapes)
                        c_class[c], c_number[c], c_join[c] = k, number, t
                        c_state[c] = p.WAITS_FOR_CALL if expected else p.WAITS
                        c_until[c], c_handle[c] = until, recorded_s
                        append(first, last, c_next, c_before, k, c)
                        queue_length[k] += 1
                        waiting += 1
                        look = min(until, next_look_s(thresholds[k], t, t))
                        if look < math.inf:
                            push(when, heap, place, n, contacts0 + c, look)

            elif free < free_end:  # a place is free
                s, g = free, slot_group[free]
                free += 1
                if slot_state[s] != p.RESTS:
                    continue
                if waiting > 0 and idle[g] == 0:
                    idle[g] = 1
                    for k in range(classes):
                        if queue_length[k] > 0:
                            head_wait[k] = t - c_join[first[k]] + ROUNDING_S
                    k = choose_contact(g, head_wait, queue_length, idle, params)
                    idle[g] = 0
                    if k >= 0:
                        gone, gone_up, start_k, start_s = first[k], False, k, s
                        continue
                append(idle_first, idle_last, idle_next, idle_before, g, s)
                slot_from[s] = t
                slot_idle[s] = 1
                idle[g] += 1
                idle_now += 1
                if idle[g] == 1:
                    idle_since[g] = t
                elif waiting > 0:
                    for k in range(classes):
                        if queue_length[k] > 0:
                            head_wait[k] = t - c_join[first[k]] + ROUNDING_S
                    k = choose_contact(g, head_wait, queue_length, idle, params)
                    if k >= 0:
                        gone, gone_up, start_k, start_s = first[k], False, k, idle_first[g]
                        continue
            elif start_k < 0 and put_off < 0:
                break

            if put_off >= 0:  # comes back later
                c = free_row
                if c >= 0:
                    free_row = c_next[c]
                elif used < room:
                    c = used
                    used += 1
                else:
                    return 1
                c_class[c], c_number[c], c_state[c], c_handle[c] = k, number, put_off, math.nan
                push(when, heap, place, n, contacts0 + c, put_off_until)
                put_off = -1

            if start_k >= 0:  # an agent takes it
                k, s = start_k, start_s
                start_k = -1
                g, a = slot_group[s], slot_agent[s]
                if slot_idle[s] == 1:
                    unlink(idle_first, idle_last, idle_next, idle_before, g, s)
                    slot_idle[s] = 0
                    idle[g] -= 1
                    idle_now -= 1
                    if idle[g] > 0:
                        idle_since[g] = slot_from[idle_first[g]]
                if math.isnan(recorded_s):
                    u = uniform(keys[k, p.HANDLES], number)
                    recorded_s = duration_s(handle_of[k, slot_level[s]], u, shapes)
                recorded_s *= 1.0 + plant.slowdown[g] * in_hand[a]
                if warm <= joined < end:
                    at = part_of_day(joined / day)
                    wait = t - joined
                    count_wait(count, total, histogram, by_time, k, at, wait)
                    count[k, p.ANSWERED] += 1
                    total[k, p.WAIT_ANSWERED] += wait
                    total[k, p.HANDLE] += recorded_s
                    answered_by[k, g] += 1
                    if wait <= plant.target_s[k]:
                        count[k, p.WITHIN] += 1
                        by_time[k, at, p.T_WITHIN] += 1.0
                in_hand[a] += 1
                busy += 1
                slot_state[s], slot_class[s], slot_contact[s] = p.SERVES, k, number
                slot_from[s] = t
                rows = note(trace, rows, t, STARTED, k, s, number)
                push(when, heap, place, n, slots0 + s, t + recorded_s)
                recorded_s = math.nan
                if slots0 + s == done:
                    done = -1
        if done >= 0:
            remove(when, heap, place, n, done)

    for k in range(classes):  # who is left
        total[k, p.AREA] += queue_length[k] * overlap(area_from[k], t, warm, math.inf)
        c = first[k]
        while c >= 0:
            total[k, p.OVERLAP] += overlap(c_join[c], t, warm, math.inf)
            if warm <= c_join[c] < end:
                count[k, p.LEFT] += 1
            c = c_next[c]
    for s in range(slots):
        if on[slot_agent[s]] == 1:
            since = on_from[slot_agent[s]]
            group[slot_group[s], p.ON_S] += overlap(since, max(t, end), warm, end)
    n[p.N_TRACE] = rows
    n[p.N_EVENTS] = events
    return 0
