"""Every callback goes through here: off the event loop, logged, and never silent.

A synchronous callback would stop every other reader while it computes, and an
exception in one would vanish as a bare error 500.
"""

from __future__ import annotations

import asyncio
import functools
import logging
import time
from collections.abc import Callable
from typing import Any

from dash import ClientsideFunction, Dash, no_update, set_props
from dash.exceptions import PreventUpdate

from tierwise.errors import TierwiseError

log = logging.getLogger("tierwise.console")

NOTICES = "notices"
"""Id of the component that shows notifications."""


def notify(title: str, message: str, color: str) -> None:
    """Show a notification with the answer of the running callback."""
    note = {
        "action": "show",
        "title": title,
        "message": message,
        "color": color,
        "autoClose": 12_000,
    }
    set_props(NOTICES, {"sendNotifications": [note]})


def guarded(
    app: Dash, *dependencies: Any, instead: Callable[[], Any] | None = None, **options: Any
) -> Callable[[Callable[..., Any]], Any]:
    """Register a callback that runs in a thread and shows what goes wrong in it.

    After a failure the outputs stay as they are, or show what `instead` gives.
    """

    def register(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        async def run(*values: Any) -> Any:
            started = time.perf_counter()
            try:
                return await asyncio.to_thread(function, *values)
            except PreventUpdate:
                raise
            except TierwiseError as error:
                log.warning("%s: %s", function.__name__, error)
                notify(error.message, error.remedy, "orange")
            except Exception:
                log.exception("%s failed", function.__name__)
                notify("Something went wrong here", "The details are in the server's log.", "red")
            finally:
                log.debug(
                    "%s took %.0f ms", function.__name__, 1000 * (time.perf_counter() - started)
                )
            return instead() if instead else no_update

        run.guarded = True  # type: ignore[attr-defined]
        app.callback(*dependencies, **options)(run)
        return function

    return register


def in_browser(app: Dash, name: str, *dependencies: Any, at_start: bool = False) -> None:
    """Register a function of assets/*.js that answers without asking the server."""
    function = ClientsideFunction("tierwise", name)
    app.clientside_callback(  # type: ignore[no-untyped-call]  # Dash does not type this one
        function, *dependencies, prevent_initial_call=not at_start
    )
