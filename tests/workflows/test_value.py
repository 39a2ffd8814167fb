"""Every question about value, asked of a firm small enough to reckon by hand."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import duckdb
import pytest
from tests.value import small_firm
from tests.value.small_firm import SETTINGS, desk_of

from tierwise.errors import MissingDataError, NotFoundError, RefusedError, UsageError
from tierwise.results import Answer, Context
from tierwise.settings import Activity, Lens, Period, Window
from tierwise.value.windows import first_day
from tierwise.workflows.build import build
from tierwise.workflows.question import Question
from tierwise.workflows.value import Desk

ALL = Window(months=None)
PROFIT = Question(lens=Lens.PROFIT)
WEB = Question(where=(("channel", "web"),))
FRANCE = Question(where=(("country", "France"),))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return desk_of(tmp_path_factory.mktemp("small"))


def figures(answer: Answer) -> dict[str, object]:
    return {figure.name: figure.value for figure in answer.figures}


def column(answer: Answer, grid: str, name: str) -> list[object]:
    return [row[name] for row in answer.grid(grid).rows]


def ids(answer: Answer) -> list[object]:
    return column(answer, "members", "customer_id")


QUESTIONS = {
    "today": Desk.today,
    "concentration": Desk.concentration,
    "whale": Desk.whale,
    "bands": Desk.bands,
    "demand": Desk.demand,
    "population": Desk.population,
    "movement": Desk.movement,
    "dependency": Desk.dependency,
    "margins": Desk.margins,
    "slices": lambda desk: desk.slices("country"),
    "contact costs": Desk.contact_costs,
    "wallet": Desk.wallet,
    "customer": lambda desk: desk.customer("c1"),
    "members": lambda desk: desk.members("rank:1-3"),
    "belief": lambda desk: desk.belief("80:20"),
}


@pytest.fixture(scope="module")
def answered(desk: Desk) -> Callable[[str], Answer]:
    """Answers of the questions above, each asked once."""
    return cache(lambda name: QUESTIONS[name](desk))


@pytest.mark.parametrize("name", QUESTIONS)
def test_json_keeps_every_figure(answered: Callable[[str], Answer], name: str):
    """Context, figures and grids have names of their own, so none hides another in JSON."""
    answer = answered(name)
    names = [
        *Context.__slots__,
        *(figure.name for figure in answer.figures),
        *(grid.name for grid in answer.grids),
        *answer.extra,
    ]
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("name", QUESTIONS)
def test_context_says_what_figures_stand_on(
    desk: Desk, answered: Callable[[str], Answer], name: str
):
    """Every answer names project, build, as-of date, lens and currency, and has a figure."""
    context = answered(name).context
    assert (context.project, context.currency) == ("Small firm", "EUR")
    assert (context.build, context.as_of) == (desk.build.id, date(2025, 12, 31))
    assert context.lens in ("revenue", "profit")
    assert answered(name).figures


def test_concentration(desk: Desk):
    """Anna brings 70% of the year; the order without a customer and the later one do not count."""
    found = desk.concentration(top_n=(1, 2), top_shares=(0.2,))
    assert figures(found) == {
        "total": 1000,
        "counted": 5,
        "gini": pytest.approx(0.616),  # 2 * (6 * 1000 - 1460) / (5 * 1000) - 6 / 5
        "largest_share": 0.7,
        "top_fifth_share": 0.7,
    }
    assert [(row["label"], row["share"]) for row in found.grid("top").rows] == [
        ("top 1", 0.7),
        ("top 20%", 0.7),
        ("top 2", 0.9),
    ]
    assert column(found, "needed", "customers") == [1, 2, 2, 3]
    assert found.context.window_from == date(2025, 1, 1)


@pytest.mark.parametrize(
    ("window", "counted", "total"), [("12m", 5, 1000), ("24m", 6, 1800), ("2y", 6, 1800)]
)
def test_windows(desk: Desk, window: str, counted: int, total: int):
    """A longer window takes in earlier orders, and who made them."""
    found = desk.concentration(Question(window=Window.parse(window)))
    assert (found.figure("counted").value, found.figure("total").value) == (counted, total)


def test_all_history(desk: Desk):
    """All history has no first day, and everything up to the as-of date."""
    found = desk.concentration(Question(window=ALL))
    assert found.figure("total").value == 1820
    assert (found.context.window, found.context.window_from) == ("all", None)


def test_measures(desk: Desk):
    """Concentration is asked of contacts too; an unknown measure is named with the known ones."""
    assert figures(desk.concentration(measure="contacts"))["total"] == 3
    with pytest.raises(UsageError, match='no measure "happiness"') as wrong:
        desk.concentration(measure="happiness")
    assert "contacts" in wrong.value.remedy


@pytest.mark.parametrize(
    ("lens", "total", "counted"),
    [
        (Lens.REVENUE, "1000", 5),
        (Lens.REVENUE_BEFORE_RETURNS, "1030", 5),
        (Lens.GROSS_PROFIT, "425", 5),
        (Lens.PROFIT, "292", 6),
    ],
)
def test_lenses(desk: Desk, lens: Lens, total: str, counted: int):
    """Each lens ranks by its own measure; only profit counts Gus, who costs without ordering."""
    found = desk.concentration(Question(lens=lens))
    assert found.figure("total").value == Decimal(total)
    assert found.figure("counted").value == counted
    assert found.context.lens == lens


def test_whale(desk: Desk):
    """Three customers earn 370, three lose 78 of it again; a revenue lens is read as profit."""
    found = desk.whale()
    assert found.context.lens == "profit"
    assert figures(found) == {
        "total_profit": 292,
        "peak_profit": 370,
        "peak_share": pytest.approx(370 / 292),
        "customers_at_peak": 3,
        "share_of_customers_at_peak": 0.5,
        "loss_makers": 3,
        "profit_destroyed": 78,
    }


def test_bands_reconcile(desk: Desk):
    """The ledger of the year is 685: what customers are charged plus what nobody caused."""
    found = desk.bands(PROFIT, last_ranks=(1, 3))
    assert column(found, "bands", "profit") == [344, 26, -78]
    assert column(found, "bands", "contacts") == [1, 1, 1]
    ledger = {row["driver"]: row for row in found.grid("reconciliation").rows}
    assert {d: (r["ledger"], r["assigned"], r["unallocated"]) for d, r in ledger.items()} == {
        "contact": (100, 48, 52),
        "direct": (25, 25, 0),
        "order": (60, 60, 0),
        "overhead": (500, 0, 500),
        "total of the ledger": (685, 133, 552),
    }


def test_demand(desk: Desk):
    """Gus takes half of the minutes and brings nothing; Anna brings 70% and takes a third."""
    found = desk.demand()
    over = {row["name"]: row for row in found.grid("over_served").rows}
    assert list(over) == ["Gus"]  # Cy takes 15% of the cost with 5% of revenue: below average
    assert over["Gus"]["minutes_share"] == pytest.approx(0.5)
    assert over["Gus"]["contacts_to_spend"] is None
    assert figures(found) == {
        "over_served_count": 1,
        "over_value_share": 0,
        "over_contacts_share": pytest.approx(1 / 3),
        "over_minutes_share": pytest.approx(0.5),
        "over_cost_share": pytest.approx(43 / 133),
    }
    asking = found.grid("demand").rows
    assert [row["name"] for row in asking][:3] == ["Gus", "Bob", "Anna"]
    assert [row["demand_rank"] for row in asking] == [1, 2, 3, 4, 5, 6]
    assert asking[1]["contacts_to_spend"] == pytest.approx(1 / 3 / 0.2)
    assert asking[3]["cost_to_spend"] == pytest.approx(10 / 133 / 0.01)  # Eve's only order
    assert ids(desk.members("over-served")) == ["c7"]
    assert len(desk.demand(limit=1).grid("demand").rows) == 1
    assert any("first 1 of 6 customers" in note for note in desk.demand(limit=1).notes)


def test_demand_is_not_guessed(desk: Desk, poor: Desk):
    """Without contacts and costs, or of some lines alone, nothing is said of demand."""
    with pytest.raises(MissingDataError, match="what customers ask of service") as missing:
        poor.demand()
    assert "[sources.contacts]" in missing.value.remedy
    with pytest.raises(RefusedError, match="not known by channel"):
        desk.demand(WEB)


def test_population(desk: Desk):
    """Quarters run from the first order to the as-of date; Dee comes back after years."""
    found = desk.population()
    rows = {row["period"]: row for row in found.grid("periods").rows}
    assert len(rows) == 16
    assert (rows["2022-Q2"]["active"], rows["2022-Q2"]["lost"]) == (0, 1)
    assert (rows["2025-Q3"]["active"], rows["2025-Q3"]["new"]) == (1, 1)
    assert (rows["2025-Q4"]["new"], rows["2025-Q4"]["reactivated"]) == (1, 1)
    assert figures(found) == {"active": 2, "new": 1, "reactivated": 1, "lost": 1}


def test_population_by_contact(desk: Desk):
    """Who called is active where the question asks for contacts."""
    found = desk.population(period=Period.YEAR, event=Activity.CONTACT)
    assert [(row["period"], row["active"]) for row in found.grid("periods").rows] == [
        ("2024", 1),
        ("2025", 3),
    ]


def test_today(desk: Desk):
    """The first panel: five active, three new, Dee back, Fay lost, and what deserves a look."""
    found = desk.today()
    assert figures(found) == {
        "customers_active": 5,
        "customers_new": 3,
        "customers_reactivated": 1,
        "customers_lost": 1,
        "customers_active_before": 2,
        "revenue": 1000,
        "spend_per_active": 200,
        "unattributed_revenue": 15,
        "profit": 292,
        "revenue_change": pytest.approx(0.25),
        "revenue_lost": 300,
        "largest_share": 0.7,
        "top_fifth_share": 0.7,
    }
    assert column(found, "attention", "opens") == ["rank:1-1", "loss-makers", "state:lost"]


def test_window_before_the_data(desk: Desk):
    """Where the data begin within the window before, it is not compared with, and that is said."""
    wide = Question(window=Window(months=36))
    found = desk.today(wide)
    named = figures(found)
    assert "revenue" in named
    assert not [name for name in named if name.endswith(("change", "before", "lost", "new"))]
    said = "The data begin 2022-01-01, the window before (2020-01-01 to 2022-12-31) is not covered."
    assert said in found.notes
    assert "state:lost" not in column(found, "attention", "opens")
    with pytest.raises(RefusedError, match="data begin 2022-01-01"):
        desk.movement(wide)
    covered = desk.today(Question(window=Window(months=24)))
    assert "revenue_change" in figures(covered)
    assert said not in covered.notes


def test_nobody_is_new_in_all_history(desk: Desk):
    """Over all history everybody would be new, so it is left out; who counts is said."""
    found = desk.today(Question(window=ALL))
    assert "customers_new" not in figures(found)
    assert found.figure("customers_active").note == "who bought"


def test_movement(desk: Desk):
    """Anna stayed best, Fay is gone, four were not there; all history has nothing before it."""
    found = desk.movement()
    assert figures(found) == {"in_both": 1, "same_decile": 1, "best_kept": 1}
    rows = {row["from_decile"]: row for row in found.grid("deciles").rows}
    assert rows["decile 2"]["left"] == 1
    assert sum(rows["not there"][f"to_{k}"] for k in range(1, 11)) == 4
    with pytest.raises(UsageError, match="no window before it"):
        desk.movement(Question(window=ALL))


def test_dependency(desk: Desk):
    """If Anna leaves, 70% of revenue and more than all profit go with her."""
    found = desk.dependency()
    largest = found.grid("largest").rows[0]
    assert (largest["name"], largest["revenue"], largest["revenue_share"]) == ("Anna", 700, 0.7)
    shares = [0.7, 0.2, 0.05, 0.04, 0.01]
    assert found.figure("effective_customers").value == pytest.approx(
        1 / sum(share**2 for share in shares)
    )


def test_margins(desk: Desk):
    """Bob alone was given a discount: 50 of 250, where the firm gives 50 of 1,080."""
    found = desk.margins()
    bob = found.grid("discounts").rows[0]
    assert (bob["name"], bob["discount_rate"]) == ("Bob", 0.2)
    assert found.figure("gross_margin").value == 0.425
    assert found.figure("discount_rate").value == pytest.approx(50 / 1080)
    assert bob["excess_discount"] == pytest.approx(50 - 50 / 1080 * 250)
    assert found.figure("leakage").value == pytest.approx(bob["excess_discount"])


def test_slices_of_customers(desk: Desk):
    """Slices of whole customers carry profit; France is Anna, Cy and Dee."""
    found = desk.slices("country")
    rows = {row["slice"]: row for row in found.grid("slices").rows}
    assert rows.keys() == {"France", "(slices under 2 customers)"}
    france = rows["France"]
    assert (france["customers"], france["revenue"], france["profit"]) == (3, 790, 324)
    assert france["revenue_year_earlier"] == 500
    assert rows["(slices under 2 customers)"]["customers"] == 2  # Germany and not given


def test_slices_of_lines(desk: Desk):
    """A cut through the lines has revenue and gross profit, and no profit to tell."""
    found = desk.slices("channel")
    rows = {row["slice"]: row for row in found.grid("slices").rows}
    pooled = rows["(slices under 2 customers)"]  # Eve by phone alone, so the shop joins her
    assert (rows["web"]["revenue"], pooled["revenue"]) == (750, 250)
    assert rows["web"]["gross_profit"] == 390
    assert all(row["profit"] is None for row in rows.values())


def test_question_of_some_customers(desk: Desk):
    """A slice of customers is ranked on its own and keeps its costs, which the context names."""
    found = desk.concentration(Question(lens=Lens.PROFIT, where=FRANCE.where))
    assert figures(found)["total"] == 324
    assert found.context.slice == "country = France"
    assert desk.bands(FRANCE).context.customers == 3


def test_question_of_some_lines(desk: Desk):
    """A slice of lines counts those lines alone."""
    assert figures(desk.concentration(WEB))["total"] == 750
    assert desk.concentration(WEB).figure("counted").value == 2


def test_profit_of_some_lines_is_refused(desk: Desk):
    """Costs cannot follow a cut through the lines: the refusal says so and what can be asked."""
    with pytest.raises(RefusedError, match="Cost to serve is not known by channel") as refused:
        desk.whale(WEB)
    assert "gross_profit" in refused.value.remedy
    assert desk.whale(Question(lens=Lens.GROSS_PROFIT, where=WEB.where)).figures


def test_questions_of_few_customers_say_so(desk: Desk):
    """A slice with fewer customers than min_cell is answered with a word of warning."""
    few = Question(where=(("country", "(not given)"),))
    assert any("Only 1 customer counted" in note for note in desk.concentration(few).notes)
    assert any("min_cell = 2" in note for note in desk.bands(few).notes)
    assert not any("min_cell" in note for note in desk.concentration(FRANCE).notes)
    assert not any("min_cell" in note for note in desk.concentration().notes)


def test_slices_narrow(desk: Desk):
    """Several conditions must all hold."""
    found = desk.concentration(Question(where=(("country", "France"), ("channel", "shop"))))
    assert (found.figure("counted").value, found.figure("total").value) == (1, 40)


def test_values_that_are_not_given(desk: Desk):
    """The customers without a country can be asked for like any others."""
    assert figures(desk.concentration(Question(where=(("country", "(not given)"),))))["total"] == 10


def test_dimensions(desk: Desk):
    """Dimensions are text columns of customers and lines; values come most frequent first."""
    known = {dimension.name: dimension.of_line for dimension in desk.dimensions()}
    assert known["segment"] is known["country"] is False
    assert known["channel"] is True
    assert "name" not in known
    assert desk.dimension_values("country") == ("France", "Germany")
    assert desk.dimension_values("channel") == ("web", "shop", "phone")
    with pytest.raises(UsageError, match='no dimension "planet"') as wrong:
        desk.slices("planet")
    assert "country" in wrong.value.remedy


def test_value_that_never_occurs(desk: Desk):
    """A value that no customer has is a slip, answered with the values that occur."""
    with pytest.raises(UsageError, match='country is never "Narnia"') as wrong:
        desk.concentration(Question(where=(("country", "Narnia"),)))
    assert "France" in wrong.value.remedy


def test_contact_costs(desk: Desk):
    """Three contacts of 60 minutes cost 48; the one of the year before is not among them."""
    found = desk.contact_costs()
    assert figures(found) == {
        "contacts": 3,
        "agent_minutes": 60,
        "cost": 48,
        "cost_per_contact": 16,
    }
    assert column(found, "by_channel", "cost") == [30, 18]
    assert column(found, "by_month", "month") == ["2025-02", "2025-03"]
    assert found.context.customers == 3


def test_contacts_carry_product_location_and_campaign(tmp_path):
    """Where contacts say what they were about, where and why, their cost is cut by it."""
    contacts = """
