"""Chatwoot: conversation events of its account webhooks.

https://www.chatwoot.com/hc/user-guide/articles/1677693021-how-to-use-webhooks
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tierwise.connectors.incoming import Incoming, What, document, hints_of, part, word
from tierwise.connectors.signature import Headers
from tierwise.errors import UsageError

CHANNELS = {
    "webwidget": "chat",
    "twiliosms": "sms",
    "facebookpage": "social",
    "twitterprofile": "social",
    "instagram": "social",
    "tiktok": "social",
    "telegram": "chat",
    "line": "chat",
    "voice": "phone",
}
"""Names of inboxes after `Channel::`; others, such as Email or Whatsapp, stay in small letters."""


def read(headers: Headers, body: bytes) -> Incoming:
    """What a conversation event says.

    Customers are recognised by the contact's identifier, telephone number and address, and
    by the alias of kind `chatwoot`. Raises UsageError where the event names no conversation.
    """
    found = document(body)
    what = _what(word(found, "event"), word(found, "status"))
    number = word(found, "id")
    if what is not What.NOTHING and not number:
        raise UsageError("The event names no conversation: id is missing.", "")
    sender = part(found, "meta", "sender")
    raw = word(found, "channel").removeprefix("Channel::").casefold()
    return Incoming(
        what=what,
        delivery=headers.get("x-chatwoot-delivery", ""),
        external_id=number,
        channel=CHANNELS.get(raw, raw),
        reason=_reason(found),
        hints=hints_of(
            ("customer_id", word(sender, "identifier"), 1.0),
            ("chatwoot", word(sender, "id"), 1.0),
            ("phone", word(sender, "phone_number"), 0.9),
            ("email", word(sender, "email"), 0.9),
        ),
        details=found,
    )


def _what(event: str, status: str) -> What:
    if event == "conversation_created":
        return What.CAME
    if event in ("conversation_status_changed", "conversation_resolved") and status == "resolved":
        return What.ENDED
    return What.NOTHING


def _reason(found: Mapping[str, Any]) -> str:
    """The attribute `reason` of the conversation, or else its first label."""
    labels = found.get("labels")
    first = labels[0] if isinstance(labels, list) and labels else ""
    return word(part(found, "custom_attributes"), "reason") or (
        first if isinstance(first, str) else ""
    )
