"""Composition root of everything that is served: the API and the console on one FastAPI."""

from __future__ import annotations

import os
import socket
import threading
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import date, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import ZoneInfo

import uvicorn
from fastapi import FastAPI
from starlette.middleware.base import RequestResponseEndpoint
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import Response

from tierwise import api, console
from tierwise.errors import NotFoundError
from tierwise.workflows.build import find_build
from tierwise.workflows.kept import Kept
from tierwise.workflows.publish import Stores
from tierwise.workflows.tiers import TierDesk
from tierwise.workflows.value import Desk

if TYPE_CHECKING:
    from tierwise.engine.project import ProjectFolder
    from tierwise.workflows.live import Live

DESKS_KEPT = 8
"""Open desks a process keeps; each holds the answers already given about one build."""

ANSWERS_KEPT = 32
"""Answers a desk keeps of each kind of question."""

STOP_S = 3
"""Seconds that open requests get when the server stops."""

NOT_STARTED = 3
"""Exit code where the address is taken; uvicorn has said so."""

_NOT_KEPT = ("members", "wording", "write_snapshot")
"""Long lists that are rarely asked for twice, texts that may change, and what writes a file."""

_LOCAL = ("127.0.0.1", "localhost", "::1")

_HEADERS = {
    # Everything the console needs is served from here, and the browser is told so.
    "Content-Security-Policy": "default-src 'self'; script-src 'self' 'unsafe-inline'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
    "frame-ancestors 'self'; base-uri 'self'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class Remembering:
    """A desk that keeps its last answers: a build never changes, so an answer never does.

    Two who ask the same at once wait for one answer.
    """

    def __init__(self, desk: Desk | TierDesk) -> None:
        self._desk = desk

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._desk, name)
        if isinstance(found, TierDesk):
            found = Remembering(found)
        elif callable(found) and name not in _NOT_KEPT:
            found = _remembered(found)
        self.__dict__[name] = found
        return found


def _remembered(ask: Callable[..., Any]) -> Callable[..., Any]:
    kept: Kept[Any] = Kept(ANSWERS_KEPT)

    @wraps(ask)
    def answered(*args: Any, **options: Any) -> Any:
        key = args, tuple(sorted(options.items()))
        return kept.get(key, lambda: ask(*args, **options))

    return answered


class Desks:
    """Desks by project and build; a cache, so that any process can answer any address."""

    def __init__(self, projects: Mapping[str, ProjectFolder], kept: int = DESKS_KEPT) -> None:
        self._projects = projects
        self._kept = kept
        self._open: OrderedDict[tuple[str, str], Desk] = OrderedDict()
        self._lock = threading.Lock()

    def __call__(self, project: str, build: str) -> Desk:
        """The desk of a build by the start of its id, the newest when `build` is empty."""
        folder = self._projects.get(project)
        if folder is None:
            known = ", ".join(self._projects) or "none"
            raise NotFoundError(f'There is no project "{project}".', f"Served are: {known}.")
        found = find_build(folder, build)
        with self._lock:
            # A stand-in with the desk's own methods; see Remembering.
            desk = self._open.pop((project, found.id), None) or cast(
                Desk, Remembering(Desk(folder, found))
            )
            self._open[project, found.id] = desk
            while len(self._open) > self._kept:
                self._open.popitem(last=False)
        return desk


def create_app(
    projects: Sequence[ProjectFolder],
    hosts: Sequence[str] = ("*",),
    *,
    live: Live | None = None,
    keys_needed: bool = True,
) -> FastAPI:
    """The application that serves `projects`; `hosts` are the host names it answers to.

    `live` is the live router of the first project, started and closed with the application;
    without `keys_needed` its API asks for no keys.
    """
    by_key = keyed(projects)
    desks = Desks(by_key)
    stores = Stores(by_key, os.environ)

    @asynccontextmanager
    async def closing(_server: FastAPI) -> AsyncIterator[None]:
        if live is not None:
            live.start()
        yield
        if live is not None:
            live.close()
        stores.close()

    server = FastAPI(
        title="tierwise",
        lifespan=closing,
        version=api.VERSION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
    )
    if live is not None:
        api.mount_live(server, live, keys_needed=keys_needed)
    api.mount(server, by_key, desks, today=_today, current_snapshot=stores.current)
    running = {next(iter(by_key)): live} if live is not None and by_key else {}
    console.mount(server, by_key, desks, running)
    server.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    server.middleware("http")(_with_headers)
    return server


async def _with_headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
    response = await call_next(request)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _today(zone: str) -> date:
    return datetime.now(ZoneInfo(zone)).date()


def keyed(projects: Sequence[ProjectFolder]) -> dict[str, ProjectFolder]:
    """Projects by a short key for addresses: the folder's name, numbered where it repeats."""
    keys: dict[str, ProjectFolder] = {}
    for project in projects:
        name = project.root.resolve().name
        key, number = name, 2
        while key in keys:
            key, number = f"{name}-{number}", number + 1
        keys[key] = project
    return keys


def is_local(host: str) -> bool:
    """Whether only this machine reaches an address."""
    return host in _LOCAL


def serve(
    projects: Sequence[ProjectFolder], host: str, port: int, *, live: Live | None = None
) -> None:
    """Serve until interrupted; a local address answers to local host names only.

    Beyond this machine the API of a `live` router asks for keys.
    """
    local = is_local(host)
    hosts = _LOCAL if local else ("*",)
    app = create_app(projects, hosts, live=live, keys_needed=not local)
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=STOP_S,
    )
    server = _Server(config, live)
    with suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        raise SystemExit(NOT_STARTED)


class _Server(uvicorn.Server):
    """Ends event streams, which never end by themselves, before it waits for open requests."""

    def __init__(self, config: uvicorn.Config, live: Live | None) -> None:
        super().__init__(config)
        self._live = live

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if self._live is not None:
            self._live.feed.end()
        await super().shutdown(sockets)
