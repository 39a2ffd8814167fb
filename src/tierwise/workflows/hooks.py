"""Webhooks of helpdesks: believed when signed, carried out once, turned into contacts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from tierwise.connectors import chatwoot, cloudevents, signature, zammad, zendesk
from tierwise.connectors.incoming import Incoming, What
from tierwise.connectors.signature import Headers, Refused
from tierwise.errors import ConflictError, NotFoundError, TierwiseError
from tierwise.settings.hooks import HookKind
from tierwise.store import live_statements as sql
from tierwise.workflows.live import Live
from tierwise.workflows.once import Answered, once
from tierwise.workflows.recognise import Clue
from tierwise.workflows.route import NewContact

CARRIED_OUT = 200

Read = Callable[[Headers, bytes], Incoming]
Check = Callable[[str, Headers, bytes, datetime], str | Refused]

KINDS: Mapping[HookKind, tuple[Check, Read]] = MappingProxyType(
    {
        HookKind.CLOUDEVENTS: (signature.standard, cloudevents.read),
        HookKind.ZENDESK: (signature.zendesk, zendesk.read),
        HookKind.CHATWOOT: (signature.chatwoot, chatwoot.read),
        HookKind.ZAMMAD: (signature.zammad, zammad.read),
    }
)


class UnbelievedError(TierwiseError):
    """A webhook is not signed as agreed, or too old; nothing was done."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a webhook."""

    outcome: str  # received, ended, nothing or repeated
    contact_id: int | None


def take(live: Live, source: str, headers: Headers, body: bytes, now: datetime) -> Taken:
    """Check a webhook, read it and tell the router; `source` is its section in [hooks].

    Raises NotFoundError without such a source, UnbelievedError for a bad or old signature,
    UsageError for a body that cannot be read, ConflictError where the very same message was
    carried out before. The same delivery signed anew is `repeated` and changes nothing.
    """
    hook = live.hooks.get(source)
    if hook is None:
        raise NotFoundError(f'There is no source "{source}".', "Name it in tierwise.toml: [hooks].")
    check, read = KINDS[hook.kind]
    signed = check(hook.secret, headers, body, now)
    if isinstance(signed, Refused):
        raise UnbelievedError(signed.why, "Check the secret on both sides, and the clocks.")
    incoming = read(headers, body)

    def deliver() -> Answered:
        key = f"hook:{source}:{incoming.delivery or signed}"
        found = once(live.store, key, incoming.external_id, lambda: _told(live, source, incoming))
        return _answer("repeated", found.answer["contact_id"]) if found.repeated else found

    # No part of a message that is not signed may make a replay look like another message.
    found = once(live.store, f"hook-message:{source}:{signed}", signed, deliver)
    if found.repeated:
        raise ConflictError("This very message was carried out before.", "Nothing was done.")
    return Taken(found.answer["outcome"], found.answer["contact_id"])


def _told(live: Live, source: str, incoming: Incoming) -> Answered:
    if incoming.what is What.CAME:
        return _came(live, source, incoming)
    if incoming.what is What.NOTHING:
        return _answer("nothing", None)
    with live.store.engine.connect() as connection:
        asked = {"source": source, "external_id": incoming.external_id}
        contact_id = connection.execute(sql.SAME, asked).scalar()
    if contact_id is None:
        return _answer("nothing", None)  # it came before tierwise did
    return _ended(live, int(contact_id), incoming.what)


def _came(live: Live, source: str, incoming: Incoming) -> Answered:
    clues = [Clue(hint.kind, hint.text, hint.confidence) for hint in incoming.hints]
    contact = NewContact(
        source=source,
        external_id=incoming.external_id,
        channel=incoming.channel,
        reason=incoming.reason,
        details=incoming.details,
        **live.who(clues),
    )
    found = live.router.receive(live.hooks[source].pool, contact)
    return _answer("received" if found.is_new else "repeated", found.contact_id)


def _ended(live: Live, contact_id: int, what: What) -> Answered:
    """Whoever is at work on it has done it; where nobody was, nobody need be any more."""
    state = live.router.contact(contact_id)["state"]
    if state in ("accepted", "wrapping"):
        live.router.complete(contact_id)
    elif state in ("queued", "reserved", "callback_due"):
        end = live.router.abandon if what is What.GAVE_UP else live.router.cancel
        end(contact_id)
    else:
        return _answer("nothing", contact_id)
    return _answer("ended", contact_id)


def _answer(outcome: str, contact_id: int | None) -> Answered:
    return Answered(CARRIED_OUT, {"outcome": outcome, "contact_id": contact_id})
