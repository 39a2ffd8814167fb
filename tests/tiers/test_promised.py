"""What tiers were promised, beside what they received."""

import pytest
from pydantic import ValidationError

from tierwise.settings import ServiceTargets, TiersSettings
from tierwise.tiers import promised
from tierwise.units import Unit

LABELS = {
    "wait_s": ("Wait", Unit.SECONDS),
    "first_time": ("Solved first time", Unit.SHARE),
}


def verdicts(targets, **received):
    row = {"group": "A", "customers": 40, "opens": "tier:A", **received}
    found = promised.grid([row], {"A": targets}, LABELS)
    return {
        one["measure"]: (one["promised"], one["received"], one["verdict"]) for one in found.rows
    }


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(40, 55, "kept"), (65, 81, "missed"), (55, 65, "cannot tell"), (50, 60, "kept")],
)
def test_a_wait_is_held_against_its_upper_bound(low, high, verdict):
    found = verdicts(ServiceTargets(wait_s=60), wait_s=57.0, wait_s_low=low, wait_s_high=high)
    assert found["Wait"] == ("at most 60 s", f"57 s ({low} s to {high} s)", verdict)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.7, 0.8, "kept"), (0.4, 0.5, "missed"), (0.5, 0.7, "cannot tell")],
)
def test_a_share_is_held_against_its_lower_bound(low, high, verdict):
    targets = ServiceTargets(first_time=0.6)
    found = verdicts(targets, first_time=0.6, first_time_low=low, first_time_high=high)
    assert found["Solved first time"][::2] == ("at least 60.0%", verdict)


def test_what_counts_everybody_needs_no_interval():
    found = verdicts(ServiceTargets(owned=1.0, perks_each=0.5), owned=0.9, perks_each=0.5)
    assert found == {
        "Named manager": ("at least 100.0%", "90.0%", "missed"),
        "Perks": ("at least 0.50", "0.50", "kept"),
    }


def test_unknown_and_unsure_are_not_taken_for_kept():
    targets = ServiceTargets(wait_s=60, first_time=0.6)
    found = verdicts(
        targets, wait_s=None, first_time=0.9, first_time_low=None, first_time_high=None
    )
    assert found["Wait"] == ("at most 60 s", "–", "nothing known")
    assert found["Solved first time"][2] == "cannot tell"


def test_tiers_without_a_policy_are_left_out():
    rows = [{"group": name, "customers": 1, "opens": "", "wait_s": 1.0} for name in "AB"]
    found = promised.grid(rows, {"B": ServiceTargets(wait_s=2)}, LABELS)
    assert [row["group"] for row in found.rows] == ["B"]


def test_a_policy_for_no_tier_is_refused():
    with pytest.raises(
        ValidationError, match='service names the tier "Gold"; there are A, B, C, D'
    ):
        TiersSettings(service={"Gold": ServiceTargets(wait_s=60)})
