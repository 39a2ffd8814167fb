"""Signed links that can be opened for a while, by whoever has them."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from itsdangerous import BadData, URLSafeTimedSerializer

from tierwise.errors import NotFoundError, SettingsError

VARIABLE = "TIERWISE_SIGNING_KEY"
SHORTEST = 32
SESSION_S = 12 * 3600.0
"""Seconds after which a browser has to sign in anew: longer than a shift."""

FILE = Path(".tierwise") / "signing.key"


@dataclass(frozen=True, slots=True)
class CardLink:
    """Whose card a link opens, and for whom."""

    contact_id: int
    agent_id: str


class Links:
    """Makes and opens links; every replica needs the same key."""

    def __init__(self, key: str) -> None:
        self._cards = URLSafeTimedSerializer(key, salt="tierwise card")
        self._sessions = URLSafeTimedSerializer(key, salt="tierwise session")

    def card(self, contact_id: int, agent_id: str) -> str:
        """The last part of a card's address."""
        return self._cards.dumps([contact_id, agent_id])

    def opened(self, token: str, longest_s: float) -> CardLink:
        """What a link says; NotFoundError where it is forged or too old."""
        try:
            contact_id, agent_id = self._cards.loads(token, max_age=int(longest_s))
        except (BadData, ValueError, TypeError):
            raise NotFoundError("This link is not valid any more.", "Open the card anew.") from None
        return CardLink(int(contact_id), str(agent_id))

    def session(self, key_id: str) -> str:
        """A cookie for whoever has shown a key."""
        return self._sessions.dumps(key_id)

    def key_of(self, cookie: str) -> str | None:
        """The key that was shown; None where the cookie is forged or too old."""
        try:
            return str(self._sessions.loads(cookie, max_age=int(SESSION_S)))
        except BadData:
            return None


def signing_key(root: Path, environment: Mapping[str, str]) -> str:
    """The key from the environment, or from a file of the project that is made at first.

    Raises SettingsError for a key that is too short.
    """
    if given := environment.get(VARIABLE):
        if len(given) < SHORTEST:
            raise SettingsError(
                f"{VARIABLE} has {len(given)} characters; {SHORTEST} are needed.",
                "Make one: python -c 'import secrets; print(secrets.token_hex(32))'",
            )
        return given
    path = root / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):  # written beside and linked, so nobody reads half a key
        made = path.with_name(f"{path.name}.{os.getpid()}")
        made.touch(mode=0o600)
        made.write_text(secrets.token_hex(32), encoding="ascii")
        try:
            os.link(made, path)
        finally:
            made.unlink()
    return path.read_text(encoding="ascii").strip()
