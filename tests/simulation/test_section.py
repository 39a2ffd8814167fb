"""Scenario files: what is read, and what is refused with its place."""

import tomllib
from pathlib import Path

import pytest

from tierwise.errors import SettingsError, UsageError
from tierwise.simulation.arrays import plant_of
from tierwise.simulation.section import read_scenario

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "scenarios").glob("*.toml"))

SMALL = """
[[classes]]
name = "gold"
arrivals_per_hour = 10
handle = { mean_s = 300 }

[[classes]]
name = "bronze"
arrivals_per_hour = 20
handle = { shape = "lognormal", mean_s = 300, sd_s = 200 }
patience = { mean_s = 120 }

[[groups]]
name = "all"
agents = 6
serves = ["gold", "bronze"]
"""


def prepare(text):
    asked = read_scenario(tomllib.loads(text))
    for one in asked.policies or read_scenario(tomllib.loads(POLICY)).policies:
        plant_of(asked.scenario, asked.params(one))


def refused(text, *complaints, policy=""):
    with pytest.raises(UsageError) as found:
        prepare(text + policy)
    for complaint in complaints:
        assert complaint in str(found.value)


POLICY = SMALL + "[[policies]]\nname = 'plain'\n"


@pytest.mark.parametrize("path", EXAMPLES, ids=[path.stem for path in EXAMPLES])
def test_examples_are_read_and_can_run(path):
    asked = read_scenario(tomllib.loads(path.read_text()))
    for policy in asked.policies:
        plant_of(asked.scenario, asked.params(policy))


def test_everything_wrong_is_said_at_once():
    text = SMALL.replace("mean_s = 120", "mean_s = -1").replace("agents = 6", "agent = 6")
    refused(text, "agent = 6: there is no such setting", "mean_s = -1")


def test_a_class_that_nobody_may_serve():
    text = SMALL.replace('serves = ["gold", "bronze"]', 'serves = ["gold"]')
    refused(text, "bronze: no group may ever serve it")


def test_a_system_that_grows_without_end():
    text = SMALL.replace("arrivals_per_hour = 10", "arrivals_per_hour = 80")
    refused(text, "gold: the load of 6.667 agents is not below the 6", "nobody gives up")


def test_a_class_whose_own_agents_are_too_few_though_there_are_many():
    text = SMALL.replace('"bronze"]', '"bronze"]\n').replace(
        'serves = ["gold", "bronze"]', 'serves = ["bronze"]'
    )
    text += '[[groups]]\nname = "one"\nagents = 1\nserves = ["gold"]\n'
    refused(text.replace("arrivals_per_hour = 10", "arrivals_per_hour = 13"), "gold: the load")


def test_no_agents():
    refused(SMALL.replace("agents = 6", "agents = 0"), "There are no agents at all")


def test_reserves_that_shut_a_class_out():
    policy = """
[[policies]]
[policies.groups.all]
bronze = { reserve = 6 }
"""
    refused(SMALL, "bronze: every group that may serve it reserves all its agents", policy=policy)


def test_no_spread_is_a_constant():
    asked = read_scenario(tomllib.loads(SMALL.replace("sd_s = 200", "sd_s = 0")))
    assert asked.scenario.classes[1].handle[""].mean_s == 300


def test_a_missing_parameter_and_an_unknown_shape():
    refused(SMALL.replace(", sd_s = 200", ""), "sd_s is missing")
    refused(SMALL.replace('"lognormal"', '"normal"'), "lognormal")


def test_names_that_fit_together():
    refused(SMALL.replace('"gold", "bronze"]', '"gold", "lead"]'), "serves lead, which is no class")
    refused(SMALL.replace('name = "bronze"', 'name = "gold"'), "two times the class gold")
    refused(SMALL + "[policy]\nrule = 'strict'\n[policy.classes.lead]\nlevel = 1\n", "lead")


def test_a_time_of_day():
    shifts = 'shifts = [{ agents = 3, from = "8 am", to = "16:00" }]'
    refused(SMALL.replace("agents = 6", shifts), '"8 am" is no time of day')


def test_transfers_that_never_end():
    text = SMALL.replace("patience =", "transfers = { bronze = 1.0 }\npatience =")
    refused(text, "transfers of 100%; they must stay below 100%")


def test_hours_without_agents_where_nobody_gives_up():
    """Half a day of agents carries half the load."""
    shifts = 'shifts = [{ agents = 6, from = "08:00", to = "12:00" }]'
    refused(SMALL.replace("agents = 6", shifts).replace("= 10", "= 13"), "the 1 on duty")


def test_policies_are_settings_errors_with_their_place():
    with pytest.raises(SettingsError, match=r"policy\.classes\.gold\.floor_s = -5"):
        read_scenario(tomllib.loads(SMALL + "[policy.classes.gold]\nfloor_s = -5\n"))
