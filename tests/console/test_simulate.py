"""The page Simulate: choose, edit, run with progress, compare; in both schemes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

SMALL = (Path(__file__).parents[2] / "examples" / "scenarios" / "two-classes.toml").read_text()


@pytest.mark.parametrize(
    ("width", "scheme", "address"),
    [(1440, "light", "/simulate"), (1280, "dark", "/simulate?project=online-retail")],
)
def test_a_scenario_is_edited_run_and_compared(
    width: int, scheme: str, address: str, visit: Callable, shots: Path | None
):
    tab = visit(width, scheme)
    page = tab.open(address)
    text = page.locator("#simulate-text")
    expect(text).not_to_have_value("")
    text.fill('title = "x"\n[[classes]]\nname = "a"\narrivals_per_hour = "many"\n')
    expect(page.locator("#simulate-reading")).to_contain_text("Line 4")
    text.fill(SMALL)
    expect(page.locator("#simulate-reading")).to_contain_text("Reads well")
    page.locator("#simulate-replications").fill("3")
    page.get_by_role("button", name="Run").click()
    expect(page.locator("#simulate-progress")).to_contain_text("Done in", timeout=120_000)
    expect(page.locator("#simulate-result .tw-grid").first).to_be_visible()
    shade = "day" if scheme == "light" else "night"
    expect(page.locator(f"#simulate-result .tw-drawn-{shade}").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "scrolls sideways"
    found = Axe().run(page).response["violations"]
    serious = [
        f"{one['id']}: {node['html'][:160]}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]
    assert not serious, "\n".join(serious)
    if shots:
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": width, "height": min(max(height, 900), 3200)})
        page.wait_for_timeout(500)
        page.screenshot(path=shots / f"simulate-{width}-{scheme}.png")
    assert not tab.wrong
