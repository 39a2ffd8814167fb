"""What customers are worth beside their spend, by hand on the small firm and on Fairfield."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import pytest
from tests.value.small_firm import SETTINGS, desk_of
from typer.testing import CliRunner

from tierwise.api.questions import QUESTIONS as HTTP
from tierwise.api.questions import Details
from tierwise.cli.main import app
from tierwise.errors import MissingDataError, RefusedError, UsageError
from tierwise.results import Answer, Context
from tierwise.settings import Lens, Period, Window
from tierwise.workflows.build import build
from tierwise.workflows.demo import demo_project
from tierwise.workflows.question import Question
from tierwise.workflows.value import Desk

FRANCE = Question(where=(("country", "France"),))
GERMANY = Question(where=(("country", "Germany"),))
WEB = Question(where=(("channel", "web"),))
PROFIT = Question(lens=Lens.PROFIT)

TOLD = """
[sources.referrals]
path = "referrals.csv"

[sources.influence]
path = "influence.csv"

[sources.strategic]
path = "strategic.csv"
"""
FILES = {
    # p9 is a prospect: it never ordered, called or cost anything.
    "customers": """
customer_id,name,segment,country,parent_id,acquisition_cost,created_on
c1,Anna,gold,France,,100.00,2024-05-01
c2,Bob,gold,Germany,c1,50.00,2023-03-03
c3,Cy,silver,France,c2,,2025-08-01
c4,Dee,silver,France,,,2022-01-01
c5,Eve,silver,,,,2025-12-01
c6,Fay,silver,Germany,,,2024-06-01
c7,Gus,silver,Germany,,,2024-06-01
p9,Pia,gold,Germany,,,2025-12-01
""",
    "contacts": """
contact_id,customer_id,created_at,handle_time_s,assignee_id,channel,reason,is_public_complaint,reach
k1,c1,2025-02-11T08:00:00,600,a1,phone,delivery,false,
k2,c2,2025-03-11T08:00:00,1200,a2,phone,complaint,true,500
k3,c7,2025-03-12T08:00:00,1800,a1,mail,,false,
k4,c1,2024-03-12T08:00:00,600,a1,mail,invoice,false,
""",
    "referrals": """
referrer_id,referred_id,at
c1,c2,2025-05-01T09:00:00
c2,c3,2025-08-01T09:00:00
c4,c4,2021-01-01T09:00:00
c5,c1,2025-06-01T09:00:00
""",
    "influence": """
customer_id,at,source,reach,score,scale_max,value_per_1000
c1,2025-12-31T09:00:00,press,2000,,,10.00
c2,2025-12-31T09:00:00,panel,,5,10,
c3,2025-12-31T09:00:00,press,100000,,,10.00
c4,2025-12-31T09:00:00,press,3000,,,
c5,2022-01-01T09:00:00,press,3000,,,10.00
""",
    "strategic": """
