"""Contacts come, are handed on and end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Response
from fastapi.encoders import jsonable_encoder

from tierwise.api.live.access import Access
from tierwise.api.live.models import (
    LARGEST_ID,
    CallbackRequest,
    ContactEntry,
    ContactReceived,
    ContactRequest,
    HistoryEntry,
    Moved,
    OfferMade,
    RouteAnswer,
    RouteRequest,
    TransferRequest,
)
from tierwise.errors import UsageError
from tierwise.workflows.keys import Key, Scope
from tierwise.workflows.live import Live
from tierwise.workflows.lookup import look_up
from tierwise.workflows.once import Answered, once
from tierwise.workflows.recognise import Clue
from tierwise.workflows.route import NewContact, Offer

ContactId = Annotated[int, Path(ge=1, le=LARGEST_ID)]
IdempotencyKey = Annotated[
    str, Header(max_length=200, description="the same request sent again changes nothing")
]


def add_contacts(router: APIRouter, live: Live, access: Access) -> None:
    """Add the routes."""
    route = access.needs(Scope.ROUTE)
    guarded = [Depends(route)]

    @router.post("/contacts", status_code=201, responses={200: {"model": ContactReceived}})
    def receive_contact(
        wanted: ContactRequest,
        response: Response,
        key: Key | None = Depends(route),
        idempotency_key: IdempotencyKey = "",
    ) -> ContactReceived:
        """Take a contact in, once, and decide who gets it: 201, or 200 where it was known."""
        found = _received(live, wanted, key, idempotency_key)
        response.status_code = found.status
        return ContactReceived(**found.answer)

    @router.get(
        "/contacts/{contact_id}", dependencies=[Depends(access.needs(Scope.ROUTE, Scope.WATCH))]
    )
    def show_contact(contact_id: ContactId) -> ContactEntry:
        """A contact and its way so far."""
        return _entry(live.router.contact(contact_id))

    @router.post("/route", dependencies=guarded)
    def route_caller(wanted: RouteRequest) -> RouteAnswer:
        """Say where a caller goes, known or not; nothing is written."""
        place = look_up(live.store, wanted.pool, wanted.channel, wanted.reason, _clues(wanted))
        return RouteAnswer(**{name: getattr(place, name) for name in place.__slots__})

    _add_ends(router, live, access)
    _add_turns(router, live, [Depends(access.needs(Scope.ROUTE, Scope.AGENT))])


def _add_ends(router: APIRouter, live: Live, access: Access) -> None:
    ends: dict[str, tuple[Callable[[int], Sequence[Offer]], str]] = {
        "complete": (live.router.complete, "The work is done; whoever had it is free."),
        "abandon": (live.router.abandon, "The customer gave up; an offer is withdrawn."),
        "cancel": (live.router.cancel, "Nobody needs it any more; an offer is withdrawn."),
        "self-served": (live.router.self_served, "The customer was helped without an agent."),
    }
    for name, (end, says) in ends.items():
        _add_end(router, name, end, says, access)


def _add_end(
    router: APIRouter,
    name: str,
    end: Callable[[int], Sequence[Offer]],
    says: str,
    access: Access,
) -> None:
    # A desktop completes what it took; that a customer left is for the source to say.
    scopes = (Scope.ROUTE, Scope.AGENT) if name == "complete" else (Scope.ROUTE,)

    @router.post(
        f"/contacts/{{contact_id}}/{name}",
        dependencies=[Depends(access.needs(*scopes))],
        description=says,
        operation_id=f"{name.replace('-', '_')}_contact",
    )
    def finish(contact_id: ContactId) -> Moved:
        return Moved(offers=offers_made(end(contact_id)))


def _add_turns(router: APIRouter, live: Live, guarded: Sequence[Any]) -> None:
    @router.post("/contacts/{contact_id}/wrap-up", dependencies=guarded)
    def wrap_up_contact(contact_id: ContactId) -> Moved:
        """The talk is over, the agent still writes."""
        live.router.wrap_up(contact_id)
        return Moved(offers=[])

    @router.post("/contacts/{contact_id}/transfer", dependencies=guarded)
    def transfer_contact(contact_id: ContactId, wanted: TransferRequest) -> Moved:
        """Hand a contact on to another queue, where it joins now."""
        return Moved(offers=offers_made(live.router.transfer(contact_id, wanted.queue)))

    @router.post("/contacts/{contact_id}/callback", dependencies=guarded)
    def call_back_contact(contact_id: ContactId, wanted: CallbackRequest) -> Moved:
        """Promise a call at a moment; the contact keeps the time it came."""
        live.router.call_back(contact_id, wanted.due_at)
        return Moved(offers=[])


def offers_made(offers: Sequence[Offer]) -> list[OfferMade]:
    """Offers as they are shown."""
    return [OfferMade(**{name: getattr(one, name) for name in one.__slots__}) for one in offers]


def _received(
    live: Live, wanted: ContactRequest, key: Key | None, idempotency_key: str
) -> Answered:
    external_id = wanted.external_id or idempotency_key
    if not external_id:
        raise UsageError(
            "The contact has no external_id.", "Send one, or the header Idempotency-Key."
        )

    def carry_out() -> Answered:
        contact = NewContact(
            source=wanted.source,
            external_id=external_id,
            channel=wanted.channel,
            reason=wanted.reason,
            details=wanted.details,
            **live.who(_clues(wanted), wanted.customer_id),
        )
        found = live.router.receive(wanted.pool, contact)
        answer = ContactReceived(
            contact_id=found.contact_id, is_new=found.is_new, offers=offers_made(found.offers)
        )
        return Answered(201 if found.is_new else 200, jsonable_encoder(answer))

    if not idempotency_key:
        return carry_out()
    whose = key.key_id if key else ""
    asked = wanted.model_dump(mode="json")
    return once(live.store, f"contacts:{whose}:{idempotency_key}", asked, carry_out)


def _clues(wanted: ContactRequest | RouteRequest) -> list[Clue]:
    kinds = ("customer_id", "phone", "email")
    return [Clue(kind, text) for kind in kinds if (text := getattr(wanted, kind))]


def _entry(row: dict[str, Any]) -> ContactEntry:
    known = {name: row[name] for name in ContactEntry.model_fields if name in row}
    steps = [
        HistoryEntry(**{name: one[name] for name in HistoryEntry.model_fields})
        for one in row["history"]
    ]
    return ContactEntry(**known | {"queue": row["class_name"], "history": steps})
