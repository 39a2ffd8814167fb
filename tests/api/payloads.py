"""Webhooks in the shape that their makers document, and how each signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime
from typing import Any

from tests.api.conftest import SECRET

ZENDESK = {
    "type": "zen:event-type:ticket.created",
    "account_id": 12514403,
    "id": "2b24ef10-19d4-4740-93cf-8f98ec4776c0",
    "time": "2099-07-04T05:33:18Z",
    "zendesk_event_version": "2022-11-06",
    "subject": "zen:ticket:35436",
    "detail": {
        "actor_id": "8447388090494",
        "assignee_id": None,
        "brand_id": "8447346621310",
        "created_at": "2099-07-04T05:33:18Z",
        "custom_status": "8447320465790",
        "description": "It does not start",
        "external_id": None,
        "form_id": "8646151517822",
        "group_id": "8447320466430",
        "id": "35436",
        "is_public": True,
        "organization_id": "8447346622462",
        "priority": "LOW",
        "requester_id": "8447388090494",
        "status": "OPEN",
        "subject": "Help",
        "submitter_id": "8447388090494",
        "tags": ["printer"],
        "type": "QUESTION",
        "updated_at": "2099-07-04T05:33:18Z",
        "via": {"channel": "native_messaging"},
    },
    "event": {"meta": {"sequence": {"id": "CE4A698A", "position": 1, "total": 1}}},
}
CHATWOOT = {
    "event": "conversation_created",
    "additional_attributes": {"referer": "https://shop.example/", "initiated_at": {}},
    "can_reply": True,
    "channel": "Channel::WebWidget",
    "contact_inbox": {"id": 4, "contact_id": 9, "inbox_id": 2, "source_id": "ab-1"},
    "id": 53,
    "inbox_id": 2,
    "messages": [{"id": 1, "content": "Hello", "message_type": 0}],
    "labels": ["billing"],
    "meta": {
        "sender": {
            "id": 9,
            "name": "Kim",
            "identifier": None,
            "email": "kim@example.org",
            "phone_number": "+4930123456",
            "thumbnail": "",
            "type": "contact",
        },
        "assignee": None,
        "hmac_verified": False,
    },
    "status": "open",
    "custom_attributes": {},
    "snoozed_until": None,
    "unread_count": 1,
    "priority": None,
    "waiting_since": 1772438400,
    "timestamp": 1772438400,
    "created_at": 1772438400,
}
CLOUDEVENT = {
    "specversion": "1.0",
    "id": "e-1",
    "source": "/pbx",
    "type": "org.example.contact.created",
    "subject": "call-1",
    "time": "2026-03-02T08:00:00Z",
    "data": {"channel": "phone", "reason": "billing", "phone": "+49 30 123456", "trunk": 7},
}
ZAMMAD = {
    "ticket": {
        "id": 81,
        "number": "10081",
        "title": "It does not start",
        "group": {"id": 2, "name": "billing"},
        "state": "new",
        "priority": {"id": 2, "name": "2 normal"},
        "owner": {"id": 1, "login": "-"},
        "customer_id": 12,
        "customer": {
            "id": 12,
            "login": "kim@example.org",
            "email": "kim@example.org",
            "phone": "+49 30 123456",
        },
        "create_article_type": "chat",
        "article_count": 1,
        "created_at": "2026-03-02T08:00:00.000Z",
        "updated_at": "2026-03-02T08:00:00.000Z",
    },
    "article": {"id": 3, "type": "chat", "sender": "Customer", "body": "Help"},
}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "zendesk": ZENDESK,
    "chatwoot": CHATWOOT,
    "cloudevents": CLOUDEVENT,
    "zammad": ZAMMAD,
}
ENDED: dict[str, dict[str, Any]] = {
    "zendesk": ZENDESK
    | {
        "id": "other",
        "type": "zen:event-type:ticket.status_changed",
        "event": {"current": "SOLVED", "previous": "OPEN"},
    },
    "chatwoot": CHATWOOT | {"event": "conversation_status_changed", "status": "resolved"},
    "cloudevents": CLOUDEVENT | {"id": "e-2", "type": "org.example.contact.ended"},
    "zammad": ZAMMAD | {"ticket": ZAMMAD["ticket"] | {"state": "closed"}},
}


def signed(
    kind: str, body: bytes, at: datetime | None = None, secret: str = SECRET
) -> dict[str, str]:
    """Headers with which the maker sends a body."""
    at = at or datetime.now(UTC)
    unix = str(int(at.timestamp()))
    if kind == "zendesk":
        sent = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        made = _hmac(secret.encode(), sent.encode() + body)
        return {
            "X-Zendesk-Webhook-Signature": base64.b64encode(made).decode(),
            "X-Zendesk-Webhook-Signature-Timestamp": sent,
        }
    if kind == "chatwoot":
        made = _hmac(secret.encode(), unix.encode() + b"." + body)
        return {"X-Chatwoot-Timestamp": unix, "X-Chatwoot-Signature": f"sha256={made.hex()}"}
    if kind == "zammad":
        made = hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
        return {"X-Hub-Signature": f"sha1={made}"}
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = _hmac(key, b"msg_1." + unix.encode() + b"." + body)
    return {
        "webhook-id": "msg_1",
        "webhook-timestamp": unix,
        "webhook-signature": "v1,AAAA v1," + base64.b64encode(made).decode(),
    }


def body_of(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()


def _hmac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()
