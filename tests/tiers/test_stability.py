"""Reviews: who moves, against a slow twin and by their laws."""

from datetime import date
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.tiers import naive

from tierwise.settings import StabilitySettings
from tierwise.tiers import stability
from tierwise.tiers.stability import Reason

DAY = date(2025, 12, 31)
BOUNDS = (100.0, 50.0, 10.0)
FEW = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
days = st.sampled_from([date(2025, 3, 31), date(2025, 9, 30), date(2025, 12, 31), None])
now = st.fixed_dictionaries(
    {
        "value": st.integers(0, 150).map(Decimal),
        "rule_tier": st.integers(1, 4),
        "first_on": st.sampled_from([date(2020, 1, 1), date(2025, 11, 1), None]),
        "p": st.lists(st.integers(0, 20).map(lambda n: n / 20), min_size=3, max_size=3).map(sorted),
    }
)
before = st.one_of(
    st.none(), st.fixed_dictionaries({"tier": st.integers(1, 4), "waits_since": days})
)
RULES = [
    StabilitySettings(),
    StabilitySettings(promote_at=0, demote_at=0, grace_months=0, young_months=0),
    StabilitySettings(promote_at=0.5, demote_at=0.5, grace_months=3, switching_cost=20),
]


def reviewed(session, hold, rows, rule):
    """What the engine makes of (now, prior) pairs."""
    told = [
        {
            "customer_id": f"c{k:03}",
            **{n: row[n] for n in ("value", "rule_tier", "first_on")},
            **{f"p_to_{i}": p for i, p in enumerate(row["p"], 1)},
        }
        for k, (row, _) in enumerate(rows)
    ]
    schema = pa.schema(
        {
            "customer_id": pa.string(),
            "value": pa.decimal128(38, 4),
            "rule_tier": pa.int64(),
            "first_on": pa.date32(),
            **{f"p_to_{i}": pa.float64() for i in (1, 2, 3)},
        }
    )
    prior = pa.schema(
        {
            "customer_id": pa.string(),
            "tier": pa.int64(),
            "since": pa.date32(),
            "waits_since": pa.date32(),
            "reviews": pa.string(),
        }
    )
    was = [
        {"customer_id": f"c{k:03}", "since": date(2025, 1, 1), "reviews": str(p["tier"]), **p}
        for k, (_, p) in enumerate(rows)
        if p
    ]
    table = stability.review(
        hold(pa.Table.from_pylist(told, schema)),
        hold(pa.Table.from_pylist(was, prior)),
        BOUNDS,
        rule,
        DAY,
    )
    return told, session.rows(table.order_by("customer_id"))


@pytest.mark.parametrize("rule", RULES)
@FEW
@given(rows=st.lists(st.tuples(now, before), min_size=1, max_size=40))
def test_reviews_do_as_their_twin(session, hold, rule, rows):
    """Engine and plain Python move and hold the same customers."""
    told, found = reviewed(session, hold, rows, rule)
    for row, (_, prior), got in zip(told, rows, found, strict=True):
        tier, waits = naive.review(row, prior, BOUNDS, rule, DAY)
        assert (got["tier"], got["waits_since"]) == (tier, waits)
        moved = prior is None or tier != prior["tier"]
        assert got["since"] == (DAY if moved else date(2025, 1, 1))
        assert got["reviews"] == (f"{prior['tier']},{tier}" if prior else str(tier))


@FEW
@given(rows=st.lists(st.tuples(now, before), min_size=1, max_size=40))
def test_nobody_moves_past_the_rule(session, hold, rows):
    """A customer ends between the tier before and the one that the rule says."""
    _, found = reviewed(session, hold, rows, RULES[0])
    for got in found:
        if got["before"] is not None:
            low, high = sorted((got["before"], got["rule_tier"]))
            assert low <= got["tier"] <= high


OLD = {"value": Decimal(5), "rule_tier": 4, "first_on": date(2020, 1, 1), "p": [0.0, 0.1, 0.2]}
IN_B = {"tier": 2, "waits_since": None}


@pytest.mark.parametrize(
    ("row", "prior", "rule", "tier", "reason"),
    [
        (OLD, None, {}, 4, Reason.NEW),
        (OLD, {"tier": 4, "waits_since": None}, {}, 4, Reason.STAYS),
        (OLD, IN_B, {}, 2, Reason.GRACE),
        (OLD, IN_B, {"grace_months": 0}, 4, Reason.DEMOTED),
        (OLD, {**IN_B, "waits_since": date(2025, 9, 30)}, {}, 4, Reason.DEMOTED),
        (OLD | {"first_on": date(2025, 11, 1)}, IN_B, {"grace_months": 0}, 2, Reason.YOUNG),
        (OLD | {"p": [0.0, 0.9, 0.9]}, IN_B, {}, 2, Reason.HELD_UP),
        (OLD, IN_B, {"switching_cost": 60}, 2, Reason.COST),
        (OLD | {"rule_tier": 1, "value": Decimal(120)}, IN_B, {}, 2, Reason.HELD_DOWN),
        (
            OLD | {"rule_tier": 1, "value": Decimal(120), "p": [0.6, 0.7, 0.8]},
            IN_B,
            {},
            1,
            Reason.PROMOTED,
        ),
    ],
)
def test_every_reason_has_its_case(session, hold, row, prior, rule, tier, reason):
    """One customer for each reason."""
    _, found = reviewed(session, hold, [(row, prior)], StabilitySettings(**rule))
    assert (found[0]["tier"], found[0]["reason"]) == (tier, reason)


def test_every_reason_has_words():
    """No reason is shown as a code."""
    assert set(stability.WORDS) == set(Reason)
