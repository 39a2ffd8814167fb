"""Tiers of the small firm by hand, of Fairfield by their laws, and by every face."""

import json
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import ibis
import pytest
from tests.value.small_firm import SETTINGS, desk_of

from tierwise.api.tier_questions import TIER_QUESTIONS, TierDetails
from tierwise.engine.connect import open_session
from tierwise.errors import MissingDataError, NotFoundError, SettingsError
from tierwise.results import Answer, Context
from tierwise.settings import Lens, TierBasis, TierRule, Window
from tierwise.tiers.selecting import Picks, is_selector
from tierwise.units import Unit
from tierwise.workflows.build import build
from tierwise.workflows.declared import tiers_built_with
from tierwise.workflows.demo import demo_project
from tierwise.workflows.question import Question
from tierwise.workflows.tier_lists import read, selected
from tierwise.workflows.tier_tables import Tables
from tierwise.workflows.tiering import Tiering
from tierwise.workflows.tiers import Asked
from tierwise.workflows.value import Desk

DECLARED = """
[tiers]
goal = "Keep who brings the most."
rule = "rank"
names = ["A", "B", "C"]
last_ranks = [1, 3]

[[tiers.overrides]]
customer_id = "c4"
tier = "A"
owner = "Kim"
reason = "Reference for schools"
expires_on = 2026-06-30

[[tiers.overrides]]
customer_id = "c2"
tier = "A"
owner = "Lou"
reason = "Promised"
expires_on = 2025-06-30

[tiers.stability]
reviews = 0

[tiers.fairness]
protected = ["country"]
min_group = 2
texts = ["texts/*.txt"]
"""
ASKS: dict[str, Callable[[Desk], Answer]] = {
    "build": lambda desk: desk.tiers.build(),
    "members": lambda desk: desk.tiers.members("A"),
    "movers": lambda desk: desk.tiers.movers(),
    "sensitivity": lambda desk: desk.tiers.sensitivity(),
    "audit": lambda desk: desk.tiers.audit(),
    "cliffs": lambda desk: desk.tiers.cliffs(),
    "served": lambda desk: desk.tiers.served(),
    "bottom": lambda desk: desk.tiers.bottom(),
    "satisfaction": lambda desk: desk.tiers.satisfaction(),
    "fit": lambda desk: desk.tiers.fit(),
    "fairness": lambda desk: desk.tiers.fairness(),
    "contexts": lambda desk: desk.tiers.contexts("channel"),
}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    root = tmp_path_factory.mktemp("small")
    (root / "texts").mkdir()
    (root / "texts" / "mail.txt").write_text("Hello,\nyou are a low-value customer.\n")
    return desk_of(root, SETTINGS + DECLARED)


