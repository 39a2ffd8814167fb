"""How many agents, over the day and in shifts."""

import itertools

import numpy as np
import pytest

from tierwise.errors import RefusedError, UsageError
from tierwise.staffing.erlang import with_patience
from tierwise.staffing.rules import (
    agents_over_time,
    least_agents,
    offered_load_over_time,
    quality_for,
    square_root,
)
from tierwise.staffing.shifts import ShiftType, best_roster


def test_square_root_rule_of_half_waiting_agrees_with_erlang_c_for_many_agents():
    from tierwise.staffing.erlang import erlang_c

    quality = quality_for(0.2)
    assert erlang_c(square_root(10_000, quality), 10_000) == pytest.approx(0.2, abs=0.01)


def test_least_agents_meet_the_target_and_one_fewer_does_not():
    def good(found):
        return found.p_abandon <= 0.02

    n = least_agents(0.8, 60, 120, good)
    assert good(with_patience(n, 0.8, 60, 120))
    assert not good(with_patience(n - 1, 0.8, 60, 120))


def test_a_target_that_nobody_meets_is_refused():
    with pytest.raises(RefusedError, match="do not meet"):
        least_agents(0.8, 60, 120, lambda _: False)


def test_load_of_a_constant_rate_is_rate_times_handle_time():
    assert offered_load_over_time([0.1] * 4, 900, 300) == pytest.approx(30)


def test_load_lags_behind_the_rate_and_keeps_its_mean():
    rates = [0.0, 0.0, 0.2, 0.0]
    load = offered_load_over_time(rates, 1800, 600, steps=400)
    assert load.mean() == pytest.approx(0.05 * 600, rel=1e-2)
    peak = np.argmax(load) / 400
    assert peak == pytest.approx(3.0, abs=0.01)  # the end of the busy part
    assert load[1300] > 0  # still there after arrivals have stopped


def test_parts_without_load_need_nobody():
    agents = agents_over_time([0, 0, 0.2, 0], 7200, 100, 60, lambda f: f.p_abandon <= 0.05)
    assert agents[1] == 0
    assert agents[2] > 20


def naive_cheapest(required, shifts, most):
    best = np.inf
    for people in itertools.product(range(most + 1), repeat=len(shifts)):
        there = sum(n * np.array(shift.covers) for n, shift in zip(people, shifts, strict=True))
        if (there >= required).all():
            best = min(best, sum(n * s.cost for n, s in zip(people, shifts, strict=True)))
    return best


def test_the_roster_is_the_cheapest_of_all():
    required = [1, 3, 4, 2]
    shifts = [
        ShiftType("early", (True, True, False, False), 16),
        ShiftType("middle", (False, True, True, False), 17),
        ShiftType("late", (False, False, True, True), 18),
        ShiftType("long", (True, True, True, True), 30),
    ]
    roster = best_roster(required, shifts)
    assert roster.cost == pytest.approx(naive_cheapest(np.array(required), shifts, 4))
    assert (roster.on_duty >= required).all()


def test_overtime_is_used_where_it_is_cheaper_than_a_shift():
    shifts = [ShiftType("day", (True, True, True), 24)]
    roster = best_roster([2, 3, 2], shifts, overtime_cost_per_part=12)
    assert roster.people.tolist() == [2]
    assert roster.overtime.tolist() == [0, 1, 0]
    assert roster.cost == 60
    assert roster.overtime_cost == 12
    assert roster.idle_cost == 0


def test_idle_cost_is_the_share_of_shifts_beyond_what_is_required():
    roster = best_roster([1, 3], [ShiftType("day", (True, True), 10)])
    assert roster.idle_cost == pytest.approx(30 * 2 / 6)


def test_a_part_that_no_shift_covers_is_named():
    with pytest.raises(RefusedError, match="part 2"):
        best_roster([1, 1], [ShiftType("a", (True, False), 1)])
    with pytest.raises(UsageError, match="has 1 parts"):
        best_roster([1, 1], [ShiftType("a", (True,), 1)])
    with pytest.raises(RefusedError, match="covers what is required"):
        best_roster([5], [ShiftType("a", (True,), 1, most=2)])
