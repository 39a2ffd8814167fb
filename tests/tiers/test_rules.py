"""Where the cuts between tiers are, against a slow twin and by their laws."""

import itertools
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.tiers import naive
from tests.tiers.conftest import valued

from tierwise.settings import CapacitySettings, TierRule, TiersSettings
from tierwise.tiers import rules, values

FEW = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
amounts = st.integers(-300, 1200).map(lambda cents: Decimal(cents) / 4)
firms = st.lists(amounts, min_size=1, max_size=50).map(
    lambda found: [(f"c{place:02}", value) for place, value in enumerate(found)]
)
RULES = [
    TiersSettings(rule=TierRule.RANK, last_ranks=(2, 5, 9)),
    TiersSettings(rule=TierRule.RANK, customer_shares=(0.1, 0.3, 0.6)),
    TiersSettings(rule=TierRule.SHARE, value_shares=(0.5, 0.8, 0.95)),
    TiersSettings(rule=TierRule.THRESHOLD, thresholds=(200, 100, 10)),
]


def placed(session, hold, rows, chosen, at=()):
    """Tier of every customer, and the cuts."""
    ordered = values.in_order(hold(valued(rows)))
    row = session.rows(rules.cut_query(ordered, chosen, at))[0]
    cuts = rules.cuts_of(row, len(chosen.names))
    cuts = rules.with_values(cuts, session.rows(rules.value_query(ordered, cuts)))
    table = ordered.select("customer_id", tier=rules.tier_at(ordered["rank"], cuts))
    return {r["customer_id"]: r["tier"] for r in session.rows(table)}, cuts


@pytest.mark.parametrize("chosen", RULES, ids=lambda one: f"{one.rule}-{one.cuts[0]}")
@FEW
@given(rows=firms)
def test_every_rule_does_as_its_twin(session, hold, chosen, rows):
    """Engine and plain Python put everybody into the same tier, losses and ties included."""
    found, cuts = placed(session, hold, rows, chosen)
    assert found == naive.tiers(rows, chosen)
    assert sum(cuts.sizes) == len(rows)


@FEW
@given(rows=firms)
def test_a_better_customer_never_stands_lower(session, hold, rows):
    """Tiers follow the order of value, and nobody at zero or below is above the last one."""
    found, _ = placed(session, hold, rows, RULES[2])
    order = [found[customer] for customer, _ in naive.in_order(rows)]
    assert order == sorted(order)
    assert all(found[customer] == 4 for customer, value in rows if value <= 0)


def test_ties_are_broken_by_customer_id(session, hold):
    """Of equals the first by id is taken, whatever order they come in."""
    rows = [(name, Decimal(10)) for name in ("d", "b", "a", "c")]
    chosen = TiersSettings(rule=TierRule.RANK, names=("top", "rest"), last_ranks=(2,))
    for some in (rows, rows[::-1]):
        found, _ = placed(session, hold, some, chosen)
        assert found == {"a": 1, "b": 1, "c": 2, "d": 2}


LOSSES = [
    (f"c{k:02}", Decimal(value))
    for k, value in enumerate((0, -5, 80, 30, 0, 30, -80, 10, 30, 80, 5, -5, 0, 30, 60))
]
EVERY_RULE = [
    *((one, ()) for one in RULES),
    (TiersSettings(rule=TierRule.CAPACITY, capacity=CapacitySettings(customers=3)), (3.0,)),
    (TiersSettings(rule=TierRule.NATURAL_BREAK), (80.0, 30.0, -5.0)),
]


@pytest.mark.parametrize(
    ("chosen", "at"), EVERY_RULE, ids=lambda one: str(getattr(one, "rule", ""))
)
def test_losses_and_ties_are_treated_alike_by_every_rule(session, hold, chosen, at):
    """Zero or less is last, of equals the smaller id is first, and the order of rows is nothing."""
    found, cuts = placed(session, hold, LOSSES, chosen, at)
    assert {found[c] for c, value in LOSSES if value <= 0} == {len(chosen.names)}
    for _, equal in itertools.groupby(naive.in_order(LOSSES), key=lambda row: row[1]):
        tiers = [found[customer] for customer, _ in equal]
        assert tiers == sorted(tiers)
    assert placed(session, hold, LOSSES[::-1], chosen, at) == (found, cuts)
    assert sum(cuts.sizes) == len(LOSSES)


def test_a_threshold_never_parts_equals(session, hold):
    """Who has exactly the amount is in."""
    rows = [(f"c{k}", Decimal(100)) for k in range(5)]
    chosen = TiersSettings(rule=TierRule.THRESHOLD, names=("a", "b"), thresholds=(100,))
    found, cuts = placed(session, hold, rows, chosen)
    assert set(found.values()) == {1}
    assert cuts.values == (100.0,)


def test_nobody_above_zero(session, hold):
    """Everybody is in the last tier, and tiers above are empty."""
    found, cuts = placed(session, hold, [("a", Decimal(0)), ("b", Decimal(-3))], RULES[0])
    assert set(found.values()) == {4}
    assert cuts.last_ranks == (0, 0, 0)
    assert cuts.values == (float("inf"),) * 3


capacities = st.one_of(
    st.builds(CapacitySettings, customers=st.integers(1, 8), cost_per_customer=st.just(3.0)),
    st.builds(CapacitySettings, minutes=st.floats(5, 200), cost_per_customer=st.just(0.0)),
)
served = st.lists(st.tuples(st.integers(-50, 900), st.integers(0, 60)), min_size=1, max_size=15)


@FEW
@given(rows=served, capacity=capacities)
def test_the_best_boundary_of_a_capacity(session, hold, rows, capacity):
    """The engine ends the first tier where the twin does, or where as much is protected."""
    ordered = sorted(((Decimal(v), float(m)) for v, m in rows), key=lambda r: -r[0])
    table = valued([(f"c{k:03}", value) for k, (value, _) in enumerate(ordered)])
    table = table.append_column("minutes", pa.array([m for _, m in ordered]))
    query = rules.capacity_query(values.in_order(hold(table)), capacity)
    found = session.rows(query)
    expected = naive.capacity(ordered, capacity)
    assert (found[0]["rank"] if found else 0) == expected


def test_the_first_tier_ends_where_capacity_says(session, hold):
    """The other tiers are those of the value shares, none before the first."""
    chosen = TiersSettings(rule=TierRule.CAPACITY, capacity=CapacitySettings(customers=3))
    rows = [(f"c{k}", Decimal(10)) for k in range(10)]
    _, cuts = placed(session, hold, rows, chosen, at=(3.0,))
    assert cuts.last_ranks == (3, 8, 10)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"names": ("a",)}, "2 to 10 different names"),
        ({"names": ("a", "a")}, "2 to 10 different names"),
        ({"rule": "share", "value_shares": (0.8, 0.5, 0.9)}, "ascending"),
        ({"rule": "rank", "last_ranks": (10,)}, "last_ranks has 1"),
        ({"rule": "threshold"}, "thresholds has 0"),
        ({"rule": "threshold", "thresholds": (1, 2, 3)}, "descending"),
        ({"rule": "capacity"}, "either customers or minutes"),
    ],
)
def test_settings_that_do_not_fit_are_refused(given, says):
    """The message names the setting and what it lacks."""
    with pytest.raises(ValidationError, match=says):
        TiersSettings.model_validate(given)
