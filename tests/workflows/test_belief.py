"""Received wisdom: what is understood, what is measured for it, and when it holds."""

import pytest
from tests.value.small_firm import desk_of

from tierwise.errors import RefusedError, UsageError
from tierwise.settings import Lens, Window
from tierwise.value.belief import EXAMPLES, Claim, read, verdict
from tierwise.workflows.beliefs import proportion
from tierwise.workflows.question import Question
from tierwise.workflows.value import Desk


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return desk_of(tmp_path_factory.mktemp("beliefs"))


UNDERSTOOD = [
    # the six that the message shows
    ("80:20", Claim.PARETO, 0.8, 0.2),
    ("5% of customers bring 60% of revenue", Claim.PARETO, 0.6, 0.05),
    ("our top 40 bring 69%", Claim.TOP_N, 0.69, 40),
    ("we lose about 1% a year", Claim.LOSS, 0.01, 0),
    ("10% of customers lose us money", Claim.LOSS_MAKERS, 0.1, 0),
    ("60% of customers buy again", Claim.REPEAT, 0.6, 0),
    # and what people say besides
    ("we lose only about 1% a year", Claim.LOSS, 0.01, 0),
    ("It's 80/20", Claim.PARETO, 0.8, 0.2),
    ("is it really 70 : 30?", Claim.PARETO, 0.7, 0.3),
    ("Our best 5 % bring 60 % of revenue", Claim.PARETO, 0.6, 0.05),
    ("0,5% of clients make 12,5 percent of sales", Claim.PARETO, 0.125, 0.005),
    ("The largest 1,000 accounts bring 97.5%", Claim.TOP_N, 0.975, 1000),
    ("biggest 3 customers: 40 per cent", Claim.TOP_N, 0.4, 3),
    ("churn is 12.5%", Claim.LOSS, 0.125, 0),
    ("15% of customers leave every year", Claim.LOSS, 0.15, 0),
    ("25% are unprofitable", Claim.LOSS_MAKERS, 0.25, 0),
    ("a third? no, 30% of our customers are loss-makers", Claim.LOSS_MAKERS, 0.3, 0),
    ("40% come back", Claim.REPEAT, 0.4, 0),
    # the share of money named first
    ("60% of revenue comes from 5% of customers", Claim.PARETO, 0.6, 0.05),
    ("80% of our profit is made with 20% of our customers", Claim.PARETO, 0.8, 0.2),
    # losing money is not losing customers
    ("we lose money on 10% of customers", Claim.LOSS_MAKERS, 0.1, 0),
]

NONSENSE = [
    "",
    "   ",
    "customers are king",
    "nobody ever leaves",
    "80",
    "100%",
    "we lose 150% a year",
    "200:20",
    "80:0",
    "0% of customers bring 60% of revenue",
    "our top 0 bring 69%",
    "top forty bring most of it",
    "2024/12 was a good month",
    "'; DROP TABLE customers; --",
]


def test_examples_are_the_first_of_the_list():
    """Every form that the message offers is one that is understood here."""
    assert [text.strip('"') for text in EXAMPLES] == [text for text, *_ in UNDERSTOOD[:6]]


@pytest.mark.parametrize(
    ("text", "claim", "claimed", "customers"), UNDERSTOOD, ids=[row[0] for row in UNDERSTOOD]
)
def test_understood(text: str, claim: Claim, claimed: float, customers: float):
    """A belief is read as what it claims, of whom, and how much."""
    found = read(text)
    assert (found.claim, found.claimed) == (claim, pytest.approx(claimed))
    assert found.customers == pytest.approx(customers)
    assert found.text == text


@pytest.mark.parametrize("text", NONSENSE)
def test_not_understood(text: str):
    """What claims nothing that can be measured is answered with examples."""
    with pytest.raises(UsageError, match="was not understood") as wrong:
        read(text)
    assert '"80:20"' in wrong.value.remedy


@pytest.mark.parametrize(
    ("text", "noun"),
    [
        ("20% of products bring 80% of revenue", "products"),
        ("80% of revenue comes from 20% of our products", "products"),
        ("our top 10 products bring 50%", "products"),
        ("20% of customers place 80% of orders", "orders"),
        ("we lose 5% of our revenue a year", "revenue"),
        ("30% of suppliers are unprofitable", "suppliers"),
        ("60% of french customers buy again", "french"),
    ],
)
def test_beliefs_about_others_are_refused(text: str, noun: str):
    """What is said of products, orders or some of the customers is not measured of all of them."""
    with pytest.raises(UsageError, match=f"is about {noun}") as wrong:
        read(text)
    assert "customers" in wrong.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        "the top 40 of them bring 60%",
        "our top 40 accounts bring 60% of the business",
        "20% of the firm's customers make 80% of all sales",
    ],
)
def test_beliefs_about_customers_in_other_words(text: str):
    """Buyers, accounts, them: all of them are customers."""
    assert read(text).claimed in (0.6, 0.8)


