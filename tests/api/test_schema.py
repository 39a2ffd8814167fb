"""The API keeps to its own description: drawn requests, good and bad, and no error of ours."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.api.conftest import call

CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)


def already_started(app: Any) -> Any:
    """The application, which is not started and stopped around every request."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            return await app(scope, receive, send)
        while True:
            what = (await receive())["type"].removeprefix("lifespan.")
            await send({"type": f"lifespan.{what}.complete"})
            if what == "shutdown":
                return None

    return answer


@pytest.fixture
def described(api: TestClient) -> schemathesis.BaseSchema:
    """The live API with somebody waiting and an agent."""
    api.post("/api/v1/contacts", json=call(external_id="1"))
    return description(api)


def description(api: TestClient) -> schemathesis.BaseSchema:
    """What the API says of itself; streams never end, so they are left out."""
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", already_started(api.app))
    return schema.include(tag="live").exclude(path_regex="events")


def broken(
    schema: schemathesis.BaseSchema, how_many: int, *, by_chance: bool = False
) -> Iterator[str]:
    """Operations of which an answer is an error of ours, or not as it is described."""
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=how_many,
            deadline=None,
            derandomize=not by_chance,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.explicit, Phase.generate],
        )
        @given(case=operation.as_strategy())
        def answers(case: schemathesis.Case) -> None:
            answer = case.call()
            assert answer.status_code < HTTPStatus.INTERNAL_SERVER_ERROR, answer.text
            case.validate_response(answer, checks=CHECKS)

        try:
            answers()
        except (AssertionError, BaseExceptionGroup, schemathesis.errors.SchemathesisError) as error:
            yield f"{operation.label}: {error!r}"


def test_answers_are_as_described(described: schemathesis.BaseSchema):
    """`benchmarks/schema.py` draws many more."""
    assert list(broken(described, how_many=6)) == []
