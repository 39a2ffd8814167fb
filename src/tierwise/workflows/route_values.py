"""What goes into the live router and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Presence(StrEnum):
    """Whether an agent takes contacts."""

    READY = "ready"
    AWAY = "away"
    OFFLINE = "offline"


class End(StrEnum):
    """Final states of a contact."""

    DONE = "done"
    ABANDONED = "abandoned"
    CANCELLED = "cancelled"
    SELF_SERVED = "self_served"


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact as a source tells of it; the pair of source and id is taken once."""

    source: str  # which helpdesk or telephone system
    external_id: str  # its own id there
    channel: str
    reason: str = ""
    customer_id: str | None = None
    matched_by: str | None = None  # what the customer was recognised by
    match_confidence: float | None = None  # 0 to 1
    details: Mapping[str, Any] = field(default_factory=dict)  # kept as it came


@dataclass(frozen=True, slots=True)
class Offer:
    """A contact reserved for an agent who has not answered yet."""

    reservation_id: int
    contact_id: int
    agent_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a contact that was told of."""

    contact_id: int
    is_new: bool  # False: it was told of before, and nothing changed
    offers: tuple[Offer, ...] = ()  # made in the same turn, for this contact or others
