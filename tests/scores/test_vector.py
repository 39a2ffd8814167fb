"""The value vector: contexts add up, components stay apart, accounts roll up."""

from datetime import date, datetime
from decimal import Decimal

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scores.conftest import AS_OF, START, context

from tierwise.errors import MissingDataError, UsageError
from tierwise.scores import accounts, direct, influence, referral, referrers, strategic, vector
from tierwise.scores.components import SCHEMA, WHOLE, Component, scores
from tierwise.settings import InfluenceSettings, Lens, ReferralSettings, StrategicSettings
from tierwise.value import slices
from tierwise.value.summary import summarise

JUNE = datetime(2025, 6, 1)


def line(customer, amount, channel="web", cost=None, at=JUNE):
    """An order of one line."""
    return {
        "customer_id": customer,
        "header_id": f"{customer}{amount}",
        "created_at": at,
        "total_amount": Decimal(amount),
        "total_cost": None if cost is None else Decimal(cost),
        "channel": channel,
    }


def contexts_of(make, lens, lines, costs=()):
    """Direct value by channel, and the summary."""
    tables = {"order_lines": make("order_lines", *lines)}
    if costs:
        tables["costs"] = make("costs", *costs)
    summary = summarise(tables, START, AS_OF)
    labelled = slices.labelled(tables["order_lines"], None, "channel", of_line=True)
    return direct.by_context(labelled, summary, lens, START, AS_OF), summary


def cells(session, table):
    """Value by customer and context."""
    return {(r["customer_id"], r["context"]): r["value"] for r in session.rows(table)}


def test_contexts_of_profit(session, make):
    """By hand: margin by channel, and the cost to serve of the customer in a row of its own."""
    lines = [line("a", 100, "web", 60), line("a", 50, "shop", 20), line("b", 9, None, 9)]
    lines.append(line("a", 7, "web", 0, datetime(2024, 12, 31)))
    costs = [{"customer_id": "a", "cost_date": date(2025, 3, 1), "amount": Decimal("12.34")}]
    found, _ = contexts_of(make, Lens.PROFIT, lines, costs)
    assert cells(session, found) == {
        ("a", "web"): 40,
        ("a", "shop"): 30,
        ("a", direct.NOT_BY_LINE): Decimal("-12.34"),
        ("b", slices.NOT_GIVEN): 0,
    }
    rows = session.rows(direct.whole(found))
    assert {r["customer_id"]: r["value"] for r in rows} == {"a": Decimal("57.66"), "b": 0}


def test_unknown_cost_makes_the_sum_unknown(session, make):
    """A context without a cost is null, and so is the whole; revenue stays known."""
    lines = [line("a", 100, "web"), line("a", 50, "shop", 20)]
    found, _ = contexts_of(make, Lens.GROSS_PROFIT, lines)
    assert cells(session, found) == {("a", "web"): None, ("a", "shop"): 30}
    assert session.rows(direct.whole(found))[0]["value"] is None
    found, _ = contexts_of(make, Lens.REVENUE, lines)
    assert session.rows(direct.whole(found))[0]["value"] == 150


drawn_lines = st.lists(
    st.builds(
        line,
        st.sampled_from(["a", "b", None]),
        st.integers(-900, 900).map(lambda n: Decimal(n).scaleb(-2)),
        st.sampled_from(["web", "shop", None]),
        st.one_of(st.none(), st.integers(0, 300).map(lambda n: Decimal(n).scaleb(-4))),
        st.sampled_from([JUNE, datetime(2024, 6, 1), datetime(2025, 12, 31, 23, 59)]),
    ),
    min_size=1,
    max_size=10,
)


@settings(max_examples=8, deadline=None, derandomize=True)
@given(drawn_lines, st.sampled_from(list(Lens)), st.integers(0, 500))
def test_contexts_add_up_to_the_summary(session, make, lines, lens, paid):
    """The whole of each customer is the sum of its contexts and equals the summary's column."""
    costs = [
        {
            "customer_id": "a",
            "cost_date": date(2025, 3, 1),
            "amount": Decimal(paid).scaleb(-2),
        }
    ]
    found, summary = contexts_of(make, lens, lines, costs)
    parts = {}
    for (customer, _), value in cells(session, found).items():
        before = parts.get(customer, Decimal(0))
        parts[customer] = None if value is None or before is None else before + value
    wholes = {r["customer_id"]: r["value"] for r in session.rows(direct.whole(found))}
    assert wholes == parts
    expected = {r["customer_id"]: r[lens] for r in session.rows(summary)}
    assert {k: v for k, v in wholes.items() if expected[k] != v} == {}
    left_over = {k: v for k, v in expected.items() if k not in wholes}
    assert all(not value for value in left_over.values())


