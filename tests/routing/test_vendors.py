"""Rules of products, replayed and written down."""

import pytest

from tierwise.errors import RefusedError
from tierwise.routing import policy
from tierwise.routing.section import ClassRule, Eligibility, PolicySection, Rule, params_of
from tierwise.routing.vendors import ORDERINGS, Vendor, preset, settings_for

NAMES = ("gold", "silver", "bronze")
GROUPS = {"experts": ("gold", "silver"), "all": NAMES}


def choose(section, waits, group="all", lengths=(1, 1, 1)):
    params = params_of(section, NAMES, tuple(GROUPS), GROUPS)
    k = policy.choose_contact(list(GROUPS).index(group), waits, lengths, (1, 1), params)
    return NAMES[k] if k >= 0 else None


@pytest.mark.parametrize("vendor", list(Vendor))
def test_every_preset_is_a_policy_that_its_product_can_be_told(vendor):
    section = preset(vendor, NAMES, GROUPS)
    assert section.rule is ORDERINGS[vendor].rule
    assert section.present
    assert settings_for(vendor, section, GROUPS)
    assert ORDERINGS[vendor].source


def test_amazon_connect_examples_of_its_guide():
    same_priority_other_delay = PolicySection(
        rule=Rule.FIRST_COME, groups={"all": {"silver": Eligibility(after_wait_s=30)}}
    )
    assert choose(same_priority_other_delay, (0, 29, 0), lengths=(0, 1, 0)) is None
    assert choose(same_priority_other_delay, (5, 31, 0)) == "silver"
    found = settings_for(Vendor.AMAZON_CONNECT, same_priority_other_delay, GROUPS)
    queues = found["RoutingProfiles"][1]["QueueConfigs"]
    assert {"Queue": "silver", "Priority": 1, "Delay": 30} in queues


def test_a_point_of_genesys_is_a_minute():
    section = PolicySection(rule=Rule.HEAD_START, classes={"gold": ClassRule(head_start_s=90)})
    found = settings_for(Vendor.GENESYS, section, GROUPS)
    assert found["priority"] == {"gold": 2, "silver": 0, "bronze": 0}
    assert found["rounded_by_s"]["gold"] == 30


def test_nice_accelerates_by_the_minute_up_to_its_maximum():
    rules = {"gold": ClassRule(head_start_s=110, rate=2, cap_s=500)}
    found = settings_for(Vendor.NICE, PolicySection(rule=Rule.CAPPED, classes=rules), GROUPS)
    gold = {"InitialPriority": 110, "Acceleration": 120, "MaxPriority": 500}
    assert found["skills"]["gold"] == gold
    assert found["skills"]["bronze"]["MaxPriority"] is None


def test_twilio_gives_the_greater_number_to_the_first_and_hands_on_after_the_wait():
    section = PolicySection(
        rule=Rule.STRICT,
        classes={n: ClassRule(level=i) for i, n in enumerate(NAMES)},
        groups={"all": {"gold": Eligibility(after_wait_s=45)}},
    )
    filters = settings_for(Vendor.TWILIO, section, GROUPS)["task_routing"]["filters"]
    targets = {f["filter_friendly_name"]: f["targets"] for f in filters}
    assert targets["gold"][0] == {"queue": "experts", "priority": 2, "timeout": 45}
    assert targets["bronze"][0]["priority"] == 0


def test_asterisk_turns_preference_into_penalty():
    section = PolicySection(
        rule=Rule.STRICT,
        classes={n: ClassRule(level=i) for i, n in enumerate(NAMES)},
        groups={"all": {"gold": Eligibility(preference=3)}},
    )
    queues = settings_for(Vendor.ASTERISK, section, GROUPS)["queues"]
    assert queues["gold"]["penalty"] == {"experts": 0, "all": 2}


def test_freeswitch_counts_seconds():
    section = PolicySection(rule=Rule.HEAD_START, classes={"gold": ClassRule(head_start_s=90)})
    assert settings_for(Vendor.FREESWITCH, section, GROUPS)["cc_base_score"]["gold"] == 90


@pytest.mark.parametrize(
    ("vendor", "section", "complaint"),
    [
        (
            Vendor.CHATWOOT,
            PolicySection(rule=Rule.STRICT, classes={"gold": ClassRule(level=1)}),
            "cannot order by strict",
        ),
        (Vendor.GENESYS, PolicySection(classes={"gold": ClassRule(floor_s=60)}), "no floor"),
        (
            Vendor.ASTERISK,
            PolicySection(groups={"all": {"gold": Eligibility(after_wait_s=9)}}),
            "no overflow of gold",
        ),
        (
            Vendor.AMAZON_CONNECT,
            PolicySection(groups={"all": {"gold": Eligibility(reserve=1)}}),
            "no reserve",
        ),
    ],
)
def test_what_a_product_cannot_do_is_refused(vendor, section, complaint):
    with pytest.raises(RefusedError, match=complaint):
        settings_for(vendor, section, GROUPS)
