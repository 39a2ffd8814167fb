"""Errors as application/problem+json (RFC 9457)."""

from __future__ import annotations

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from tierwise.errors import (
    BuildError,
    DataError,
    NotFoundError,
    StoreError,
    TierwiseError,
    UsageError,
)

log = logging.getLogger("tierwise.api")


class Problem(BaseModel):
    """What went wrong and what to do next."""

    title: str = Field(description="What was found, and where")
    status: int = Field(description="HTTP status")
    detail: str = Field("", description="What to do next")


def problem(status: HTTPStatus, title: str, detail: str = "") -> JSONResponse:
    """A problem document as a response."""
    body = Problem(title=title, status=status, detail=detail).model_dump()
    return JSONResponse(body, status, media_type="application/problem+json")


def _status(error: TierwiseError) -> HTTPStatus:
    # A question that the data refuse is a conflict with their state, not a malformed request.
    if isinstance(error, NotFoundError):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, UsageError):
        return HTTPStatus.BAD_REQUEST
    if isinstance(error, DataError | BuildError):
        return HTTPStatus.CONFLICT
    if isinstance(error, StoreError):
        return HTTPStatus.SERVICE_UNAVAILABLE
    return HTTPStatus.INTERNAL_SERVER_ERROR


def handle_errors(server: FastAPI) -> None:
    """Answer every error under /api as a problem document."""

    @server.exception_handler(TierwiseError)
    async def refused(_request: Request, error: TierwiseError) -> JSONResponse:
        return problem(_status(error), error.message, error.remedy)

    @server.exception_handler(RequestValidationError)
    async def malformed(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"{where}: {first['msg']}", "See /api/v1/openapi.json."
        )

    @server.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return problem(
            HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here", "See the server's log."
        )
