"""What a webhook says, whoever sent it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from tierwise.errors import UsageError

LONGEST = 200
"""Characters that are kept of a name or an id."""


class What(StrEnum):
    """What happened to a contact."""

    CAME = "came"
    ENDED = "ended"  # solved, closed or resolved
    GAVE_UP = "gave_up"  # the customer left before being served
    NOTHING = "nothing"  # an event that the router need not know of


@dataclass(frozen=True, slots=True)
class Hint:
    """One thing that may say who the customer is."""

    kind: str  # customer_id, phone, email, or the name of the helpdesk for its own ids
    text: str
    confidence: float  # 0 to 1


@dataclass(frozen=True, slots=True)
class Incoming:
    """A webhook in the words of the router."""

    what: What
    delivery: str  # the sender's id of this delivery, the same when it is sent again
    external_id: str = ""  # the helpdesk's own id of the contact
    channel: str = ""
    reason: str = ""
    hints: tuple[Hint, ...] = ()  # best first
    details: Mapping[str, Any] = field(default_factory=dict)  # the whole message as it came


def document(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; UsageError where it is cut off or something else."""
    found = _json(body)
    if not isinstance(found, dict):
        raise UsageError(
            f"The body ({len(body):,} bytes) is no JSON object.", "Was it cut off on the way?"
        )
    return found


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def part(found: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """An object within an object; empty where it is not there or something else."""
    at: Any = found
    for name in names:
        at = at.get(name) if isinstance(at, Mapping) else None
    return dict(at) if isinstance(at, Mapping) else {}


def word(found: Mapping[str, Any], name: str) -> str:
    """A text or number as text; empty where it is missing or something else."""
    value = found.get(name)
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    return str(value).replace("\x00", "").strip()[:LONGEST]


def hints_of(*found: tuple[str, str, float]) -> tuple[Hint, ...]:
    """Hints from (kind, text, confidence), those without a text left out."""
    return tuple(Hint(kind, text, sure) for kind, text, sure in found if text)
