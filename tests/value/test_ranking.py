"""Ranking, concentration, whale curve, bands and dependency against their naive twins."""

from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import ibis
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.value import naive
from tests.value.conftest import Bench
from tests.value.firms import AS_OF, START, context, examples, firms, positive
from tests.value.naive import Firm, Line

from tierwise.errors import MissingDataError, RefusedError, UsageError
from tierwise.settings import Lens
from tierwise.value import bands, concentration, dependency, whale
from tierwise.value.ranking import Demand, measure_of, ranked
from tierwise.value.shares import top_count
from tierwise.value.summary import summarise

TOP_N = (1, 3, 250)
TOP_SHARES = (0.01, 0.2, 0.5)
AMOUNTS = (0.5, 0.8, 1.0)
NOON = naive.datetime(2024, 6, 1, 12)


def twin(firm: Firm, measure: str = "revenue") -> list[tuple[str, Decimal]]:
    """Customers and values of the window, best first."""
    return naive.ranked(naive.summary(firm, START, AS_OF), measure)


def firm_of(*amounts: int | str) -> Firm:
    """One line a customer: a, b, c ..."""
    return Firm(
        [
            Line(f"o{key}", key, NOON, Decimal(amount))
            for key, amount in zip("abcdefghijklmnop", amounts, strict=False)
        ]
    )


def concentrated(bench: Bench, measure: str = "revenue"):
    """The concentration of what is on the bench."""
    rows = bench.ask(
        ("concentration", measure),
        lambda t: concentration.expression(
            summarise(t, START, AS_OF), measure, TOP_N, TOP_SHARES, AMOUNTS
        ),
    )
    return concentration.answer(context, rows, measure, TOP_N, TOP_SHARES, AMOUNTS)


def curve(bench: Bench, measure: str = "revenue"):
    """The whale curve of what is on the bench."""
    rows = bench.ask(
        ("whale", measure), lambda t: whale.expression(summarise(t, START, AS_OF), measure)
    )
    return whale.answer(context, rows, measure)


@examples
@given(firms(), st.sampled_from(["revenue", "revenue_before_returns", "contacts"]))
def test_ranks_are_a_permutation_best_first(bench: Bench, firm: Firm, measure: str):
    """Ranks run from 1 to n, better values first, equal ones by customer id."""
    bench.fill(firm)
    rows = bench.ask(
        ("ranked", measure), lambda t: ranked(summarise(t, START, AS_OF), measure).order_by("rank")
    )
    expected = twin(firm, measure)
    assert [(row["customer_id"], row["value"]) for row in rows] == expected
    assert [row["rank"] for row in rows] == list(range(1, len(expected) + 1))
    assert [row["cumulative"] for row in rows] == [
        sum(value for _, value in expected[:rank]) for rank in range(1, len(expected) + 1)
    ]


@examples
@given(firms(), st.sampled_from(["revenue", "contacts"]))
def test_concentration(bench: Bench, firm: Firm, measure: str):
    """Top lists, needed customers and Gini are those of a loop; also for negative values."""
    values = [value for _, value in twin(firm, measure)]
    assume(values and sum(values) > 0)
    bench.fill(firm)
    found = concentrated(bench, measure)
    n, total = len(values), sum(values)
    assert found.figure("total").value == total
    assert found.figure("counted").value == n
    assert found.figure("gini").value == pytest.approx(naive.gini(values), abs=1e-9)
    assert found.figure("largest_share").value == pytest.approx(float(values[0] / total))
    for row in found.grid("top").rows:
        assert row["amount"] == naive.top(values, row["customers"])
        assert row["share"] == pytest.approx(float(row["amount"] / total))
    listed = {row["customers"] for row in found.grid("top").rows}
    assert listed == {min(k, n) for k in TOP_N} | {top_count(p, n) for p in TOP_SHARES}
    for row in found.grid("needed").rows:
        assert row["customers"] == naive.needed(values, row["share"])
    ranks = [point["rank"] for point in found.extra["lorenz"]]
    assert ranks == list(range(n + 1))  # all of them where they are few


@examples
@given(firms(positive, at_least=1))
def test_shares_of_positive_values(bench: Bench, firm: Firm):
    """With nothing below zero every share is within 0..1, rises along the curve and ends at 1."""
    assume(twin(firm))
    bench.fill(firm)
    found = concentrated(bench)
    points = [point["share"] for point in found.extra["lorenz"]]
    assert points == sorted(points)
    assert (points[0], points[-1]) == (0, 1)
    assert 0 <= found.figure("gini").value + 1e-12 <= 1
    assert all(0 < row["share"] <= 1 for row in found.grid("top").rows)
    assert all(0 < row["share_of_customers"] <= 1 for row in found.grid("needed").rows)


