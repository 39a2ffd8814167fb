"""CloudEvents 1.0 from anybody: contacts that came, ended or were given up.

Structured mode (one JSON document) and binary mode (attributes in `ce-` headers).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tierwise.connectors.incoming import (
    Incoming,
    What,
    document,
    hints_of,
    part,
    word,
)
from tierwise.connectors.signature import Headers
from tierwise.errors import UsageError

KINDS = {
    "contact.created": What.CAME,
    "contact.ended": What.ENDED,
    "contact.abandoned": What.GAVE_UP,
}
"""Last two parts of the type, whatever stands before them."""


def read(headers: Headers, body: bytes) -> Incoming:
    """What an event says; events of other types are nothing to the router.

    The contact is `data.external_id`, or else the event's subject. Raises UsageError where
    the event is not whole.
    """
    found = document(body)
    event = _binary(headers, found) if "ce-type" in headers else found
    what = KINDS.get(".".join(word(event, "type").split(".")[-2:]), What.NOTHING)
    missing = [name for name in ("id", "source", "type") if not word(event, name)]
    if missing or word(event, "specversion") != "1.0":
        raise UsageError(
            f"This is no CloudEvent 1.0: no {', '.join(missing) or 'specversion 1.0'}.",
            "See https://cloudevents.io.",
        )
    data = part(event, "data")
    external_id = word(data, "external_id") or word(event, "subject")
    if what is not What.NOTHING and not external_id:
        raise UsageError("The event names no contact.", "Give data.external_id or subject.")
    return Incoming(
        what=what,
        delivery=f"{word(event, 'source')} {word(event, 'id')}",
        external_id=external_id,
        channel=word(data, "channel"),
        reason=word(data, "reason"),
        hints=hints_of(
            ("customer_id", word(data, "customer_id"), 1.0),
            ("phone", word(data, "phone"), 0.9),
            ("email", word(data, "email"), 0.9),
        ),
        details=event,
    )


def written(
    number: int, pool: str, kind: str, contact_id: int, at: datetime, data: Mapping[str, Any]
) -> dict[str, Any]:
    """A message of the router as a CloudEvent 1.0 in JSON."""
    return {
        "specversion": "1.0",
        "id": str(number),
        "source": f"/tierwise/pools/{pool}",
        "type": f"tierwise.{kind}",
        "subject": f"contacts/{contact_id}",
        "time": at.isoformat(),
        "datacontenttype": "application/json",
        "data": dict(data),
    }


def _binary(headers: Headers, data: dict[str, Any]) -> dict[str, Any]:
    named = {name[3:]: value for name, value in headers.items() if name.startswith("ce-")}
    return {**named, "data": data}
