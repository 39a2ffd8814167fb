"""A scenario from records: what went in comes out."""

import numpy as np
import pytest

from tierwise.errors import MissingDataError, UsageError
from tierwise.routing.params import first_come_first_served
from tierwise.simulation import calibrate, patience
from tierwise.simulation import plant as p
from tierwise.simulation.arrays import plant_of
from tierwise.simulation.fitted import fit_lognormal
from tierwise.simulation.replicate import Span, replicate
from tierwise.simulation.scenario import DAY_S, AgentGroup, ContactClass, Scenario, Shift
from tierwise.simulation.shapes import exponential, lognormal
from tierwise.simulation.shifts import shifts_for


def contacts(**changes):
    columns = {
        "at_s": np.array([0.0, 10.0, 20.0, 3600.0, DAY_S + 5.0]),
        "class_of": np.array([0, 1, 0, 1, 0]),
        "wait_s": np.array([0.0, 30.0, 50.0, 0.0, 8.0]),
        "handle_s": np.array([100.0, 60.0, np.nan, 40.0, 70.0]),
        "answered": np.array([True, True, False, True, True]),
        "agent": np.array([1, 2, -1, 2, 1]),
    }
    return calibrate.Contacts(**(columns | changes))


def test_arrivals_by_day_part_and_class():
    counted = calibrate.arrival_counts(contacts(), 2, 2, 1800.0)
    assert counted.shape == (2, 48, 2)
    assert counted[0, 0].tolist() == [2, 1]
    assert counted[0, 2].tolist() == [0, 1]
    assert counted[1, 0].tolist() == [1, 0]


def test_days_are_cut_out_and_start_at_their_own_midnight():
    second = contacts().days(1, 2)
    assert second.at_s.tolist() == [5.0]


def test_survival_by_hand():
    wait = np.array([10.0, 20.0, 20.0, 30.0, 40.0])
    gave_up = np.array([True, True, False, True, False])
    times, share = patience.survival(wait, gave_up)
    assert times.tolist() == [10, 20, 30]
    assert share == pytest.approx([4 / 5, 4 / 5 * 3 / 4, 4 / 5 * 3 / 4 * 1 / 2])
    assert patience.median_s((times, share)) == 30


def test_patience_is_found_behind_answers():
    """Answers hide patience; the estimate sees through them."""
    rng = np.random.default_rng(3)
    n = 20_000
    stays, offered = rng.exponential(200, n), rng.exponential(80, n)
    found = np.array(patience.measured(np.minimum(stays, offered), stays <= offered).values_s)
    assert np.median(found) == pytest.approx(200 * np.log(2), rel=0.05)
    assert found.mean() == pytest.approx(200, rel=0.1)


def test_agents_are_counted_from_records_of_a_simulation():
    """Records of a busy simulated day tell how many agents there were."""
    shifts = (Shift(6, 8 * 3600.0, 16 * 3600.0),)
    busy = ContactClass("a", (100 / 3600.0,), {"": lognormal(200, 150)}, exponential(300))
    scenario = Scenario("day", (busy,), (AgentGroup("g", shifts),))
    params = first_come_first_served([[True]])
    outcome = replicate(
        scenario, params, Span(0, DAY_S), np.random.SeedSequence(1), trace_rows=100_000
    )
    records = records_of(outcome.trace, plant_of(scenario, params))
    there = calibrate.agents_there(records, 1, 1800.0)[0]
    assert there[17:31] == pytest.approx(6, abs=0.3)
    assert there[:15].sum() == 0


def records_of(trace, plant):
    """Contacts from the rows of a trace."""
    joined, started, ended, gone = {}, {}, {}, {}
    for t, what, _, who, number in trace.tolist():
        (joined, started, gone, ended)[int(what)][number] = (t, int(who))
    keys = sorted(joined, key=lambda number: joined[number][0])
    keys = [number for number in keys if number in ended or number in gone]
    end = [(started.get(n) or gone[n])[0] for n in keys]
    at = np.array([joined[n][0] for n in keys])
    handle = [ended[n][0] - started[n][0] if n in started else np.nan for n in keys]
    return calibrate.Contacts(
        at,
        np.zeros(len(keys), dtype=np.int64),
        np.array(end) - at,
        np.array(handle),
        np.array([n in started for n in keys]),
        np.array([plant.slot_agent[started[n][1]] if n in started else -1 for n in keys]),
    )


def test_shifts_put_as_many_on_duty_as_were_asked_for():
    need = np.zeros(48)
    need[16:30] = 3
    need[20:22] = 4.5
    group = AgentGroup("g", shifts_for(need, 1800.0))
    item = ContactClass("a", (1e-6,), {"": exponential(60.0)}, exponential(60.0))
    scenario = Scenario("day", (item,), (group,))
    tally = replicate(
        scenario, first_come_first_served([[True]]), Span(0, DAY_S), np.random.SeedSequence(1)
    ).tally
    assert tally.group[0, p.ON_S] == pytest.approx(need.sum() * 1800)


def test_the_verdict_says_when_a_lognormal_does_not_fit():
    rng = np.random.default_rng(1)
    good = fit_lognormal("work", rng.lognormal(5, 0.7, 5000))
    bad = fit_lognormal("work", np.concatenate([np.full(2000, 5.0), np.full(2000, 600.0)]))
    assert good.fits
    assert "does not fit" in bad.verdict
    with pytest.raises(MissingDataError, match="without spread"):
        fit_lognormal("work", np.full(10, 60.0))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"wait_s": np.array([0.0, -1, 0, 0, 0])}, "Contact 2 has a negative or missing wait"),
        ({"wait_s": np.array([0.0, 1, np.nan, 0, 0])}, "Contact 3"),
        ({"handle_s": np.array([9.0, np.nan, 9, 9, 9])}, "Contact 2 was answered and has"),
        ({"handle_s": np.array([9.0, -3, 9, 9, 9])}, "negative or missing handle time"),
        ({"at_s": np.array([0.0, 10, 5, 20, 30])}, "daylight saving"),
    ],
)
def test_impossible_records_are_refused_with_their_row(changes, complaint):
    with pytest.raises(UsageError, match=complaint):
        contacts(**changes)


def test_a_class_never_answered_has_no_handle_time():
    nobody = {"answered": np.zeros(5, dtype=bool)}
    with pytest.raises(MissingDataError, match="was answered"):
        calibrate.handle_time(contacts(**nobody), 0)
