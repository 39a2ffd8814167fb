"""The event loop against a simulation that anyone can check by eye."""

import numpy as np
import pytest
from tests.simulation.naive import Naive

from tierwise.routing.params import first_come_first_served
from tierwise.simulation import kernel
from tierwise.simulation import plant as p
from tierwise.simulation.arrays import plant_of
from tierwise.simulation.replicate import Span, keys_of, replicate
from tierwise.simulation.scenario import (
    AgentGroup,
    Callback,
    ContactClass,
    LaterSlot,
    Recorded,
    Retrial,
    Scenario,
    SelfService,
    Shift,
)
from tierwise.simulation.shapes import constant, empirical, exponential, lognormal, weibull

HOUR = 3600.0


def both(scenario, params, seed, end=4 * HOUR):
    sequence = np.random.SeedSequence(seed)
    outcome = replicate(scenario, params, Span(0.0, end), sequence, trace_rows=20_000)
    plant = plant_of(scenario, params)
    twin = Naive(plant, params, keys_of(len(scenario.classes), sequence), end).run()
    return outcome, twin


def assert_same(outcome, twin):
    assert len(outcome.trace) == len(twin.log) > 100
    for mine, naive in zip(outcome.trace.tolist(), twin.log, strict=True):
        assert mine == pytest.approx(list(naive), rel=1e-12, abs=1e-9)
    count = outcome.tally.counts
    for k in range(count.shape[0]):
        answered = [wait for j, wait, done in twin.waits if j == k and done]
        gone = [wait for j, wait, done in twin.waits if j == k and not done]
        assert count[k, p.ANSWERED] == len(answered)
        assert count[k, p.ABANDONED] == len(gone)
        assert outcome.tally.sum[k, p.WAIT] == pytest.approx(sum(answered) + sum(gone))
        assert outcome.tally.histogram[k].sum() == len(answered) + len(gone)


def rich_scenario():
    """Everything at once, small."""
    classes = (
        ContactClass(
            "gold",
            (40 / HOUR, 80 / HOUR),
            {"senior": lognormal(180, 150), "": lognormal(240, 200)},
            exponential(120),
            wrap_up=constant(15),
            retrial=Retrial(0.5, exponential(300)),
            callback=Callback(0.6, 45.0),
        ),
        ContactClass(
            "silver",
            (60 / HOUR, 90 / HOUR),
            {"": empirical([30.0, 60.0, 100.0, 400.0])},
            weibull(200, 0.8),
            self_service=SelfService(0.5, 0.6, exponential(60)),
            later_slot=LaterSlot(0.5, 3, exponential(1200)),
            transfers={"gold": 0.15},
        ),
        ContactClass("chat", (50 / HOUR, 20 / HOUR), {"": exponential(200)}, exponential(90)),
    )
    groups = (
        AgentGroup("experts", (Shift(3),), "senior"),
        AgentGroup("early", (Shift(3, 0.0, 2 * HOUR, ((HOUR, HOUR + 900),)), Shift(2, 1.5 * HOUR))),
        AgentGroup("chatters", (Shift(2),), concurrency=3, slowdown=0.2),
    )
    return Scenario("rich", classes, groups, (0.0, HOUR, 2 * HOUR), 4 * HOUR)


def rich_params():
    eligible = np.array([[1, 1, 0], [1, 1, 0], [0, 1, 1]], dtype=bool)
    plain = first_come_first_served(eligible)
    after = plain.after_wait_s.copy()
    after[0, 1], after[2, 1] = 20.0, 40.0
    reserve = plain.reserve.copy()
    reserve[0, 1] = 1
    return plain._replace(
        head_start_s=np.array([90.0, 0.0, 0.0]),
        rate=np.array([2.0, 1.0, 1.0]),
        cap_s=np.array([400.0, np.inf, np.inf]),
        floor_s=np.array([np.inf, 150.0, 200.0]),
        after_wait_s=after,
        reserve=reserve,
        preference=np.array([[1.0, 2.0, 1.0], [2.0, 1.0, 1.0], [1.0, 3.0, 1.0]]),
    )


@pytest.mark.parametrize("seed", range(8))
def test_event_by_event_as_the_naive_twin_with_every_feature(seed):
    assert_same(*both(rich_scenario(), rich_params(), seed))


@pytest.mark.parametrize("seed", range(3))
def test_event_by_event_under_queue_ratios(seed):
    params = rich_params()._replace(
        rate=np.zeros(3), per_queued_s=np.ones(3), queue_share=np.array([0.2, 0.5, 0.3])
    )
    assert_same(*both(rich_scenario(), params, seed))


