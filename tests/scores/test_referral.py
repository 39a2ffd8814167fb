"""Referral value: who is credited, with how much, and that nothing counts twice."""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from tests.scores.conftest import AS_OF, START, context

from tierwise.errors import MissingDataError
from tierwise.scores import referral, referrers
from tierwise.scores.components import SCHEMA
from tierwise.scores.referral import LeftOut
from tierwise.settings import ReferralSettings
from tierwise.value.summary import summarise

JUNE = datetime(2025, 6, 1)


def values_of(make, **worth):
    """Customers with orders of the given profit in July 2025."""
    rows = [
        {
            "customer_id": name,
            "header_id": name,
            "created_at": datetime(2025, 7, 1),
            "total_amount": Decimal(amount),
        }
        for name, amount in worth.items()
    ]
    summary = summarise({"order_lines": make("order_lines", *rows)}, START, AS_OF)
    return summary.mutate(value=summary.revenue)


def told(referrer, referred, at=JUNE):
    """A row of the referrals table."""
    return {"referrer_id": referrer, "referred_id": referred, "at": at}


def found(session, make, rows, worth, customers=None, **changes):
    """The network of some referrals."""
    table = make("referrals", *rows, columns="referrer_id referred_id at")
    edges = referral.edges(table, customers, values_of(make, **worth), AS_OF)
    return referral.network(session.rows(edges), ReferralSettings(**changes))


def test_two_generations_are_damped(session, make):
    """By hand: B is worth 100, C 40; A brought B, B brought C: A has 50 + 10, B 20."""
    network = found(session, make, [told("A", "B"), told("B", "C")], {"B": 100, "C": 40})
    credited = {credit.customer_id: credit for credit in network.credits}
    assert credited["A"].value == 60
    assert credited["B"].value == 20
    assert (credited["A"].low, credited["A"].high) == (30, Decimal("78"))
    assert (credited["A"].brought, credited["A"].later) == (1, 1)
    assert (network.counted, network.referred_value) == (2, 140)


def test_first_referral_wins(session, make):
    """Who referred first is credited, whatever the order of rows; an undated claim comes last."""
    customers = make("customers", {"customer_id": "C", "referred_by_id": "Z"})
    rows = [told("B", "C", datetime(2025, 6, 2)), told("A", "C"), told("A", "C", JUNE)]
    network = found(session, make, rows, {"C": 10}, customers)
    assert [credit.customer_id for credit in network.credits] == ["A"]
    assert network.left_out == {LeftOut.NOT_FIRST: 2}


def test_same_pair_from_both_tables_counts_once(session, make):
    """What both tables say is one referral, and the dated row dates it."""
    customers = make("customers", {"customer_id": "C", "referred_by_id": "A"})
    network = found(session, make, [told("A", "C")], {"C": 10}, customers)
    assert network.counted == 1
    assert network.left_out == {}
    assert network.credits[0].last_at == JUNE


def test_customers_alone_tell_referrals(session, make):
    """Without a table of referrals, referred_by_id of the customers is enough."""
    customers = make("customers", {"customer_id": "C", "referred_by_id": "A"}, {"customer_id": "A"})
    edges = referral.edges(None, customers, values_of(make, C=10), AS_OF)
    network = referral.network(session.rows(edges), ReferralSettings())
    assert [(c.customer_id, c.value) for c in network.credits] == [("A", 5)]


def test_what_does_not_count_is_counted_with_its_reason(session, make):
    """Self-referrals, later ones, ones after the first order, and cycles stay out, with reasons."""
    rows = [
        told("A", "A"),
        told("A", "B", datetime(2026, 1, 1)),
        told("A", "C", datetime(2025, 7, 2)),
        told("D", "E"),
        told("E", "F"),
        told("F", "D"),
        told("F", "G"),
        told("A", "H", datetime(2025, 7, 1, 23)),
    ]
    worth = dict.fromkeys("ABCDEFGH", 10)
    network = found(session, make, rows, worth)
    assert network.left_out == {
        LeftOut.SELF: 1,
        LeftOut.LATER: 1,
        LeftOut.TOO_LATE: 1,
        LeftOut.CYCLE: 3,
    }
    assert {credit.customer_id for credit in network.credits} == {"F", "A"}
    shown = referrers.answer(context, network, ReferralSettings(), {})
    assert shown.figure("referrals_left_out").value == 6
    assert {row["reason"] for row in shown.grid("left_out").rows} == set(network.left_out)


def test_late_claim_does_not_displace_a_good_one(session, make):
    """A referral that does not count is no rival: the next one in time wins."""
    rows = [told("C", "C", datetime(2025, 1, 2)), told("A", "C")]
    assert [c.customer_id for c in found(session, make, rows, {"C": 10}).credits] == ["A"]


def test_losses_are_not_charged(session, make):
    """Who brought a loss-maker, or somebody who never bought, is credited with zero for it."""
    network = found(session, make, [told("A", "B"), told("A", "C")], {"B": -5})
    assert network.credits[0].value == 0
    assert (network.losing, network.unknown) == (1, 1)


