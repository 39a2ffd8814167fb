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


def signed(secret: str, number: str, body: bytes, at: datetime) -> dict[str, str]:
    """Headers by which whoever knows the secret believes a message (Standard Webhooks 1.0)."""
    sent = str(int(at.timestamp()))
    made = _hmac(_key(secret), f"{number}.{sent}.".encode() + body)
    return {
        "webhook-id": number,
        "webhook-timestamp": sent,
        "webhook-signature": f"v1,{base64.b64encode(made).decode()}",
    }


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


def zammad(secret: str, headers: Headers, body: bytes, _now: datetime) -> str | Refused:
    """The same of Zammad: `sha1=` + hex(HMAC-SHA1(body)).

    It says no moment of sending, so an old message is believed; that it came before is
    remembered for two days, and a ticket is taken in once however often it is told of.
    """
    wanted = "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
    return _misfit([headers.get("x-hub-signature", "")], wanted) or wanted


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
    if refused := _misfit(given, wanted):
        return refused
    if sent_at is None or abs((now - sent_at).total_seconds()) > OLDEST_S:
        return Refused(f"The message was not sent within the last {OLDEST_S:.0f} seconds.")
    return wanted


def _misfit(given: Iterable[str], wanted: str) -> Refused | None:
    # All are compared, in constant time, before anything is said of the moment.
    matches = [hmac.compare_digest(one.encode(), wanted.encode()) for one in given if one]
    if not matches:
        return Refused("The message is not signed.")
    return None if any(matches) else Refused("The signature does not fit the message.")


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
