"""Signatures of webhooks: HMAC-SHA256 over the body and the moment it was sent."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

OLDEST_S = 300.0
"""Seconds that a message may be old, or ahead of this clock."""

Headers = Mapping[str, str]
"""Of a request, names in small letters."""


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a message is not believed."""

    why: str


def standard(secret: str, headers: Headers, body: bytes, now: datetime) -> str | Refused:
    """The signature of a message by Standard Webhooks that is genuine and fresh.

    `webhook-signature` is a list of `v1,` + base64(HMAC(id.timestamp.body)); the secret is
    `whsec_` + base64 (Standard Webhooks 1.0, sections "Signature scheme" and "Secrets").
    """
    sent, number = headers.get("webhook-timestamp", ""), headers.get("webhook-id", "")
    content = f"{number}.{sent}.".encode() + body
    wanted = base64.b64encode(_hmac(_key(secret), content)).decode()
    given = [one[3:] for one in headers.get("webhook-signature", "").split() if one[:3] == "v1,"]
    return _checked(given if number else (), wanted, _unix(sent), now)


def zendesk(secret: str, headers: Headers, body: bytes, now: datetime) -> str | Refused:
    """The same of Zendesk: base64(HMAC(timestamp + body)), the timestamp in ISO 8601."""
    sent = headers.get("x-zendesk-webhook-signature-timestamp", "")
    wanted = base64.b64encode(_hmac(secret.encode(), sent.encode() + body)).decode()
    given = headers.get("x-zendesk-webhook-signature", "")
    return _checked([given], wanted, _iso(sent), now)


def chatwoot(secret: str, headers: Headers, body: bytes, now: datetime) -> str | Refused:
    """The same of Chatwoot: `sha256=` + hex(HMAC(timestamp.body)), timestamp in seconds."""
    sent = headers.get("x-chatwoot-timestamp", "")
    wanted = "sha256=" + _hmac(secret.encode(), f"{sent}.".encode() + body).hex()
    return _checked([headers.get("x-chatwoot-signature", "")], wanted, _unix(sent), now)


def _hmac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()


def _key(secret: str) -> bytes:
    try:
        return base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return secret.encode()  # not of the standard's form: taken as it is


def _checked(
    given: Iterable[str], wanted: str, sent_at: datetime | None, now: datetime
) -> str | Refused:
    # All are compared, in constant time, before anything is said of the moment.
    matches = [hmac.compare_digest(one.encode(), wanted.encode()) for one in given if one]
    if not matches:
        return Refused("The message is not signed.")
    if not any(matches):
        return Refused("The signature does not fit the message.")
    if sent_at is None or abs((now - sent_at).total_seconds()) > OLDEST_S:
        return Refused(f"The message was not sent within the last {OLDEST_S:.0f} seconds.")
    return wanted


def _unix(text: str) -> datetime | None:
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        return None
    return datetime.fromtimestamp(int(text), UTC)


def _iso(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
