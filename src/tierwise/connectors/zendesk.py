"""Zendesk: ticket events of its event webhooks (zendesk_event_version 2022-11-06).

https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events
"""

from __future__ import annotations

from tierwise.connectors.incoming import Incoming, What, document, hints_of, part, word
from tierwise.connectors.signature import Headers
from tierwise.errors import UsageError

SOLVED = {"SOLVED", "CLOSED"}
GONE = {"soft_deleted", "permanently_deleted", "marked_as_spam", "merged"}
CHANNELS = {
    "voice": "phone",
    "native_messaging": "chat",
    "messaging": "chat",
    "chat_transcript": "chat",
    "any_channel": "social",
    "facebook": "social",
    "twitter": "social",
    "instagram_dm": "social",
    "line": "chat",
    "whatsapp": "whatsapp",
    "mobile_sdk": "app",
}
"""Where Zendesk says how a ticket came in other words than others; the rest stays as it is."""


def read(headers: Headers, body: bytes) -> Incoming:
    """What a ticket event says. The customer is whom the alias of kind `zendesk` names.

    Raises UsageError where the event names no ticket.
    """
    found = document(body)
    kind = word(found, "type").removeprefix("zen:event-type:")
    ticket = part(found, "detail")
    number = word(ticket, "id")
    what = _what(kind, word(part(found, "event"), "current").upper())
    if what is not What.NOTHING and not number:
        raise UsageError("The event names no ticket: detail.id is missing.", "")
    raw = word(part(ticket, "via"), "channel").casefold()
    return Incoming(
        what=what,
        delivery=word(found, "id") or headers.get("x-zendesk-webhook-invocation-id", ""),
        external_id=number,
        channel=CHANNELS.get(raw, raw),
        reason=word(ticket, "type").casefold(),
        hints=hints_of(("zendesk", word(ticket, "requester_id"), 1.0)),
        details=found,
    )


def _what(kind: str, current: str) -> What:
    """`kind` such as ticket.created; `current` is what a changed status became."""
    if kind == "ticket.created":
        return What.CAME
    if kind == "ticket.status_changed" and current in SOLVED:
        return What.ENDED
    if kind.removeprefix("ticket.") in GONE:
        return What.ENDED
    return What.NOTHING
