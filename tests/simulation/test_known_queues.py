"""Queues whose waits theory knows, inside the intervals of the simulation's own replications.

The short form: intervals of 99.9%, wider than 1%. benchmarks/queues.py is the long one.
"""

import numpy as np
import pytest
from tests.simulation.conftest import interval, plain, system

from tierwise.simulation import plant as p
from tierwise.simulation.shapes import constant, exponential, lognormal
from tierwise.staffing import priority

RATES = (2.0, 2.0, 2.5, 2.5)
HOURS = 40_000.0


def inside(found, known, widest=0.08):
    assert found.low <= known <= found.high
    assert found.half_width <= widest * known


def four_classes():
    return system(RATES, [exponential(1.0)] * 4, 10)


def test_erlang_c(replications):
    tallies = replications(system((8.0,), [exponential(1.0)], 10), plain(1), 40_000.0)
    inside(interval(tallies, "share_waiting", 0), 0.409180)
    tallies = replications(system((90.0,), [exponential(1.0)], 100), plain(1), 5_000.0)
    inside(interval(tallies, "share_waiting", 0), 0.216940)


def test_erlang_a(replications):
    scenario = system((0.8,), [exponential(60.0)], 50, patience=exponential(120.0))
    tallies = replications(scenario, plain(1), 400_000.0)
    inside(interval(tallies, "share_waiting", 0), 0.46777)
    inside(interval(tallies, "share_abandoned", 0), 0.030912)
    inside(interval(tallies, "mean_wait_s", 0), 3.709)


def test_strict_priority(replications):
    params = plain(4)._replace(level=np.array([[0.0, 1.0, 2.0, 3.0]]))
    tallies = replications(four_classes(), params, HOURS)
    for k, known in enumerate((0.08359, 0.13932, 0.31844, 1.91066)):
        inside(interval(tallies, "mean_wait_s", k), known, 0.15)


def test_accumulating_priority(replications):
    params = plain(4)._replace(rate=np.array([8.0, 4.0, 2.0, 1.0]))
    tallies = replications(four_classes(), params, HOURS)
    for k, known in enumerate((0.23417, 0.39403, 0.68900, 1.21588)):
        inside(interval(tallies, "mean_wait_s", k), known, 0.15)


def test_conservation_law_for_every_rule(replications):
    rules = (
        plain(4),
        plain(4)._replace(level=np.array([[3.0, 0.0, 2.0, 1.0]])),
        plain(4)._replace(head_start_s=np.array([1.5, 0.0, 0.3, 0.0])),
        plain(4)._replace(rate=np.array([1.0, 5.0, 2.0, 2.0]), cap_s=np.array([1, 3, 9, 9.0])),
        plain(4)._replace(
            rate=np.zeros(4), per_queued_s=np.ones(4), queue_share=np.array([0.1, 0.2, 0.3, 0.4])
        ),
    )
    sums = []
    for params in rules:
        tallies = replications(four_classes(), params, 20_000.0, number=8)
        sums.append([t.sum[:, p.WAIT].sum() / t.counts[:, p.OFFERED].sum() for t in tallies])
    # The same contacts in the same order of work: only who waits differs.
    for other in sums[1:]:
        assert np.mean(other) == pytest.approx(np.mean(sums[0]), rel=0.02)


def test_queue_ratios_hold_waits_at_the_ratio_of_their_targets(replications):
    targets = np.array([1.0, 2.0, 4.0, 8.0])
    share = np.array(RATES) * targets
    params = plain(4)._replace(
        rate=np.zeros(4), per_queued_s=np.ones(4), queue_share=share / share.sum()
    )
    busy = system((2.15, 2.15, 2.7, 2.7), [exponential(1.0)] * 4, 10)  # 97%: where theory holds
    tallies = replications(busy, params, 40_000.0, number=6)
    waits = np.mean([t.sum[:, p.WAIT] / t.counts[:, p.OFFERED] for t in tallies], axis=0)
    assert waits / waits[0] == pytest.approx(targets, rel=0.12)


GENERAL = (lognormal(1.0, 1.5), lognormal(0.6, 0.4), constant(1.2))
GENERAL_RATES = (0.2, 0.4, 0.25)


def general_moments():
    return [d.mean_s for d in GENERAL], [d.second_moment_s2 for d in GENERAL]


def test_one_agent_with_lognormal_work_under_strict_priority(replications):
    params = plain(3)._replace(level=np.array([[0.0, 1.0, 2.0]]))
    known = priority.strict_waits_general_s(GENERAL_RATES, *general_moments())
    tallies = replications(system(GENERAL_RATES, GENERAL, 1), params, 400_000.0)
    for k in range(3):
        inside(interval(tallies, "mean_wait_s", k), known[k], 0.1)


def test_one_agent_with_lognormal_work_under_accumulating_priority(replications):
    growth = (4.0, 2.0, 1.0)
    params = plain(3)._replace(rate=np.array(growth))
    known = priority.accumulating_waits_general_s(GENERAL_RATES, growth, *general_moments())
    tallies = replications(system(GENERAL_RATES, GENERAL, 1), params, 400_000.0)
    for k in range(3):
        inside(interval(tallies, "mean_wait_s", k), known[k], 0.1)


def test_arrivals_follow_their_profile(replications):
    scenario = system((0.0,), [exponential(1.0)], 400)
    item = scenario.classes[0]
    rates = (3.0, 0.0, 30.0, 10.0)
    from dataclasses import replace

    scenario = replace(
        scenario,
        classes=(replace(item, arrivals_per_s=rates),),
        edges_s=(0.0, 6.0, 12.0, 18.0, 24.0),
        duty_cycle_s=24.0,
    )
    tallies = replications(scenario, plain(1), 24_000.0, number=4, warm=0.0)
    offered = np.mean([t.by_time[0, :, p.T_OFFERED] for t in tallies], axis=0).reshape(4, 12)
    assert offered.sum(axis=1) / 6000 == pytest.approx(rates, rel=0.02)
