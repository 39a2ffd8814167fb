"""Lifetime values in the console: what is expected, why, and how far it can be trusted."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tierwise.console.view import View, read_view
from tierwise.errors import RefusedError, UsageError
from tierwise.workflows.build import builds_of
from tierwise.workflows.value import Desk, Question

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tierwise.engine.project import ProjectFolder

WORTH = "What this customer may be worth"
SAUDI_ARABIA = "attributes.Country%3DSaudi+Arabia"  # one customer


@pytest.fixture(scope="module")
def retail(demos: list[ProjectFolder]) -> Desk:
    return Desk(demos[1], builds_of(demos[1])[0])


def panel(page: Page, title: str) -> str:
    """What a panel says."""
    return page.locator("section.tw-card", has_text=title).first.inner_text()


def test_address_of_a_view_reads_back_as_the_same_view():
    """A part that follows later is asked what the page was asked."""
    view = read_view("/value/lifetime", "?part=fit&lens=revenue&where=a%3Db&where=c%3Dd%26e")
    assert read_view(view.path, view.search) == view
    assert View("/", {}).search == ""


def test_customer_is_worth_what_the_list_says(retail: Desk):
    """One customer by itself has the figures and intervals of its row in the list."""
    row = retail.lifetime(limit=50).grid("customers").rows[40]
    own = retail.lifetime_of(row["customer_id"])
    for name in ("purchases", "near_value", "ever_value"):
        figure = own.figure(name)
        assert figure.value == pytest.approx(row[name])
        assert (figure.low, figure.high) == pytest.approx((row[f"{name}_low"], row[f"{name}_high"]))
    assert own.figure("p_active").low <= own.figure("p_active").value
    assert own.figure("worth_rank").value == 41


def test_nobody_is_worth_nothing_known(retail: Desk):
    """A customer there is not is named as such."""
    with pytest.raises(UsageError, match="no customer"):
        retail.lifetime_of("nobody")


def test_steps_of_the_chance_to_be_active_hold_every_customer(retail: Desk):
    """The distribution is a cut of the customers that are valued."""
    answer = retail.lifetime()
    rows = answer.grid("activity").rows
    assert sum(row["customers"] for row in rows) == answer.figure("customers_valued").value
    assert sum(row["near_value"] for row in rows) == pytest.approx(
        answer.figure("near_value").value
    )


def test_unknown_value_has_no_ends(retail: Desk):
    """Where value without end cannot be told, an interval is not made up for it."""
    answer = retail.lifetime(Question(where=(("attributes.Country", "Saudi Arabia"),)))
    (row,) = answer.grid("customers").rows
    assert (row["ever_value"], row["ever_value_low"], row["ever_value_high"]) == (None,) * 3
    assert row["near_value"] is not None


def test_tournament_among_few_is_refused(retail: Desk):
    """No rule is judged by a handful of customers."""
    with pytest.raises(RefusedError, match="no rule can be judged") as refused:
        retail.tournament(Question(where=(("attributes.Country", "Saudi Arabia"),)))
    assert "remove the slice" in refused.value.remedy


def test_page_stands_before_the_work_is_done(visit: Callable):
    """Title, tabs and what is being worked out are there at once, and the answer follows."""
    tab = visit()
    page = tab.page
    page.goto(f"{tab.base}/value/lifetime?lens=gross_profit")
    expect(page.locator("#page nav a[aria-current=page]", has_text="Lifetime")).to_be_visible()
    tab.settled()
    expect(page.locator("#context")).to_contain_text("gross profit · all history")
    expect(page.locator("#page")).to_contain_text("Value without end, discounted")


def test_reader_can_leave_while_it_is_worked_out(visit: Callable):
    """Another page opens, and stays when the answer arrives."""
    tab = visit()
    page = tab.page
    page.goto(f"{tab.base}/value/lifetime?part=tournament&lens=revenue_before_returns")
    page.locator("#page nav a", has_text="Bands").click()
    page.wait_for_url(re.compile("/value/bands"))
    expect(page.locator("#page")).to_contain_text("What each band brings and takes")
    tab.settled()
    expect(page.locator("#page")).to_contain_text("What each band brings and takes")
    assert not tab.wrong


def test_parts_are_links(visit: Callable):
    """Values, fit and tournament each have an address of their own."""
    tab = visit()
    page = tab.open("/value/lifetime?project=online-retail")
    page.locator(".tw-part", has_text="How the models fit").click()
    page.wait_for_url(re.compile("part=fit"))
    tab.settled()
    expect(page.locator(".tw-part[aria-current=page]")).to_have_text("How the models fit")
    expect(page.locator("#page")).to_contain_text("Repeat purchases: seen and expected")
    expect(page).to_have_url(re.compile(re.escape("project=online-retail")))


def test_row_opens_what_the_customer_may_be_worth(visit: Callable):
    """From the list to one customer, with the same figures."""
    tab = visit(1440)
    page = tab.open("/value/lifetime?project=online-retail")
    row = page.locator("[id*=lifetime-customers] .ag-center-cols-container .ag-row").first
    row.scroll_into_view_if_needed()
    expected = row.locator("[col-id=near_value]").inner_text().split(".")[0]
    row.click()
    page.wait_for_url(re.compile(r"/customer\?.*id=\d+"))
    expect(page.locator("#page")).to_contain_text(WORTH)
    tab.settled()
    said = panel(page, WORTH)
    assert "Probability to be still active" in said
    assert "Value without end, discounted" in said
    assert abs(int(expected.replace(",", "")) - _card(page, "Value of the next 12 months")) <= 1


def _card(page: Page, label: str) -> int:
    value = page.locator(".tw-figure", has_text=label).locator(".tw-figure-value span").first
    return int(value.inner_text().replace(",", ""))


def test_drivers_stand_beside_their_figures(visit: Callable):
    """Each step has a bar, and shows what the average customer has and what this one has."""
    page = visit(1440).open("/customer?id=F05226")
    table = page.get_by_role("table", name="Steps from the value of the average customer")
    expect(table).to_contain_text("Average", timeout=30_000)
    expect(table).to_contain_text("This one")
    expect(table.locator("tr", has_text="Orders a year").locator(".tw-step-bar")).to_be_visible()


def test_tournament_says_its_verdict_first(visit: Callable):
    """The first words on the page are whether a model is worth having."""
    page = visit().open("/value/lifetime?project=online-retail&part=tournament")
    first = page.locator("#page .tw-card").first
    expect(first).to_contain_text("past spend")
    expect(first).to_contain_text("who is still active it cannot tell")


def test_calibration_answers_the_pointer(visit: Callable):
    """A point tells how many customers it stands for."""
    page = visit(1440).open("/value/lifetime?project=online-retail&part=tournament")
    dot = page.locator("#tournament-calibration .recharts-scatter-symbol").first
    dot.scroll_into_view_if_needed()
    dot.hover()
    expect(page.locator("#tournament-calibration .tw-tip").first).to_contain_text(
        re.compile(r"known up to.*Customers.*Probability.*Bought", re.DOTALL)
    )


@pytest.mark.parametrize(
    ("address", "way_out"),
    [
        ("/value/lifetime?project=online-retail&lens=profit", "Map unit_cost or total_cost"),
        (
            f"/value/lifetime?project=online-retail&part=tournament&where={SAUDI_ARABIA}",
            "remove the slice",
        ),
        ("/customer?project=online-retail&id=14646&lens=profit", "Map unit_cost or total_cost"),
    ],
)
def test_refusal_tells_the_way_out(visit: Callable, address: str, way_out: str):
    """What no model can say is said in words, with what to do about it."""
    tab = visit()
    page = tab.open(address)
    expect(page.locator("#page")).to_contain_text(way_out)
    assert not tab.wrong