customer_id,amount,set_on,reason,owner,evidence,expires_on
c3,60.00,2025-01-01,Reference,Kim,Tender,2026-12-31
p9,30.00,2025-02-01,New market,Kim,Board paper,2026-12-31
c2,60.00,2025-06-01,Reference,Lou,Tender,2026-12-31
c4,10.00,2024-06-01,Reference,Lou,Tender,2025-06-01
""",
}
ASKS: dict[str, Callable[[Desk], Answer]] = {
    "referral": Desk.referral,
    "referred": Desk.referred,
    "influence": Desk.influence,
    "strategic": Desk.strategic,
    "claims": Desk.claims,
    "retention": Desk.retention,
    "cohorts": Desk.cohorts,
    "vector": Desk.vector,
    "vector by channel": lambda desk: desk.vector("channel"),
    "accounts": Desk.accounts,
    "scores": lambda desk: desk.scores_of(some_customer(desk), by="channel"),
    "drivers": lambda desk: desk.drivers(some_customer(desk)),
}


def told(root: Path, settings: str = SETTINGS + TOLD, **files: str) -> Desk:
    """The small firm with the tables above beside its own."""
    for name in ("referrals", "influence", "strategic"):
        (root / f"{name}.csv").write_text(FILES[name].lstrip(), encoding="utf-8")
    return desk_of(root, settings, **{**FILES, **files})


def some_customer(desk: Desk) -> str:
    """The best one."""
    return str(desk.members("rank:1").grid("members").rows[0]["customer_id"])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return told(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def fairfield(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    project = demo_project("fairfield", tmp_path_factory.mktemp("home"))
    return Desk(project, build(project, today=date(2026, 1, 15)))


@pytest.fixture(scope="module")
def answered(desk: Desk, fairfield: Desk) -> Callable[[str, str], Answer]:
    """Answers of either firm, each asked once."""
    desks = {"small": desk, "fairfield": fairfield}
    return cache(lambda firm, name: ASKS[name](desks[firm]))


def figures(answer: Answer) -> dict[str, object]:
    return {figure.name: figure.value for figure in answer.figures}


def rows(answer: Answer, grid: str, key: str = "customer_id") -> dict[object, dict[str, object]]:
    return {row[key]: dict(row) for row in answer.grid(grid).rows}


FIRMS = ("small", "fairfield")


@pytest.mark.parametrize("firm", FIRMS)
@pytest.mark.parametrize("name", ASKS)
def test_json_keeps_everything(answered: Callable[[str, str], Answer], firm: str, name: str):
    """Every answer fits JSON, hides no name behind another, and says what it stands on."""
    answer = answered(firm, name)
    document = answer.to_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    names = [
        *Context.__slots__,
        *(figure.name for figure in answer.figures),
        *(grid.name for grid in answer.grids),
        *answer.extra,
    ]
    assert sorted(names) == sorted(set(names))
    assert answer.figures
    assert answer.context.customers > 0


@pytest.mark.parametrize("firm", FIRMS)
@pytest.mark.parametrize("name", ASKS)
def test_whatever_a_row_opens_is_there(
    desk: Desk, fairfield: Desk, answered: Callable[[str, str], Answer], firm: str, name: str
):
    """Selectors of the first and last rows of each list lead to their customer."""
    asked = {"small": desk, "fairfield": fairfield}[firm]
    for grid in answered(firm, name).grids:
        assert not grid.opens or grid.rows
        for row in (*grid.rows[:3], *grid.rows[-2:]) if grid.opens else ():
            kind, _, customer = row[grid.opens].partition(":")
            assert kind in ("customer", "")
            if kind:
                found = asked.customer(customer, limit=1)
                assert customer in (row.get("customer_id"), row.get("account_id"))
                assert found.context.customers == 1


@pytest.mark.parametrize("name", [name for name in ASKS if name in HTTP])
def test_http_gives_the_same_document(desk: Desk, name: str):
    """Each question of the desk is one over HTTP."""
    details = Details(id="c1", by="channel" if name == "scores" else "", limit=500)
    assert HTTP[name](desk, Question(), details).to_json() == ASKS[name](desk).to_json()


def test_referral(desk: Desk):
    """Anna is credited with half of Bob's 200 and a quarter of Cy's 50; Bob with half of Cy's."""
    found = desk.referral()
    assert figures(found) == {
        "referrals_counted": 2,
        "referrals_left_out": 2,
        "referrers": 2,
        "referral_value": Decimal("137.5"),
        "referred_value": 250,
        "referred_losing": 0,
        "referred_unknown": 0,
    }
    listed = rows(found, "referrers_listed")
    assert {name: row["value"] for name, row in listed.items()} == {
        "c1": Decimal("112.5"),
        "c2": 25,
    }
    reasons = rows(found, "left_out", "reason")
    assert set(reasons) == {
        "refers to itself",
        "dated after the referred customer's first order",
    }


def test_referral_of_a_slice_keeps_chains_through_others(desk: Desk):
    """Anna's credit is the same in France, though whom she brought and those he brought are not."""
    found = desk.referral(FRANCE)
    listed = rows(found, "referrers_listed")
    assert {name: row["value"] for name, row in listed.items()} == {"c1": Decimal("112.5")}
    assert found.figure("referrals_counted").value == 1
    assert found.figure("referrals_left_out").value == 1  # Dee's, who refers to herself


