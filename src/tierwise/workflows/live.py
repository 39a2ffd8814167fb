"""Everything of a project that is live in this process: opened once, closed when it ends."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tierwise.errors import NotFoundError, StoreError
from tierwise.routing.pool import Pool
from tierwise.routing.stuck import Heavy, Stuck, stuck
from tierwise.settings.destinations import DestinationSettings
from tierwise.settings.hooks import HookSettings
from tierwise.settings.tiers import WORDS
from tierwise.store import access_statements as sql
from tierwise.store import delivery_statements, migrate
from tierwise.store.connect import Store
from tierwise.store.live_statements import AGENT
from tierwise.store.snapshots import card_of
from tierwise.workflows.deliver import Courier
from tierwise.workflows.feed import Feed
from tierwise.workflows.links import Links, signing_key
from tierwise.workflows.publish import expanded, store_of
from tierwise.workflows.recognise import Clue, recognise
from tierwise.workflows.route import Router
from tierwise.workflows.sweep import Sweeper

if TYPE_CHECKING:
    from tierwise.engine.project import ProjectFolder


@dataclass(frozen=True, slots=True)
class CardRules:
    """What holds of every agent's card."""

    links: Links
    words: tuple[str, ...] = WORDS  # that no card shows
    frames: tuple[str, ...] = ()  # addresses of helpdesks that may show it in a frame
    longest_s: float = 3600.0  # that a link can be opened
    zone: str = "UTC"  # in which its days are


class Live:
    """A store in operation: the router, its clock and its feed."""

    def __init__(
        self,
        store: Store,
        hooks: Mapping[str, HookSettings],
        opened: ExitStack | None = None,
        destinations: Mapping[str, DestinationSettings] = MappingProxyType({}),
        card: CardRules | None = None,
    ) -> None:
        self.store = store
        self.hooks = hooks  # with their secrets
        self.card = card or CardRules(Links(secrets.token_hex(32)))
        self.router = Router(store)
        self.feed = Feed(store)
        self.sweeper = Sweeper(store, self.router, list(destinations))
        self.couriers = [Courier(store, name, one) for name, one in destinations.items()]
        self._opened = opened or ExitStack()

    def start(self) -> None:
        """Start the clock, the feed and the couriers."""
        self.sweeper.start()
        self.feed.start()
        for courier in self.couriers:
            courier.start()

    def close(self) -> None:
        """Stop them, then leave the store."""
        for courier in self.couriers:
            courier.close()
        self.feed.close()
        self.sweeper.close()
        self._opened.close()

    def require_ready(self) -> None:
        """Raise StoreError where the database does not answer or pools are not settled."""
        try:
            with self.store.engine.connect() as connection:
                connection.execute(text("SELECT 1"))
        except SQLAlchemyError as error:
            raise StoreError(
                f"PostgreSQL at {self.store.place} does not answer.", "Look into its log."
            ) from error
        if self.sweeper.late:
            raise StoreError("Pools are not settled.", "See the server's log.")

    def counts(self) -> dict[str, list[dict[str, Any]]]:
        """Open contacts by pool and state, agents by presence, deliveries by destination."""
        with self.store.engine.connect() as connection:
            found = {
                "contacts": sql.COUNTS,
                "agents": sql.PRESENT,
                "deliveries": delivery_statements.COUNTS,
            }
            return {
                name: [dict(row._mapping) for row in connection.execute(statement)]
                for name, statement in found.items()
            }

    def stuck(self) -> dict[str, tuple[Stuck, ...]]:
        """By pool, contacts that nobody who is known could ever take."""
        with self.store.engine.connect() as connection:
            waiting = connection.execute(sql.WAITING_WEIGHTS).all()
            agents = connection.execute(sql.CAPACITIES).all()
        return {
            one["pool"]: stuck(
                Pool.model_validate(one["definition"]),
                [Heavy(r.class_name, r.weight, r.n) for r in waiting if r.pool == one["pool"]],
                [(row.group_name, row.most) for row in agents if row.pool == one["pool"]],
            )
            for one in self.pools()
        }

    def pools(self) -> list[dict[str, Any]]:
        """Name, version and definition of every pool."""
        with self.store.engine.connect() as connection:
            return [dict(row._mapping) for row in connection.execute(sql.DEFINED_POOLS)]

    def require_pool(self, name: str) -> str:
        """The name again; NotFoundError where no pool is called so."""
        if name not in self.router.pools():
            known = ", ".join(self.router.pools()) or "none"
            raise NotFoundError(f'There is no pool "{name}".', f"Pools: {known}.")
        return name

    def agent(self, agent_id: str) -> dict[str, Any]:
        """One agent; NotFoundError where nobody is called so."""
        with self.store.engine.connect() as connection:
            found = connection.execute(AGENT, {"agent_id": agent_id}).first()
        if found is None:
            raise NotFoundError(f'There is no agent "{agent_id}".', "Sign the agent on first.")
        return dict(found._mapping)

    def who(self, clues: Sequence[Clue], otherwise: str | None = None) -> dict[str, Any]:
        """Whom a contact is of, as `NewContact` takes it; `otherwise` is kept where unknown."""
        with self.store.engine.connect() as connection:
            found = recognise(connection, clues)
        if found is None:
            return {"customer_id": otherwise}
        return {
            "customer_id": found.customer.customer_id,
            "matched_by": found.by,
            "match_confidence": found.confidence,
        }

    def offers(self, agent_id: str) -> list[dict[str, Any]]:
        """What an agent has in hand or was offered, each with the customer's card."""
        found = self.router.offers(agent_id)
        with self.store.engine.connect() as connection:
            for one in found:
                known = one["customer_id"] and card_of(connection, one["customer_id"])
                one["card"] = known or {}
        return found


def open_live(
    project: ProjectFolder, environment: Mapping[str, str], tell: Callable[[str], None]
) -> Live:
    """Open the store of a project, its tables brought up to date; nothing runs yet.

    Raises StoreError where the store does not answer, SettingsError where a secret is missing.
    """

    def filled(section: str, name: str, secret: str) -> dict[str, str]:
        return {"secret": expanded(secret, f"secret in [{section}.{name}]", environment)}

    hooks = {
        name: hook.model_copy(update=filled("hooks", name, hook.secret))
        for name, hook in project.settings.hooks.items()
    }
    destinations = {
        name: one.model_copy(update=filled("destinations", name, one.secret))
        for name, one in project.settings.destinations.items()
    }
    with ExitStack() as stack:
        store = stack.enter_context(store_of(project, environment))
        migrate.upgrade(store, tell)
        return Live(store, hooks, stack.pop_all(), destinations, _card_rules(project, environment))


def _card_rules(project: ProjectFolder, environment: Mapping[str, str]) -> CardRules:
    settings = project.settings
    return CardRules(
        links=Links(signing_key(project.root, environment)),
        words=settings.tiers.fairness.words,
        frames=settings.live.card_frames,
        longest_s=60.0 * settings.live.card_minutes,
        zone=settings.project.time_zone,
    )
