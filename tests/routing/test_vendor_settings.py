"""What is exported to a product can be read again, and is the same policy."""

import numpy as np
import pytest

from tierwise.errors import SettingsError
from tierwise.routing.policy import choose_contact, choose_group
from tierwise.routing.section import ClassRule, Eligibility, PolicySection, Rule, params_of
from tierwise.routing.vendor_settings import policy_from
from tierwise.routing.vendors import Vendor, preset, settings_for
from tierwise.simulation.section import read_scenario

NAMES = ("gold", "silver", "bronze")
GROUPS = {"experts": ("gold", "silver"), "all": NAMES}
OWN = {
    Vendor.AMAZON_CONNECT: PolicySection(
        rule=Rule.STRICT,
        classes={
            "gold": ClassRule(level=1),
            "silver": ClassRule(level=2),
            "bronze": ClassRule(level=3),
        },
        groups={"all": {"gold": Eligibility(after_wait_s=20), "bronze": Eligibility(level=5)}},
    ),
    Vendor.TWILIO: PolicySection(
        rule=Rule.STRICT,
        classes={
            "gold": ClassRule(level=1),
            "silver": ClassRule(level=2),
            "bronze": ClassRule(level=3),
        },
        groups={"all": {"gold": Eligibility(after_wait_s=30, preference=2)}},
    ),
    Vendor.NICE: PolicySection(
        rule=Rule.CAPPED,
        classes={"gold": ClassRule(head_start_s=90, rate=3, cap_s=400)},
    ),
}


@pytest.mark.parametrize("vendor", list(Vendor))
def test_settings_read_again_decide_alike_in_every_state(vendor):
    for section in [preset(vendor, NAMES, GROUPS), *([OWN[vendor]] if vendor in OWN else [])]:
        read = policy_from(vendor, settings_for(vendor, section, GROUPS), NAMES, GROUPS)
        assert read.present
        assert decisions(read) == decisions(section)


def decisions(section):
    """Choices in 300 random states."""
    params = params_of(section, NAMES, tuple(GROUPS), GROUPS)
    rng = np.random.default_rng(1)
    found = []
    for _ in range(300):
        waits, lengths = rng.integers(1, 200, 3) + rng.random(3), rng.integers(0, 3, 3)
        idle, since = rng.integers(0, 2, 2), rng.random(2)
        g, k = int(rng.integers(0, 2)), int(rng.integers(0, 3))
        found.append(choose_contact(g, waits, lengths, np.maximum(idle, 1), params))
        # Twilio hands on after a second at least, and fixes an order of queues.
        chosen = choose_group(k, float(waits[k]), np.array([idle[0], 0]), since, params)
        found.append(chosen)
    return found


SCENARIO = {
    "classes": [{"name": name, "arrivals_per_hour": 5, "handle": {"mean_s": 60}} for name in NAMES],
    "groups": [{"name": name, "serves": served, "agents": 2} for name, served in GROUPS.items()],
}


def test_a_scenario_names_the_product_that_runs_today():
    asked = read_scenario(SCENARIO | {"present_rule": "amazon_connect"})
    assert asked.policies[0].present
    assert asked.policies[0].rule is Rule.STRICT
    own = settings_for(Vendor.NICE, OWN[Vendor.NICE], GROUPS)
    asked = read_scenario(SCENARIO | {"present_rule": "nice-cxone", "present_settings": own})
    assert asked.policies[0].classes["gold"].rate == 3


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"present_rule": "carrier pigeon"}, "no such product"),
        ({"present_rule": "genesys-cloud", "present_settings": {"points": {}}}, "'priority'"),
        (
            {"present_rule": "genesys-cloud", "present_settings": {"priority": {"iron": 1}}},
            "names iron",
        ),
        ({"present_rule": "twilio-taskrouter", "policy": {"present": True}}, "Two rules"),
    ],
)
def test_settings_that_cannot_be_read_say_what_is_wrong(changes, complaint):
    with pytest.raises(SettingsError, match=complaint):
        read_scenario(SCENARIO | changes)
