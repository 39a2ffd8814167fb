"""Every callback runs off the event loop and shows what goes wrong in it."""

from __future__ import annotations

import asyncio
import inspect
from concurrent.futures import ThreadPoolExecutor

import pytest
from dash import Dash, Output, no_update
from fastapi import FastAPI

from tierwise.console import guard, mount
from tierwise.errors import DataError
from tierwise.server import Desks


def callbacks(app: Dash) -> dict[str, object]:
    """What the server runs, by output; callbacks in the browser have no function here."""
    return {
        key: inspect.unwrap(entry["callback"], stop=lambda f: getattr(f, "guarded", False))
        for key, entry in app.callback_map.items()
        if "callback" in entry
    }


@pytest.fixture
def app() -> Dash:
    return mount(FastAPI(), {}, Desks({}))


def test_every_callback_is_guarded(app: Dash):
    found = callbacks(app)
    assert found
    unguarded = [key for key, function in found.items() if not getattr(function, "guarded", False)]
    assert not unguarded


def test_callback_without_the_guard_is_noticed(app: Dash):
    @app.callback(Output("page", "title"), [])
    def bare() -> str:
        return ""

    unguarded = [key for key, f in callbacks(app).items() if not getattr(f, "guarded", False)]
    assert unguarded == ["page.title"]


@pytest.mark.parametrize(
    ("error", "title", "message"),
    [
        (DataError("No costs.", "Add [sources.costs]."), "No costs.", "Add [sources.costs]."),
        (KeyError("secret"), "Something went wrong here", "The details are in the server's log."),
    ],
)
def test_failure_becomes_a_notification(
    error: Exception, title: str, message: str, monkeypatch: pytest.MonkeyPatch
):
    shown: list[tuple[str, str]] = []
    monkeypatch.setattr(guard, "notify", lambda *said: shown.append(said[:2]))
    app = Dash(server=FastAPI(), pages_folder="")

    def fail() -> str:
        raise error

    guard.guarded(app, Output("page", "title"))(fail)
    run = callbacks(app)["page.title"].__wrapped__  # type: ignore[attr-defined]
    with ThreadPoolExecutor() as pool:  # the browser's own loop may run in this thread
        assert pool.submit(asyncio.run, run()).result() is no_update  # type: ignore[operator]
    assert shown == [(title, message)]