def test_nobody_says_who_referred(make):
    """Without either source the message names both."""
    with pytest.raises(MissingDataError, match="referred_by_id"):
        referral.edges(None, None, values_of(make, A=1), AS_OF)


def test_no_referral_counts(session, make):
    """A table of referrals none of which counts gives an empty network, not an error."""
    network = found(session, make, [told("A", "A")], {"A": 10})
    assert network.credits == ()
    assert network.referred_value == 0
    assert referrers.to_arrow(network).num_rows == 0


@pytest.mark.parametrize(
    "settings",
    [
        {"share_high": 0.9},
        {"generations": 3},
        {"share": 0.2},
        {"share": 1, "share_high": 1, "damping": 0.1},
    ],
)
def test_shares_that_would_credit_twice_are_refused(settings):
    """Shares out of order, or more than the whole over all generations, are no settings."""
    with pytest.raises(ValidationError):
        ReferralSettings(**settings)


amounts = st.decimals(-1000, 100_000, places=4, allow_nan=False)
nodes = st.sampled_from("abcdefghij")


@st.composite
def shares(draw):
    """Settings that are allowed, up to crediting everything."""
    generations, damping = draw(st.integers(1, 5)), draw(st.floats(0, 1))
    most = 1 / sum(damping**g for g in range(generations)) * (1 - 1e-15)
    low, middle, high = sorted(draw(st.lists(st.floats(0, most), min_size=3, max_size=3)))
    if draw(st.booleans()):
        high = most
    return ReferralSettings(
        generations=generations, damping=damping, share_low=low, share=middle, share_high=high
    )


def naive_credits(rows, share, damping, generations):
    """Walk up from each referred customer; a walk that comes back is a cycle."""
    parent = {row["referred_id"]: row["referrer_id"] for row in rows}

    def cyclic(start):
        here, seen = parent.get(start), set()
        while here is not None and here not in seen:
            if here == start:
                return True
            seen.add(here)
            here = parent.get(here)
        return False

    on_cycle = {name for name in parent if cyclic(name)}
    credited = defaultdict(Decimal)
    for row in rows:
        if row["referred_id"] in on_cycle:
            continue
        here, worth = row["referrer_id"], max(Decimal(0), row["value"] or Decimal(0))
        for generation in range(generations):
            credited[here] += worth * Decimal(share * damping**generation)
            if here in on_cycle or here not in parent:
                break
            here = parent[here]
    return credited


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.dictionaries(nodes, st.tuples(nodes, st.none() | amounts)), shares())
def test_nothing_is_credited_twice(graph, chosen):
    """All credit together, at any end of the share, never passes the value of the referred."""
    rows = [
        {"referred_id": child, "referrer_id": above, "value": value, "at": None, "left_out": None}
        for child, (above, value) in graph.items()
        if child != above
    ]
    network = referral.network(rows, chosen)
    for end in ("low", "value", "high"):
        assert sum(getattr(credit, end) for credit in network.credits) <= network.referred_value
    expected = naive_credits(rows, chosen.share, chosen.damping, chosen.generations)
    credited = {credit.customer_id: credit.value for credit in network.credits}
    assert credited.keys() == expected.keys()
    assert network.counted + network.left_out.get(LeftOut.CYCLE, 0) == len(rows)
    for name, value in credited.items():
        assert value == pytest.approx(expected[name], abs=Decimal("0.0101"))
        assert value <= expected[name] + Decimal("0.0001")


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.dictionaries(nodes, st.tuples(nodes, st.none() | amounts)), shares(), st.sets(nodes))
def test_part_of_the_network(graph, chosen, ids):
    """Some referrers have the credit they have in the whole, and the rest has all the rest."""
    rows = [
        {"referred_id": child, "referrer_id": above, "value": value, "at": None, "left_out": None}
        for child, (above, value) in graph.items()
        if child != above
    ]
    whole = referral.network(rows, chosen)
    others = {row["referrer_id"] for row in rows} - ids
    parts = [referral.credited_to(rows, some, chosen) for some in (ids, others)]
    assert {c for part in parts for c in part.credits} == set(whole.credits)
    assert all(c.customer_id in ids for c in parts[0].credits)
    for name in ("counted", "referred_value", "losing", "unknown"):
        assert sum(getattr(part, name) for part in parts) == getattr(whole, name)
    assert sum(sum(part.left_out.values()) for part in parts) == sum(whole.left_out.values())


def test_fairfield(session, demo, demo_summary, hold):
    """Every referral of the case study counts once, and the credits are scores."""
    values = demo_summary.mutate(value=demo_summary.gross_profit)
    edges = referral.edges(demo["referrals"], demo["customers"], values, AS_OF)
    chosen = ReferralSettings()
    network = referral.network(session.rows(edges), chosen)
    assert network.counted == 306
    assert network.left_out == {}
    shown = referrers.answer(context, network, chosen, {})
    total = shown.figure("referral_value")
    assert 0 < total.low < total.value < total.high < network.referred_value
    assert any(credit.later for credit in network.credits)
    table = referrers.component(hold(referrers.to_arrow(network)), chosen, AS_OF)
    assert dict(table.schema()) == dict(ibis.schema(SCHEMA))
    assert sum(row["value"] for row in session.rows(table)) == total.value
