"""Both demo projects, built once a worker and served to a real Chromium."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tierwise.engine.project import ProjectFolder, open_project
from tierwise.server import create_app
from tierwise.workflows.build import build
from tierwise.workflows.demo import demo_project

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TODAY = date(2026, 1, 15)
EARLIER = date(2024, 12, 31)
PATIENCE_MS = 30_000  # two browsers and two builds share a small machine
LONG_WORK_MS = 180_000  # what the page itself says takes a while
# A grid draws its header and its rows one after the other.
DRAWN = """[...document.querySelectorAll('.tw-grid')].every(
    (grid) => grid.querySelector('.ag-header-cell') && grid.querySelector('.ag-cell, .ag-overlay')
)"""


FOLLOW = """(address) => {
    for (const old of document.querySelectorAll("#page > *")) old.dataset.left = "";
    history.pushState({}, "", address);
    window.dispatchEvent(new CustomEvent("_dashprivate_pushstate"));
}"""


@dataclass
class Visit:
    """A browser tab on the console that remembers what went wrong in it."""

    page: Page
    base: str
    wrong: list[str] = field(default_factory=list)

    def open(self, address: str) -> Page:
        """Open an address and wait until its content is there."""
        self.page.goto(self.base + address)
        self.settled()
        return self.page

    def follow(self, address: str) -> Page:
        """As a click on a link does: another page in the same tab, without loading all anew."""
        self.page.evaluate(FOLLOW, address)
        expect(self.page.locator("#page > [data-left]")).to_have_count(0, timeout=PATIENCE_MS)
        self.settled()
        return self.page

    def settled(self) -> None:
        """Wait for a filled page, for what follows later in it, and for the callbacks behind it."""
        self.page.wait_for_selector("#page h1, #page .tw-card", timeout=PATIENCE_MS)
        expect(self.page.locator(".tw-working")).to_have_count(0, timeout=LONG_WORK_MS)
        self.page.wait_for_selector("#page .tw-card", timeout=PATIENCE_MS)
        self.page.wait_for_selector("#navigation a", timeout=PATIENCE_MS)
        expect(self.page.locator("[data-dash-is-loading]")).to_have_count(0, timeout=PATIENCE_MS)

    def draw(self) -> None:
        """Wait until every grid is drawn; one below the fold is when it comes into view."""
        for grid in self.page.locator(".tw-grid").all():
            grid.scroll_into_view_if_needed()
            self.page.wait_for_timeout(300)
        for _ in range(100):  # the page's own policy forbids a script that waits inside it
            if self.page.evaluate(DRAWN):
                return
            self.page.wait_for_timeout(200)
        pytest.fail("a grid was never drawn")

    def barriers(self) -> list[str]:
        """What a reader with assistive technology would stumble over, by axe."""
        self.draw()
        return [
            f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
            for one in Axe().run(self.page).response["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"][:3]
        ]

    def watch(self) -> None:
        """Note console errors, failed requests and requests that leave this host."""
        self.page.on(
            "console", lambda m: self._note(m.type in ("error", "warning"), f"{m.type}: {m.text}")
        )
        self.page.on("pageerror", lambda error: self._note(True, f"exception: {error}"))
        self.page.on(
            "request", lambda r: self._note(self._foreign(r.url), f"left the host: {r.url}")
        )
        self.page.on("response", lambda r: self._note(r.status >= 400, f"{r.status}: {r.url}"))

    def _foreign(self, url: str) -> bool:
        return not url.startswith((self.base, "data:", "blob:", "about:"))

    def _note(self, wrong: bool, what: str) -> None:
        if wrong:
            self.wrong.append(what)


@pytest.fixture(scope="session")
def demos(tmp_path_factory: pytest.TempPathFactory) -> list[ProjectFolder]:
    """Fairfield with two builds, and Online Retail with one; $TIERWISE_TEST_HOME keeps them."""
    home = Path(os.environ.get("TIERWISE_TEST_HOME") or tmp_path_factory.mktemp("demos"))
    fairfield, retail = (demo_project(name, home) for name in ("fairfield", "online-retail"))
    build(fairfield, today=TODAY, as_of=EARLIER)
    build(fairfield, today=TODAY)
    build(retail, today=TODAY)
    return [fairfield, retail]


@pytest.fixture(scope="session")
def empty_project(tmp_path_factory: pytest.TempPathFactory) -> ProjectFolder:
    """A project that nothing was built of, with three orders of two customers."""
    folder: Path = tmp_path_factory.mktemp("empty") / "corner-shop"
    folder.mkdir()
    lines = "order,day,customer,amount\n1,2025-03-01,a,10\n2,2025-04-01,b,20\n3,2025-05-01,a,5\n"
    (folder / "orders.csv").write_text(lines)
    (folder / "tierwise.toml").write_text(
        '[project]\nname = "Corner shop"\nas_of = 2025-12-31\n'
        '[sources.order_lines]\npath = "orders.csv"\n'
        '[sources.order_lines.columns]\nheader_id = "order"\ncreated_at = "day"\n'
        'customer_id = "customer"\ntotal_amount = "amount"\n'
    )
    return open_project(folder)


@pytest.fixture(scope="session")
def console(demos: list[ProjectFolder], empty_project: ProjectFolder) -> Iterator[str]:
    """Address of a server with both demos and the empty project."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = create_app([*demos, empty_project])
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=10)


@pytest.fixture
def visit(browser: Browser, console: str) -> Iterator[Callable[..., Visit]]:
    """Open a tab: `visit(width=1440, scheme="dark")`."""
    contexts = []

    def make(width: int = 1280, scheme: str = "light") -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme=scheme,
            locale="en-GB",
            accept_downloads=True,
        )
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        contexts.append(context)
        found = Visit(context.new_page(), console)
        found.watch()
        return found

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def shots() -> Path | None:
    """Folder for screenshots, where one is asked for by TIERWISE_SHOTS."""
    folder = os.environ.get("TIERWISE_SHOTS")
    return Path(folder) if folder else None
