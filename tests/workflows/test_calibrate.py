"""A scenario from recorded contacts: what made the records comes out of them."""

import tomllib
from datetime import date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from tierwise.errors import MissingDataError, UsageError
from tierwise.routing.params import first_come_first_served
from tierwise.simulation.arrays import plant_of
from tierwise.simulation.kernel import ENDED, GAVE_UP, JOINED, STARTED
from tierwise.simulation.replicate import Span, replicate
from tierwise.simulation.scenario import WEEK_S, AgentGroup, ContactClass, Scenario, Shift
from tierwise.simulation.section import read_scenario
from tierwise.simulation.shapes import exponential, lognormal
from tierwise.workflows.calibrate import simulation_of
from tierwise.workflows.frames import desk_from_tables
from tierwise.workflows.question import Question
from tierwise.workflows.replay import replay

MONDAY = date(2025, 3, 3)
WEEKS = 6
HOUR = 3600.0


def recorded():
    """Six weeks of a simulated call centre: 4 agents 8 to 18 o'clock, 40 calls an hour till 17."""
    rates = [40 / HOUR if 8 <= hour < 17 else 0.0 for hour in range(24)]
    calls = ContactClass("phone", tuple(rates), {"": lognormal(300, 200)}, exponential(240))
    shifts = (Shift(4, 8 * HOUR, 18 * HOUR),)
    edges = tuple(np.arange(25) * HOUR)
    scenario = Scenario("truth", (calls,), (AgentGroup("agents", shifts),), edges)
    params = first_come_first_served([[True]])
    span = Span(0, WEEKS * WEEK_S)
    outcome = replicate(scenario, params, span, np.random.SeedSequence(5), trace_rows=200_000)
    return table_of(outcome.trace, plant_of(scenario, params))


def table_of(trace, plant):
    """The canonical table from the rows of a trace, with a clock of whole seconds."""
    events = {what: {} for what in (JOINED, STARTED, ENDED, GAVE_UP)}
    for t, what, _, place, number in trace.tolist():
        events[int(what)][number] = (t, int(place))
    rows = []
    midnight = datetime(MONDAY.year, MONDAY.month, MONDAY.day)
    for number, (at, _) in events[JOINED].items():
        started, gone = events[STARTED].get(number), events[GAVE_UP].get(number)
        if not started and not gone:
            continue
        took = events[ENDED][number][0] - started[0] if started else None
        rows.append(
            {
                "contact_id": f"c{number:.0f}",
                "customer_id": f"k{number % 500:.0f}",
                "channel": "phone",
                "created_at": midnight + timedelta(seconds=round(at)),
                "outcome": "answered" if started else "abandoned",
                "wait_s": float(round((started or gone)[0] - at)),
                "handle_time_s": float(round(took)) if started else None,
                "assignee_id": f"a{plant.slot_agent[started[1]]}" if started else None,
            }
        )
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="session")
def desk(tmp_path_factory):
    """A desk on these contacts and one order."""
    orders = pa.table(
        {"header_id": ["o"], "created_at": [datetime(2025, 3, 4)], "customer_id": ["k1"],
         "total_amount": [10.0]}
    )  # fmt: skip
    last = MONDAY + timedelta(days=7 * WEEKS - 1)
    folder = tmp_path_factory.mktemp("calls")
    return desk_from_tables({"contacts": recorded(), "order_lines": orders}, folder, as_of=last)


@pytest.fixture(scope="session")
def calibration(desk):
    """The scenario and its report."""
    return simulation_of(desk).calibrate(first=MONDAY)


def test_the_scenario_is_what_made_the_records(calibration):
    asked = read_scenario(tomllib.loads(calibration.text))
    (calls,) = asked.scenario.classes
    rates = np.array(calls.arrivals_per_s).reshape(7, 48)
    assert rates[:, 16:34].mean() * HOUR == pytest.approx(40, rel=0.03)
    assert rates[:, :16].sum() == rates[:, 34:].sum() == 0
    assert calls.handle[""].mean_s == pytest.approx(300, rel=0.03)
    assert calls.patience.mean_s == pytest.approx(240, rel=0.1)
    assert asked.scenario.groups[0].agents == 4


def test_the_report_says_that_it_fits_with_numbers(calibration):
    said = calibration.answer.to_json()
    fit = {row["what"]: row for row in said["fit"]}
    assert fit["arrivals"]["verdict"].startswith("fits")
    assert fit["handle time"]["gap"] < 0.05
    assert fit["patience"]["model"] == "exponential"
    held = {row["measure"]: row for row in said["held"]}
    assert held["mean wait, s"]["fits"]
    assert held["mean wait, s"]["recorded"] == pytest.approx(held["mean wait, s"]["model"], rel=0.1)
    assert said["patience"][0]["median_s"] == pytest.approx(240 * np.log(2), rel=0.1)
    assert {curve["what"] for curve in said["curves"]} == {"arrivals", "handle time", "patience"}


