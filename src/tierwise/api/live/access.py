"""Who may ask: API keys with scopes, and no requests from other sites' pages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from tierwise.api.problems import ProblemError
from tierwise.workflows.keys import Key, Scope, check
from tierwise.workflows.live import Live

SIGNED_IN = "tierwise.key"
"""Where a request carries the key that its browser has signed in with."""

_OF_PAGES = frozenset({Scope.WATCH, Scope.AGENT})

Guard = Callable[[Request], Awaitable[Key | None]]


class Access:
    """Guards of the live API; without `keys_needed`, whoever reaches the port may do anything."""

    def __init__(self, live: Live, *, keys_needed: bool) -> None:
        self._live = live
        self._needed = keys_needed

    def needs(self, *scopes: Scope) -> Guard:
        """A dependency that lets keys with any of the scopes through; the key, where one came."""

        async def guard(request: Request) -> Key | None:
            # A page of another site can send requests without bodies to this machine.
            if request.headers.get("sec-fetch-site") == "cross-site":
                raise ProblemError(HTTPStatus.FORBIDDEN, "Pages of other sites may not ask here.")
            given = request.headers.get("authorization", "")
            if not given and not self._needed:
                return None
            session = request.scope.get(SIGNED_IN)
            if not given and session is not None:
                return _with_scope(session, scopes)
            kind, _, text = given.partition(" ")
            known = kind.lower() == "bearer"
            key = await run_in_threadpool(check, self._live.store, text.strip()) if known else None
            if key is None:
                raise _unknown(given)
            return _with_scope(key, scopes)

        return guard


def _with_scope(key: Key, scopes: tuple[Scope, ...]) -> Key:
    """The key; 403 where it may not. Whoever has the console may do what its pages do."""
    own = key.scopes | (_OF_PAGES if Scope.CONSOLE in key.scopes else frozenset())
    if own.isdisjoint(scopes):
        raise _not_enough(key, scopes)
    return key


def _unknown(given: str) -> ProblemError:
    said = "This API key is not valid." if given else "This needs an API key."
    return ProblemError(
        HTTPStatus.UNAUTHORIZED,
        said,
        "Make one with `tierwise keys add`, and send it as Authorization: Bearer KEY.",
        {"WWW-Authenticate": "Bearer"},
    )


def _not_enough(key: Key, scopes: tuple[Scope, ...]) -> ProblemError:
    has = ", ".join(sorted(key.scopes))
    return ProblemError(
        HTTPStatus.FORBIDDEN,
        f'This needs the scope {" or ".join(scopes)}; the key "{key.name}" has {has}.',
        f"Make one with: tierwise keys add --scope {scopes[0]}",
    )
