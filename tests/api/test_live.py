"""The live API: contacts, agents, queues, look-ups, keys, limits, and errors in one form."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from tests.api.conftest import BRONZE, GOLD, POOL, call

from tierwise.server import create_app
from tierwise.workflows import keys
from tierwise.workflows.keys import Scope
from tierwise.workflows.live import Live

V1 = "/api/v1"


def ready(api: TestClient) -> list[dict]:
    found = api.post(f"{V1}/agents/kim/presence", json={"presence": "ready"})
    assert found.status_code == 200, found.text
    return found.json()["offers"]


def test_a_contact_goes_its_way(api: TestClient):
    """Received, offered, accepted, wrapped up and done; every step is in its history."""
    got = api.post(f"{V1}/contacts", json=call(external_id="1", customer_id=GOLD))
    assert got.status_code == 201
    contact = got.json()["contact_id"]
    (offer,) = ready(api)
    assert offer["contact_id"] == contact
    (seen,) = api.get(f"{V1}/agents/kim/offers").json()
    assert seen["card"]["name"] == 'm "Sons", Ltd'
    taken = f"{V1}/reservations/{offer['reservation_id']}/accept"
    assert api.post(taken, json={"agent_id": "kim"}).status_code == 204
    assert api.post(f"{V1}/contacts/{contact}/wrap-up").status_code == 200
    assert api.post(f"{V1}/contacts/{contact}/complete").status_code == 200
    found = api.get(f"{V1}/contacts/{contact}").json()
    steps = [step["to_state"] for step in found["history"]]
    assert steps == ["queued", "reserved", "accepted", "wrapping", "done"]
    (decision,) = api.get(f"{V1}/decisions", params={"pool": "calls"}).json()
    assert (decision["first_come_rank"], decision["reason"]) == (1, "alone")


def test_nothing_an_agent_gets_tells_the_tier(api: TestClient):
    api.post(f"{V1}/contacts", json=call(external_id="1", customer_id=GOLD))
    ready(api)
    for path in ("agents/kim/offers", "contacts/1"):
        text = api.get(f"{V1}/{path}").text
        assert '"tier"' not in text
        assert '"weight"' not in text
    assert "key accounts" not in api.get(f"{V1}/agents/kim/offers").text


def test_the_same_contact_is_taken_once(api: TestClient):
    first = api.post(f"{V1}/contacts", json=call(external_id="1"))
    again = api.post(f"{V1}/contacts", json=call(external_id="1"))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["contact_id"] == again.json()["contact_id"]
    assert len(api.get(f"{V1}/queues/calls").json()["contacts"]) == 1


def test_a_request_sent_again_gets_the_answer_it_got(api: TestClient):
    head = {"Idempotency-Key": "k1"}
    first = api.post(f"{V1}/contacts", json=call(), headers=head)
    again = api.post(f"{V1}/contacts", json=call(), headers=head)
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    other = api.post(f"{V1}/contacts", json=call(reason="x"), headers=head)
    assert other.status_code == 409


def test_queue_in_the_order_of_coming_with_its_rank(api: TestClient):
    for n, customer in enumerate((BRONZE, GOLD)):
        api.post(f"{V1}/contacts", json=call(external_id=str(n), customer_id=customer))
    found = api.get(f"{V1}/queues/calls").json()["contacts"]
    assert [(c["queue"], c["first_come_rank"]) for c in found] == [
        ("others", 1),
        ("key accounts", 2),
    ]


@pytest.mark.parametrize(
    ("asked", "queue", "known"),
    [
        ({"customer_id": GOLD}, "key accounts", True),
        ({"customer_id": BRONZE}, "others", True),
        ({"phone": "0049 (30) 123-456"}, "key accounts", True),
        ({"email": "KIM@Example.org"}, "key accounts", True),
        ({"phone": "+4930999"}, "others", False),
        ({}, "others", False),
    ],
)
def test_a_voice_platform_is_told_where_a_caller_goes(
    api: TestClient, asked: dict, queue: str, known: bool
):
    told = [
        {"kind": "phone", "text": "+49 30 123456", "customer_id": GOLD},
        {"kind": "email", "text": "kim@example.org", "customer_id": GOLD},
    ]
    assert api.put(f"{V1}/aliases", json=told).json() == {"aliases": 2}
    found = api.post(f"{V1}/route", json={"pool": "calls"} | asked)
    assert found.status_code == 200, found.text
    answer = found.json()
    assert (answer["queue"], answer["known"]) == (queue, known)
    assert answer["group"] == "experts"
    assert answer["index_s"] == (90 if queue == "key accounts" else 0)
    assert "tier" not in answer


def test_idle_agents_decide_the_expected_group(api: TestClient):
    lee = {"pool": "calls", "name": "Lee", "group": "all-round"}
    api.put(f"{V1}/agents/lee", json=lee)
    api.post(f"{V1}/agents/lee/presence", json={"presence": "ready"})
    found = api.post(f"{V1}/route", json={"pool": "calls", "customer_id": BRONZE}).json()
    assert (found["group"], found["idle"]) == ("all-round", True)


def test_callback_transfer_and_ends(api: TestClient):
    ids = [
        api.post(f"{V1}/contacts", json=call(external_id=str(n))).json()["contact_id"]
        for n in range(4)
    ]
    due = {"due_at": "2030-01-01T09:00:00Z"}
    assert api.post(f"{V1}/contacts/{ids[0]}/callback", json=due).status_code == 200
    assert api.post(f"{V1}/contacts/{ids[1]}/abandon").status_code == 200
    assert api.post(f"{V1}/contacts/{ids[2]}/cancel").status_code == 200
    (offer,) = ready(api)
    api.post(f"{V1}/reservations/{offer['reservation_id']}/accept", json={"agent_id": "kim"})
    moved = api.post(f"{V1}/contacts/{ids[3]}/transfer", json={"queue": "key accounts"})
    assert moved.status_code == 200
    states = [api.get(f"{V1}/contacts/{n}").json()["state"] for n in ids[:3]]
    assert states == ["callback_due", "abandoned", "cancelled"]


def test_an_offer_turned_down_goes_back(api: TestClient):
    api.post(f"{V1}/contacts", json=call(external_id="1"))
    (offer,) = ready(api)
    path = f"{V1}/reservations/{offer['reservation_id']}/reject"
    assert api.post(path, json={"agent_id": "kim"}).status_code == 200
    view = api.get(f"{V1}/queues/calls").json()
    assert view["contacts"][0]["state"] == "queued"
    assert view["agents"][0]["presence"] == "away"
    assert api.post(f"{V1}/agents/kim/heartbeat").status_code == 204


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "queues/none", None, 404),
        ("GET", "contacts/99", None, 404),
        ("GET", "contacts/0", None, 422),
        ("GET", "contacts/99999999999999999999", None, 422),
        ("POST", "contacts/99/complete", None, 404),
        ("POST", "contacts", call(external_id="a\x00b"), 422),
        ("POST", "contacts", call(external_id="1", details={"a": "\x00"}), 422),
        ("POST", "contacts", call(), 400),
        ("POST", "contacts", call(external_id="1", pool="none"), 404),
        ("POST", "contacts", call(external_id="1", vip=True), 422),
        ("POST", "agents/nobody/presence", {"presence": "ready"}, 404),
        ("POST", "agents/kim/presence", {"presence": "asleep"}, 422),
        ("POST", "reservations/7/accept", {"agent_id": "kim"}, 404),
        ("PUT", "agents/x", {"pool": "calls", "name": "X", "group": "none"}, 404),
        ("PUT", "pools/x", POOL | {"groups": {"g": ["nobody"]}}, 422),
        ("PUT", "pools/x", POOL | {"policy": {"classes": {"x": {}}}}, 400),
        ("GET", "decisions?pool=none", None, 404),
        ("GET", "events/none", None, 404),
        ("GET", "agents/nobody/events", None, 404),
        ("DELETE", "pools/calls", None, 405),
    ],
)
def test_errors_are_problem_documents(api: TestClient, method, path, body, status):
    found = api.request(method, f"{V1}/{path}", json=body)
    assert found.status_code == status, found.text
    assert found.headers["content-type"].startswith("application/problem+json")
    assert found.json()["title"]


def test_what_comes_too_late_is_a_conflict(api: TestClient):
    contact = api.post(f"{V1}/contacts", json=call(external_id="1")).json()["contact_id"]
    assert api.post(f"{V1}/contacts/{contact}/cancel").status_code == 200
    assert api.post(f"{V1}/contacts/{contact}/cancel").status_code == 200
    late = api.post(f"{V1}/contacts/{contact}/complete")
    assert late.status_code == 409
    assert "cancelled" in late.json()["title"]


def test_a_class_that_somebody_waits_in_cannot_go(api: TestClient):
    api.post(f"{V1}/contacts", json=call(external_id="1", customer_id=GOLD))
    fewer = {"classes": [{"name": "others"}], "groups": {"experts": ["others"]}}
    assert api.put(f"{V1}/pools/calls", json=fewer).status_code == 409


def test_bodies_of_ten_megabytes_are_refused(api: TestClient):
    found = api.post(f"{V1}/contacts", json=call(external_id="1", details={"x": "y" * 10_000_000}))
    assert found.status_code == 413
    assert found.headers["content-type"].startswith("application/problem+json")


def test_pages_of_other_sites_are_refused(api: TestClient):
    head = {"Sec-Fetch-Site": "cross-site"}
    assert api.post(f"{V1}/contacts/1/cancel", headers=head).status_code == 403


def test_every_operation_is_described_with_examples(api: TestClient):
    document = api.get(f"{V1}/openapi.json").json()
    ways = [way for path in document["paths"].values() for way in path.values()]
    live = [way for way in ways if way.get("tags") == ["live"]]
    assert len(live) >= 20
    assert all(way.get("description") for way in live)
    schemas = document["components"]["schemas"]
    for way in live:
        for content in way.get("requestBody", {}).get("content", {}).values():
            name = content["schema"].get("items", content["schema"]).get("$ref", "")
            of_model = schemas.get(name.rsplit("/", 1)[-1], {})
            assert "example" in content or "examples" in content["schema"] | of_model, way
    ids = [way["operationId"] for way in ways]
    assert len(ids) == len(set(ids))


def test_beyond_this_machine_a_key_with_the_scope_is_needed(live: Live):
    text = keys.add(live.store, "pbx", [Scope.ROUTE], "tester")
    other = create_app([], live=Live(live.store, {}), keys_needed=True)
    with TestClient(other) as client:
        caller = {"pool": "none"}
        assert client.post(f"{V1}/route", json=caller).status_code == 401
        for wrong in ("Bearer tw_x_y", "Bearer", "Basic abc", f"Bearer {text}x"):
            found = client.post(f"{V1}/route", json=caller, headers={"Authorization": wrong})
            assert found.status_code == 401
        head = {"Authorization": f"Bearer {text}"}
        assert client.post(f"{V1}/route", json=caller, headers=head).status_code == 404
        refused = client.get(f"{V1}/pools", headers=head)
        assert refused.status_code == 403
        assert "watch or manage" in refused.json()["title"]
        assert client.get("/metrics").status_code == 401
        keys.revoke(live.store, keys.listed(live.store)[0]["key_id"])
        assert client.post(f"{V1}/route", json=caller, headers=head).status_code == 401


def test_secrets_of_keys_are_kept_as_hashes(live: Live):
    text = keys.add(live.store, "pbx", [Scope.ROUTE], "tester")
    with live.store.engine.connect() as connection:
        row = connection.exec_driver_sql("SELECT k::text FROM tierwise.api_keys k").scalar_one()
    assert text.rsplit("_", 1)[1] not in row


def test_health_and_metrics(api: TestClient):
    api.post(f"{V1}/contacts", json=call(external_id="1"))
    assert api.get("/health/live").json() == {"status": "ok"}
    assert api.get("/health/ready").status_code == 200
    text = api.get("/metrics").text
    assert 'tierwise_contacts{pool="calls",state="queued"} 1' in text
    assert 'tierwise_agents{pool="calls",presence="offline"} 1' in text
    assert 'tierwise_contacts_stuck{pool="calls"} 0' in text