def test_recorded_contacts_come_and_take_as_recorded():
    at = np.array([0.0, 0.0, 10.0, 12.0, 12.0, 400.0] * 20) + np.repeat(np.arange(20) * 900.0, 6)
    took = np.tile([100.0, np.nan, 30.0, 700.0, 50.0, 60.0], 20)
    known = ContactClass("a", (0.0,), {"": constant(200)}, recorded=Recorded(at, took))
    scenario = Scenario("day", (known,), (AgentGroup("g", (Shift(2),)),))
    outcome, twin = both(scenario, first_come_first_served([[True]]), 1, end=20_000.0)
    assert_same(outcome, twin)
    assert outcome.tally.sum[0, p.HANDLE] == pytest.approx(np.nansum(took) + 20 * 200)


def test_recorded_contacts_give_up_when_recorded():
    at = np.sort(np.tile(np.arange(30) * 300.0, 4))
    took, stays = np.full(120, 400.0), np.tile([np.inf, 20.0, np.nan, 0.0], 30)
    known = ContactClass(
        "a", (0.0,), {"": constant(200)}, constant(90.0), recorded=Recorded(at, took, stays)
    )
    scenario = Scenario("day", (known,), (AgentGroup("g", (Shift(2),)),))
    outcome, twin = both(scenario, first_come_first_served([[True]]), 1, end=20_000.0)
    assert_same(outcome, twin)
    waits = {round(wait, 6) for _, wait, answered in twin.waits if not answered}
    assert waits == {0.0, 20.0, 90.0}


def test_the_same_seed_gives_the_same_run_and_another_does_not():
    one, same = (
        replicate(rich_scenario(), rich_params(), Span(0, HOUR), np.random.SeedSequence(3))
        for _ in range(2)
    )
    other = replicate(rich_scenario(), rich_params(), Span(0, HOUR), np.random.SeedSequence(4))
    for mine, again in zip(one.tally, same.tally, strict=True):
        assert np.array_equal(mine, again)
    assert not np.array_equal(one.tally.sum, other.tally.sum)


def test_every_policy_meets_the_same_contacts():
    seed = np.random.SeedSequence(5)
    scenario = rich_scenario()
    params = rich_params()
    plain = first_come_first_served(np.isfinite(params.after_wait_s))
    ones, others = (
        replicate(scenario, rule, Span(0, 4 * HOUR), seed, 20_000).trace for rule in (params, plain)
    )
    first_try = [rows[(rows[:, 1] == 0) & (rows[:, 2] == 2)] for rows in (ones, others)]
    assert np.array_equal(*(rows[:, [0, 4]] for rows in first_try))


def test_a_run_that_outgrows_its_room_starts_again_with_more(monkeypatch):
    scenario = rich_scenario()
    span, seed = Span(0, 4 * HOUR), np.random.SeedSequence(6)
    whole = replicate(scenario, rich_params(), span, seed)
    monkeypatch.setattr("tierwise.simulation.replicate.ROOM", 2)
    again = replicate(scenario, rich_params(), span, seed)
    assert np.array_equal(whole.tally.sum, again.tally.sum)


def test_nobody_is_lost():
    tally = replicate(
        rich_scenario(), rich_params(), Span(HOUR, 3 * HOUR), np.random.SeedSequence(7)
    ).tally
    done = tally.counts[:, [p.ANSWERED, p.ABANDONED, p.LEFT]].sum(axis=1)
    assert np.array_equal(tally.counts[:, p.OFFERED], done)
    assert np.array_equal(tally.counts[:, p.ANSWERED], tally.answered_by.sum(axis=1))


def test_hours_on_duty_are_the_shifts_less_breaks():
    tally = replicate(
        rich_scenario(), rich_params(), Span(0, 4 * HOUR), np.random.SeedSequence(8)
    ).tally
    assert tally.group[:, p.ON_S] / HOUR == pytest.approx([12, 3 * 1.75 + 2 * 2.5, 24])
    assert (tally.group[:, p.BUSY_S] <= tally.group[:, p.ON_S] + tally.group[:, p.OVERTIME_S]).all()


def test_whatever_numbers_a_scenario_is_written_with_the_loop_is_compiled_once():
    scenario, params = rich_scenario(), rich_params()
    replicate(scenario, params, Span(0, HOUR), np.random.SeedSequence(1))
    before = len(kernel.run.signatures)
    whole = params._replace(
        rate=np.array([2, 1, 1]), head_start_s=np.arange(6)[::2], level=np.zeros((3, 6))[:, ::2]
    )
    replicate(scenario, whole, Span(0, HOUR), np.random.SeedSequence(1))
    assert len(kernel.run.signatures) == before