@pytest.mark.parametrize("n", [1, 4, 5, 99, 100, 101, 793, 4372])
def test_top_list_is_rounded_up(session, n: int):
    """The engine picks the rank that Python names for every share, for round numbers too."""
    shares = [k / 100 for k in range(1, 101)]
    one = session.backend.create_table("one", pa.table({"n": [n]}), overwrite=True)
    found = session.rows(
        one.select(
            **{
                f"at_{i}": ibis.greatest(1, (one.n * p - 1e-9).ceil().cast("int64"))
                for i, p in enumerate(shares)
            }
        )
    )[0]
    assert list(found.values()) == [top_count(p, n) for p in shares]
    assert [top_count(k / 100, n) for k in range(1, 101)] == [
        -(-k * n // 100) for k in range(1, 101)
    ]


def test_known_concentration(bench: Bench):
    """70, 20, 10 and 0: one customer brings 70%, two 90%; Gini is 0.55 by hand."""
    bench.fill(firm_of(70, 20, 10, 0))
    found = concentrated(bench)
    share = {row["label"]: row["share"] for row in found.grid("top").rows}
    assert share == {"top 1": 0.7, "top 1%": 0.7, "top 20%": 0.7, "top 50%": 0.9} | {
        "top 3": 1,
        "all 4": 1,
    }
    assert [row["customers"] for row in found.grid("needed").rows] == [1, 2, 3]
    # |differences| of the 6 pairs: 50 + 60 + 70 + 10 + 20 + 10 = 220; / (n * total) = 220 / 400
    assert found.figure("gini").value == pytest.approx(0.55)


def test_equal_customers_are_not_concentrated(bench: Bench):
    """The Gini coefficient of equal values is zero, and shares of money are those of customers."""
    bench.fill(firm_of(*[25] * 10))
    found = concentrated(bench)
    assert found.figure("gini").value == pytest.approx(0, abs=1e-12)
    assert all(r["share"] == pytest.approx(r["share_of_customers"]) for r in found.grid("top").rows)


def test_one_customer(bench: Bench):
    """A firm of one customer is answered, and told that it says nothing."""
    bench.fill(firm_of(5))
    found = concentrated(bench)
    assert found.figure("gini").value == pytest.approx(0, abs=1e-12)
    assert found.notes == ("One customer: concentration says nothing.",)


@pytest.mark.parametrize(("amounts", "said"), [((5, -5), "zero"), ((5, -8), "a loss of 3.00 EUR")])
def test_shares_of_a_loss_are_refused(bench: Bench, amounts: tuple[int, ...], said: str):
    """Shares of nothing or of a loss would mislead; the refusal says the total and the way out."""
    bench.fill(firm_of(*amounts))
    with pytest.raises(RefusedError, match=rf"Total revenue is {said}") as refused:
        concentrated(bench)
    assert "tierwise value bands" in refused.value.remedy


def test_nobody_to_rank(bench: Bench):
    """A window without customers is missing data, with what to change."""
    bench.fill(Firm())
    with pytest.raises(MissingDataError, match="No customer has any revenue") as missing:
        concentrated(bench)
    assert "--window" in missing.value.remedy


def test_unknown_cost_is_missing_data(bench: Bench):
    """Profit of customers whose goods have no cost is not guessed: the question is turned down."""
    unknown = firm_of(5, 6)
    bench.fill(unknown)
    with pytest.raises(MissingDataError, match="cost of goods is unknown") as missing:
        concentrated(bench, "profit")
    assert "unit_cost" in missing.value.remedy
    first, second = unknown.lines
    bench.fill(Firm([replace(first, total_cost=Decimal(1)), second]))
    with pytest.raises(MissingDataError, match="unknown for 1 of 2 customers"):
        concentrated(bench, "profit")


@examples
@given(firms())
def test_whale(bench: Bench, firm: Firm):
    """Peak, customers at the peak and what is lost after it are those of adding up one by one."""
    expected = twin(firm)
    assume(expected)
    bench.fill(firm)
    values = [value for _, value in expected]
    sums = [sum(values[:k]) for k in range(len(values) + 1)]
    found = curve(bench)
    assert found.figure("total_profit").value == sums[-1]
    assert found.figure("peak_profit").value == max(sums)
    assert sums[found.figure("customers_at_peak").value] == max(sums)
    assert found.figure("loss_makers").value == sum(value < 0 for value in values)
    lost = -sum((value for value in values if value < 0), Decimal(0))
    assert found.figure("profit_destroyed").value == lost == max(sums) - sums[-1]
    share = found.figure("peak_share").value
    assert share == (pytest.approx(float(max(sums) / sums[-1])) if sums[-1] > 0 else None)
    assert [point["cumulative"] for point in found.extra["curve"]] == sums


def test_whale_of_a_loss_shows_amounts(bench: Bench):
    """Where the total is a loss the curve has amounts and no shares, and says why."""
    bench.fill(firm_of(10, -30))
    found = curve(bench)
    assert found.figure("peak_profit").value == 10
    assert found.figure("peak_share").value is None
    assert "not positive" in found.notes[0]


def test_whale_of_losses_only(bench: Bench):
    """Where every customer loses money the peak is nobody, at zero."""
    bench.fill(firm_of(-1, -2))
    found = curve(bench)
    assert (found.figure("customers_at_peak").value, found.figure("peak_profit").value) == (0, 0)
    assert found.figure("profit_destroyed").value == 3


def test_costs_without_orders_count_under_profit(bench: Bench):
    """A customer who only costs is a loss-maker under profit, and not there under revenue."""
    firm = replace(
        firm_of(100),
        costs=[naive.Cost(NOON.date(), Decimal(30), "z")],
    )
    firm = replace(firm, lines=[replace(line, total_cost=Decimal(40)) for line in firm.lines])
    bench.fill(firm)
    found = curve(bench, "profit")
    assert found.figure("loss_makers").value == 1
    assert found.figure("total_profit").value == 30
    assert concentrated(bench).figure("counted").value == 1


@examples
@given(firms(), st.sampled_from([(), (1,), (2, 4), (1, 2, 3, 50)]))
def test_bands(bench: Bench, firm: Firm, last_ranks: tuple[int, ...]):
    """Bands cut the ranking without gap or overlap, and each adds up its customers."""
    expected = twin(firm)
    assume(expected)
    bench.fill(firm)
    rows = bench.ask(
        ("bands", last_ranks),
        lambda t: bands.expression(summarise(t, START, AS_OF), "revenue", last_ranks),
    )
    found = bands.answer(context, rows, "revenue", [], {}).grid("bands").rows
    n = len(expected)
    limits = last_ranks or [top_count(p, n) for p in bands.DEFAULT_SHARES]
    edges = [0, *sorted({min(limit, n) for limit in limits} | {n})]
    assert [(row["first_rank"] - 1, row["last_rank"]) for row in found] == [
        (a, b) for a, b in pairwise(edges) if a < b
    ]
    twins = naive.summary(firm, START, AS_OF)
    total = sum(value for _, value in expected)
    for row in found:
        own = [twins[key] for key, _ in expected[row["first_rank"] - 1 : row["last_rank"]]]
        assert row["customers"] == len(own)
        assert row["revenue"] == sum(c.revenue for c in own)
        assert row["contacts"] == sum(c.contacts for c in own)
        if total > 0:
            assert row["revenue_share"] == pytest.approx(float(row["revenue"] / total))
        else:
            assert row["revenue_share"] is None


def test_demand_to_spend(bench: Bench):
    """A band with half the contacts and a fifth of the revenue asks 2.5 times what it spends."""
    firm = replace(
        firm_of(80, 20),
        contacts=[naive.Contact(f"c{i}", key, NOON, 60) for i, key in enumerate("aabb")],
    )
    bench.fill(firm)
    rows = bench.ask(
        ("bands", (1,)), lambda t: bands.expression(summarise(t, START, AS_OF), "revenue", (1,))
    )
    found = bands.answer(context, rows, "revenue", [], {}).grid("bands").rows
    assert [row["demand_to_spend"] for row in found] == pytest.approx([0.625, 2.5])
    assert [row["agent_minutes_share"] for row in found] == [0.5, 0.5]


@examples
@given(firms())
def test_dependency(bench: Bench, firm: Firm):
    """What is at risk is what the best bring; 1 / Herfindahl is the effective number of them."""
    expected = twin(firm)
    values = [value for _, value in expected]
    assume(values and sum(values) > 0)
    bench.fill(firm)
    rows = bench.ask(
        "dependency",
        lambda t: dependency.expression(summarise(t, START, AS_OF), "revenue", (1, 2, 5, 10)),
    )
    found = dependency.answer(context, rows, "revenue", (2,), {"a": "Anna"})
    total = float(sum(values))
    herfindahl = sum((float(value) / total) ** 2 for value in values)
    assert found.figure("effective_customers").value == pytest.approx(1 / herfindahl)
    for row in found.grid("leaving").rows:
        assert row["revenue"] == naive.top(values, row["customers"])
        assert row["revenue_share"] == pytest.approx(float(row["revenue"]) / total)
    single = found.grid("largest").rows
    assert [(row["customer_id"], row["revenue"]) for row in single] == expected[:10]
    assert {row["name"] for row in single if row["customer_id"] == "a"} <= {"Anna"}


def test_a_measure_is_known_by_name_and_others_are_answered_with_the_list():
    """Every lens and the number of contacts; never a string that means nothing."""
    assert measure_of("profit") is Lens.PROFIT
    assert measure_of("contacts") is Demand.CONTACTS
    with pytest.raises(UsageError, match='no measure "weight"') as said:
        measure_of("weight")
    assert "revenue" in said.value.remedy
    assert "contacts" in said.value.remedy
