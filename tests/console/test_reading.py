"""What people do with the console: ask, point, drill down, switch, export."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page


def point(page: Page, chart: str, x: float) -> str:
    """Move the pointer over a chart and return what its tooltip says."""
    surface = page.locator(f"#{chart} .recharts-surface").first
    surface.scroll_into_view_if_needed()
    box = surface.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] * x, box["y"] + box["height"] / 2)
    page.wait_for_selector(f"#{chart} .tw-tip")
    return page.locator(f"#{chart} .tw-tip").first.inner_text()


def pick(page: Page, label: str, option: str) -> None:
    """Choose an option in one of the pickers above the page."""
    page.get_by_label(label, exact=True).first.click()
    page.get_by_role("option", name=option, exact=True).click()


def test_forty_customers_bring_69_percent(visit: Callable):
    page = visit().open("/value?lens=revenue")
    expect(page.locator("#top-n-answer")).to_contain_text("69.0%")
    page.locator("#top-n").fill("250")
    expect(page.locator("#top-n-answer")).to_contain_text("97.0%")
    expect(page.locator("#top-n-answer")).to_contain_text("250 customers (5.0%)")


def test_typed_list_length_is_in_the_address(visit: Callable):
    page = visit().open("/value?lens=revenue")
    page.locator("#top-n").fill("250")
    page.wait_for_url(re.compile("top=250"))
    page.reload()
    expect(page.locator("#top-n-answer")).to_contain_text("97.0%")


def test_curve_answers_the_pointer(visit: Callable):
    page = visit().open("/value?lens=revenue")
    said = point(page, "concentration-curve", 0.5)
    assert re.search(r"The best [\d,]+ customers \(\d+\.\d%\) bring 9\d\.\d% of revenue", said)


def test_whale_curve_answers_the_pointer(visit: Callable):
    page = visit().open("/value/whale")
    assert re.search(
        r"earned [\d,.]+ EUR, 10\d\.\d% of all profit", point(page, "whale-curve", 0.5)
    )


def test_chart_answers_the_keyboard(visit: Callable):
    page = visit().open("/value?lens=revenue")
    page.locator("#concentration-curve .recharts-surface").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#concentration-curve .tw-tip").first).to_contain_text("The best")


def test_band_leads_to_members_to_customer_to_order_lines(visit: Callable):
    page = visit().open("/value/bands")
    page.locator(".ag-row a", has_text=re.compile(r"^1-\d+$")).first.click()
    page.wait_for_url(re.compile(r"/members\?.*select=rank%3A1-\d+"))
    first = page.locator(".ag-row [col-id='customer_id']").first
    # The address changes before the page does: the rows of the bands may still be there.
    expect(first).to_contain_text(re.compile(r"F\d{5}"), timeout=30_000)
    first.click()
    page.wait_for_url(re.compile(r"/customer\?.*id=F\d+"))
    page.locator("a.tw-link", has_text=re.compile(r"^O\d+")).first.click()
    page.wait_for_url(re.compile(r"order=O\d+"))
    lines = page.locator("#lines")
    expect(lines).to_contain_text("Lines of order")
    expect(lines).to_contain_text("Source row")


def test_figure_opens_its_rows(visit: Callable):
    page = visit().open("/")
    page.locator("a.tw-figure", has_text="Lost").first.click()
    page.wait_for_url(re.compile("select=state%3Alost"))
    expect(page.locator("#page .ag-row").first).to_be_visible()


def test_another_build_shows_another_day(visit: Callable):
    page = visit().open("/")
    expect(page.locator("#context")).to_contain_text("as of 31 Dec 2025")
    page.get_by_label("As of", exact=True).first.click()
    page.get_by_role("option", name=re.compile("31 Dec 2024")).click()
    expect(page.locator("#context")).to_contain_text("as of 31 Dec 2024")
    expect(page).to_have_url(re.compile(re.escape("build=2024-12-31")))


def test_link_with_a_date_shows_that_day(visit: Callable):
    page = visit().open("/value?as_of=2024-12-31&lens=revenue&window=24m")
    expect(page.locator("#context")).to_contain_text("as of 31 Dec 2024 · revenue · last 24 months")


def test_lens_and_window_are_picked(visit: Callable):
    page = visit().open("/value")
    pick(page, "Ranked by", "Gross profit")
    expect(page.locator("#context")).to_contain_text("gross profit")
    pick(page, "Over", "All history")
    expect(page.locator("#context")).to_contain_text("gross profit · all history")
    expect(page).to_have_url(re.compile(re.escape("lens=gross_profit")))
    expect(page).to_have_url(re.compile(re.escape("window=all")))


def test_project_is_picked(visit: Callable):
    page = visit().open("/value/whale?lens=profit")
    pick(page, "Project", "Online Retail")
    expect(page.locator("#page")).to_contain_text("cost")
    expect(page).to_have_url(re.compile(re.escape("project=online-retail")))


def test_slice_is_picked_and_cleared(visit: Callable):
    page = visit().open("/value?lens=revenue")
    pick(page, "Only where", "country")
    page.get_by_label("is", exact=True).first.click()
    page.get_by_role("option", name="DE", exact=True).click()
    expect(page.locator("#context")).to_contain_text("country = DE")
    expect(page).to_have_url(re.compile(re.escape("where=country%3DDE")))
    page.get_by_role("button", name="Clear slice").click()
    expect(page.locator("#context")).not_to_contain_text("country")


def test_slices_follow_the_picked_dimension(visit: Callable):
    page = visit().open("/value/slices")
    pick(page, "Slice by", "country")
    page.wait_for_url(re.compile("by=country"))
    expect(page.locator("#page .ag-row", has_text="DE").first).to_be_visible()


@pytest.mark.parametrize(
    ("belief", "verdict"), [("80:20", "Does not hold"), ("our top 40 bring 69%", "Holds")]
)
def test_belief_is_checked(visit: Callable, belief: str, verdict: str):
    page = visit().open("/value/beliefs?lens=revenue")
    page.get_by_label("What do people say here?").fill(belief)
    page.keyboard.press("Enter")
    expect(page.locator("[role=status]", has_text=verdict)).to_be_visible()


def test_belief_that_is_not_understood_says_what_can_be_asked(visit: Callable):
    page = visit().open("/value/beliefs?text=bananas")
    expect(page.locator("#page")).to_contain_text("was not understood")
    expect(page.locator("#page")).to_contain_text("80:20")


def test_members_are_exported_as_csv(visit: Callable):
    page = visit().open("/members?select=rank%3A1-40&lens=revenue")
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("as CSV")).click()
    text = download.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 40
    assert sum(float(row["Revenue"]) for row in rows) == pytest.approx(34_500_000, abs=0.01)
    assert download.value.suggested_filename == "Fairfield-members-2025-12-31.csv"


def test_rows_are_filtered_and_sorted(visit: Callable):
    page = visit().open("/members?select=rank%3A1-40")
    page.get_by_placeholder("Filter rows").fill("iron")
    expect(page.locator(".ag-center-cols-container .ag-row")).to_have_count(1)
    page.get_by_placeholder("Filter rows").fill("")
    page.locator(".ag-header-cell-text", has_text="Contacts").click()
    expect(page.locator(".ag-header-cell[col-id=contacts]")).to_have_attribute(
        "aria-sort", "ascending"
    )


def test_customer_is_found_by_a_part_of_the_name(visit: Callable):
    page = visit().open("/")
    page.get_by_placeholder("Find a customer by id or name").fill("iron cyc")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search\?.*q=iron"))
    page.locator(".ag-center-cols-container .ag-row").first.click()
    expect(page.locator("h1")).to_contain_text("Iron Cycles")


def test_colours_are_switched_and_kept(visit: Callable):
    page = visit().open("/")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")


def test_keyboard_alone_reaches_content_and_opens_rows(visit: Callable):
    page = visit().open("/value/bands")
    page.keyboard.press("Tab")
    expect(page.locator(":focus")).to_have_text("Skip to the content")
    page.keyboard.press("Enter")
    expect(page.locator("#content")).to_be_focused()
    page.locator(".ag-cell[col-id=customers]").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/members\?"))


def test_tabs_are_links_in_reading_order(visit: Callable):
    page = visit().open("/value")
    page.locator("nav a", has_text="Whale curve").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/value/whale"))
    page.go_back()
    expect(page.locator("nav a[aria-current=page]", has_text="Concentration")).to_be_visible()


def test_build_as_of_another_date(visit: Callable):
    page = visit().open("/value")
    page.get_by_label("As of", exact=True).first.click()
    page.get_by_role("option", name="Build as of another date…").click()
    page.locator("#new-build-date").fill("30 Jun 2025")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Build", exact=True).click()
    expect(page.locator("#new-build-progress")).not_to_be_empty()
    expect(page.locator("#context")).to_contain_text("as of 30 Jun 2025", timeout=60_000)
    expect(page).to_have_url(re.compile(re.escape("build=2025-06-30")))


def test_project_without_a_build_is_built_from_its_page(visit: Callable):
    page = visit().open("/?project=corner-shop")
    expect(page.locator("#page")).to_contain_text("No build yet")
    page.get_by_role("button", name="Build now").click()
    expect(page.locator("#context")).to_contain_text("as of 31 Dec 2025", timeout=60_000)
