"""Tables show what they are about, and say where more of them is."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tierwise.console.parts.columns import layout, leading
from tierwise.results import Column, Grid
from tierwise.units import Unit

MONEY = tuple(Column(f"m{i}", f"Amount {i}", Unit.MONEY) for i in range(12))
NAMED = (Column("rank", "Rank", Unit.RANK), Column("id", "Customer"), *MONEY)


def test_key_columns_come_first_and_none_is_dropped():
    grid = leading(Grid("g", "G", NAMED, ()), "rank", "m11", "unheard of")
    assert [c.name for c in grid.columns[:2]] == ["rank", "m11"]
    assert {c.name for c in grid.columns} == {c.name for c in NAMED}


def test_crowded_table_leaves_out_cents_of_large_amounts_alone():
    row = {"rank": 1, "id": "a"} | {c.name: 1_234_567.89 for c in MONEY} | {"m3": 9.5}
    plan = layout(NAMED, [row])
    assert "m0" in plan.brief
    assert "m3" not in plan.brief


def test_crowded_table_moves_its_cells_together_before_it_scrolls():
    row = {"rank": 1, "id": "a"} | {c.name: 1_234_567.89 for c in MONEY}
    roomy, crowded = layout(NAMED[:9], [row]), layout(NAMED[:12], [row])
    assert not roomy.tight
    assert crowded.tight
    assert not crowded.wide


@pytest.mark.parametrize(
    "address",
    ["/members", "/search?q=a", "/members?lens=profit", "/value/whale"],
)
def test_list_of_customers_fits_at_1280(address: str, visit: Callable):
    page = visit(1280).open(address)
    page.locator(".tw-grid .ag-row").first.wait_for()
    assert page.locator(".tw-grid[data-more]").count() == 0


BROKEN = """[...document.querySelectorAll(".ag-header-cell-text")].flatMap((cell) => {
    const brush = document.createElement("canvas").getContext("2d");
    brush.font = getComputedStyle(cell).font;
    const broad = (word) => brush.measureText(word).width > cell.clientWidth + 0.5;
    return cell.innerText.split(/\\s+/).filter(broad);
})"""


def test_no_word_of_a_header_is_broken_in_a_crowded_table(visit: Callable):
    """Such as Demand to spend, or Abandoned."""
    tab = visit(1280)
    page = tab.open("/tiers/treatment")
    tab.draw()
    assert page.locator(".ag-header-cell-text", has_text="Abandoned").count()
    assert page.evaluate(BROKEN) == []


def test_table_with_room_keeps_its_cents():
    assert not layout(NAMED[:4], [{"rank": 1, "id": "a", "m0": 1e6, "m1": 1e6}]).brief


def test_column_of_unknown_values_is_no_wider_than_its_header():
    assert layout(MONEY[:1], [{"m0": None}]).widths[0] < 90


KEYS = {
    "/value/margins": "excess_discount",
    "/value/bands": "cost_share",
    "/value/slices": "revenue_per_customer_high",
    "/value/whale": "profit",
    "/value/lifetime": "last_on",
}


@pytest.mark.parametrize("path", KEYS)
def test_column_that_a_table_is_about_is_in_sight_at_1280(path: str, visit: Callable):
    page = visit(1280).open(path)
    header = page.locator(f".ag-header-cell[col-id={KEYS[path]}]").first
    header.wait_for()
    box = header.bounding_box()
    assert box["x"] + box["width"] <= 1280 - 24


def test_table_with_more_columns_says_so_until_they_were_reached(visit: Callable):
    page = visit(1280).open("/value/bands")
    grid = page.locator(".tw-grid[data-more]").first
    grid.wait_for()
    page.evaluate("document.querySelector('.tw-grid .ag-center-cols-viewport').scrollLeft = 5000")
    page.locator(".tw-grid:not([data-more])").first.wait_for()