def test_nobody_comes_again_who_did_not(calibration):
    (row,) = calibration.answer.to_json()["retrials"]
    assert row["low"] == 0
    assert "retrial" not in calibration.text


def test_classes_have_known_names_and_days_lie_before_the_as_of_date(desk):
    with pytest.raises(UsageError, match="colour"):
        simulation_of(desk).calibrate(by=["colour"])
    with pytest.raises(UsageError, match="are none"):
        simulation_of(desk).calibrate(first=date(2026, 1, 1))
    with pytest.raises(MissingDataError, match="No contact from"):
        simulation_of(desk).calibrate(first=date(2024, 1, 1), last=date(2024, 2, 1))


def test_without_contacts_the_command_says_what_to_add(run, tmp_path):
    (tmp_path / "orders.csv").write_text(
        "header_id,created_at,customer_id,total_amount\n1,2025-03-01,a,10\n"
    )
    (tmp_path / "tierwise.toml").write_text(
        '[project]\nname = "Shop"\nas_of = 2025-12-31\n[sources.order_lines]\npath = "orders.csv"\n'
    )
    done = run("simulate", "calibrate", "--project", tmp_path)
    assert done.exit_code != 0
    assert "[sources.contacts]" in done.stderr


POLICY = """
[[policies]]
name = "Others wait"
rule = "head_start"
[policies.classes]
phone = { head_start_s = 0, floor_s = 300 }
"""


def test_recorded_days_come_out_again_under_the_present_rule(desk, calibration, tmp_path):
    """A week of the records, with their agents counted from them, has the recorded waits."""
    path = tmp_path / "week.toml"
    path.write_text(calibration.text + POLICY)
    found = replay(
        simulation_of(desk),
        path,
        today=date(2025, 5, 1),
        first=MONDAY + timedelta(days=7),
        replications=4,
    ).to_json()
    (held, *_) = found["held"]
    assert abs(held["off"]) < 0.15
    waits = {row["policy"]: row for row in found["classes"]}
    assert next(iter(waits)) == "Recorded"
    assert "Others wait" in waits
    assert waits["Recorded"]["offered"] == pytest.approx(
        waits["Today: first come, first served"]["offered"], abs=1
    )
    hours = {row["policy"]: [] for row in found["time_of_day"]}
    for row in found["time_of_day"]:
        hours[row["policy"]].append(row["hour"])
    assert all(min(seen) == 8 and max(seen) == 16.5 for seen in hours.values())
    recorded, again = (waits[name]["share_abandoned"] for name in list(waits)[:2])
    assert again == pytest.approx(recorded, abs=0.02)


def test_only_a_calibrated_scenario_is_replayed(desk, tmp_path):
    path = tmp_path / "plain.toml"
    path.write_text(
        '[[classes]]\nname = "phone"\narrivals_per_hour = 1\nhandle = { mean_s = 60 }\n'
        '[[groups]]\nname = "others"\nagents = 1\nserves = ["phone"]\n'
    )
    with pytest.raises(UsageError, match="which recorded contacts"):
        replay(simulation_of(desk), path, today=MONDAY)
    days = f'[calibration]\nby = ["channel"]\nfirst_day = {MONDAY}\nlast_day = 2025-03-09\n'
    path.write_text(days + path.read_text())
    with pytest.raises(UsageError, match="Nobody of others"):
        replay(simulation_of(desk), path, today=MONDAY)


def test_times_that_run_backwards_are_left_out_and_counted(tmp_path):
    day = datetime(2025, 3, 3, 9)
    waits, takes = [10.0, -5.0, 10.0, None, 10.0], [60.0, 60.0, -60.0, 60.0, None]
    rows = [
        {
            "contact_id": f"c{k}",
            "customer_id": "a",
            "channel": None,
            "created_at": day + timedelta(minutes=k),
            "outcome": "answered",
            "wait_s": wait,
            "handle_time_s": took,
        }
        for k, (wait, took) in enumerate(zip(waits, takes, strict=True))
    ]
    orders = pa.table({"header_id": ["o"], "customer_id": ["a"], "total_amount": [1.0],
                       "created_at": [day]})  # fmt: skip
    tables = {"contacts": pa.Table.from_pylist(rows), "order_lines": orders}
    desk = desk_from_tables(tables, tmp_path, as_of=date(2025, 3, 31))
    with simulation_of(desk).recording(Question(), (), MONDAY, MONDAY) as (_, found):
        assert found.calls.contacts.at_s.size == 1
        assert list(found.left_out.values()) == [1, 2, 1]
        assert [group.name for group in found.calls.groups] == ["contacts-agents"]
