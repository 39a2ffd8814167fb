"""What is picked and not answered is said; what cannot be picked is off."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tierwise.console.parts.asked import ignored, unknown
from tierwise.console.view import read_view

DEPARTURES = {
    "/value/whale": "“Ranked by” says revenue; this is about profit after cost to serve instead.",
    "/value/population": "“Over” says last 12 months; this is about all history instead.",
    "/value/beliefs?text=we%20lose%20about%201%25%20a%20year&window=all": (
        "“Over” says all history; this is about last 12 months instead."
    ),
    "/customer?id=F05226&where=country%3DDE": "“Only where” makes no difference here.",
    "/problems": "“Ranked by”, “Over” and “Only where” make no difference here.",
}


@pytest.mark.parametrize("address", DEPARTURES)
def test_page_says_which_pickers_it_does_not_follow(address: str, visit: Callable):
    page = visit().open(address)
    expect(page.locator("#departures")).to_have_text(DEPARTURES[address])


def test_page_that_follows_every_picker_says_nothing(visit: Callable):
    page = visit().open("/value?lens=profit&window=all&where=country%3DDE")
    expect(page.locator("#departures")).to_have_count(0)


def test_pickers_without_a_meaning_are_off(visit: Callable):
    page = visit().open("/value/slices")
    expect(page.get_by_label("Ranked by", exact=True).first).to_be_disabled()
    expect(page.get_by_label("Over", exact=True).first).to_be_enabled()


def test_value_waits_for_a_dimension(visit: Callable):
    page = visit().open("/value?lens=revenue")
    expect(page.get_by_placeholder("pick a dimension")).to_be_disabled()
    page.get_by_label("Only where", exact=True).first.click()
    page.get_by_role("option", name="country", exact=True).click()
    expect(page.get_by_placeholder("any value")).to_be_enabled()


def test_what_does_not_exist_stands_in_its_picker(visit: Callable):
    page = visit().open("/value?lens=bogus")
    expect(page.get_by_placeholder("“bogus” is none")).to_be_visible()
    page = visit().open("/?project=nosuch")
    expect(page.get_by_placeholder("no project “nosuch”")).to_be_visible()


def test_known_names_are_not_called_unknown():
    view = read_view("/", "?project=a&lens=profit&window=24m")
    assert unknown(view, ["a"]) == {}
    assert set(unknown(read_view("/", "?project=b&lens=x&window=soon"), ["a"])) == {
        "project",
        "lens",
        "window",
    }


def test_one_picker_is_told_in_the_singular():
    assert ignored(()) == ""
    assert ignored(("lens",)) == "“Ranked by” makes no difference here."


@pytest.mark.parametrize(
    ("typed", "said"),
    [("31/31/2024", "“31/31/2024” is no day"), ("", "Write a day"), ("1 Jan 2099", "future")],
)
def test_day_that_cannot_be_built_is_refused_and_kept(visit: Callable, typed: str, said: str):
    tab = visit()
    page = tab.open("/value")
    page.get_by_label("As of", exact=True).first.click()
    page.get_by_role("option", name="Build as of another date…").click()
    expect(page.get_by_role("dialog")).to_contain_text("The data of this build run from")
    field = page.locator("#new-build-date")
    field.fill(typed)
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Build", exact=True).click()
    expect(page.locator("#new-build-progress")).to_contain_text(said)
    expect(field).to_have_value(typed)
    expect(page).not_to_have_url(re.compile(re.escape("build=")))