def account_of(session, make, *pairs):
    """Account and whether it is unresolved, by customer."""
    rows = [{"customer_id": name, "parent_id": parent} for name, parent in pairs]
    found = accounts.accounts(make("customers", *rows))
    return {r["customer_id"]: (r["account_id"], r["is_unresolved"]) for r in session.rows(found)}


def test_parents_are_followed_to_the_top(session, make):
    """Grandchildren belong to the topmost parent; a parent that is no customer still is one."""
    found = account_of(
        session, make, ("a", None), ("b", "a"), ("c", "b"), ("d", "elsewhere"), ("e", "e")
    )
    assert found == {
        "a": ("a", False),
        "b": ("a", False),
        "c": ("a", False),
        "d": ("elsewhere", False),
        "e": ("e", False),
    }


def test_cycles_of_parents_are_unresolved(session, make):
    """Who leads to a cycle stays an account of its own, and says so; cycles of any length."""
    found = account_of(
        session, make, ("a", "b"), ("b", "a"), ("c", "a"), ("x", "y"), ("y", "z"), ("z", "x")
    )
    assert found == {name: (name, True) for name in "abcxyz"}


def test_depth_is_limited(session, make):
    """Eight levels are followed; whoever is deeper stays alone."""
    chain = [(f"n{i}", f"n{i - 1}" if i else None) for i in range(11)]
    found = account_of(session, make, *chain)
    assert all(found[f"n{i}"] == ("n0", False) for i in range(9))
    assert found["n9"] == ("n9", True)
    assert found["n10"] == ("n10", True)


parents = st.dictionaries(st.sampled_from("abcdefg"), st.none() | st.sampled_from("abcdefgz"))


@settings(max_examples=10, deadline=None, derandomize=True)
@given(parents.filter(bool))
def test_accounts_against_a_walk(session, make, graph):
    """Every customer's account is where a walk up ends, or itself where the walk never does."""
    found = account_of(session, make, *graph.items())
    for name in graph:
        here, seen = name, set()
        while here not in seen and graph.get(here) not in (None, here):
            seen.add(here)
            here = graph[here]
        expected = (name, True) if here in seen else (here, False)
        assert found[name] == expected


def test_without_parents_everybody_is_an_account(session, make):
    """A customers table without parent_id has no accounts but its customers."""
    found = accounts.accounts(make("customers", {"customer_id": "a"}))
    assert [row["account_id"] for row in session.rows(found)] == ["a"]


def test_roll_up(session, make):
    """Values of members add up, but of influence the largest counts; an unknown stays unknown."""
    customers = make(
        "customers",
        {"customer_id": "top"},
        {"customer_id": "a", "parent_id": "top"},
        {"customer_id": "b", "parent_id": "top"},
    )

    def held(component, **values):
        rows = [
            {"customer_id": n, "amount": None if v is None else Decimal(v), "set_on": AS_OF}
            for n, v in values.items()
        ]
        table = make("strategic", *rows)
        return scores(table.select("customer_id", value=table.amount), component, AS_OF)

    all_scores = vector.expression(
        [
            held(Component.DIRECT, top=1, a=2, b=4, alone=8),
            held(Component.INFLUENCE, a=5, b=3),
            held(Component.REFERRAL, a=5, b=None),
        ]
    )
    rows = session.rows(accounts.roll_up(all_scores, accounts.accounts(customers)))
    found = {(r["account_id"], r["component"]): (r["members"], r["value"]) for r in rows}
    assert found == {
        ("top", "direct"): (3, 7),
        ("alone", "direct"): (1, 8),
        ("top", "influence"): (2, 5),
        ("top", "referral"): (2, None),
    }


@pytest.fixture(scope="session")
def best(session, demo_summary):
    """Ids of Fairfield's two most profitable customers."""
    rows = session.rows(demo_summary.order_by(ibis.desc("profit")).limit(2))
    return [row["customer_id"] for row in rows]


