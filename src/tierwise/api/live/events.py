"""What happens, as it happens: server-sent events, each a CloudEvent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from tierwise.api.live.access import Access
from tierwise.api.live.agents import AgentId
from tierwise.api.live.models import LARGEST_ID
from tierwise.api.live.pools import PoolName
from tierwise.connectors.cloudevents import written
from tierwise.workflows.feed import Message
from tierwise.workflows.keys import Scope
from tierwise.workflows.live import Live

LastEventId = Annotated[
    int | None,
    Header(ge=0, le=LARGEST_ID, description="number of the last event seen; unset: from now on"),
]
RETRY_MS = 2000


def add_events(router: APIRouter, live: Live, access: Access) -> None:
    """Add the routes."""

    def pool_there(pool: PoolName) -> str:
        return live.require_pool(pool)

    def pool_of(agent_id: AgentId) -> str:
        return str(live.agent(agent_id)["pool"])

    @router.get(
        "/events/{pool}",
        response_class=EventSourceResponse,
        dependencies=[Depends(access.needs(Scope.WATCH))],
    )
    async def watch_pool(
        pool: str = Depends(pool_there), last_event_id: LastEventId = None
    ) -> AsyncIterator[ServerSentEvent]:
        """Events of a pool; with Last-Event-ID those that were missed come first."""
        async for message in live.feed.listen(pool, last_event_id):
            yield _event(message)

    @router.get(
        "/agents/{agent_id}/events",
        response_class=EventSourceResponse,
        dependencies=[Depends(access.needs(Scope.AGENT))],
    )
    async def watch_agent(
        agent_id: AgentId,
        pool: str = Depends(pool_of),
        last_event_id: LastEventId = None,
    ) -> AsyncIterator[ServerSentEvent]:
        """Events that concern one agent; they say nothing of what a customer is worth."""
        async for message in live.feed.listen(pool, last_event_id, agent_id):
            yield _event(message)


def _event(message: Message) -> ServerSentEvent:
    said = written(
        message.number, message.pool, message.kind, message.contact_id, message.at, message.data
    )
    return ServerSentEvent(data=said, event=message.kind, id=said["id"], retry=RETRY_MS)
