"""Webhooks in: POST /hooks/{source}; the signature is the key."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Request
from fastapi.concurrency import run_in_threadpool

from tierwise.api.live.models import HookAnswer
from tierwise.api.problems import ProblemError
from tierwise.workflows.hooks import UnbelievedError, take
from tierwise.workflows.live import Live

Source = Annotated[str, Path(min_length=1, max_length=200, pattern=r"^[^\x00]+$")]

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/cloudevents+json": {
                "schema": {"type": "object"},
                "example": {
                    "specversion": "1.0",
                    "id": "4711-1",
                    "source": "/pbx",
                    "type": "org.example.contact.created",
                    "time": "2030-03-02T14:30:00Z",
                    "data": {"external_id": "4711", "channel": "phone", "phone": "+49 30 123456"},
                },
            }
        },
    }
}


def add_hooks(router: APIRouter, live: Live, now: Callable[[], datetime]) -> None:
    """Add the route; `now` is the clock that messages may not be older than."""

    @router.post("/hooks/{source}", openapi_extra=_BODY)
    async def take_webhook(source: Source, request: Request) -> HookAnswer:
        """Take a webhook of a helpdesk: 401 where it is not signed as agreed, 409 for a replay.

        What the router need not know of is answered with outcome `nothing`.
        """
        body = await request.body()
        try:
            taken = await run_in_threadpool(take, live, source, request.headers, body, now())
        except UnbelievedError as error:
            raise ProblemError(HTTPStatus.UNAUTHORIZED, error.message, error.remedy) from None
        return HookAnswer(outcome=taken.outcome, contact_id=taken.contact_id)