contact_id,customer_id,created_at,handle_time_s,assignee_id,product_id,location_id,campaign
k1,c1,2025-02-11T08:00:00,600,a1,007,Kiel,spring
k2,c2,2025-03-11T08:00:00,1200,a2,007,,
"""
    found = desk_of(tmp_path, contacts=contacts).contact_costs()
    assert [(r["product_id"], r["cost"]) for r in found.grid("by_product").rows] == [("007", 30)]
    assert column(found, "by_location", "location_id") == ["(not given)", "Kiel"]
    assert column(found, "by_campaign", "cost") == [24, 6]
    assert found.grid("by_product").columns[0].label == "Product"


def test_contacts_of_nobody_are_reported(desk: Desk, tmp_path):
    """Contacts without a customer are in no share, and every answer about contacts says so."""
    contacts = small_firm.FILES["contacts.csv"].replace("k2,c2", "k2,").replace("k3,c7", "k3,")
    some = desk_of(tmp_path, contacts=contacts)
    said = (
        "Not counted: 2 of 3 contacts (50 agent minutes, 42.00 EUR) that name no customer"
        " (unattributed)."
    )
    for answer in (
        some.concentration(measure="contacts"),
        some.concentration(PROFIT),
        some.whale(),
        some.bands(),
    ):
        assert said in answer.notes, answer.title
    assert said.replace("Not counted", "Counted here") in some.contact_costs().notes
    called = some.population(event=Activity.CONTACT).notes
    assert any(note.startswith("Not counted: 2 of 4 contacts") for note in called)
    assert not any("contacts" in note for note in some.concentration().notes)
    card = some.today().figure("unattributed_contacts")
    assert (card.value, card.note) == (2, "50 agent minutes, 42.00 EUR")
    assert "unattributed_contacts" not in figures(some.today(FRANCE))
    assert not any("contacts" in note for note in desk.bands().notes)


def test_contact_costs_of_some_customers(desk: Desk):
    """Contacts follow a slice of customers."""
    assert figures(desk.contact_costs(FRANCE))["contacts"] == 1


def test_wallet(desk: Desk):
    """Anna and Bob buy 900 of 2,000 here, between 32% and 60% by their own estimates."""
    found = desk.wallet()
    share = found.figure("share_of_wallet")
    assert (share.value, share.low, share.high) == (0.45, 900 / 2800, 0.6)
    assert column(found, "wallets", "gap") == [700, 400]
    assert column(found, "wallets", "name") == ["Anna", "Bob"]


def test_wallets_of_several_categories_add_up(tmp_path):
    """The newest estimate of each category counts; none of them hides another."""
    wallets = """