MEASURED = [
    # belief, measured, verdict; figures of the small firm
    ("70:20", 0.7, "holds"),
    ("80:20", 0.7, "does not hold"),
    ("40% of customers bring 90% of revenue", 0.9, "holds"),
    ("our top 2 bring 88%", 0.9, "holds"),
    ("our top 2 bring 70%", 0.9, "does not hold"),
    ("our top 40 bring 100%", 1.0, "holds"),
    ("we lose only about 1% a year", 0.5, "does not hold"),
    ("we lose 40% a year", 0.5, "holds"),
    ("10% of customers lose us money", 0.5, "does not hold"),
    ("50% of customers lose us money", 0.5, "holds"),
    ("60% of customers buy again", 0.0, "does not hold"),
]


@pytest.mark.parametrize(("text", "measured", "says"), MEASURED, ids=[m[0] for m in MEASURED])
def test_measured(desk: Desk, text: str, measured: float, says: str):
    """Each belief meets its figure, and the title says whether it holds."""
    found = desk.belief(text)
    assert found.figure("measured").value == pytest.approx(measured)
    assert found.extra["verdict"] == says
    assert found.title == f"“{text}” {says} here"
    assert found.figure("claimed").value == pytest.approx(read(text).claimed)


def test_ratio_says_how_many_it_takes(desk: Desk):
    """For 80:20 the answer also says which share of customers brings the 80%."""
    found = desk.belief("80:20")
    assert found.figure("customers_counted").value == 1
    assert found.figure("share_needed").value == 0.4
    assert found.figure("measured").opens == "rank:1-1"


def test_loss_is_weighted_by_value(desk: Desk):
    """One of two customers of 2024 was lost, and with her 300 of 800."""
    found = desk.belief("we lose about 1% a year")
    assert found.figure("value_weighted").value == 0.375
    assert (found.figure("lost").value, found.figure("customers_before").value) == (1, 2)
    assert found.context.window == "12m"


def test_repeat_over_all_history(desk: Desk):
    """Anna and Dee of six buyers bought more than once, with 1,260 of 1,820."""
    found = desk.belief("a 30% repeat rate", Question(window=Window(months=None)))
    assert found.figure("measured").value == pytest.approx(2 / 6)
    assert found.figure("value_weighted").value == pytest.approx(1260 / 1820)


def test_loss_makers_are_weighed(desk: Desk):
    """Half of the customers lose 78 between them."""
    found = desk.belief("10% of customers lose us money")
    assert found.figure("lost_on_them").value == 78
    assert found.context.lens == Lens.PROFIT


def test_loss_makers_of_some_lines_are_refused(desk: Desk):
    """Costs cannot follow a cut through the lines, so nobody is said to lose money there."""
    with pytest.raises(RefusedError, match="Cost to serve is not known"):
        desk.belief("10% of customers lose us money", Question(where=(("channel", "web"),)))


def test_customers_of_no_year(desk: Desk):
    """Where nobody was there the year before, nothing is claimed about losing them."""
    with pytest.raises(RefusedError, match="cannot be measured here"):
        desk.belief("we lose 1% a year", Question(where=(("country", "(not given)"),)))


@pytest.mark.parametrize(
    ("claimed", "measured", "low", "high", "says"),
    [
        (0.80, 0.74, None, None, "holds"),  # within a tenth of 0.74
        (0.80, 0.72, None, None, "does not hold"),
        (0.80, 0.50, 0.30, 0.80, "holds"),  # the end of the interval is inside
        (0.81, 0.50, 0.30, 0.80, "does not hold"),
        (0.00, 0.00, None, None, "holds"),
        (0.01, 0.00, None, None, "does not hold"),
        (0.01, 0.00, 0.00, 0.02, "holds"),
    ],
)
def test_verdict(claimed: float, measured: float, low: float, high: float, says: str):
    """A belief holds inside the interval or within a tenth of the figure."""
    assert verdict(claimed, measured, low, high) == says


def test_wilson_interval():
    """10 of 100 by hand, z = 1.959964: centre 0.11480, half-width 0.05957 (Wilson 1927)."""
    z, p, n = 1.959964, 0.1, 100
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5 / (1 + z * z / n)
    rate, low, high = proportion(10, 100)
    assert rate == 0.1
    assert (low, high) == (pytest.approx(centre - half, abs=1e-6), pytest.approx(centre + half))
    assert (round(low, 4), round(high, 4)) == (0.0552, 0.1744)


@pytest.mark.parametrize(("part", "whole"), [(0, 8), (8, 8)])
def test_wilson_interval_at_the_ends(part: int, whole: int):
    """None or all of eight still leave room for doubt, within 0..1."""
    rate, low, high = proportion(part, whole)
    assert 0 <= low <= rate <= high <= 1
    assert high - low > 0.3


def test_share_of_nobody():
    """Nobody at all has no share and no interval."""
    assert proportion(0, 0) == (None, None, None)


def test_loss_before_the_data_is_refused(tmp_path):
    """What was lost is not measured against months of which the data hold a few days."""
    late = """
order,line,customer,at,amount,cost,discount,channel
o1,1,c1,2024-12-20T09:00:00,600.00,300.00,,web
o2,1,c2,2025-12-20T09:00:00,600.00,300.00,,web
"""
    with pytest.raises(RefusedError, match="data begin 2024-12-20") as wrong:
        desk_of(tmp_path / "late", lines=late).belief("we lose about 1% a year")
    assert "quarter" in wrong.value.remedy
