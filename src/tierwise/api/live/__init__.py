"""The live router over HTTP: contacts, agents, queues, events, webhooks."""

from __future__ import annotations

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from tierwise.api.live.access import Access
from tierwise.api.live.agents import add_agents
from tierwise.api.live.card import MOST_BYTES as MOST_CARD_BYTES
from tierwise.api.live.card import add_card_links, card_pages
from tierwise.api.live.contacts import add_contacts
from tierwise.api.live.deliveries import add_deliveries
from tierwise.api.live.events import add_events
from tierwise.api.live.health import add_health
from tierwise.api.live.hooks import add_hooks
from tierwise.api.live.pools import add_pools
from tierwise.api.live.sign_in import SignedIn, sign_in_pages
from tierwise.api.problems import Problem, problem
from tierwise.workflows.live import Live

MOST_BYTES = 4 * 1024 * 1024
"""Longest body that is read."""

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "content": {"application/problem+json": {}}}
    for status in (400, 401, 403, 404, 409, 413, 422, 503)
}


class _RefusesLong:
    """Answers a body that says it is too long before it is read; others are counted."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            length = Headers(scope=scope).get("content-length", "")
            if length.isdecimal() and int(length) > MOST_BYTES:
                answer = problem(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    f"The body has {int(length):,} bytes; {MOST_BYTES:,} are read at most.",
                )
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)


def mount_live(server: FastAPI, live: Live, *, keys_needed: bool) -> None:
    """Add the routes of the live router; they come before those that answer everything else."""
    access = Access(live, keys_needed=keys_needed)
    router = APIRouter(prefix="/api/v1", responses=_PROBLEMS, tags=["live"])
    add_pools(router, live, access)
    add_contacts(router, live, access)
    add_agents(router, live, access)
    add_events(router, live, access)
    add_deliveries(router, live, access)
    add_hooks(router, live, _now)
    add_card_links(router, live, access, _now)
    server.include_router(router, max_body_size=MOST_BYTES)
    server.include_router(card_pages(live, _now), max_body_size=MOST_CARD_BYTES)
    server.add_middleware(_RefusesLong)
    if keys_needed:
        server.include_router(sign_in_pages(live), max_body_size=MOST_CARD_BYTES)
        own = {route.path.split("/")[3] for route in router.routes if isinstance(route, APIRoute)}
        server.add_middleware(SignedIn, live=live, guarded_elsewhere=frozenset(own))
    add_health(server, live, access)


def _now() -> datetime:
    return datetime.now(UTC)
