"""Everything of a project that is live in this process: opened once, closed when it ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from tierwise.errors import NotFoundError, StoreError
from tierwise.settings.hooks import HookSettings
from tierwise.store import access_statements as sql
from tierwise.store import migrate
from tierwise.store.connect import Store
from tierwise.store.live_statements import AGENT
from tierwise.store.snapshots import card_of
from tierwise.workflows.feed import Feed
from tierwise.workflows.publish import expanded, store_of
from tierwise.workflows.recognise import Clue, recognise
from tierwise.workflows.route import Router
from tierwise.workflows.sweep import Sweeper

if TYPE_CHECKING:
    from tierwise.engine.project import ProjectFolder


class Live:
    """A store in operation: the router, its clock and its feed."""

    def __init__(
        self, store: Store, hooks: Mapping[str, HookSettings], opened: ExitStack | None = None
    ) -> None:
        self.store = store
        self.hooks = hooks  # with their secrets
        self.router = Router(store)
        self.feed = Feed(store)
        self.sweeper = Sweeper(store, self.router)
        self._opened = opened or ExitStack()

    def start(self) -> None:
        """Start the clock and the feed."""
        self.sweeper.start()
        self.feed.start()

    def close(self) -> None:
        """Stop both, then leave the store."""
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
        """Open contacts by pool and state, agents by pool and presence."""
        with self.store.engine.connect() as connection:
            found = {"contacts": sql.COUNTS, "agents": sql.PRESENT}
            return {
                name: [dict(row._mapping) for row in connection.execute(statement)]
                for name, statement in found.items()
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
    hooks = {
        name: hook.model_copy(
            update={"secret": expanded(hook.secret, f"secret in [hooks.{name}]", environment)}
        )
        for name, hook in project.settings.hooks.items()
    }
    with ExitStack() as stack:
        store = stack.enter_context(store_of(project, environment, tell))
        migrate.upgrade(store, tell)
        return Live(store, hooks, stack.pop_all())
