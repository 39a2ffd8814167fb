"""The HTTP interface: documents, errors, builds that tell their progress."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

FAIRFIELD = "/api/v1/projects/fairfield"


@pytest.fixture
def api(console: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=console, timeout=60) as client:
        yield client


def test_health_names_the_version(api: httpx.Client):
    assert api.get("/api/v1/health").json()["status"] == "ok"


def test_projects_are_listed_with_their_builds(api: httpx.Client):
    found = {one["key"]: one for one in api.get("/api/v1/projects").json()}
    assert found["fairfield"]["currency"] == "EUR"
    assert found["online-retail"]["builds"] == 1
    dates = [one["as_of"] for one in api.get(f"{FAIRFIELD}/builds").json()]
    assert dates == sorted(dates, reverse=True)


def test_answer_is_the_document_of_the_command_line(api: httpx.Client):
    answer = api.get(
        f"{FAIRFIELD}/value/concentration", params={"lens": "revenue", "top_n": [40, 250]}
    ).json()
    shares = {row["customers"]: row["share"] for row in answer["top"]}
    assert shares[40] == pytest.approx(0.69, abs=5e-4)
    assert shares[250] == pytest.approx(0.97, abs=5e-4)
    assert answer["as_of"] == "2025-12-31"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/projects/nobody/builds", 404),
        (f"{FAIRFIELD}/value/whale?build=1999-01-01", 404),
        (f"{FAIRFIELD}/value/concentration?top_n=0", 422),
        (f"{FAIRFIELD}/value/concentration?top_n=-3", 422),
        (f"{FAIRFIELD}/value/concentration?window=0m", 400),
        (f"{FAIRFIELD}/value/concentration?window=700m", 400),
        (f"{FAIRFIELD}/value/concentration?where=country", 400),
        (f"{FAIRFIELD}/value/members?select=state:active:0000", 400),
        (f"{FAIRFIELD}/value/belief", 400),
        (f"{FAIRFIELD}/value/concentration?lens=charm", 422),
        (f"{FAIRFIELD}/value/nonsense", 422),
        ("/api/v1/projects/online-retail/value/contact-costs", 409),
        ("/api/v1/nothing", 404),
    ],
)
def test_errors_are_problem_documents(api: httpx.Client, path: str, status: int):
    found = api.get(path)
    assert found.status_code == status
    assert found.headers["content-type"].startswith("application/problem+json")
    assert found.json()["title"]


def test_interface_is_described(api: httpx.Client):
    paths = api.get("/api/v1/openapi.json").json()["paths"]
    assert "/api/v1/projects/{project}/value/{question}" in paths
    assert all(path.startswith("/api/v1") for path in paths)


def test_build_tells_its_progress_and_its_end(api: httpx.Client):
    with api.stream("POST", f"{FAIRFIELD}/builds", json={"as_of": "2025-09-30"}) as answer:
        lines = [json.loads(line) for line in answer.iter_lines()]
    assert any("progress" in line for line in lines)
    assert lines[-1]["build"]["as_of"] == "2025-09-30"


def test_browser_is_told_to_load_nothing_from_elsewhere(api: httpx.Client):
    assert "default-src 'self'" in api.get("/").headers["content-security-policy"]
