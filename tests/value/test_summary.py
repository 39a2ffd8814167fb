"""One row a customer: against the naive twin, and what must hold for every firm."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from tests.value import naive
from tests.value.conftest import Bench, Rows
from tests.value.firms import AS_OF, START, examples, firms
from tests.value.naive import Firm

from tierwise.value import cost_to_serve
from tierwise.value.summary import COLUMNS, summarise

UNIT = Decimal("0.0001")
COSTS = ("direct", *naive.DRIVERS)
EXACT = (
    "orders",
    "purchases",
    "lines",
    "return_lines",
    "revenue",
    "revenue_before_returns",
    "discount",
    "contacts",
    "first_order_at",
    "last_order_at",
)


def summary(bench: Bench, start: date | None = START, as_of: date = AS_OF) -> Rows:
    """The summary of what is on the bench, by customer."""
    found = bench.ask(("summary", start, as_of), lambda t: summarise(t, start, as_of))
    return sorted(found, key=lambda row: row["customer_id"])


@examples
@given(firms(), st.sampled_from([START, None]))
def test_same_as_the_naive_twin(bench: Bench, firm: Firm, start: date | None):
    """Counts, money and dates are those of a loop over the rows; costs are, to the last place."""
    bench.fill(firm)
    expected = naive.summary(firm, start, AS_OF)
    found = summary(bench, start)
    assert [row["customer_id"] for row in found] == sorted(expected)
    for row in found:
        twin = expected[row["customer_id"]]
        assert {name: row[name] for name in EXACT} == {n: getattr(twin, n) for n in EXACT}
        goods = twin.goods_cost
        assert row["goods_cost"] == (goods and goods.quantize(UNIT))
        for name in COSTS:
            assert abs(row[f"cost_{name}"] - twin.cost.get(name, 0)) <= UNIT
        assert row["agent_minutes"] == twin.handled_s / 60


@examples
@given(firms())
def test_parts_add_up(bench: Bench, firm: Firm):
    """In each row costs add up to cost to serve, and revenue less all costs is profit, exactly."""
    bench.fill(firm)
    for row in summary(bench):
        assert row["cost_to_serve"] == sum(row[f"cost_{name}"] for name in COSTS)
        goods = row["goods_cost"] if row["lines"] else Decimal(0)
        if goods is None:
            assert row["gross_profit"] is None
            assert row["profit"] is None
        else:
            assert row["gross_profit"] == row["revenue"] - goods
            assert row["profit"] == row["gross_profit"] - row["cost_to_serve"]


@examples
@given(firms())
def test_values_add_up_to_the_tables(bench: Bench, firm: Firm):
    """Customers' revenue adds up to the attributed lines of the window, to the last place."""
    bench.fill(firm)
    inside = [
        line.total_amount
        for line in firm.lines
        if line.customer_id is not None and START <= line.created_at.date() <= AS_OF
    ]
    assert sum(row["revenue"] for row in summary(bench)) == sum(inside)


@examples
@given(firms())
def test_costs_reconcile_to_the_ledger(bench: Bench, firm: Firm):
    """What customers are charged for a driver is the pool, or nothing where nobody caused any."""
    bench.fill(firm)
    found = summary(bench)
    booked = {
        row["driver"]: row["ledger"]
        for row in bench.ask("ledger", lambda t: cost_to_serve.ledger(t["costs"], START, AS_OF))
    }
    in_window = [c for c in firm.costs if START <= c.cost_date <= AS_OF]
    assert sum(booked.values()) == sum(c.amount for c in in_window)
    assert sum(row["cost_direct"] for row in found) == booked.get("direct", 0)
    for driver in ("order", "delivery", "return", "visit"):
        charged = sum(row[f"cost_{driver}"] for row in found)
        assert charged in (booked.get(driver, 0), 0)


@examples
@given(firms())
def test_service_is_never_charged_beyond_its_pool(bench: Bench, firm: Firm):
    """Contacts cost the agents' time, capped by what the ledger paid; the rest is idle."""
    bench.fill(firm)
    charged = sum(row["cost_contact"] for row in summary(bench))
    pool = sum(
        (
            c.amount
            for c in firm.costs
            if c.driver == "contact" and c.customer_id is None and START <= c.cost_date <= AS_OF
        ),
        Decimal(0),
    )
    twins = naive.summary(firm, START, AS_OF).values()
    standard = sum((twin.standard for twin in twins), Decimal(0))
    called = any(twin.contacts for twin in twins)
    if standard and pool:
        assert charged == min(standard, pool)
    elif standard:
        assert charged == standard
    else:
        assert charged == (pool if called else 0)


@examples
@given(firms(), st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(bench: Bench, firm: Firm, random):
    """Shuffled tables give the same rows to the last place."""
    bench.fill(firm)
    before = summary(bench)
    shuffled = {
        name: random.sample(list(getattr(firm, name)), len(getattr(firm, name)))
        for name in ("lines", "contacts", "agents", "costs")
    }
    bench.fill(replace(firm, **shuffled))
    assert summary(bench) == before


@examples
@given(firms())
def test_rows_outside_the_window_change_nothing(bench: Bench, firm: Firm):
    """Amounts of the window are the same when all other rows are taken away."""
    bench.fill(firm)
    before = summary(bench)

    def inside(day: date) -> bool:
        return START <= day <= AS_OF

    bench.fill(
        replace(
            firm,
            lines=[x for x in firm.lines if inside(x.created_at.date())],
            contacts=[x for x in firm.contacts if inside(x.created_at.date())],
            costs=[x for x in firm.costs if inside(x.cost_date)],
        )
    )
    after = {row["customer_id"]: row for row in summary(bench)}
    for row in before:
        kept = after.get(row["customer_id"])
        dates = {"first_order_at": None, "last_order_at": None}
        if kept is None:
            assert (row["lines"], row["contacts"], row["revenue"]) == (0, 0, 0)
            assert row["cost_to_serve"] == 0
        else:
            assert row | dates == kept | dates


@examples
@given(firms())
def test_nothing_after_the_as_of_date_counts(bench: Bench, firm: Firm):
    """Later rows change no amount and no count of a window that ended before them."""
    bench.fill(firm)
    before = {row["customer_id"]: row for row in summary(bench)}
    bench.fill(firm.until(AS_OF))
    for row in summary(bench):
        dates = {"first_order_at": None, "last_order_at": None}
        assert row | dates == before[row["customer_id"]] | dates


def test_empty_tables_give_an_empty_summary(bench: Bench):
    """A firm without a row has no customers, and all columns."""
    bench.fill(Firm())
    assert summary(bench) == []
    assert tuple(summarise(bench.tables, START, AS_OF).columns) == COLUMNS


def test_last_microsecond_of_the_window(bench: Bench):
    """The window includes its first and its last day from midnight to midnight."""
    midnight = naive.datetime.min.time()
    at = [
        naive.datetime.combine(START, midnight) - timedelta(microseconds=1),
        naive.datetime.combine(START, midnight),
        naive.datetime.combine(AS_OF, naive.datetime.max.time()),
        naive.datetime.combine(AS_OF, midnight) + timedelta(days=1),
    ]
    amounts = map(Decimal, (1, 10, 100, 1000))
    bench.fill(Firm([naive.Line("o", "a", t, m) for t, m in zip(at, amounts, strict=True)]))
    assert [row["revenue"] for row in summary(bench)] == [110]