def test_referral_by_another_lens(desk: Desk):
    """The value that is shared is that of the lens: Bob's profit is 16, Cy's 10."""
    found = rows(desk.referral(PROFIT), "referrers_listed")
    assert found["c1"]["value"] == 8 + Decimal("2.5")


def test_influence(desk: Desk):
    """Caps at the median worth, 50; Bob's better source counts; old and unpriced ones are told."""
    found = rows(desk.influence(), "influence")
    assert {name: (row["value"], row["state"]) for name, row in found.items()} == {
        "c1": (20, "counts"),
        "c2": (25, "counts"),
        "c3": (50, "counts"),
        "c4": (None, "not priced"),
        "c5": (0, "expired"),
    }
    france = desk.influence(FRANCE)
    assert set(rows(france, "influence")) == {"c1", "c3", "c4"}
    assert france.figure("influence_cap").value == 50  # of the firm, not of the slice


def test_strategic(desk: Desk):
    """A tenth of 1,000 is the cap: Cy and Pia fit, Bob does not, Dee's time is over."""
    found = desk.strategic()
    assert found.figure("strategic_cap").value == 100
    states = {grid.name: set(rows(found, grid.name)) for grid in found.grids}
    assert states == {"in_force": {"c3", "p9"}, "over_cap": {"c2"}, "expired": {"c4"}}
    assert found.context.customers == 4
    assert desk.strategic(FRANCE).figure("strategic_cap").value == 100


def test_prospects_open_nothing(desk: Desk):
    """Pia is strategic without an order: the build has no page of hers to open."""
    listed = rows(desk.strategic(), "in_force")
    assert (listed["p9"]["opens"], listed["c3"]["opens"]) == ("", "customer:c3")
    assert listed["p9"]["name"] == "Pia"


def test_claims_of_few(desk: Desk):
    """One complainer is too few to say anything."""
    found = desk.claims()
    assert found.figure("complainer_claim").value == "too few to say"
    assert found.context.lens == "revenue"


def test_retention(desk: Desk):
    """What is expected of each customer, and 75 for a new one; profit, though ranked by revenue."""
    found = desk.retention()
    assert found.context.lens == "profit"
    assert found.figure("acquisition_cost").value == 75
    assert found.figure("customers_kept").value == 6
    listed = rows(found, "retention")
    for row in listed.values():
        if row["margin_kept"] is not None:
            assert row["value"] == row["margin_kept"] + 75
    assert listed["c1"]["margin_kept"] > listed["c3"]["margin_kept"]
    assert listed["c7"]["value"] is None  # never bought: nothing is expected of Gus
    assert any("expected profit after cost to serve" in note for note in found.notes)


def test_retention_without_purchases(tmp_path):
    """Without orders nothing can be expected: the window's own profit stands in, and it says so."""
    wanted = "[sources.order_lines]"
    head, _, rest = SETTINGS.partition(wanted)
    settings = head + rest[rest.index("[sources.costs]") :]
    found = desk_of(tmp_path, settings, customers=FILES["customers"]).retention()
    assert found.figure("margin_kept").value < 0
    assert any("no expectation can be had: There are no order lines" in n for n in found.notes)


def test_cohorts(desk: Desk):
    """Who was won when; Bob's record of 2023 is younger than the data, which begin in 2022."""
    found = rows(desk.cohorts(Period.YEAR), "cohorts", "cohort")
    assert {year: row["customers"] for year, row in found.items()} == {
        "2022": 1,
        "2024": 2,
        "2025": 3,
    }


def test_cohorts_of_a_slice_begin_with_the_firms_data(desk: Desk):
    """The first German order is of 2024, after Bob's record; he is newly won all the same."""
    found = rows(desk.cohorts(Period.YEAR, GERMANY), "cohorts", "cohort")
    assert {year: row["customers"] for year, row in found.items()} == {"2024": 1, "2025": 1}


