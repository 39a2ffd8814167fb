"""What other systems are told, as requests that somebody has still to send. All pure.

Zendesk: https://developer.zendesk.com/api-reference/ticketing/tickets/
Chatwoot: https://developers.chatwoot.com/api-reference/
Zammad: https://docs.zammad.org/en/latest/api/ticket/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tierwise.connectors import cloudevents

OFFERED, ACCEPTED = "reservation.offered", "reservation.accepted"


@dataclass(frozen=True, slots=True)
class Request:
    """One request; the path is below the address of the destination."""

    method: str
    path: str
    body: Mapping[str, Any]
    adds_to: str = ""  # key of a list in the body: what GET of the path has there is kept


@dataclass(frozen=True, slots=True)
class Marks:
    """What a helpdesk shows of a queue, in its own words."""

    tag: str = ""
    priority: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened to a contact, with what a helpdesk knows it by."""

    number: int
    pool: str
    kind: str  # such as reservation.accepted
    contact_id: int
    external_id: str  # its id in the helpdesk
    at: datetime
    data: Mapping[str, Any]
    agent: str = ""  # id of the agent in the helpdesk; empty where it is not known there
    marks: Marks = field(default_factory=Marks)  # of the queue that the contact came to


def events(told: Told) -> list[Request]:
    """The message as a CloudEvent, whatever happened."""
    body = cloudevents.written(
        told.number, told.pool, told.kind, told.contact_id, told.at, told.data
    )
    return [Request("POST", "", body)]


def zendesk(told: Told) -> list[Request]:
    """Tag and priority when somebody was chosen, the assignee when somebody took it."""
    ticket = f"/api/v2/tickets/{told.external_id}"
    found = []
    if told.kind == OFFERED and told.marks.priority:
        found.append(
            Request("PUT", f"{ticket}.json", {"ticket": {"priority": told.marks.priority}})
        )
    if told.kind == OFFERED and told.marks.tag:
        # PUT adds to the ticket's tags, POST would replace them.
        found.append(Request("PUT", f"{ticket}/tags.json", {"tags": [told.marks.tag]}))
    if told.kind == ACCEPTED and told.agent:
        assigned = {"ticket": {"assignee_id": _id(told.agent)}}
        found.append(Request("PUT", f"{ticket}.json", assigned))
    return found


def chatwoot(told: Told) -> list[Request]:
    """The same; labels are replaced as a whole there, so those it has are read first."""
    conversation = f"/conversations/{told.external_id}"
    found = []
    if told.kind == OFFERED and told.marks.priority:
        wanted = {"priority": told.marks.priority}
        found.append(Request("POST", f"{conversation}/toggle_priority", wanted))
    if told.kind == OFFERED and told.marks.tag:
        wanted_labels = {"labels": [told.marks.tag]}
        found.append(Request("POST", f"{conversation}/labels", wanted_labels, adds_to="labels"))
    if told.kind == ACCEPTED and told.agent:
        assigned = {"assignee_id": _id(told.agent)}
        found.append(Request("POST", f"{conversation}/assignments", assigned))
    return found


def zammad(told: Told) -> list[Request]:
    """The same."""
    ticket = f"/api/v1/tickets/{told.external_id}"
    found = []
    if told.kind == OFFERED and told.marks.priority:
        found.append(Request("PUT", ticket, {"priority": told.marks.priority}))
    if told.kind == OFFERED and told.marks.tag:
        wanted = {"item": told.marks.tag, "object": "Ticket", "o_id": _id(told.external_id)}
        found.append(Request("POST", "/api/v1/tags/add", wanted))
    if told.kind == ACCEPTED and told.agent:
        found.append(Request("PUT", ticket, {"owner_id": _id(told.agent)}))
    return found


def _id(text: str) -> int | str:
    """Helpdesks number people and tickets, and want numbers as numbers."""
    return int(text) if text.isascii() and text.isdecimal() else text
