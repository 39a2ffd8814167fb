"""Decisions, wording, fairness, shrinkage and intervals, each on a case to reckon by hand."""

from datetime import date
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.tiers.conftest import valued

from tierwise.settings import TierOverride, TiersSettings
from tierwise.settings.tiers import WORDS
from tierwise.tiers import audit, fairness, overrides, ratios, shrinkage, wording
from tierwise.tiers.overrides import Decision

DAY = date(2025, 12, 31)


def decision(**changes: object) -> Decision:
    given = {
        "customer_id": "c1",
        "tier": 1,
        "name": "A",
        "owner": "Kim",
        "reason": "Reference",
        "set_on": date(2025, 1, 1),
        "expires_on": date(2026, 1, 1),
        "source": "here",
    }
    return Decision(**{**given, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, "in force"),
        ({"expires_on": DAY}, "in force"),
        ({"expires_on": date(2025, 12, 30)}, "expired"),
        ({"set_on": date(2026, 1, 1)}, "not yet"),
        ({"expires_on": None}, "no end"),
        ({"owner": ""}, "no owner"),
        ({"reason": ""}, "no reason"),
        ({"tier": 0, "name": "Z"}, 'there is no tier "Z"'),
    ],
)
def test_a_decision_needs_owner_reason_and_end(changes, state):
    """What is lacking is said, and only a whole one is in force."""
    one = decision(**changes)
    assert one.state(DAY) == state
    assert (one in overrides.in_force([one], DAY)) == (state == "in force")


def test_the_decision_set_last_holds():
    """Of two for one customer the later one counts."""
    old, new = decision(tier=2), decision(tier=3, set_on=date(2025, 6, 1))
    assert overrides.in_force([old, new], DAY) == (new,)


def test_decisions_come_from_settings_and_table():
    """Both are read, and a tier that is not declared is a fault and not an error."""
    own = TierOverride(
        customer_id="c1", tier="B", owner="Kim", reason="x", expires_on=date(2026, 1, 1)
    )
    row = {"customer_id": "c2", "tier": "Gold", "owner": "Lou", "reason": "y", "source_row": 2}
    found = overrides.decisions(TiersSettings(overrides=(own,)), [row])
    assert [(one.customer_id, one.tier) for one in found] == [("c1", 2), ("c2", 0)]


def test_an_override_of_an_unknown_tier_is_refused():
    """The message names customer, tier and the tiers there are."""
    given = {"customer_id": "c1", "tier": "Z", "owner": "K", "reason": "x", "expires_on": DAY}
    with pytest.raises(ValueError, match='c1 names the tier "Z"; there are A, B, C, D'):
        TiersSettings.model_validate({"overrides": [given]})


# --- wording


def test_a_label_of_worth_is_found_with_its_place():
    """File, line, column and word; hyphens, spaces, capitals and plurals are seen through."""
    text = "Dear Sir,\nas one of our Low Value customers,\nyour Tier B waits.\n"
    hits = wording.found_in("mail.txt", text, WORDS)
    assert [(h.line, h.column, h.word) for h in hits] == [
        (2, 15, "low value"),
        (2, 15, "low-value"),
        (3, 6, "tier"),
    ]


@pytest.mark.parametrize("text", ["Our frontier offices", "a valued partner", "tierra del fuego"])
def test_parts_of_other_words_are_left_alone(text):
    """Only whole words count."""
    assert wording.found_in("mail", text, WORDS) == ()


@given(st.text(max_size=80), st.sampled_from(WORDS))
def test_a_word_is_found_wherever_it_stands(text, word):
    """Between any two lines of text."""
    assert any(h.word == word for h in wording.found_in("t", f"{text}\n{word}\n{text}", WORDS))


# --- fairness


def cells(table: dict[tuple[str, int, int], int]) -> list[dict[str, object]]:
    return [{"group": g, "stratum": s, "tier": t, "customers": n} for (g, s, t), n in table.items()]


def test_what_value_explains_is_explained():
    """Groups differ in value alone: nothing is left."""
    rows = cells({("x", 1, 1): 30, ("x", 2, 2): 70, ("y", 1, 1): 10, ("y", 2, 2): 90})
    found = fairness.measured("country", "proxy", rows, 2)
    assert found is not None
    assert found.v == pytest.approx(0.25)
    assert found.v_left == pytest.approx(0)
    assert found.explained == pytest.approx(1)