@pytest.fixture(scope="module")
def fairfield(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    project = demo_project("fairfield", tmp_path_factory.mktemp("home"))
    return Desk(project, build(project, today=date(2026, 1, 15)))


@pytest.fixture(scope="module")
def answered(fairfield: Desk) -> Callable[[str], Answer]:
    """Answers about Fairfield, each asked once."""
    return cache(lambda name: ASKS[name](fairfield))


def rows(answer: Answer, grid: str, key: str = "customer_id") -> dict[object, dict[str, object]]:
    return {row[key]: dict(row) for row in answer.grid(grid).rows}


# --- the small firm


def test_the_small_firm_by_hand(small: Desk):
    """Anna is the best, Bob and Cy follow; Fay and Gus, who bought nothing, are last."""
    found = rows(small.tiers.members(), "members")
    assert {name: row["rule_tier"] for name, row in found.items()} == {
        "c1": "A", "c2": "B", "c3": "B", "c4": "C", "c5": "C", "c6": "C", "c7": "C",
    }  # fmt: skip
    sizes = {row["tier"]: row["by_the_rule"] for row in small.tiers.build().grid("tiers").rows}
    assert sizes == {"A": 1, "B": 2, "C": 4}


def test_a_decision_in_force_decides_and_says_why(small: Desk):
    """Dee is in A by Kim's decision, and the answer says where she goes after it."""
    found = small.tiers.explain("c4")
    assert found.figure("tier").value == "A"
    assert found.figure("because").value == "Reference for schools (Kim, until 2026-06-30)"
    assert any("After 2026-06-30 the tier would be C." in note for note in found.notes)
    assert "Reference for schools (Kim, until 2026-06-30)." in found.notes[0]  # names as written
    assert found.figure("tier").opens == "tier:A"


def test_an_expired_decision_falls_away_and_is_listed(small: Desk):
    """Bob is where the rule says, and Lou's decision stands among those not in force."""
    assert small.tiers.explain("c2").figure("tier").value == "B"
    (expired,) = small.tiers.movers().grid("not_in_force").rows
    assert (expired["customer_id"], expired["state"]) == ("c2", "expired")


def test_what_would_change_it(small: Desk):
    """Bob lacks 500 of Anna's 700 and is 150 above Cy, the last of his tier."""
    found = small.tiers.explain("c2").grid("changes").rows
    assert {row["to"]: row["change"] for row in found} == {"A": 500.0, "C": -150.0}


def test_an_id_in_other_capitals_is_found(small: Desk):
    """As everywhere else."""
    assert small.tiers.explain("C1").extra["customer_id"] == "c1"


def test_another_lens_or_rule_may_be_asked_for(small: Desk):
    """By profit Dee, Eve and Gus lose money and stand in the last tier, as Fay does."""
    shares = Asked(rule=TierRule.NATURAL_BREAK)
    found = small.tiers.build(Question(lens=Lens.PROFIT), shares)
    assert found.context.lens == "profit"
    assert "Natural breaks explain" in found.notes[0]
    by_profit = rows(small.tiers.members("", Question(lens=Lens.PROFIT)), "members")
    assert [by_profit[c]["rule_tier"] for c in ("c4", "c5", "c6", "c7")] == ["C"] * 4


def test_words_for_customers_are_guarded(small: Desk):
    """The file, the line and the word."""
    (hit, *_) = small.tiers.wording().grid("hits").rows
    assert (hit["source"], hit["line"], hit["word"]) == ("texts/mail.txt", 2, "low value")


def test_texts_on_cards_are_read_too(tmp_path: Path):
    """A channel called after a tier is found, with how many rows say so."""
    gold = DECLARED.replace('["A", "B", "C"]', '["Mail", "B", "C"]').replace('"A"', '"Mail"')
    desk = desk_of(tmp_path, (SETTINGS + gold).replace('texts = ["texts/*.txt"]', ""))
    found = desk.tiers.wording()
    hits = {(h["source"].partition(" (")[0], h["text"]) for h in found.grid("hits").rows}
    assert hits == {("contacts.channel", "mail")}
    assert found.figure("card_texts").value > 1
    assert any("left out of the card" in note for note in found.notes)


def test_members_are_opened_by_a_selector(small: Desk):
    """`tier:A`, as the rows of the answer have it."""
    found = small.tiers.build().grid("tiers").rows[0]["opens"]
    assert rows(small.members(found), "members").keys() == {"c1", "c4"}


@pytest.mark.parametrize(
    ("ask", "error", "says"),
    [
        (lambda d: d.tiers.members("Gold"), NotFoundError, 'no tier "Gold". Tiers: A, B, C'),
        (lambda d: d.tiers.explain("nobody"), NotFoundError, 'no customer "nobody"'),
        (lambda d: d.tiers.wording(["nowhere/*"]), MissingDataError, 'No file is at "nowhere'),
        (lambda d: d.tiers.satisfaction(), MissingDataError, "satisfaction"),
        (
            lambda d: d.tiers.build(asked=Asked(rule=TierRule.THRESHOLD)),
            SettingsError,
            "thresholds has 0",
        ),
    ],
)
def test_errors_name_the_way_out(small: Desk, ask, error, says):
    """What was found, and what there is."""
    with pytest.raises(error, match=says.replace(".", r"\.").replace("*", r"\*")):
        ask(small)


def test_no_goal_no_tiers(tmp_path: Path):
    """Tiers serve a declared goal; one may be given with the question."""
    desk = desk_of(tmp_path, f"{SETTINGS}\n[tiers.stability]\nreviews = 0\n")
    with pytest.raises(MissingDataError, match="No goal"):
        desk.tiers.build()
    assert desk.tiers.build(asked=Asked(goal="Try")).figure("goal").value == "Try"


def test_a_table_of_decisions_is_read(tmp_path: Path):
    """Beside those of tierwise.toml, with its own source."""
    (tmp_path / "overrides.csv").write_text(
        "customer_id,tier,owner,reason,set_on,expires_on\n"
        "c5,B,Kim,New market,2025-01-01,2026-12-31\n"
        "c6,B,Kim,Old,2025-01-01,2025-02-01\n"
    )
    source = '\n[sources.tier_overrides]\npath = "overrides.csv"\n'
    desk = desk_of(tmp_path, SETTINGS + DECLARED + source)
    assert desk.tiers.explain("c5").figure("tier").value == "B"
    states = rows(desk.tiers.movers(), "not_in_force")
    assert states["c6"]["state"] == "expired"
    assert "overrides.csv" in str(states["c6"]["source"])


# --- Fairfield


@pytest.mark.parametrize("name", ASKS)
def test_json_keeps_everything(answered: Callable[[str], Answer], name: str):
    """Every answer fits JSON, hides no name behind another, and says what it stands on."""
    answer = answered(name)
    document = answer.to_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    names = [
        *Context.__slots__,
        *(figure.name for figure in answer.figures),
        *(grid.name for grid in answer.grids),
        *answer.extra,
    ]
    assert sorted(names) == sorted(set(names))
    assert answer.context.customers == 5460


def numbers_of_tiers(answer: Answer) -> dict[str, int]:
    """What every selector of tiers in an answer says it opens: selector to customers."""
    found = {f.opens: f.value for f in answer.figures if f.unit is Unit.COUNT}
    for grid in answer.grids:
        counted = next((c.name for c in grid.columns if c.name in ("customers", "changed")), "")
        for row in grid.rows:
            for column in grid.columns:
                opens = column.opens or (grid.opens if column.name == counted else "")
                found |= {str(row.get(opens, "")): row[column.name]} if opens else {}
    return {selector: n for selector, n in found.items() if is_selector(selector)}


def test_every_number_opens_as_many_rows_as_it_says(
    fairfield: Desk, answered: Callable[[str], Answer]
):
    """Members, moves, reasons, fields of the map, sides of boundaries, contexts: all of them."""
    numbers = {s: n for name in ASKS for s, n in numbers_of_tiers(answered(name)).items()}
    assert {one.partition(":")[0] for one in numbers} == set(Picks)  # none is left out
    with fairfield._open(Question()) as look:
        tables = Tables(Tiering(look, tiers_built_with(fairfield.build)))
        counts = []
        for one in numbers:
            chosen = selected(tables, read(one, tables.found.settings.names))
            counts.append(chosen.aggregate(selector=ibis.literal(one), n=chosen.count()))
        opened = look.rows(ibis.union(*counts))
    assert {row["selector"]: row["n"] for row in opened} == numbers


def test_a_list_behind_a_number_is_titled_and_whole(fairfield: Desk):
    """By Python as by the command: a selector in place of a tier."""
    found = fairfield.members("bottom:growable", limit=3)
    assert found.title == "In the last tier: growable"
    assert found.figure("found").value > len(found.grid("members").rows) == 3


@pytest.mark.parametrize("name", ASKS)
def test_whatever_a_row_opens_is_there(
    fairfield: Desk, answered: Callable[[str], Answer], name: str
):
    """Customers of the first and last rows, and ranks, are found."""
    for grid in answered(name).grids:
        for row in (*grid.rows[:2], *grid.rows[-1:]) if grid.opens else ():
            kind, _, rest = str(row[grid.opens]).partition(":")
            if kind == "customer":
                assert fairfield.customer(rest, limit=1).context.customers == 1
            elif kind == "rank":
                assert fairfield.members(f"{kind}:{rest}", limit=1).figure("found").value > 0


def test_tiers_hold_everybody_once(answered: Callable[[str], Answer]):
    """Sizes add up, and the rule alone has the 40 and 250 of the case study."""
    tiers = answered("build").grid("tiers").rows
    assert sum(row["customers"] for row in tiers) == 5460
    assert [row["by_the_rule"] for row in tiers[:3]] == [40, 210, 750]


def test_two_builds_give_identical_tiers(shared_data: Path, tmp_path: Path):
    """The same file in two folders: the same tiers, chances and reasons, bit by bit."""
    paths = tmp_path / "one.parquet", tmp_path / "two.parquet"
    for path in paths:
        (folder := path.with_suffix("")).mkdir()
        assert cdnow(shared_data, folder).tiers.write_snapshot(path) == 2357
    with open_session() as session:
        one, two = (session.parquet(path).order_by("customer_id") for path in paths)
        assert session.rows(one) == session.rows(two)


def test_a_kept_answer_is_the_answer(small: Desk):
    """Asked twice, the second time from what was kept beside the build, it is the same."""
    asked = Question(lens=Lens.GROSS_PROFIT)
    first = small.tiers.build(asked)
    assert list((small.build.folder / "derived").glob("tiers-*.parquet"))
    assert small.tiers.build(asked).to_json() == first.to_json()


def test_chances_of_a_customer_add_up(fairfield: Desk, answered: Callable[[str], Answer]):
    """And the tier's own is the one that the list shows."""
    member = answered("members").grid("members").rows[-1]
    found = fairfield.tiers.explain(member["customer_id"])
    chances = {row["tier"]: row["chance"] for row in found.grid("chances").rows}
    assert sum(chances.values()) == pytest.approx(1)
    assert chances["A"] == pytest.approx(member["p_tier"])


def test_movers_and_members_tell_the_same(answered: Callable[[str], Answer]):
    """Reasons count everybody, and flows count who was there before."""
    found = answered("movers")
    assert sum(row["customers"] for row in found.grid("reasons").rows) == 5460
    moved = found.figure("moved_up").value + found.figure("moved_down").value
    assert found.figure("stayed").value == pytest.approx(1 - moved / found.figure("in_both").value)


def test_the_audit_agrees_with_the_bands_of_value(
    fairfield: Desk, answered: Callable[[str], Answer]
):
    """Contacts of the rank bands are those of `value bands`, and tiers add up to the same."""
    audit = answered("audit")
    bands = [row["contacts"] for row in fairfield.bands().grid("bands").rows]
    assert [row["contacts"] for row in audit.grid("bands").rows] == bands
    assert sum(row["contacts"] for row in audit.grid("tiers").rows) == sum(bands)


def test_every_top_list_warns_with_a_measured_figure(answered: Callable[[str], Answer]):
    """How much of their lead the leaders of the window before kept."""
    for name in ("build", "members", "movers"):
        assert any(note.startswith("The top of a list is partly luck. The best 40") for note in
                   answered(name).notes)  # fmt: skip


def test_dimensions_that_must_not_decide_take_no_part_in_the_profile(
    answered: Callable[[str], Answer],
):
    """Country is declared a proxy at Fairfield."""
    assert "country" not in {row["dimension"] for row in answered("fit").grid("profile").rows}


def test_capacity(tmp_path: Path):
    """With room for three the first tier ends where most is protected, and says so."""
    capacity = '[tiers]\ngoal = "x"\nrule = "capacity"\n[tiers.capacity]\ncustomers = 3\n'
    capacity += "[tiers.stability]\nreviews = 0\n"
    found = desk_of(tmp_path, f"{SETTINGS}\n{capacity}").tiers.build()
    assert found.grid("tiers").rows[0]["by_the_rule"] == 3
    assert "ends at rank 3" in found.notes[0]


# --- faces


@pytest.mark.parametrize("name", ["build", "members", "movers", "audit", "fit", "contexts"])
def test_http_gives_the_same_document(
    fairfield: Desk, answered: Callable[[str], Answer], name: str
):
    """Each question of the desk is one over HTTP."""
    details = TierDetails(by="channel", tier="A", limit=500)
    found = TIER_QUESTIONS[name](fairfield.tiers, Question(), Asked(), details)
    assert found.to_json() == answered(name).to_json()


def test_every_question_is_one_over_http():
    """None is left out."""
    assert TIER_QUESTIONS.keys() == {*ASKS, "explain", "wording", "backtest"}


@pytest.mark.parametrize("question", ["build", "explain c1", "movers", "audit"])
def test_commands_print_json(run, small: Desk, question: str):
    """One document on stdout, exit 0."""
    done = run("tiers", *question.split(), "--project", small.project.root, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["as_of"] == "2025-12-31"


def test_members_as_csv(run, small: Desk):
    """The main table whole."""
    done = run("tiers", "members", "B", "--project", small.project.root, "--csv", "-")
    assert done.exit_code == 0, done.stderr
    assert [line.split(",")[2] for line in done.stdout.splitlines()[1:]] == ["c2", "c3"]


# --- real data


def cdnow(shared_data: Path, folder: Path) -> Desk:
    source = shared_data / "cdnow" / "cdnow_sample.parquet"
    (folder / "tierwise.toml").write_text(
        f"""
[project]
currency = "USD"
as_of = 1998-06-30
[value]
window = "9m"
[tiers]
goal = "Keep the buyers that revenue comes from."
rule = "rank"
[tiers.stability]
reviews = 1
[sources.order_lines]
path = "{source}"
preset = "cdnow"
"""
    )
    from tierwise.engine.project import open_project

    project = open_project(folder)
    return Desk(project, build(project, today=date(2026, 1, 15)))


def test_backtest_on_cdnow(shared_data: Path, tmp_path: Path):
    """The naive list is beside every other, and as good where it is the same list.

    The best fifth by past spend holds 66% of the held-out spend: shared/TRUTHS.md.
    """
    found = cdnow(shared_data, tmp_path).tiers.backtest(review_months=3)
    lists = [row for row in found.grid("captured").rows if row["tiers"] == "up to C"]
    by_rank = {row["value"]: row for row in lists if row["rule"] == "ranks"}
    behind = by_rank["revenue, behind"]
    assert behind["customers"] == 472
    assert behind["captured"] == pytest.approx(behind["naive"])
    assert behind["naive"] == pytest.approx(0.66, abs=0.01)
    assert found.figure("held_moves").value < found.figure("rule_moves").value
    bins = found.grid("calibration").rows
    assert sum(row["pairs"] for row in bins) == 4 * 2357
    assert found.figure("calibration_error").value < 0.06


def test_nothing_after_the_day_is_read(shared_data: Path, tmp_path: Path):
    """Tiers as of a day are those of a build whose data end there."""
    desk = cdnow(shared_data, tmp_path)
    early = build(desk.project, today=date(2026, 1, 15), as_of=date(1997, 12, 31))
    from tierwise.workflows.tiering import Moment

    asked = Question(window=Window(months=6))
    settings = tiers_built_with(desk.build)
    found = []
    for one in (desk, Desk(desk.project, early)):
        with one._open(asked) as look:
            moment = Moment(look, settings, Lens.REVENUE, date(1997, 12, 31))
            table = moment.placed.select("customer_id", "value", "rule_tier", "p_to_2")
            found.append(look.rows(table.order_by("customer_id")))
    assert found[0] == found[1]


@pytest.mark.parametrize("basis", [TierBasis.AHEAD, TierBasis.EVER])
def test_tiers_by_what_is_expected(shared_data: Path, tmp_path: Path, basis: TierBasis):
    """Expected value decides where it is asked for."""
    found = cdnow(shared_data, tmp_path).tiers.build(asked=Asked(basis=basis))
    assert found.extra["basis"] == str(basis)
    assert sum(row["customers"] for row in found.grid("tiers").rows) == 2357