@pytest.fixture(scope="session")
def demo_vector(session, make, hold, demo, demo_summary, best):
    """All four components of Fairfield by product type; influence and strategic by hand."""
    labelled = slices.labelled(demo["order_lines"], None, "product_type", of_line=True)
    contexts = direct.by_context(labelled, demo_summary, Lens.PROFIT, START, AS_OF)
    values = demo_summary.mutate(value=demo_summary.profit)
    edges = referral.edges(demo["referrals"], demo["customers"], values, AS_OF)
    network = referral.network(session.rows(edges), ReferralSettings())
    seen = make(
        "influence",
        {"customer_id": best[0], "at": JUNE, "source": "panel", "score": 1.0, "scale_max": 2.0},
    )
    voices = influence.expression(
        influence.observations(demo["contacts"], seen, AS_OF), values, InfluenceSettings(), AS_OF
    )
    chosen = make(
        "strategic",
        {
            "customer_id": best[1],
            "amount": Decimal(500),
            "set_on": date(2025, 2, 1),
            "owner": "Ada",
            "reason": "reference",
            "evidence": "minutes",
            "expires_on": date(2026, 2, 1),
        },
    )
    decided = strategic.expression(chosen, values, StrategicSettings(), AS_OF)
    found = vector.expression(
        [
            direct.component(contexts, Lens.PROFIT, "12m", AS_OF),
            referrers.component(hold(referrers.to_arrow(network)), ReferralSettings(), AS_OF),
            influence.component(voices, InfluenceSettings(), AS_OF),
            strategic.component(decided, AS_OF),
        ]
    )
    return session.keep("demo_vector", found)


def test_shape(demo_vector):
    """Value scores have their declared columns and types, in order."""
    assert dict(demo_vector.schema()) == dict(ibis.schema(SCHEMA))
    assert demo_vector.columns == tuple(SCHEMA)


def test_fairfield_adds_up(session, demo_vector, demo, demo_summary):
    """Contexts, customers, accounts and the summary come to the same profit, to the last place."""
    own = demo_vector.filter(demo_vector.component == "direct")
    whole = own.filter(own.context == WHOLE)
    (sums,) = session.rows(
        own.aggregate(
            wholes=own.value.sum(where=own.context == WHOLE),
            parts=own.value.sum(where=own.context != WHOLE),
        )
    )
    (expected,) = session.rows(demo_summary.aggregate(profit=demo_summary.profit.sum()))
    assert sums["wholes"] == sums["parts"] == expected["profit"]
    joined = whole.inner_join(demo_summary, "customer_id")
    assert session.rows(joined.filter(joined.value != joined.profit)) == []
    belonging = accounts.accounts(demo["customers"])
    rolled = accounts.roll_up(demo_vector, belonging)
    rows = session.rows(rolled.filter((rolled.component == "direct") & (rolled.context == WHOLE)))
    assert sum(row["value"] for row in rows) == expected["profit"]
    assert any(row["members"] > 1 for row in rows)


def test_fairfield_side_by_side(session, demo_vector, best):
    """Components stand beside each other, each with its own total, and none is added up."""
    totals = session.rows(vector.overview(demo_vector))
    rows = session.rows(vector.side_by_side(demo_vector, Component.DIRECT, 10))
    found = vector.answer(context, totals, rows, [], {best[0]: "One"})
    assert [figure.name for figure in found.figures] == [f"{name}_value" for name in Component]
    assert found.figure("direct_value").low is None
    assert found.figure("referral_value").low < found.figure("referral_value").value
    assert found.figure("strategic_value").value == 500
    assert [row["direct"] for row in rows] == sorted((r["direct"] for r in rows), reverse=True)
    assert len(found.grid("vector").rows) == 10
    assert {row["component"] for row in found.grid("components").rows} == set(Component)
    assert "not added up" in found.notes[0]
    names = {figure.name for figure in found.figures} | set(rows[0])
    assert not any("total" in name for name in names)
    with pytest.raises(MissingDataError):
        vector.answer(context, [], [], [], {})


def test_one_customer(session, demo_vector, best):
    """A customer's answer has each component with method, source and end, then its contexts."""
    rows = session.rows(vector.of_customer(demo_vector, best[1]))
    found = vector.customer_answer(context, rows, "Two")
    decided = next(r for r in found.grid("scores").rows if r["component"] == "strategic")
    assert (decided["source"], decided["expires_on"]) == ("Ada", date(2026, 2, 1))
    parts = [r["value"] for r in found.grid("contexts").rows if r["component"] == "direct"]
    assert sum(parts) == found.figure("direct_value").value
    assert found.figure("strategic_value").high == 500
    alone = vector.customer_answer(context, [r for r in rows if r["context"] == WHOLE], "")
    assert [grid.name for grid in alone.grids] == ["scores"]
    assert best[1] in alone.title
    with pytest.raises(UsageError):
        vector.customer_answer(context, [], "")


def test_no_component_at_all():
    """A vector of nothing is an error, not an empty table."""
    with pytest.raises(MissingDataError):
        vector.expression([])
