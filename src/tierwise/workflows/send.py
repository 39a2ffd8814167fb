"""One request to another system: sent, to be tried again, or refused for good."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx

from tierwise.connectors import signature
from tierwise.settings.destinations import DestinationKind, DestinationSettings

TIMEOUT_S = 10.0
FIRST_WAIT_S = 10.0
LONGEST_WAIT_S = 3600.0
MOST_TRIES = 15
"""Ten seconds, twenty, and so on up to an hour: given up after about half a day."""

TRY_AGAIN = frozenset({408, 409, 425, 429})
"""Refusals that pass; every other of the four hundreds needs somebody to look."""

SHOWN = 300
"""Characters of an answer that are kept with an error."""


@dataclass(frozen=True, slots=True)
class Sent:
    """It has arrived."""


@dataclass(frozen=True, slots=True)
class Later:
    """It may arrive another time."""

    error: str
    wait_s: float | None = None  # that the other side asked for
    unreachable: bool = False  # whatever else goes there would fare alike


@dataclass(frozen=True, slots=True)
class Refused:
    """The other side does not want it."""

    error: str


Outcome = Sent | Later | Refused


def wait_before(tries: int, chance: random.Random) -> float:
    """Seconds to wait after so many tries; two senders do not keep in step."""
    longest = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** (tries - 1))
    return longest * chance.uniform(0.5, 1.0)


class Sender:
    """Sends to one destination."""

    def __init__(
        self, settings: DestinationSettings, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._settings = settings
        self._now = now
        self._client = httpx.Client(
            timeout=TIMEOUT_S,
            headers={"User-Agent": "tierwise"} | _signs_in(settings),
            auth=_user(settings),
        )

    def close(self) -> None:
        """Close its connections."""
        self._client.close()

    def send(self, number: str, request: Mapping[str, Any]) -> Outcome:
        """Send a request of `connectors.outgoing`; `number` is the same whenever it is sent."""
        try:
            body = dict(request["body"])
            if request["adds_to"]:
                body |= self._added(request["path"], request["adds_to"], body[request["adds_to"]])
            content = json.dumps(body).encode()
            answer = self._client.request(
                request["method"],
                self._settings.url.rstrip("/") + request["path"],
                content=content,
                headers=self._headers(number, content),
            )
            answer.raise_for_status()
        except httpx.HTTPStatusError as error:
            return _outcome(error.response)
        except httpx.HTTPError as error:
            return Later(f"{type(error).__name__}: {error}"[:SHOWN], unreachable=True)
        return Sent()

    def _added(self, path: str, name: str, new: list[str]) -> dict[str, list[str]]:
        """What is there already, and what is new."""
        answer = self._client.get(self._settings.url.rstrip("/") + path)
        answer.raise_for_status()
        try:
            there = answer.json()["payload"]
        except (ValueError, KeyError, TypeError):
            there = []
        there = [one for one in there if isinstance(one, str)] if isinstance(there, list) else []
        return {name: [*there, *(one for one in new if one not in there)]}

    def _headers(self, number: str, content: bytes) -> dict[str, str]:
        if self._settings.kind is not DestinationKind.CLOUDEVENTS:
            return {"Content-Type": "application/json"}
        named = signature.signed(self._settings.secret, number, content, self._now())
        return {"Content-Type": "application/cloudevents+json"} | named


def _signs_in(settings: DestinationSettings) -> dict[str, str]:
    if settings.kind is DestinationKind.CHATWOOT:
        return {"api_access_token": settings.secret}
    if settings.kind is DestinationKind.ZAMMAD:
        return {"Authorization": f"Token token={settings.secret}"}
    return {}


def _user(settings: DestinationSettings) -> tuple[str, str] | None:
    if settings.kind is DestinationKind.ZENDESK:
        return f"{settings.user}/token", settings.secret
    return None


def _outcome(answer: httpx.Response) -> Outcome:
    said = f"{answer.status_code} {answer.reason_phrase}: {answer.text}".replace("\x00", "")[:SHOWN]
    if answer.status_code < 500 and answer.status_code not in TRY_AGAIN:
        return Refused(said)
    return Later(said, _asked_for(answer), unreachable=answer.status_code in (429, 502, 503, 504))


def _asked_for(answer: httpx.Response) -> float | None:
    """Seconds of Retry-After, where it is a number."""
    try:
        wait_s = float(answer.headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(wait_s, LONGEST_WAIT_S) if math.isfinite(wait_s) and wait_s >= 0 else None
