"""Random small firms."""

from datetime import date, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from tests.value.naive import Agent, Contact, Cost, Firm, Line, Wallet

from tierwise.results import Context

AS_OF = date(2025, 2, 28)
START = date(2024, 3, 1)  # of the 12 months that end with AS_OF
CUSTOMERS = ("9", "10", "A", "a", "b b", "é", "ß")

examples = settings(
    max_examples=8,
    # A failing firm is small enough as drawn; shrinking it can take minutes.
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

context = Context("Firm", "b", AS_OF, "revenue", "12m", START, "EUR", 0, 0)

customers = st.sampled_from(CUSTOMERS)
days = st.one_of(
    st.dates(date(2023, 1, 1), date(2025, 3, 31)),
    st.sampled_from(
        [START, START - timedelta(days=1), AS_OF, AS_OF + timedelta(days=1), date(2024, 12, 31)]
    ),
)
moments = st.builds(
    datetime.combine,
    days,
    st.sampled_from(
        [datetime.min.time(), datetime.max.time(), datetime(2024, 1, 1, 12, 30).time()]
    ),
)


def money(low: int, high: int, places: int = 4) -> st.SearchStrategy[Decimal]:
    """Amounts between two whole numbers, with so many places."""
    unit = 10**places
    return st.integers(low * unit, high * unit).map(lambda n: Decimal(n).scaleb(-places))


signed = st.one_of(money(-50, 50), money(0, 500, 2), st.just(Decimal(0)))
positive = st.one_of(money(1, 500, 2), money(1, 3), st.just(Decimal(10)))


def lines_with(amounts: st.SearchStrategy[Decimal]) -> st.SearchStrategy[Line]:
    """Lines of few customers and orders; ten equals ten, so that values tie."""
    return st.builds(
        Line,
        header_id=st.sampled_from("uvwxyz"),
        customer_id=st.one_of(customers, customers, customers, st.none()),
        created_at=moments,
        total_amount=st.one_of(amounts, st.just(Decimal(10))),
        total_cost=st.one_of(st.none(), money(0, 40)),
        unit_cost=money(0, 20, 2),
        quantity=st.integers(-3, 9).map(float),
        discount_amount=st.one_of(st.none(), money(0, 30, 2)),
        channel=st.sampled_from([None, "web", "shop", "phone"]),
    )


contacts = st.builds(
    Contact,
    contact_id=st.uuids().map(str),
    customer_id=st.one_of(customers, customers, st.none()),
    created_at=moments,
    handle_time_s=st.one_of(st.none(), st.integers(0, 4000).map(float)),
    assignee_id=st.sampled_from(["x", "y", "nobody", None]),
    channel=st.sampled_from([None, "phone", "mail"]),
    reason=st.sampled_from([None, "delivery", "invoice"]),
)
costs = st.builds(
    Cost,
    cost_date=days,
    amount=st.one_of(money(0, 900), money(-20, 20, 2)),
    customer_id=st.one_of(st.none(), customers, st.just("costs only")),
    driver=st.sampled_from(
        [None, "order", "contact", "delivery", "return", "visit", "overhead", "marketing"]
    ),
    driver_qty=st.one_of(st.none(), st.integers(0, 5).map(float)),
)
# Multiples of 0.72 an hour: a second of either agent, or of their mean, is exact in four places.
rates = st.integers(1, 150).map(lambda n: n * Decimal("0.72"))
agents = st.one_of(
    st.just([]),
    st.builds(lambda a, b: [Agent("x", a), Agent("y", b)], rates, rates),
    st.builds(lambda a: [Agent("x", a), Agent("y", None)], rates),
)
wallets = st.lists(
    st.builds(
        Wallet,
        customer_id=customers,
        asked_on=days,
        wallet_amount=money(1, 9000, 2),
        category=st.sampled_from([None, "tea", "cups"]),
        low_amount=money(1, 10, 2),
        high_amount=money(9000, 9999, 2),
        source=st.sampled_from([None, "survey"]),
    ),
    unique_by=lambda w: (w.customer_id, w.category, w.asked_on),
    max_size=8,
)


def firms(
    amounts: st.SearchStrategy[Decimal] = signed, *, at_least: int = 0
) -> st.SearchStrategy[Firm]:
    """Whole firms with up to 18 lines."""
    return st.builds(
        Firm,
        lines=st.lists(lines_with(amounts), min_size=at_least, max_size=18),
        contacts=st.lists(contacts, max_size=10),
        agents=agents,
        costs=st.lists(costs, max_size=12),
        wallets=wallets,
    )
