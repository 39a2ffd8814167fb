"""`tierwise simulate` and `tierwise staff` as people type them."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "scenarios"

SHORT = """
title = "Small"
[run]
replications = 4
hours = 48
[[classes]]
name = "gold"
arrivals_per_hour = 6
handle = { mean_s = 600 }
patience = { mean_s = 300 }
[[classes]]
name = "bronze"
arrivals_per_hour = 12
handle = { mean_s = 600 }
patience = { mean_s = 300 }
[[groups]]
name = "all"
agents = 3
serves = ["gold", "bronze"]
[[policies]]
name = "Gold first"
present = true
rule = "strict"
[policies.classes]
gold = { level = 1 }
bronze = { level = 2 }
"""


@pytest.fixture
def scenario(tmp_path):
    path = tmp_path / "small.toml"
    path.write_text(SHORT)
    return path


def test_json_has_every_measure_with_its_interval(run, scenario):
    done = run("simulate", scenario, "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    rows = {(row["policy"], row["class"]): row for row in found["classes"]}
    gold = rows["Gold first", "gold"]
    assert gold["mean_wait_s_low"] < gold["mean_wait_s"] < gold["mean_wait_s_high"]
    assert gold["mean_wait_s"] < rows["Gold first", "bronze"]["mean_wait_s"]
    assert {policy for policy, _ in rows} == {"Gold first", "First come, first served"}
    assert found["replications"] == 4


def test_the_present_rule_stands_first_and_changes_are_against_it(run, scenario):
    found = json.loads(run("simulate", scenario, "--json").stdout)
    assert found["classes"][0]["policy"] == "Gold first"
    changes = {(row["policy"], row["class"]): row for row in found["differences"]}
    assert changes["First come, first served", "gold"]["mean_wait_s"] > 0


def test_the_same_seed_gives_the_same_answer_and_another_another(run, scenario):
    one, same, other = (
        run("simulate", scenario, "--json", "--seed", seed).stdout for seed in (5, 5, 6)
    )
    assert one == same
    assert one != other


def test_a_table_for_people_and_one_for_a_file(run, scenario):
    assert "Waits by class" in run("simulate", scenario).stdout
    rows = list(csv.DictReader(StringIO(run("simulate", scenario, "--csv", "-").stdout)))
    assert {row["class"] for row in rows} == {"gold", "bronze", "all"}


def test_what_cannot_be_simulated_ends_with_2_and_a_way_out(run, scenario, tmp_path):
    assert run("simulate", tmp_path / "none.toml").exit_code == 2
    scenario.write_text(SHORT.replace('serves = ["gold", "bronze"]', 'serves = ["gold"]'))
    done = run("simulate", scenario)
    assert done.exit_code == 2
    assert "bronze" in done.stderr
    scenario.write_text("classes = [")
    assert "not valid TOML" in run("simulate", scenario).stderr


def test_staff_plans_shifts_and_checks_them(run, scenario):
    scenario.write_text(
        SHORT
        + """
[staffing]
max_abandoned = 0.05
shifts = [
    { from = "00:00", to = "08:00", cost = 200 },
    { from = "08:00", to = "16:00", cost = 160 },
    { from = "16:00", to = "00:00", cost = 180 },
]
"""
    )
    done = run("staff", scenario, "--json")
    assert done.exit_code == 0, done.stderr
    found = json.loads(done.stdout)
    assert all(row["on_duty"] >= row["required"] > 0 for row in found["parts"])
    assert found["cost"] == sum(row["cost"] for row in found["shifts"])
    assert found["simulated_share_abandoned"] < 0.05


def test_staff_without_an_aim_says_so(run, scenario):
    done = run("staff", scenario)
    assert done.exit_code == 2
    assert "[staffing]" in done.stderr


def test_the_best_policy_that_a_product_can_do_is_written_in_its_settings(run, scenario, tmp_path):
    out = tmp_path / "genesys.json"
    done = run("simulate", "export", scenario, "--vendor", "genesys_cloud", "--out", out)
    assert done.exit_code == 0, done.stderr
    assert json.loads(out.read_text())["priority"] == {"gold": 0, "bronze": 0}
    assert "cannot order by strict" in done.stdout
    done = run("simulate", "export", scenario, "--vendor", "asterisk", "--policy", "Gold first",
               "--json")  # fmt: skip
    assert json.loads(done.stdout)["settings"]["queues"]["gold"]["weight"] == 1


def test_what_no_product_can_be_told_is_refused_with_reasons(run, scenario):
    done = run("simulate", "export", scenario, "--vendor", "chatwoot", "--policy", "Gold first")
    assert done.exit_code != 0
    assert "cannot order by strict" in done.stderr
    done = run("simulate", "export", scenario, "--vendor", "abacus")
    assert done.exit_code == 2
    assert "amazon-connect" in done.stderr


def test_products_are_listed(run):
    assert "freeswitch" in run("simulate", "vendors").stdout
