"""The agent's card as a page for a frame in the helpdesk; a signed link is the key."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from tierwise.api.live.access import Access
from tierwise.api.live.contacts import ContactId
from tierwise.api.live.models import (
    LARGEST_ID,
    CardLinkEntry,
    CardLinkRequest,
    PromiseMade,
    PromiseRequest,
)
from tierwise.errors import TierwiseError
from tierwise.workflows.card import card_for, keep, promise
from tierwise.workflows.keys import Scope
from tierwise.workflows.links import CardLink
from tierwise.workflows.live import Live

QUICK = (("to call back today", 0), ("to call back tomorrow", 1), ("an answer in writing", 2))
"""What is promised most, and in how many days."""

MOST_BYTES = 20_000
Token = Annotated[str, Path(max_length=1000)]
PromiseId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
Now = Callable[[], datetime]


def add_card_links(router: APIRouter, live: Live, access: Access, now: Now) -> None:
    """Add the routes that make a link and note a promise; they ask for a key like others."""
    guarded = [Depends(access.needs(Scope.ROUTE, Scope.AGENT))]

    @router.post("/contacts/{contact_id}/card", dependencies=guarded)
    def link_card(contact_id: ContactId, wanted: CardLinkRequest) -> CardLinkEntry:
        """Make a link to the card of a contact, for a frame; whoever has it may open it."""
        card_for(live.store, contact_id, live.card.words)  # 404 where it is not there
        return CardLinkEntry(
            path=f"/card/{live.card.links.card(contact_id, wanted.agent_id)}",
            expires_at=now() + timedelta(seconds=live.card.longest_s),
        )

    @router.post("/contacts/{contact_id}/promises", dependencies=guarded, status_code=201)
    def make_promise(contact_id: ContactId, wanted: PromiseRequest) -> PromiseMade:
        """Note what was promised to the customer of a contact."""
        given = (wanted.what, wanted.due_at, wanted.agent_id, live.card.words)
        return PromiseMade(promise_id=promise(live.store, contact_id, *given))


def card_pages(live: Live, now: Now) -> APIRouter:
    """The pages themselves, below /card/."""
    router = APIRouter(prefix="/card", include_in_schema=False)
    page = _template(live.card.zone)

    def shown(token: str, link: CardLink, wrong: str = "") -> Response:
        card = card_for(live.store, link.contact_id, live.card.words)
        nonce = secrets.token_urlsafe(16)
        known = {"card": card, "token": token, "quick": QUICK, "wrong": wrong, "nonce": nonce}
        status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
        return HTMLResponse(page.render(known), status, _headers(nonce, live.card.frames))

    def opened(token: str) -> CardLink:
        return live.card.links.opened(token, live.card.longest_s)

    def back(token: str) -> Response:
        return RedirectResponse(f"/card/{token}", HTTPStatus.SEE_OTHER)

    @router.get("/{token}")
    def show_card(token: Token) -> Response:
        try:
            return shown(token, opened(token))
        except TierwiseError as error:
            return _refused(error)

    @router.post("/{token}/promises")
    async def note_promise(token: Token, request: Request) -> Response:
        form = parse_qs((await request.body()).decode(errors="replace"), keep_blank_values=True)
        asked = {name: values[0] for name, values in form.items()}

        def note() -> Response:
            try:
                link = opened(token)
            except TierwiseError as error:
                return _refused(error)
            what, days = _asked(asked)
            due_at = None if days is None else _end_of_day(now(), days, live.card.zone)
            try:
                promise(live.store, link.contact_id, what, due_at, link.agent_id, live.card.words)
            except TierwiseError as error:
                return shown(token, link, str(error))
            return back(token)

        return await run_in_threadpool(note)

    @router.post("/{token}/promises/{promise_id}/kept")
    def note_kept(token: Token, promise_id: PromiseId) -> Response:
        try:
            link = opened(token)
            keep(live.store, link.contact_id, promise_id, link.agent_id)
        except TierwiseError as error:
            return _refused(error)
        return back(token)

    return router


def _asked(form: dict[str, str]) -> tuple[str, int | None]:
    """What was promised, and in how many days; None: no day was named."""
    quick = form.get("quick", "")
    if quick.isascii() and quick.isdecimal() and int(quick) < len(QUICK):
        return QUICK[int(quick)]
    days = form.get("days", "")
    valid = days.isascii() and days.isdecimal() and int(days) <= 366
    return form.get("what", ""), int(days) if valid else None


def _end_of_day(now: datetime, days: int, zone: str) -> datetime:
    day = now.astimezone(ZoneInfo(zone)) + timedelta(days=days)
    return day.replace(hour=23, minute=59, second=0, microsecond=0)


def _headers(nonce: str, frames: tuple[str, ...]) -> dict[str, str]:
    ancestors = " ".join(("'self'", *frames))
    return {
        "Content-Security-Policy": f"default-src 'none'; style-src 'nonce-{nonce}';"
        f" form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",  # the address is the key
    }


def _refused(error: TierwiseError) -> Response:
    # The words are ours alone: nothing that was sent is repeated.
    status = HTTPStatus.NOT_FOUND
    return HTMLResponse(f"<p>{error.message} {error.remedy}</p>", status, _headers("none", ()))


def _template(zone: str):  # type: ignore[no-untyped-def]  # noqa: ANN202 - Jinja's own
    environment = Environment(
        loader=PackageLoader("tierwise.api.live"), autoescape=True, undefined=StrictUndefined
    )

    def day(moment: datetime) -> str:
        local = moment.astimezone(ZoneInfo(zone))
        return f"{local.day} {local:%b %Y}"

    environment.filters["day"] = day
    return environment.get_template("card.html.jinja")
