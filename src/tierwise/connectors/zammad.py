"""Zammad: what its triggers send of a ticket.

https://admin-docs.zammad.org/en/latest/manage/webhook/payload.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tierwise.connectors.incoming import Incoming, What, document, hints_of, part, word
from tierwise.connectors.signature import Headers
from tierwise.errors import UsageError

OVER = {"closed", "merged", "removed"}
CHANNELS = {
    "facebook feed post": "social",
    "facebook feed comment": "social",
    "twitter status": "social",
    "twitter direct-message": "social",
    "telegram personal-message": "chat",
    "whatsapp message": "whatsapp",
    "sms": "sms",
}
"""How a ticket was opened, in other words than others'; email, phone, web, chat stay."""


def read(headers: Headers, body: bytes) -> Incoming:
    """What a trigger says: a ticket that is closed has ended, any other has come.

    A trigger does not say what happened, so it may tell of an open ticket again and again;
    the router takes each once. Raises UsageError where there is no ticket in it.
    """
    found = document(body)
    ticket = part(found, "ticket")
    number = word(ticket, "id")
    if not number:
        raise UsageError("The message names no ticket: ticket.id is missing.", "")
    customer = part(ticket, "customer")
    raw = (word(ticket, "create_article_type") or word(part(found, "article"), "type")).casefold()
    return Incoming(
        what=What.ENDED if _state(ticket) in OVER else What.CAME,
        delivery=headers.get("x-zammad-delivery", ""),
        external_id=number,
        channel=CHANNELS.get(raw, raw),
        reason=word(part(ticket, "group"), "name") or word(ticket, "group"),
        hints=hints_of(
            ("zammad", word(customer, "id") or word(ticket, "customer_id"), 1.0),
            ("phone", word(customer, "phone"), 0.9),
            ("email", word(customer, "email"), 0.9),
        ),
        details=found,
    )


def _state(ticket: Mapping[str, Any]) -> str:
    """As the payload writes it: a name, or an object with one."""
    return (word(ticket, "state") or word(part(ticket, "state"), "name")).casefold()