customer_id,category,asked_on,wallet_amount,low_amount,high_amount,source
c1,tea,2025-06-01,1000.00,800.00,1200.00,survey
c1,tea,2024-06-01,5000.00,,,guess
c1,cups,2025-03-01,400.00,200.00,800.00,rep
"""
    (anna,) = desk_of(tmp_path, wallets=wallets).wallet().grid("wallets").rows
    assert (anna["wallet"], anna["share"], anna["categories"]) == (1400, 0.5, 2)
    assert (anna["share_low"], anna["share_high"]) == (0.35, 0.7)
    assert (anna["source"], anna["asked_on"]) == ("several", date(2025, 3, 1))


SELECTORS = [
    ("rank:1", ["c1"]),
    ("rank:2-4", ["c2", "c3", "c4"]),
    ("rank:5-99", ["c5"]),
    ("rank:90-99", []),
    ("loss-makers", ["c7", "c4", "c5"]),
    ("customer:c3", ["c3"]),
    ("state:active", ["c1", "c2", "c3", "c4", "c5"]),
    ("state:new", ["c2", "c3", "c5"]),
    ("state:reactivated", ["c4"]),
    ("state:lost", ["c6"]),
    ("state:new:2025-Q3", ["c3"]),
    ("state:lost:2025-Q3", ["c2"]),
    ("state:active:2025", ["c1", "c2", "c3", "c4", "c5"]),
    ("state:retained:2025", ["c1"]),
    ("state:lost:2024-08", ["c6"]),
    ("state:lost:6m", ["c1", "c2"]),
    ("state:active:2025-Q3:order", ["c3"]),
    ("state:active:contact", ["c1", "c2", "c7"]),
    ("state:lost:2025:contact", []),
    ("rank:1:profit", ["c1"]),
    ("rank:1-9:contacts", ["c1", "c2", "c7"]),
    ("loss-makers:gross_profit", ["c4"]),
    ("slice:country=France", ["c1", "c3", "c4"]),
    ("slice:channel=shop", ["c2", "c4"]),
    ("slice:country=(not given)", ["c5"]),
]


@pytest.mark.parametrize(("selector", "expected"), SELECTORS, ids=[s for s, _ in SELECTORS])
def test_members(desk: Desk, selector: str, expected: list[str]):
    """A selector lists its customers: best first, or the largest loss first; lost ones too."""
    found = desk.members(selector)
    assert ids(found) == expected
    assert found.figure("found").value == len(expected)


@pytest.mark.parametrize(
    "selector",
    [
        "",
        "rank:",
        "rank:x",
        "rank:1-4:beauty",
        "loss-makers:x",
        "best",
        "state:asleep",
        "state:retained",
        "state:lost:0m",
        "state:lost:700m",
        "state:lost:2025:2024",
        "slice:",
        "customer:",
    ],
)
def test_members_of_nothing(desk: Desk, selector: str):
    """What is no selector is answered with the forms."""
    with pytest.raises(UsageError, match="does not select customers") as wrong:
        desk.members(selector)
    assert "rank:1-40" in wrong.value.remedy


@pytest.mark.parametrize("period", ["2025-Q5", "2025-13", "Q3", "25"])
def test_members_of_no_period(desk: Desk, period: str):
    """A period that is none is answered with how to write one."""
    with pytest.raises(UsageError, match="is no period"):
        desk.members(f"state:lost:{period}")


def test_cut_lists_say_so(desk: Desk):
    """A list that is cut says how long it is."""
    found = desk.members("rank:1-5", limit=2)
    assert ids(found) == ["c1", "c2"]
    assert found.figure("found").value == 5
    assert found.notes == ("The first 2 of 5 customers are listed; a higher limit shows more.",)


def test_cut_lists_of_a_customer_say_so(desk: Desk):
    """Orders, lines and contacts of a customer are cut with a word, each with its length."""
    found = desk.customer("c1", limit=1)
    assert column(found, "order_lines", "header_id") == ["o1"]
    assert found.notes == (
        "The first 1 of 2 orders are listed; a higher limit shows more.",
        "The first 1 of 3 order lines are listed; a higher limit shows more.",
        "The first 1 of 2 contacts are listed; a higher limit shows more.",
    )
    assert desk.customer("c1").notes == ()
    assert "The first 1 of 5 customers" in desk.margins(limit=1).notes[-1]


def test_old_orders_show_their_lines(desk: Desk):
    """The lines of an order are found however many newer lines there are."""
    found = desk.customer("c1", limit=2, order="o7")
    assert column(found, "order_lines", "header_id") == ["o7"]
    assert column(found, "orders", "header_id") == ["o1", "o7"]
    assert desk.customer("c2", order="o7").grid("order_lines").rows == ()


OPENED = [name for name in QUESTIONS if name not in ("customer", "members", "belief")]


@pytest.mark.parametrize("name", OPENED)
def test_every_opening_opens(desk: Desk, answered: Callable[[str], Answer], name: str):
    """Whatever a figure or a row says it opens is a list, as long as the figure says."""
    opens_all(desk, answered(name))


def opens_all(desk: Desk, answer: Answer) -> None:
    """Follow every selector of an answer to a plain question."""
    question = Question()
    for figure in answer.figures:
        if figure.opens:
            found = desk.members(figure.opens, question).figure("found").value
            if figure.unit == "count" and figure.name not in ("contacts",):
                assert found == figure.value, figure.name
    for grid in answer.grids:
        for row in grid.rows[-2:]:
            selector = row.get(grid.opens)
            if selector and not selector.startswith("customer:"):
                found = desk.members(selector, question).figure("found").value
                expected = row.get("customers", row.get("active", found))
                assert found == expected, selector


MORE_OPENED = {
    "contacts": lambda desk: desk.concentration(measure="contacts"),
    "profit": lambda desk: desk.concentration(measure="profit"),
    "by order": lambda desk: desk.population(event=Activity.ORDER),
    "by contact": lambda desk: desk.population(event=Activity.CONTACT, period=Period.YEAR),
    "loss of a month": lambda desk: desk.belief("we lose 5% a month"),
    "loss of a quarter": lambda desk: desk.belief("we lose 5% a quarter"),
    "ratio": lambda desk: desk.belief("80:20"),
    "losers": lambda desk: desk.belief("10% of customers lose us money"),
}


@pytest.mark.parametrize("name", MORE_OPENED)
def test_every_opening_of_another_question_opens(desk: Desk, name: str):
    """What is asked by another measure, event or span opens the customers it counted."""
    answer = MORE_OPENED[name](desk)
    opens_all(desk, answer)
    if "loss of" in name:
        assert answer.context.window_from == first_day(
            desk.build.as_of, Window.parse(answer.context.window)
        )
        lost = answer.figure("lost")
        assert desk.members(lost.opens).figure("found").value == lost.value
    if "by" in name:
        for row in answer.grid("periods").rows:
            for state in ("new", "reactivated", "lost"):
                found = desk.members(row[f"opens_{state}"]).figure("found").value
                assert found == row[state], row["period"]


def test_lists_by_profit_are_in_that_order(desk: Desk):
    """The curve of profit opens customers by profit though the project ranks by revenue."""
    loss = desk.whale().figure("customers_at_peak")
    assert ids(desk.members(loss.opens)) == ["c1", "c2", "c3"]
    everybody = desk.whale().figure("total_profit").opens
    assert ids(desk.members(everybody))[-1] == "c7"
    assert desk.today().figure("profit").opens == ""


def test_customer_down_to_the_source(desk: Desk):
    """Anna's profit in steps, her orders, and lines with the row of the file they came from."""
    found = desk.customer("c1")
    assert found.title == "Anna"
    assert (found.figure("rank").value, found.figure("rank").note) == (1, "of 5")
    assert found.figure("profit").value == 344
    steps = [(row["component"], row["amount"]) for row in found.grid("drivers").rows]
    assert steps == [
        ("Sales before returns", 700),
        ("Returns", 0),
        ("Revenue", 700),
        ("Cost of goods", -340),
        ("Gross profit", 360),
        ("Order handling", -10),
        ("Service contacts", -6),
        ("Profit", 344),
    ]
    assert column(found, "orders", "header_id") == ["o1", "o7"]
    file = (desk.project.root / "lines.csv").read_text().splitlines()
    for row in found.grid("order_lines").rows:
        assert file[row["source_row"] - 1].startswith(f"{row['header_id']},{row['line_item_id']},")
    assert column(found, "contacts", "contact_id") == ["k1", "k4"]
    assert found.extra["profile"]["country"] == "France"


