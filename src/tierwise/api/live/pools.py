"""Routing pools, their queues and decisions, and by what customers are known."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query

from tierwise.api.live.access import Access
from tierwise.api.live.models import (
    POOL_EXAMPLE,
    AgentEntry,
    AliasEntry,
    DecisionEntry,
    PoolEntry,
    QueuedContact,
    QueueView,
    Remembered,
)
from tierwise.routing.pool import Pool
from tierwise.workflows.keys import Scope
from tierwise.workflows.live import Live
from tierwise.workflows.recognise import Alias, remember

PoolName = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
MOST_ALIASES = 10_000


def add_pools(router: APIRouter, live: Live, access: Access) -> None:
    """Add the routes."""
    manage = [Depends(access.needs(Scope.MANAGE))]
    watch = [Depends(access.needs(Scope.WATCH))]

    # What nobody set is left out: some of it has no end, which JSON cannot say.
    @router.put("/pools/{pool}", dependencies=manage, response_model_exclude_unset=True)
    def define_pool(
        pool: PoolName, definition: Annotated[Pool, Body(examples=[POOL_EXAMPLE])]
    ) -> PoolEntry:
        """Set what a pool is, from the next decision on."""
        _ = definition.params  # refuses a policy that names what is not there
        version = live.router.define(pool, definition)
        return PoolEntry(pool=pool, version=version, definition=definition)

    @router.get(
        "/pools",
        dependencies=[Depends(access.needs(Scope.WATCH, Scope.MANAGE))],
        response_model_exclude_unset=True,
    )
    def list_pools() -> list[PoolEntry]:
        """List the pools with their definitions."""
        return [PoolEntry(**one) for one in live.pools()]

    @router.get("/queues/{pool}", dependencies=watch)
    def show_queue(pool: PoolName, limit: int = Query(500, ge=1, le=10_000)) -> QueueView:
        """Who waits in a pool, and who serves."""
        live.require_pool(pool)
        contacts = [_queued(row) for row in live.router.queue(pool, limit)]
        agents = [agent_entry(row) for row in live.router.agents(pool)]
        return QueueView(pool=pool, contacts=contacts, agents=agents)

    @router.get("/decisions", dependencies=watch)
    def list_decisions(
        pool: Annotated[str, Query(min_length=1, max_length=200)],
        limit: int = Query(100, ge=1, le=10_000),
    ) -> list[DecisionEntry]:
        """The latest decisions of a pool, newest first, each with what it was decided by."""
        live.require_pool(pool)
        return [_decision(row) for row in live.router.decisions(pool, limit)]

    @router.put("/aliases", dependencies=manage)
    def remember_aliases(
        aliases: Annotated[list[AliasEntry], Body(max_length=MOST_ALIASES)],
    ) -> Remembered:
        """Say by what customers are known beside their ids; the latest word on each counts."""
        told = [Alias(one.kind, one.text, one.customer_id) for one in aliases]
        return Remembered(aliases=remember(live.store, told))


def agent_entry(row: dict[str, Any]) -> AgentEntry:
    """An agent of the store as it is shown."""
    return AgentEntry(group=row["group_name"], **_of(AgentEntry, row))


def _queued(row: dict[str, Any]) -> QueuedContact:
    return QueuedContact(queue=row["class_name"], **_of(QueuedContact, row))


def _decision(row: dict[str, Any]) -> DecisionEntry:
    renamed = {"queue": row["class_name"], "group": row["group_name"]}
    return DecisionEntry(**renamed, **_of(DecisionEntry, row))


def _of(model: type[Any], row: dict[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in model.model_fields if name in row}