def test_what_value_does_not_explain_is_left():
    """Equal values, and one group alone is above the last tier."""
    rows = cells({("x", 1, 1): 50, ("y", 1, 2): 50})
    found = fairness.measured("gender", "protected", rows, 2)
    assert found is not None
    assert found.v == pytest.approx(1)
    assert found.v_left == pytest.approx(1)
    assert found.explained == pytest.approx(0)
    assert found.p_value < 1e-6


def test_one_group_has_nothing_to_be_compared_with():
    """None, so that the answer says so."""
    assert fairness.measured("country", "proxy", cells({("x", 1, 1): 9, ("x", 2, 2): 9}), 2) is None


# --- shrinkage and intervals


def test_leaders_are_looked_up_in_the_next_window(session, hold):
    """The best two brought 30 and then 12; all together 36 and then 30."""
    before = hold(valued([("a", Decimal(20)), ("b", Decimal(10)), ("c", Decimal(6))]))
    now = hold(valued([("a", Decimal(8)), ("b", Decimal(4)), ("d", Decimal(18))]))
    found = shrinkage.measured(session.rows(shrinkage.query(before, now, 2))[0])
    assert found is not None
    assert (found.customers, found.then, found.now) == (2, 30.0, 12.0)
    assert found.kept == pytest.approx(0.4)
    assert found.kept_low <= 0.4 <= found.kept_high
    assert found.beyond_trend == pytest.approx(0.4 / (30 / 36))
    assert "40%" in found.words("EUR")


def test_intervals_count_customers(session, hold):
    """Ten equal answers of one customer tell no more than one does."""
    rows = pa.table(
        {
            "customer_id": ["a"] * 10 + ["b"] * 10,
            "group": [1] * 20,
            "wait": [10.0] * 10 + [30.0] * 10,
        }
    )
    table = hold(rows)
    sums = ratios.per_customer(table, {"wait": table.wait}, ("customer_id", "group"))
    mean = ratios.mean_of(session.rows(ratios.by_group(sums, ["wait"], "group"))[0], "wait")
    assert mean.value == 20
    # Two customers at 10 and 30: the standard error of their mean is 10.
    assert mean.high == pytest.approx(20 + 1.96 * 10)
    assert mean.of == 20


def test_the_interval_of_a_mean_holds_it_as_often_as_stated():
    """Of 300 samples of customers about 95% hold the true mean."""
    generator = np.random.default_rng(11)
    inside, runs = 0, 300
    for _ in range(runs):
        n = generator.poisson(3, 60) + 1
        level = generator.gamma(4, 5, 60)
        s = np.array([generator.exponential(level[k], n[k]).sum() for k in range(60)])
        row = {
            "s_w": s.sum(), "n_w": n.sum(), "ss_w": (s * s).sum(), "sn_w": (s * n).sum(),
            "nn_w": (n * n).sum(), "c_w": 60,
        }  # fmt: skip
        mean = ratios.mean_of(row, "w")
        assert mean.low is not None
        assert mean.high is not None
        inside += mean.low <= 20 <= mean.high
    assert 0.90 <= inside / runs <= 0.98


def test_solved_the_first_time(session, hold):
    """No transfer, no reopening, and nobody came back about it."""
    contacts = hold(
        pa.table(
            {
                "contact_id": ["k1", "k2", "k3", "k4"],
                "customer_id": ["a"] * 4,
                "repeat_of_id": [None, "k1", None, None],
                "transfers": [0, 0, 2, 0],
                "reopens": [0, 0, 0, 0],
                "outcome": ["answered", "answered", "answered", "abandoned"],
            }
        )
    )
    table = audit.with_agents(contacts, None)
    found = audit.measures(table)
    rows = session.rows(
        table.select("contact_id", first=found["first_time"], effort=found["effort"]).order_by(
            "contact_id"
        )
    )
    assert [row["first"] for row in rows] == [0, 1, 0, None]
    assert [row["effort"] for row in rows] == [1, 0, 2, 0]
