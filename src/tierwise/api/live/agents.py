"""What an agent's desktop does."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from tierwise.api.live.access import Access
from tierwise.api.live.contacts import offers_made
from tierwise.api.live.models import (
    LARGEST_ID,
    AgentEntry,
    AgentOffer,
    AgentRequest,
    AnswerRequest,
    Moved,
    PresenceRequest,
)
from tierwise.api.live.pools import agent_entry
from tierwise.workflows.keys import Scope
from tierwise.workflows.live import Live

AgentId = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]
ReservationId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


def add_agents(router: APIRouter, live: Live, access: Access) -> None:
    """Add the routes."""
    agent = [Depends(access.needs(Scope.AGENT))]

    @router.put("/agents/{agent_id}", dependencies=agent)
    def sign_on(agent_id: AgentId, wanted: AgentRequest) -> AgentEntry:
        """Make an agent known, or change what is known; presence stays as it is."""
        live.router.sign_on(wanted.pool, agent_id, wanted.name, wanted.group, wanted.capacity)
        return agent_entry(live.agent(agent_id))

    @router.post("/agents/{agent_id}/presence", dependencies=agent)
    def set_presence(agent_id: AgentId, wanted: PresenceRequest) -> Moved:
        """Say whether an agent takes contacts; what they have stays with them."""
        return Moved(offers=offers_made(live.router.present(agent_id, wanted.presence, wanted.why)))

    @router.post("/agents/{agent_id}/heartbeat", status_code=204, dependencies=agent)
    def heartbeat(agent_id: AgentId) -> None:
        """The agent's desktop is still there."""
        live.router.heard(agent_id)

    @router.get("/agents/{agent_id}/offers", dependencies=agent)
    def list_offers(agent_id: AgentId) -> list[AgentOffer]:
        """What an agent has in hand or was offered."""
        return [AgentOffer(**one) for one in live.offers(agent_id)]

    @router.post("/reservations/{reservation_id}/accept", status_code=204, dependencies=agent)
    def accept(reservation_id: ReservationId, wanted: AnswerRequest) -> None:
        """Take an offer; 409 where it expired or was withdrawn."""
        live.router.accept(reservation_id, wanted.agent_id)

    @router.post("/reservations/{reservation_id}/reject", dependencies=agent)
    def reject(reservation_id: ReservationId, wanted: AnswerRequest) -> Moved:
        """Turn an offer down: the contact goes back to its place, the agent is away."""
        return Moved(offers=offers_made(live.router.reject(reservation_id, wanted.agent_id)))
