"""Arrivals by weekday, their spread, agents in whole numbers, weeks as cycles."""

import numpy as np
import pytest

from tierwise.errors import SettingsError
from tierwise.routing.params import first_come_first_served
from tierwise.simulation.arrays import plant_of
from tierwise.simulation.arrivals import spread, weekly_mean
from tierwise.simulation.calibrate import Contacts, agents_present, in_hand
from tierwise.simulation.scenario import DAY_S, WEEK_S
from tierwise.simulation.section import read_scenario


def test_the_week_starts_on_monday_and_closed_days_do_not_count():
    counts = np.zeros((14, 2, 1))
    counts[3, :, 0] = [4, 6]  # the first day is a Friday, so this is a Monday
    is_open = counts.sum(axis=(1, 2)) > 0
    mean = weekly_mean(counts, is_open, first_weekday=4)
    assert mean[:2, 0].tolist() == [4, 6]
    assert mean[2:].sum() == 0


def test_chance_alone_fits_and_busy_and_quiet_days_do_not():
    rng = np.random.default_rng(1)
    is_open = np.ones(140, dtype=bool)
    even = spread(rng.poisson(10.0, (140, 48)), is_open)
    level = rng.choice([0.7, 1.3], 140)[:, None]
    uneven = spread(rng.poisson(10.0 * level, (140, 48)), is_open)
    assert even.fits
    assert even.dispersion == pytest.approx(1, abs=0.3)
    assert not uneven.fits
    assert uneven.level == pytest.approx(0.3, abs=0.04)


def test_contacts_in_hand_and_agents_present():
    """Two chats at once of one agent, and one more agent later."""
    records = Contacts(
        np.array([0.0, 100.0, 3600.0]),
        np.zeros(3, dtype=np.int64),
        np.zeros(3),
        np.array([1200.0, 900.0, 1800.0]),
        np.ones(3, dtype=bool),
        np.array([7, 7, 8]),
    )
    everybody = np.ones(3, dtype=bool)
    assert in_hand(records, everybody) == pytest.approx(3900 / 3000)
    there = agents_present(records, 1, 1800.0, everybody)[0]
    assert there[:3] == pytest.approx([2 / 3, 0, 1], abs=0.01)


WEEK = {
    "cycle": "week",
    "classes": [{"name": "a", "arrivals_per_hour": [1.0] * 7, "handle": {"mean_s": 60}}],
    "groups": [
        {"name": "list", "serves": ["a"], "agents": [2, 0, 0, 0, 0, 0, 1]},
        {
            "name": "shifts",
            "serves": ["a"],
            "shifts": [{"agents": 3, "from": "09:00", "to": "17:00", "days": ["fri", "mon"],
                        "breaks": [["12:00", "12:30"]]}],
        },
    ],
}  # fmt: skip


def on_duty(plant, at_s):
    """Agents there at a moment of the first cycle."""
    there = plant.starts_on.copy()
    for moment, agent, on in zip(plant.duty_at_s, plant.duty_agent, plant.duty_on, strict=True):
        if moment <= at_s:
            there[agent] = on
    return there.tolist()


def test_a_week_has_its_own_days():
    asked = read_scenario(WEEK)
    assert asked.scenario.duty_cycle_s == WEEK_S
    assert asked.scenario.edges_s[1] == DAY_S
    plant = plant_of(asked.scenario, first_come_first_served(np.ones((2, 1), dtype=bool)))
    hour = 3600.0
    assert on_duty(plant, 10 * hour) == [1, 1, 1, 1, 1]
    assert on_duty(plant, 12.2 * hour) == [1, 1, 0, 0, 0]
    assert on_duty(plant, DAY_S + 10 * hour) == [0, 0, 0, 0, 0]
    assert on_duty(plant, 4 * DAY_S + 10 * hour) == [0, 0, 1, 1, 1]
    assert on_duty(plant, 6 * DAY_S + 10 * hour) == [1, 0, 0, 0, 0]


def test_a_negative_number_of_agents_is_refused():
    groups = [{"name": "list", "serves": ["a"], "agents": [2, -1]}]
    with pytest.raises(SettingsError, match="below 0"):
        read_scenario(WEEK | {"groups": groups})
