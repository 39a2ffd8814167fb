"""Sign-in of browsers: a key is shown once, a signed cookie stands for it until it ends."""

from __future__ import annotations

import secrets
import time
from http import HTTPStatus
from urllib.parse import parse_qs, quote

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from tierwise.api.live.access import SIGNED_IN
from tierwise.api.problems import problem
from tierwise.workflows import keys
from tierwise.workflows.keys import Key, Scope
from tierwise.workflows.links import SESSION_S
from tierwise.workflows.live import Live

COOKIE = "tierwise-session"
OPEN = ("/sign-in", "/health/", "/card/", "/metrics")
"""Paths that ask for no session: some have a key of their own."""

KNOWN_S = 5.0
"""A key that was valid is not asked for again so soon; so long may a revoked one still do."""


class SignedIn:
    """Lets through who has signed in, and what is guarded elsewhere."""

    def __init__(self, app: ASGIApp, live: Live, guarded_elsewhere: frozenset[str]) -> None:
        self._app = app
        self._live = live
        self._elsewhere = guarded_elsewhere  # parts of /api/v1/ that ask for keys themselves
        self._known: dict[str, tuple[float, Key | None]] = {}

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        """Answer 401, or lead a browser to the sign-in, where nobody is known."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        asked = HTTPConnection(scope)
        key = await self._key(asked)
        scope[SIGNED_IN] = key
        path = asked.url.path
        own = path.startswith("/api/v1/") and path.split("/")[3] in self._elsewhere
        if key is not None or own or path.startswith(OPEN):
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await _refused(asked)(scope, receive, send)
        # A web socket that nobody accepts is closed.

    async def _key(self, asked: HTTPConnection) -> Key | None:
        """The key of the cookie, or of the header for programs; with the scope of the console."""
        cookie = asked.cookies.get(COOKIE, "")
        kind, _, text = asked.headers.get("authorization", "").partition(" ")
        if cookie and (key_id := self._live.card.links.key_of(cookie)):
            found = await self._valid(key_id)
        elif kind.lower() == "bearer" and not asked.url.path.startswith(OPEN):
            found = await run_in_threadpool(keys.check, self._live.store, text.strip())
        else:
            return None
        return found if found is not None and Scope.CONSOLE in found.scopes else None

    async def _valid(self, key_id: str) -> Key | None:
        until, found = self._known.get(key_id, (0.0, None))
        if time.monotonic() > until:
            found = await run_in_threadpool(keys.valid, self._live.store, key_id)
            self._known[key_id] = time.monotonic() + KNOWN_S, found
        return found


def _refused(asked: HTTPConnection) -> Response:
    wants_page = "text/html" in asked.headers.get("accept", "")
    if wants_page and asked.scope["method"] == "GET":
        there = asked.url.path + (f"?{asked.url.query}" if asked.url.query else "")
        return RedirectResponse(f"/sign-in?next={quote(there)}", HTTPStatus.SEE_OTHER)
    found = problem(HTTPStatus.UNAUTHORIZED, "This needs a sign-in.", "Open /sign-in first.")
    found.headers["WWW-Authenticate"] = "Bearer"
    return found


def sign_in_pages(live: Live) -> APIRouter:
    """The page to sign in, and the way out."""
    router = APIRouter(include_in_schema=False)
    environment = Environment(
        loader=PackageLoader("tierwise.api.live"), autoescape=True, undefined=StrictUndefined
    )
    page = environment.get_template("sign_in.html.jinja")

    def shown(there: str, wrong: str = "") -> Response:
        nonce = secrets.token_urlsafe(16)
        policy = (
            f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self';"
            " base-uri 'none'; frame-ancestors 'none'"
        )
        status = HTTPStatus.UNAUTHORIZED if wrong else HTTPStatus.OK
        body = page.render(nonce=nonce, next=_local(there), wrong=wrong)
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
        return HTMLResponse(body, status, headers)

    @router.get("/sign-in")
    def show_sign_in(request: Request) -> Response:
        return shown(request.query_params.get("next", "/"))

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        form = parse_qs((await request.body()).decode(errors="replace"))
        there, text = (form.get(name, [""])[0] for name in ("next", "key"))
        key = await run_in_threadpool(keys.check, live.store, text.strip())
        if key is None:
            return shown(there, "This key is not valid.")
        if Scope.CONSOLE not in key.scopes:
            return shown(there, "This key may not open the console: it lacks the scope console.")
        found = RedirectResponse(_local(there), HTTPStatus.SEE_OTHER)
        found.set_cookie(
            COOKIE,
            live.card.links.session(key.key_id),
            max_age=int(SESSION_S),
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )
        return found

    @router.post("/sign-in/out")
    def sign_out() -> Response:
        found = RedirectResponse("/sign-in", HTTPStatus.SEE_OTHER)
        found.delete_cookie(COOKIE, httponly=True, samesite="lax")
        return found

    return router


def _local(there: str) -> str:
    """Where to go after the sign-in: never to another host."""
    safe = there.startswith("/") and not there.startswith(("//", "/\\")) and there.isprintable()
    return there if safe else "/"
