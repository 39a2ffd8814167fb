"""Events over a real connection: live, resumed, of one agent, and ended with the server."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import uvicorn
from sqlalchemy.exc import OperationalError
from tests.api.conftest import POOL

from tierwise.routing.pool import Pool
from tierwise.server import create_app
from tierwise.workflows.live import Live
from tierwise.workflows.route import NewContact, Presence

V1 = "/api/v1"
PATIENCE_S = 20


@pytest.fixture
def running(live: Live) -> Iterator[tuple[Live, str]]:
    """Another process's router would be the same: a second server on the same store."""
    own = Live(live.store, {})
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    app = create_app([], live=own, keys_needed=False)
    config = uvicorn.Config(app, port=port, log_level="warning", timeout_graceful_shutdown=3)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE_S
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.02)
    own.router.define("calls", Pool.model_validate(POOL))
    own.router.sign_on("calls", "kim", "Kim", "experts")
    yield own, f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(timeout=PATIENCE_S)
    assert not thread.is_alive()


def events(lines: Iterator[str], most: int) -> list[tuple[int, str, dict]]:
    """Number, kind and document of so many events."""
    found, one = [], {}
    for line in lines:
        name, _, value = line.partition(": ")
        if line:
            one[name] = value
        elif "data" in one:
            found.append((int(one["id"]), one["event"], json.loads(one["data"])))
            if len(found) == most:
                return found
            one = {}
    raise AssertionError(f"the stream ended after {found}")


def offered(live: Live, number: int) -> int:
    return live.router.receive("calls", NewContact("t", str(number), "phone")).contact_id


def until(held) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not held() and time.monotonic() < deadline:
        time.sleep(0.02)
    assert held()


def test_events_come_live_and_resume_where_they_stopped(running: tuple[Live, str]):
    live, base = running
    with httpx.stream("GET", f"{base}{V1}/events/calls", timeout=PATIENCE_S) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        until(lambda: live.feed.listeners == 1)
        live.router.present("kim", Presence.READY)
        contact = offered(live, 1)
        lines = answer.iter_lines()
        ((number, kind, document),) = events(lines, 1)
        live.router.cancel(contact)
        ((_, second, _),) = events(lines, 1)
    assert (kind, second) == ("reservation.offered", "contact.cancelled")
    assert document["specversion"] == "1.0"
    assert document["data"]["contact_id"] == contact
    until(lambda: live.feed.listeners == 0)
    live.router.cancel(offered(live, 2))
    head = {"Last-Event-ID": str(number)}
    with httpx.stream(
        "GET", f"{base}{V1}/events/calls", headers=head, timeout=PATIENCE_S
    ) as answer:
        missed = events(answer.iter_lines(), 3)
    assert [kind for _, kind, _ in missed] == [
        "contact.cancelled",
        "reservation.offered",
        "contact.cancelled",
    ]


def test_an_agent_hears_of_own_offers_alone(running: tuple[Live, str]):
    """Many listen, one reads: the same messages go to each whom they concern."""
    live, base = running
    live.router.sign_on("calls", "lee", "Lee", "all-round")
    with (
        httpx.stream("GET", f"{base}{V1}/agents/kim/events", timeout=PATIENCE_S) as kim,
        httpx.stream("GET", f"{base}{V1}/agents/lee/events", timeout=PATIENCE_S) as lee,
    ):
        until(lambda: live.feed.listeners == 2)
        live.router.present("lee", Presence.READY)
        first = offered(live, 1)
        live.router.present("kim", Presence.READY)
        second = offered(live, 2)
        live.router.abandon(second)
        ((_, _, at_lee),) = events(lee.iter_lines(), 1)
        at_kim = events(kim.iter_lines(), 2)
    assert at_lee["data"]["contact_id"] == first
    assert [kind for _, kind, _ in at_kim] == ["reservation.offered", "contact.abandoned"]
    assert {document["data"]["contact_id"] for _, _, document in at_kim} == {second}
    assert "tier" not in str([document["data"] for _, _, document in at_kim])


def test_an_unknown_pool_is_said_before_the_stream(running: tuple[Live, str]):
    _, base = running
    assert httpx.get(f"{base}{V1}/events/none", timeout=PATIENCE_S).status_code == 404


def test_a_sweeper_goes_on_after_the_database_closed_every_connection(running: tuple[Live, str]):
    """As in a restart: due callbacks are taken in afterwards, and readers are served."""
    live, base = running
    contact = offered(live, 1)
    live.router.call_back(contact, datetime.now(UTC) + timedelta(seconds=0.2))
    with live.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )

    def is_queued() -> bool:
        # A connection used a moment ago is taken untried, so a reader may still meet a closed one.
        with suppress(OperationalError):
            return bool(live.router.contact(contact)["state"] == "queued")
        return False

    until(is_queued)
    assert httpx.get(f"{base}/health/ready", timeout=PATIENCE_S).status_code == 200