def test_customer_who_only_costs(desk: Desk):
    """Gus never ordered: his loss is known, without a rank by revenue."""
    found = desk.customer("c7")
    assert found.figure("profit").value == -43
    assert found.figure("rank").value is None
    assert found.grid("orders").rows == ()
    assert not any("unknown" in note for note in found.notes)


def test_unknown_customer(desk: Desk):
    """A customer that is not there is answered with ids that look alike."""
    with pytest.raises(UsageError, match='no customer "c"') as wrong:
        desk.customer("c")
    assert wrong.value.remedy == "Near: c1, c2, c3, c4, c5."
    with pytest.raises(UsageError, match='no customer "nobody"') as wrong:
        desk.customer("nobody")
    assert "rank:1-20" in wrong.value.remedy


def without(*sources: str) -> str:
    """The settings of the firm without some of its sources."""
    kept, keep = [], True
    for row in SETTINGS.splitlines():
        if row.startswith("["):
            keep = not any(row.startswith(f"[sources.{name}") for name in sources)
        kept += [row] * keep
    return "\n".join(kept)


@pytest.fixture(scope="module")
def poor(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A firm that knows its order lines alone, without what the goods cost."""
    settings = without("customers", "costs", "contacts", "agents", "wallets")
    settings = settings.replace('total_cost = "cost"\n', "").replace('lens = "revenue"\n', "")
    settings = settings.replace('discount_amount = "discount"\n', "")
    return desk_of(tmp_path_factory.mktemp("poor"), settings)


def test_revenue_is_the_lens(poor: Desk):
    """Without cost the lens is revenue, and the manifest says so."""
    assert poor.build.manifest["lens"] == "revenue"
    assert figures(poor.concentration())["total"] == 1000


def test_questions_that_cannot_be_answered(poor: Desk):
    """What needs costs, contacts or wallets says which source is missing."""
    for ask in (
        lambda: poor.concentration(PROFIT),
        poor.whale,
        poor.margins,
        poor.contact_costs,
        poor.wallet,
        lambda: poor.population(event=Activity.CONTACT),
    ):
        with pytest.raises(MissingDataError) as missing:
            ask()
        assert missing.value.remedy


def test_profit_lists_are_not_guessed(poor: Desk):
    """Nobody is called a loss-maker, or ranked by profit, where profit is unknown."""
    for ask in (
        lambda: poor.members("loss-makers"),
        lambda: poor.members("rank:1-2", PROFIT),
        lambda: poor.movement(PROFIT),
    ):
        with pytest.raises(MissingDataError):
            ask()


def test_first_panel_shows_what_there_is(poor: Desk):
    """The first panel leaves profit out and answers."""
    assert "profit" not in figures(poor.today())


def test_unknown_cost_of_some_lines(tmp_path):
    """One line without a cost makes the customer's profit unknown: it is not taken for free."""
    lines = small_firm.FILES["lines.csv"].replace("100.00,40.00", "100.00,")
    desk = desk_of(tmp_path, lines=lines)
    with pytest.raises(MissingDataError, match="some of their lines have no cost"):
        desk.concentration(PROFIT)


@pytest.fixture(scope="module")
def half_known(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The firm without the cost of what Cy was sold: his gross profit and profit are unknown."""
    lines = small_firm.FILES["lines.csv"].replace("80.00,30.00", "80.00,")
    return desk_of(tmp_path_factory.mktemp("half"), lines=lines)


def test_margin_is_that_of_known_costs(half_known: Desk):
    """No gross profit is told for the firm, but the margin of those whose cost is known is."""
    found = half_known.margins()
    values = figures(found)
    assert values["revenue"] == 1000
    assert (values["gross_profit"], values["gross_margin"]) == (None, None)
    assert values["gross_margin_where_known"] == pytest.approx((950 - 555) / 950)
    assert any("unknown for 1 of 5 customers" in note for note in found.notes)


def test_slices_of_unknown_cost_show_no_profit(half_known: Desk):
    """A slice with a line whose cost is unknown has no gross profit; the others have theirs."""
    found = half_known.slices("segment")
    rows = {row["slice"]: row for row in found.grid("slices").rows}
    assert (rows["silver"]["gross_profit"], rows["silver"]["profit"]) == (None, None)
    assert (rows["gold"]["gross_profit"], rows["gold"]["profit"]) == (410, 360)
    assert any("cost of 1 lines is unknown" in note for note in found.notes)


def test_bands_of_unknown_cost_show_no_profit(half_known: Desk):
    """A band with a customer of unknown profit has none, and no band has a share of it."""
    found = half_known.bands(last_ranks=(2,))
    assert column(found, "bands", "gross_profit") == [410, None]
    assert column(found, "bands", "profit") == [360, None]
    assert column(found, "bands", "profit_share") == [None, None]
    assert column(found, "bands", "cost_to_serve") == [50, 40]
    assert any("unknown for 1 of 5 customers" in note for note in found.notes)


def test_dependency_on_unknown_profit(half_known: Desk):
    """Profit at risk is told up to the first unknown one, and never as a share."""
    found = half_known.dependency()
    lists = {row["customers"]: row for row in found.grid("leaving").rows}
    assert (lists[1]["profit"], lists[5]["profit"]) == (344, None)
    assert all(row["profit_share"] is None for row in found.grid("leaving").rows)
    assert any("unknown for 1 of 5 customers" in note for note in found.notes)


def test_ranks_by_unknown_profit_are_not_shown(half_known: Desk):
    """Where somebody's profit is unknown, nobody's rank by it is known, and a note says so."""
    anna = half_known.customer("c1", PROFIT)
    assert (anna.figure("rank").value, anna.figure("profit").value) == (None, 344)
    assert any("no rank is shown" in note for note in anna.notes)
    assert half_known.customer("c1").figure("rank").value == 1
    listed = half_known.members("slice:country=France", PROFIT)
    assert column(listed, "members", "rank") == [None, None, None]
    found = half_known.margins(PROFIT)
    assert set(column(found, "discounts", "rank")) == {None}
    assert found.figure("revenue").opens == ""


def test_ledger_that_names_no_customers(tmp_path):
    """A ledger of drivers alone, without a customer column, is shared out too."""
    costs = "cost_date,driver,amount\n2025-01-31,order,60.00\n"
    desk = desk_of(tmp_path, without("contacts", "agents", "wallets"), costs=costs)
    assert desk.concentration(PROFIT).figure("total").value == 425 - 60


def test_old_builds_are_read_as_they_were_made(tmp_path):
    """What the settings say now changes neither currency nor lens nor rule of an old build."""
    old = desk_of(tmp_path).build
    changed = SETTINGS.replace('"EUR"', '"GBP"').replace('"revenue"', '"profit"')
    changed = changed.replace('window = "12m"', 'window = "12m"\nactive = {event = "contact"}')
    desk = Desk(small_firm.write(tmp_path, changed), old)
    found = desk.concentration()
    assert (found.context.currency, found.context.lens) == ("EUR", "revenue")
    assert desk.today().figure("customers_active").value == 5
    assert desk.population(period=Period.YEAR).extra["active_rule"] == "purchase in the year"
    assert "EUR" in desk.concentration().notes[0]


def test_activity_by_contact_on_the_first_panel(tmp_path):
    """Where contacts make active, the first panel counts who called."""
    settings = SETTINGS.replace('window = "12m"', 'window = "12m"\nactive = {event = "contact"}')
    assert figures(desk_of(tmp_path, settings).today())["customers_active"] == 3


def test_customers_in_several_slices_are_counted_once(tmp_path):
    """Who bought in two channels is one customer of the firm, and of a pool of small slices."""
    lines = small_firm.FILES["lines.csv"] + "o12,1,c5,2025-06-01T10:00:00,10.00,5.00,,fax\n"
    found = desk_of(tmp_path, lines=lines).slices("channel")
    rows = {row["slice"]: row for row in found.grid("slices").rows}
    assert rows["(slices under 2 customers)"]["customers"] == 3  # Eve by phone and fax; the shop
    assert found.figure("counted").value == 5


def test_contacts_do_not_follow_a_slice_of_lines(desk: Desk):
    """Contacts have no line to be cut by: a slice of lines is refused, not ignored."""
    with pytest.raises((RefusedError, UsageError)):
        desk.contact_costs(WEB)


def test_any_column_of_a_customer_fits_json(tmp_path):
    """What a source has beside the known columns is shown, whatever its type."""
    project = small_firm.write(tmp_path, SETTINGS.replace("customers.csv", "customers.parquet"))
    duckdb.sql(
        "COPY (SELECT 'c1' AS customer_id, TIME '10:00' AS calls_at, INTERVAL 3 DAYS AS pause)"
        f" TO '{tmp_path / 'customers.parquet'}' (FORMAT parquet)"
    )
    desk = Desk(project, build(project, today=small_firm.TODAY))
    document = desk.customer("c1").to_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def uncosted(root: Path, window: str = '"12m"', *lacking: str) -> Desk:
    """The firm without a set lens, and orders of which the cost is not known."""
    lines = small_firm.FILES["lines.csv"]
    for order in lacking:
        row = next(row for row in lines.splitlines() if row.startswith(f"{order},"))
        cells = row.split(",")
        lines = lines.replace(row, ",".join([*cells[:5], "", *cells[6:]]))
    settings = SETTINGS.replace('lens = "revenue"\n', "").replace('"12m"', window)
    return desk_of(root, settings, lines=lines)


def test_lens_is_profit_where_every_cost_is_known(tmp_path: Path):
    """Without a set lens customers are measured by profit; a line without customer is no bar."""
    answer = uncosted(tmp_path, '"12m"', "o10").concentration()
    assert answer.context.lens == "profit"
    assert not [note for note in answer.notes if "Cost of goods" in note]


def test_lens_gives_way_where_one_cost_is_unknown(tmp_path: Path):
    """One line of the window without a cost, and customers are measured by revenue, said so."""
    desk = uncosted(tmp_path, '"12m"', "o2")
    answer = desk.concentration()
    assert answer.context.lens == "revenue"
    assert figures(answer)["total"] == 1000
    assert [note for note in answer.notes if "2025-05-05" in note and "revenue" in note]
    chosen = desk.concentration(Question(lens=Lens.REVENUE))
    assert not [note for note in chosen.notes if "choose --lens" in note]
    assert desk.dependency().context.lens == "revenue"
    with pytest.raises(MissingDataError, match="unknown for 1 of"):
        desk.concentration(PROFIT)


def test_lens_follows_the_window_that_is_asked_for(tmp_path: Path):
    """A cost that is unknown before the window says nothing of it, but of all history."""
    desk = uncosted(tmp_path, '"12m"', "o8")
    assert desk.concentration().context.lens == "profit"
    assert desk.concentration(Question(window=ALL)).context.lens == "revenue"


def test_sums_beyond_the_largest_amount(tmp_path: Path):
    """Customers whose lines add up to more than one line can hold are still added exactly."""
    lines = small_firm.FILES["lines.csv"].strip().splitlines()
    large = [f"x{i},1,c1,2025-06-0{i}T10:00:00,90000000000000.25,1.00,,web" for i in range(1, 4)]
    answer = desk_of(tmp_path, lines="\n".join([*lines, *large]) + "\n").concentration()
    assert figures(answer)["total"] == Decimal("270000000001000.75")


def test_lines_of_a_customer_say_their_file(desk: Desk):
    """Each order line shown names the file and the row of the source that it stands in."""
    shown = desk.customer("c1").grid("order_lines")
    assert {row["source_file"] for row in shown.rows} == {"lines.csv"}
    assert "Source file" in [column.label for column in shown.columns]


def test_part_of_a_visit_takes_its_part_of_the_pool(tmp_path: Path):
    """The cost of visits is shared out by visits, those below one half too."""
    costs = """cost_date,customer_id,driver,amount,driver_qty
2025-01-31,,visit,100.00,
2025-02-28,c1,visit,0.00,0.1
2025-02-28,c2,visit,0.00,0.4
"""
    summary = desk_of(tmp_path, costs=costs).build.summary
    taken = duckdb.sql(f"SELECT customer_id, cost_visit FROM '{summary}' WHERE cost_visit <> 0")
    assert dict(taken.fetchall()) == {"c1": 20, "c2": 80}


def test_bare_names_of_attributes(tmp_path):
    """An attribute is found by its bare name, in any capitals, where it is unique."""
    lines = """
order,line,customer,at,amount,cost,discount,channel,Region
o1,1,c1,2025-02-10T09:00:00,600.00,300.00,,web,North
o2,1,c2,2025-02-11T09:00:00,100.00,40.00,,web,South
"""
    desk = desk_of(tmp_path / "regions", lines=lines)
    for name in ("region", "Region", "attributes.Region"):
        found = desk.concentration(Question(where=((name, "North"),)))
        assert figures(found)["total"] == 600
        assert desk.slices(name).grid("slices").rows
    with pytest.raises(UsageError, match="no dimension") as wrong:
        desk.slices("regoin")
    assert 'Did you mean "' in wrong.value.remedy


def test_customer_ids_in_other_capitals(desk: Desk):
    """An id is found whatever its capitals; lines and contacts are those of the customer."""
    found, exact = desk.customer("C1"), desk.customer("c1")
    assert found.figures == exact.figures
    assert found.grids == exact.grids
    with pytest.raises(NotFoundError, match="no customer"):
        desk.customer("C99")


def test_demand_lists_no_more_than_the_limit_and_says_of_how_many(desk: Desk):
    """Both lists are cut alike; the count is that of the customers behind the figure."""
    whole, cut = desk.demand(), desk.demand(limit=1)
    found = figures(whole)["over_served_count"]
    assert figures(cut)["over_served_count"] == found == len(whole.grid("over_served").rows)
    assert all(len(grid.rows) <= 1 for grid in cut.grids)
    assert len(desk.members("over-served").grid("members").rows) == found


def test_bands_of_a_cut_through_customers_claim_no_profit(desk: Desk):
    """Service follows whole customers: contacts, cost and profit are unknown by channel."""
    cut = desk.bands(Question(where=(("channel", "web"),)))
    for row in cut.grid("bands").rows:
        assert row["gross_profit"] is not None
        assert row["profit"] is row["contacts"] is row["cost_to_serve"] is None
    assert not any("[sources." in note for note in cut.notes)
    assert any("not known by channel" in note for note in cut.notes)
