"""What pages say where there is little to show, and how they are named."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import expect


def test_empty_list_says_how_many_there_are_and_offers_nothing_to_export(visit: Callable):
    page = visit().open("/members?select=rank%3A6000-7000&lens=revenue")
    expect(page.locator("#page")).to_contain_text("There are 5,000 ranks")
    expect(page.get_by_role("button", name=re.compile("as CSV"))).to_have_count(0)
    expect(page.locator("#page .ag-root")).to_have_count(0)
