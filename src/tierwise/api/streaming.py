"""Long work told line by line while it goes on."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

from tierwise.errors import TierwiseError

log = logging.getLogger("tierwise.api")

Line = dict[str, Any]
Work = Callable[[Callable[[Line], None]], Line]
"""Work that is given a way to tell lines and returns the last one."""


async def told(work: Work, what: str) -> AsyncIterator[str]:
    """Run `work` in a thread and yield what it tells, then how it ended."""
    loop = asyncio.get_running_loop()
    lines: asyncio.Queue[Line | None] = asyncio.Queue()

    def put(line: Line | None) -> None:
        # The reader's loop may be gone when a server stops meanwhile.
        with suppress(RuntimeError):
            loop.call_soon_threadsafe(lines.put_nowait, line)

    def run() -> None:
        try:
            put(work(put))
        except TierwiseError as error:
            put({"problem": {"title": error.message, "detail": error.remedy}})
        except Exception:
            log.exception("a %s failed", what)
            put({"problem": {"title": f"The {what} failed.", "detail": "See the server's log."}})
        put(None)

    threading.Thread(target=run, name=what, daemon=True).start()
    while (line := await lines.get()) is not None:
        yield json.dumps(line) + "\n"