def test_vector(desk: Desk):
    """Components stand side by side, the best customer first, and Pia with her strategic value."""
    found = desk.vector()
    assert figures(found) == {
        "direct_value": 1000,
        "referral_value": Decimal("137.5"),
        "influence_value": 95,
        "strategic_value": 90,
    }
    shown = {
        name: (row["direct"], row["referral"], row["influence"], row["strategic"])
        for name, row in rows(found, "vector").items()
    }
    assert list(shown)[:2] == ["c1", "c2"]
    assert shown["c1"] == (700, Decimal("112.5"), 20, None)
    assert shown["c3"] == (50, None, 50, 60)
    assert shown["p9"] == (None, None, None, 30)


def test_long_format(desk: Desk):
    """value_scores has one row a customer, context and component, of the customers listed."""
    long = desk.vector("channel", limit=2).to_json()["value_scores"]
    columns = ["customer_id", "context", "component", "value", "low", "high", "as_of", "method"]
    assert all(set(columns) <= set(row) for row in long)
    assert {row["customer_id"] for row in long} == {"c1", "c2"}
    assert [
        (r["context"], r["component"], r["value"]) for r in long if r["customer_id"] == "c1"
    ] == [
        ("(whole)", "direct", 700),
        ("web", "direct", 700),
        ("(whole)", "influence", 20),
        ("(whole)", "referral", 112.5),
    ]
    assert long[0]["as_of"] == "2025-12-31"


@pytest.mark.parametrize("lens", list(Lens))
@pytest.mark.parametrize("by", ["channel", "country"])
def test_contexts_add_up(desk: Desk, lens: Lens, by: str):
    """Contexts of each customer add up to the whole, which is the same without contexts."""
    question = Question(lens=lens)
    parts: dict[object, Decimal] = {}
    wholes = {}
    for row in desk.vector(by, question).grid("value_scores").rows:
        if row["component"] == "direct":
            if row["context"] == "(whole)":
                wholes[row["customer_id"]] = row["value"]
            else:
                name = row["customer_id"]
                parts[name] = parts.get(name, Decimal(0)) + row["value"]
    plain = rows(desk.vector("", question), "vector")
    assert wholes == parts
    assert wholes == {n: r["direct"] for n, r in plain.items() if r["direct"] is not None}


def test_vector_of_a_slice_is_part_of_the_whole(desk: Desk):
    """A slice shows its customers, each worth what it is worth in the whole firm."""
    everybody = rows(desk.vector(), "vector")
    for window in (None, Window.parse("24m")):
        whole = (
            everybody
            if window is None
            else rows(desk.vector("", Question(window=window)), "vector")
        )
        sliced = rows(desk.vector("", Question(window=window, where=FRANCE.where)), "vector")
        assert sliced == {name: whole[name] for name in whole if name in ("c1", "c3", "c4")}


def test_scores_of_a_customer(desk: Desk):
    """Cy's three components with source and end; an unknown customer is told so."""
    found = desk.scores_of("c3")
    scores = rows(found, "scores", "component")
    assert set(scores) == {"direct", "influence", "strategic"}
    assert (scores["strategic"]["source"], scores["strategic"]["cap"]) == ("Kim", 100)
    assert found.title == "What Cy is worth"
    assert desk.scores_of("p9").figure("strategic_value").value == 30
    with pytest.raises(UsageError, match='no customer "nobody"'):
        desk.scores_of("nobody")


def test_accounts(desk: Desk):
    """Anna, Bob and Cy are one account: 950, and of their influence the largest."""
    found = desk.accounts()
    assert figures(found) == {"accounts_found": 4, "groups": 1, "grouped": 3, "unresolved": 0}
    first = found.grid("accounts").rows[0]
    assert (first["account_id"], first["name"], first["members"]) == ("c1", "Anna", 3)
    assert (first["direct"], first["referral"]) == (950, Decimal("137.5"))
    assert (first["influence"], first["strategic"]) == (50, 60)


def test_drivers(desk: Desk):
    """The steps lead from the average of five, 200, to Anna's 700; Fay has no step to show."""
    found = desk.drivers("c1")
    assert figures(found) == {"value": 700, "average_value": 200, "value_difference": 500}
    steps = [row["amount"] for row in found.grid("steps").rows if not row["is_total"]]
    assert sum(steps) == 500
    with pytest.raises(UsageError, match="not known in this window"):
        desk.drivers("c6")
    with pytest.raises(UsageError, match='no customer "nobody"'):
        desk.drivers("nobody")


