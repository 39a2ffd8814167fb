"""Tiers in the console: who is where and why, what would change it, and whether it came true."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from plotly.io.json import to_json_plotly

from tierwise.console.pages import tier_changes, tier_potential, tier_treatment, tiers
from tierwise.console.parts.chapters import Chapters
from tierwise.console.parts.tiered import asked
from tierwise.console.parts.words import in_console
from tierwise.console.view import read_view
from tierwise.errors import UsageError
from tierwise.server import Remembering
from tierwise.settings import TierBasis, TierRule
from tierwise.workflows.build import builds_of
from tierwise.workflows.tiers import Asked, rules_that_fit
from tierwise.workflows.value import Desk

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tierwise.engine.project import ProjectFolder


@pytest.fixture(scope="module")
def fairfield(demos: list[ProjectFolder]) -> Desk:
    return Desk(demos[0], builds_of(demos[0])[0])


def stays_in_width(page: Page, width: int = 1280) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth") <= width)


def test_address_says_how_tiers_are_asked_for():
    view = read_view("/tiers", "?rule=share&basis=ahead&goal=Grow")
    assert asked(view) == Asked("Grow", TierRule.SHARE, TierBasis.AHEAD)
    assert asked(read_view("/tiers", "")) == Asked()
    with pytest.raises(UsageError, match='rule says "dice"'):
        asked(read_view("/tiers", "?rule=dice"))


def test_links_keep_how_tiers_are_asked_for():
    """A customer opened from a list is explained by the rule that made the list."""
    view = read_view("/tiers/members", "?rule=share&tier=A")
    assert view.opens("customer:7") == "/customer?rule=share&id=7"
    assert view.opens("tier:B") == "/tiers/members?rule=share&tier=B"


def test_advice_of_the_command_line_is_said_with_names_of_fields():
    assert in_console("or give --goal.") == "or give one under “Goal”."
    assert in_console("The first 5 of 9 are listed; --limit shows more.") == (
        "The first 5 of 9 are listed."
    )


def test_rule_without_cuts_cannot_be_picked(demos: list[ProjectFolder]):
    fit = rules_that_fit(builds_of(demos[1])[0])
    assert TierRule.THRESHOLD not in fit
    assert {TierRule.RANK, TierRule.SHARE} <= set(fit)


def test_server_answers_a_question_about_tiers_once(demos: list[ProjectFolder]):
    desk = Remembering(Desk(demos[1], builds_of(demos[1])[0]))
    assert desk.tiers.build() is desk.tiers.build()


def test_from_tiers_to_members_to_why_one_is_there(visit: Callable):
    """Every step is a link with the figures of the step before."""
    tab = visit()
    page = tab.open("/")
    page.locator("#navigation a", has_text="Tiers").click()
    expect(page).to_have_url(re.compile(r"/tiers\?"))
    tab.settled()
    expect(page.locator("#page")).to_contain_text("The top of a list is partly luck")
    row = page.locator("[id*='\"tiers\"'] .ag-row", has_text="420,423").first
    members = row.locator("[col-id=customers]").inner_text()
    row.click()
    expect(page).to_have_url(re.compile("/tiers/members.*tier=A"))
    tab.settled()
    expect(page.locator(".tw-figure-value").first).to_have_text(members)
    page.get_by_text("B", exact=True).first.click()
    expect(page).to_have_url(re.compile("tier=B"))
    expect(page.locator("#page")).to_contain_text("Members of tier B")
    tab.settled()
    page.locator("[id*=tier-members] .ag-center-cols-container .ag-row").first.click()
    expect(page).to_have_url(re.compile(r"/customer\?.*id=F"))
    tab.settled()
    why = page.locator("section.tw-card", has_text=re.compile("^Why .* is in tier B"))
    expect(why).to_contain_text("What would change it")
    expect(why).to_contain_text("Tier at each review")
    assert stays_in_width(page)
    assert not tab.wrong


def shown_members(page: Page) -> str:
    """How many customers the list that was opened says it holds."""
    expect(page.locator("#page .tw-figure-label").first).to_have_text("Customers")
    return page.locator("#page .tw-figure-value").first.inner_text()


OPENED = {
    # address: the number that is followed, and where it leads
    "/tiers/changes": (".tw-heat a >> nth=1", r"tier=move%3A"),
    "/tiers": ("[id*='\"tiers\"'] .ag-row a.tw-number, [id*='\"tiers\"'] [col-id=by_the_rule] a",
               r"tier=by-rule%3A"),
    "/tiers/potential?part=satisfaction": (".tw-map-table a >> nth=0", r"tier=quadrant%3A"),
    "/tiers?part=contexts": ("[id*=contexts_tiered] [col-id=in_2] a", r"tier=context%3A2%3A"),
}  # fmt: skip


def test_numbers_in_tables_open_their_rows(visit: Callable):
    """A flow, a size by the rule, a field of the map, a tier of a channel: as many as it said."""
    tab = visit(1440)
    for address, (number, leads) in OPENED.items():
        page = tab.open(address)
        tab.draw()
        link = page.locator(number).first
        said = link.inner_text()
        link.click()
        expect(page).to_have_url(re.compile(r"/tiers/members.*" + leads))
        tab.settled()
        assert shown_members(page) == said, address
    assert not tab.wrong


FILLED = [
    (pages.CHAPTERS, name, says)
    for pages, says_by_name in (
        (tiers, {"contexts": "Accounts of several customers"}),
        (tier_changes, {"movers": "Why everybody is where they are", "cliffs": "Mean wait, s"}),
        (tier_treatment, {"served": "Under-served"}),
        (tier_potential, {"bottom": "Who may grow", "fit": "Times as often among the best"}),
    )
    for name, says in says_by_name.items()
]


@pytest.mark.parametrize(("chapters", "name", "says"), FILLED, ids=[name for _, name, _ in FILLED])
def test_part_is_filled(fairfield: Desk, chapters: Chapters, name: str, says: str):
    content = chapters.by_name[name].fill(fairfield, read_view("/tiers", ""))
    assert says in to_json_plotly(content.body)


def test_parts_can_be_read_by_everybody_and_a_group_opens_its_customers(visit: Callable):
    tab = visit(1280, "dark")
    page = tab.open("/tiers/treatment")
    expect(page.locator("#page")).to_contain_text("Demand to spend, by tier")
    assert not tab.barriers()
    page = tab.open("/tiers/potential?part=satisfaction")
    expect(page.locator("#page")).to_contain_text("Make it pay")
    assert not tab.barriers()
    assert stays_in_width(page)
    page = tab.open("/tiers/fairness")
    page.locator("[id*=groups] .ag-center-cols-container .ag-row", has_text="SE").first.click()
    expect(page).to_have_url(re.compile(r"/members\?.*where=country%3DSE"))
    tab.settled()
    assert not tab.wrong


def test_another_rule_stays_from_page_to_page(visit: Callable):
    tab = visit()
    page = tab.open("/tiers?project=online-retail")
    assert not tab.barriers()
    page.get_by_label("Cut by", exact=True).first.click()
    expect(page.get_by_role("option", name="Amounts")).to_have_attribute(
        "data-combobox-disabled", "true"
    )
    page.get_by_role("option", name="Shares of value").click()
    expect(page).to_have_url(re.compile("rule=share"))
    expect(page.locator("#page")).to_contain_text("Tiers by revenue: shares of value")
    page.locator("#page nav a", has_text="Members").click()
    expect(page).to_have_url(re.compile("/tiers/members.*rule=share"))
    tab.settled()
    expect(page.get_by_label("Cut by", exact=True).first).to_have_value("Shares of value")
    assert not tab.wrong


def test_backtest_says_what_came_true_and_compares_lists(visit: Callable):
    tab = visit(1440)
    page = tab.open("/tiers/backtest?project=online-retail")
    expect(page.locator("#page .tw-card").first).to_contain_text("fewer moves")
    dot = page.locator("#tier-calibration .recharts-scatter-symbol").first
    dot.scroll_into_view_if_needed()
    dot.hover()
    expect(page.locator("#tier-calibration .tw-tip").first).to_contain_text("Came true")
    page.get_by_text("Up to C", exact=True).click()
    expect(page).to_have_url(re.compile("upto=up"))
    expect(page.locator("#tier-captured-chart")).to_contain_text("ranks, value behind")
    tab.settled()
    assert stays_in_width(page, 1440)
    assert not tab.wrong


WAYS_OUT = {
    "/tiers/treatment?project=online-retail": "Add [sources.contacts]",
    "/tiers/fairness?project=online-retail": "under [tiers.fairness]",
    "/tiers?project=online-retail&part=contexts": "Nothing says which customers belong together",
}


def test_missing_data_are_told_with_the_way_out(visit: Callable):
    tab = visit()
    for address, way_out in WAYS_OUT.items():
        expect(tab.open(address).locator("#page")).to_contain_text(way_out)
    assert not tab.wrong
