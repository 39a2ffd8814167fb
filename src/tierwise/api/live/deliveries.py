"""What other systems were told, and what they refused."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from tierwise.api.live.access import Access
from tierwise.api.live.models import LARGEST_ID, DeliveryEntry, DeliveryState, SentAgain
from tierwise.workflows import deliver
from tierwise.workflows.keys import Scope
from tierwise.workflows.live import Live

DeliveryId = Annotated[int, Path(ge=1, le=LARGEST_ID)]


def add_deliveries(router: APIRouter, live: Live, access: Access) -> None:
    """Add the routes."""
    manage = [Depends(access.needs(Scope.MANAGE))]

    @router.get("/deliveries", dependencies=manage)
    def list_deliveries(
        state: DeliveryState = DeliveryState.GIVEN_UP,
        destination: Annotated[str | None, Query(max_length=200, pattern=r"^[^\x00]*$")] = None,
        limit: int = Query(100, ge=1, le=10_000),
    ) -> list[DeliveryEntry]:
        """Requests to other systems, oldest first: those that were given up, or others."""
        found = deliver.listed(live.store, state, destination, limit)
        return [DeliveryEntry(**one) for one in found]

    @router.post("/deliveries/{delivery_id}/send-again", dependencies=manage)
    def send_again(delivery_id: DeliveryId) -> SentAgain:
        """Send once more what was given up; 404 where it was not."""
        return SentAgain(deliveries=deliver.send_again(live.store, delivery_id))
