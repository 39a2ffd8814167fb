"""Every page opens filled, in both schemes and widths, without errors or foreign requests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

PAGES = {
    "today": "/",
    "concentration": "/value",
    "whale": "/value/whale",
    "bands": "/value/bands",
    "population": "/value/population",
    "lifetime": "/value/lifetime",
    "fit": "/value/lifetime?part=fit",
    "tournament": "/value/lifetime?part=tournament",
    "slices": "/value/slices",
    "margins": "/value/margins",
    "contacts": "/value/contacts",
    "dependency": "/value/dependency",
    "belief": "/value/beliefs?text=80%3A20",
    "members": "/members?select=rank%3A1-40",
    "customer": "/customer?id=F05226",
    "order": "/customer?id=F05226&order=O051838",
    "search": "/search?q=iron",
    "problems": "/problems",
    "live": "/live",
    "agent": "/agent",
    "retail-today": "/?project=online-retail",
    "retail-concentration": "/value?project=online-retail",
    "retail-whale": "/value/whale?project=online-retail",
    "retail-lifetime": "/value/lifetime?project=online-retail",
    "retail-fit": "/value/lifetime?project=online-retail&part=fit",
    "retail-tournament": "/value/lifetime?project=online-retail&part=tournament",
    "retail-unpriced": "/value/lifetime?project=online-retail&lens=profit",
    "retail-few": "/value/lifetime?project=online-retail&where=attributes.Country%3DSaudi+Arabia",
    "retail-customer": "/customer?project=online-retail&id=14646",
    "retail-slices": "/value/slices?project=online-retail",
    "retail-contacts": "/value/contacts?project=online-retail",
    "empty": "/?project=corner-shop",
    "nowhere": "/nowhere",
}

LOOKS = [(1440, "light"), (1280, "dark")]


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_page_opens_filled(name: str, width: int, scheme: str, visit: Callable, shots: Path | None):
    tab = visit(width, scheme)
    page = tab.open(PAGES[name])
    page.wait_for_timeout(400)
    assert page.locator("#page .tw-card").count()
    assert "Something went wrong" not in page.locator("body").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "scrolls sideways"
    assert page.locator("html").get_attribute("lang") == "en"
    assert page.locator("html").get_attribute("data-mantine-color-scheme") == scheme
    if shots:
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": min(max(height, 900), 2600)})
        page.wait_for_timeout(500)
        page.screenshot(path=shots / f"{name}-{width}-{scheme}.png")
    assert not [said for said in tab.wrong if not (name == "nowhere" and "404" in said)]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "name",
    [
        "today",
        "concentration",
        "bands",
        "population",
        "lifetime",
        "tournament",
        "belief",
        "customer",
        "empty",
    ],
)
def test_page_has_no_serious_accessibility_finding(name: str, scheme: str, visit: Callable):
    tab = visit(1280, scheme)
    tab.open(PAGES[name])
    assert not tab.barriers()
