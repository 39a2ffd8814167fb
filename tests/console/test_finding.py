"""Getting about: menu, search field, filters, names of tabs, pages that do not exist."""

from __future__ import annotations

import re
from collections.abc import Callable

import httpx
import pytest
from playwright.sync_api import Route, expect

SEARCH = "Find a customer by id or name"
# The path goes on with the hash of what is asked.
ANSWERS = re.compile("_dash-update-component")


@pytest.mark.parametrize(
    ("path", "lit"),
    [
        ("/", "Today"),
        ("/value/bands", "Value"),
        ("/members?select=rank%3A1-40", "Customers"),
        ("/customer?id=F05226", "Customers"),
        ("/problems", "Data quality"),
    ],
)
def test_menu_marks_where_the_reader_is(path: str, lit: str, visit: Callable):
    page = visit().open(path)
    expect(page.locator("#navigation a[aria-current=page]")).to_have_text(lit)


def test_menu_leads_to_the_customers(visit: Callable):
    page = visit().open("/")
    page.locator("#navigation a", has_text="Customers").click()
    expect(page.locator("h2").first).to_contain_text("Ranks 1-5,000")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/value/whale", "Whale curve · Fairfield · tierwise"),
        ("/customer?id=F05226", "Iron Cycles GmbH · Fairfield · tierwise"),
        ("/problems?project=online-retail", "Data quality · Online Retail · tierwise"),
    ],
)
def test_tab_of_the_browser_names_the_page(path: str, name: str, visit: Callable):
    expect(visit().open(path)).to_have_title(name)


def test_page_that_does_not_exist_is_not_found(console: str):
    with httpx.Client(base_url=console, timeout=60) as client:
        assert client.get("/nowhere").status_code == 404
        assert {client.get(path).status_code for path in ("/", "/value/", "/problems")} == {200}


def test_customers_are_suggested_while_typing(visit: Callable):
    page = visit().open("/")
    page.get_by_placeholder(SEARCH).press_sequentially("iron cyc")
    page.get_by_role("option", name="F05226 Iron Cycles GmbH").click()
    page.wait_for_url(re.compile(r"/customer\?.*id=F05226"))
    expect(page.get_by_placeholder(SEARCH)).to_have_value("")


def test_suggestion_is_taken_with_the_keyboard(visit: Callable):
    page = visit().open("/")
    page.get_by_placeholder(SEARCH).press_sequentially("iron cyc")
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/customer\?.*id=F05226"))


def test_exact_id_opens_its_customer_whatever_the_case(visit: Callable):
    page = visit().open("/value?lens=profit")
    page.get_by_placeholder(SEARCH).fill("f04672")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/customer\?.*id=F04672"))
    assert "lens=profit" in page.url


def test_filter_says_how_many_rows_are_left(visit: Callable):
    page = visit().open("/members?select=rank%3A1-40")
    table = page.locator(".tw-table").first
    table.locator(".ag-row").first.wait_for()  # it is low until its rows are there
    tall = table.bounding_box()["height"]
    page.get_by_placeholder("Filter rows").fill("nobody of this name")
    expect(table.locator(".tw-count")).to_have_text("0 of 40 rows")
    expect(table).to_contain_text("No row holds this text")
    assert table.bounding_box()["height"] < tall / 2
    page.get_by_placeholder("Filter rows").fill("")
    expect(table.locator(".tw-count")).to_have_text("40 rows")


def test_page_that_is_replaced_stays_in_sight_meanwhile(visit: Callable):
    page = visit().open("/value/beliefs")
    held: list[Route] = []
    page.route(ANSWERS, lambda route: held.append(route))
    page.locator(".tw-chip").nth(2).click()
    expect(page.locator(".tw-loading-bar")).to_be_visible()
    expect(page.locator(".tw-skeleton")).to_be_hidden()
    for route in held:
        route.continue_()
    page.unroute(ANSWERS)
    expect(page.locator("[role=status]", has_text="Does not hold")).to_be_visible()
