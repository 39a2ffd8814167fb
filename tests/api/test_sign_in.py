"""Beyond this machine the console asks who it is, and so does everything it stands on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tierwise.api.live import sign_in
from tierwise.server import create_app
from tierwise.workflows import keys
from tierwise.workflows.keys import Scope
from tierwise.workflows.live import Live

PAGE = {"Accept": "text/html"}


@pytest.fixture
def outside(live: Live) -> Iterator[TestClient]:
    """A browser on another machine."""
    app = create_app([], live=Live(live.store, {}, card=live.card), keys_needed=True)
    with TestClient(app, follow_redirects=False) as client:
        yield client


def enter(client: TestClient, key: str, there: str = "/live"):
    return client.post("/sign-in", data={"key": key, "next": there})


def key_for(live: Live, *scopes: Scope) -> str:
    return keys.add(live.store, "ann", scopes, "tester")


def test_whoever_is_unknown_is_led_to_the_sign_in(outside: TestClient):
    found = outside.get("/tiers?lens=profit", headers=PAGE)
    assert found.status_code == 303
    assert found.headers["location"] == "/sign-in?next=/tiers%3Flens%3Dprofit"
    page = outside.get(found.headers["location"])
    assert page.status_code == 200
    assert 'value="/tiers?lens=profit"' in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/_dash-update-component"),
        ("GET", "/_dash-layout"),
        ("GET", "/_dash-dependencies"),
        ("GET", "/api/v1/projects"),
        ("POST", "/api/v1/simulate"),
        ("GET", "/api/v1/openapi.json"),
        ("GET", "/api/v1/queues/calls"),
        ("GET", "/metrics"),
    ],
)
def test_nothing_answers_without_a_session_or_a_key(outside: TestClient, method: str, path: str):
    assert outside.request(method, path, json={}).status_code == 401


def test_a_key_opens_the_console_until_it_is_revoked(
    outside: TestClient, live: Live, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(sign_in, "KNOWN_S", -1.0)
    found = enter(outside, key_for(live, Scope.CONSOLE))
    assert (found.status_code, found.headers["location"]) == (303, "/live")
    cookie = found.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert outside.get("/_dash-layout").status_code == 200
    assert outside.get("/api/v1/queues/calls").status_code == 404  # known, but no such pool
    assert outside.get("/api/v1/deliveries").status_code == 403  # for who manages
    cross = {"Sec-Fetch-Site": "cross-site"}
    assert outside.get("/api/v1/queues/calls", headers=cross).status_code == 403
    keys.revoke(live.store, keys.listed(live.store)[0]["key_id"])
    assert outside.get("/_dash-layout").status_code == 401


def test_the_way_out_ends_the_session(outside: TestClient, live: Live):
    enter(outside, key_for(live, Scope.CONSOLE))
    assert outside.post("/sign-in/out").status_code == 303
    assert outside.get("/_dash-layout").status_code == 401


def test_other_keys_and_forged_cookies_open_nothing(outside: TestClient, live: Live):
    assert enter(outside, "tw_x_y").status_code == 401
    assert "lacks the scope console" in enter(outside, key_for(live, Scope.AGENT)).text
    outside.cookies.set(sign_in.COOKIE, "ImFiYyI.forged.forged")
    assert outside.get("/_dash-layout").status_code == 401


@pytest.mark.parametrize("there", ["https://evil.example/", "//evil.example", "/\\evil", ""])
def test_nobody_is_led_to_another_host(outside: TestClient, live: Live, there: str):
    found = enter(outside, key_for(live, Scope.CONSOLE), there)
    assert found.headers["location"] == "/"


def test_a_program_may_send_its_key_instead(outside: TestClient, live: Live):
    head = {"Authorization": f"Bearer {key_for(live, Scope.CONSOLE)}"}
    assert outside.get("/_dash-layout", headers=head).status_code == 200
    other = {"Authorization": f"Bearer {key_for(live, Scope.ROUTE)}"}
    assert outside.get("/_dash-layout", headers=other).status_code == 401


def test_cards_and_health_need_no_session(outside: TestClient):
    assert outside.get("/health/live").status_code == 200
    assert outside.get("/card/forged").status_code == 404