NEEDS = [
    ("referral", r"\[sources.referrals\]"),
    ("referred", r"\[sources.referrals\]"),
    ("influence", r"\[sources.influence\]"),
    ("strategic", r"\[sources.strategic\]"),
    ("retention", "acquisition_cost"),
    ("accounts", "parent_id"),
]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The small firm as it is elsewhere: without any of these tables."""
    return desk_of(tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize(("name", "way_out"), NEEDS)
def test_missing_tables(plain: Desk, name: str, way_out: str):
    """What is missing is named with the way to add it."""
    with pytest.raises(MissingDataError, match=way_out):
        ASKS[name](plain)


def test_vector_of_what_there_is(plain: Desk):
    """The vector shows direct value alone and says what the others lack."""
    found = plain.vector()
    assert list(figures(found)) == ["direct_value"]
    assert sum("Add [sources." in note for note in found.notes) == 3


def test_unknown_value_is_not_nothing(tmp_path: Path):
    """Where profit is unknown no cap is set by it, and who was brought is of unknown value."""
    found = told(tmp_path, SETTINGS.replace('total_cost = "cost"\n', "") + TOLD)
    for ask in (found.influence, found.strategic):
        with pytest.raises(MissingDataError, match="is unknown"):
            ask(PROFIT)
    assert found.referral(PROFIT).figure("referred_unknown").value == 2
    assert sum("is unknown" in note for note in found.vector("", PROFIT).notes) == 2


BY_LINE = ("referral", "influence", "strategic", "claims", "retention", "vector", "accounts")


@pytest.mark.parametrize("name", BY_LINE)
def test_slices_through_customers_are_refused(desk: Desk, name: str):
    """What a customer has as a whole is not known by channel."""
    with pytest.raises(RefusedError, match="not known by channel"):
        getattr(desk, name)(
            question=WEB if name != "retention" else Question(Lens.GROSS_PROFIT, where=WEB.where)
        )


def test_cut_lists_say_so(desk: Desk):
    """A list that is cut says how long it is."""
    for name in ("referral", "influence", "retention", "vector", "accounts"):
        found = getattr(desk, name)(limit=1)
        assert any(note.startswith("The first 1 of ") for note in found.notes), name


def test_fairfield_has_something_to_show(answered: Callable[[str, str], Answer]):
    """Every component of the demo is worth something, and its direct value is its revenue."""
    found = answered("fairfield", "vector")
    assert found.figure("direct_value").value == 50_000_000
    assert found.figure("strategic_value").value == 900_000
    assert found.figure("referral_value").value > 100_000
    assert found.figure("influence_value").value > 1_000
    assert answered("fairfield", "influence").figure("influence_expired").value > 0
    assert answered("fairfield", "accounts").figure("groups").value == 60
    expected = answered("fairfield", "retention")
    assert any("expected profit" in note for note in expected.notes)


def test_command_line(desk: Desk):
    """The command gives the long format as JSON, with contexts of the dimension."""
    asked = ["value", "vector", "--project", str(desk.project.root), "--by", "channel", "--json"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0
    contexts = {row["context"] for row in json.loads(done.stdout)["value_scores"]}
    assert contexts == {"(whole)", "web", "shop", "phone"}


@pytest.mark.parametrize(
    "asked",
    [
        ["referral"],
        ["referred"],
        ["influence"],
        ["strategic"],
        ["claims"],
        ["retention", "--limit", "2"],
        ["cohorts", "--period", "year"],
        ["accounts"],
        ["scores", "c1"],
        ["drivers", "c1"],
    ],
    ids=lambda asked: asked[0],
)
def test_every_question_is_a_command(desk: Desk, asked: list[str]):
    """Each prints its title."""
    done = CliRunner().invoke(app, ["value", *asked, "--project", str(desk.project.root)])
    assert done.exit_code == 0, done.output
    assert "Small firm, as of 2025-12-31" in done.output
