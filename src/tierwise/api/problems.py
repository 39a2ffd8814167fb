"""Errors as application/problem+json (RFC 9457)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from fastapi.exception_handlers import http_exception_handler
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from sqlalchemy.exc import DataError as RefusedValue
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from starlette.exceptions import HTTPException

from tierwise.errors import (
    BuildError,
    ConflictError,
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


class ProblemError(Exception):
    """A problem that only HTTP knows, such as a missing key."""

    def __init__(
        self,
        status: HTTPStatus,
        title: str,
        detail: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status = status
        self.title = title
        self.detail = detail
        self.headers = headers


def problem(status: HTTPStatus, title: str, detail: str = "") -> JSONResponse:
    """A problem document as a response."""
    body = Problem(title=title, status=status, detail=detail).model_dump()
    return JSONResponse(body, status, media_type="application/problem+json")


def _status(error: TierwiseError) -> HTTPStatus:
    # A question that the data refuse is a conflict with their state, not a malformed request.
    if isinstance(error, NotFoundError):
        return HTTPStatus.NOT_FOUND
    if isinstance(error, ConflictError):
        return HTTPStatus.CONFLICT
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

    @server.exception_handler(ProblemError)
    async def told(_request: Request, error: ProblemError) -> JSONResponse:
        found = problem(error.status, error.title, error.detail)
        found.headers.update(error.headers or {})
        return found

    @server.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Response:
        if not request.url.path.startswith("/api/"):
            return await http_exception_handler(request, error)
        found = problem(HTTPStatus(error.status_code), str(error.detail))
        found.headers.update(error.headers or {})
        return found

    @server.exception_handler(SQLAlchemyError)
    async def database(request: Request, error: SQLAlchemyError) -> JSONResponse:
        said = getattr(error, "orig", None) or error
        first = (str(said).splitlines() or [""])[0]
        if isinstance(error, IntegrityError):
            return problem(HTTPStatus.CONFLICT, "This does not fit what is there.", first)
        if isinstance(error, RefusedValue):
            return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "The database refuses a value.", first)
        log.error("%s %s: %s", request.method, request.url.path, first)
        return problem(
            HTTPStatus.SERVICE_UNAVAILABLE, "The database does not answer.", "Try again."
        )

    @server.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        log.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return problem(
            HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong here", "See the server's log."
        )
