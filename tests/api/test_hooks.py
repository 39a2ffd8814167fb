"""Webhooks over HTTP: from a signed message to a contact, and every way to be refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from tests.api.conftest import GOLD
from tests.api.payloads import CHATWOOT, CLOUDEVENT, DOCUMENTS, ENDED, body_of, signed

V1 = "/api/v1"
KINDS = list(DOCUMENTS)
ALIASES = [
    {"kind": "zendesk", "text": "8447388090494", "customer_id": GOLD},
    {"kind": "phone", "text": "+49 30 123456", "customer_id": GOLD},
]


def send(api: TestClient, kind: str, document: dict, **how):
    body = body_of(document)
    return api.post(f"{V1}/hooks/{kind}", content=body, headers=signed(kind, body, **how))


@pytest.mark.parametrize("kind", KINDS)
def test_a_known_customer_comes_to_the_queue_of_the_tier(api: TestClient, kind: str):
    api.put(f"{V1}/aliases", json=ALIASES)
    found = send(api, kind, DOCUMENTS[kind])
    assert found.status_code == 200, found.text
    assert found.json()["outcome"] == "received"
    contact = api.get(f"{V1}/contacts/{found.json()['contact_id']}").json()
    assert (contact["customer_id"], contact["queue"]) == (GOLD, "key accounts")
    assert contact["matched_by"] == ("zendesk" if kind == "zendesk" else "phone")
    assert contact["details"] == DOCUMENTS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_customer_is_served_too(api: TestClient, kind: str):
    contact = send(api, kind, DOCUMENTS[kind]).json()["contact_id"]
    found = api.get(f"{V1}/contacts/{contact}").json()
    assert (found["customer_id"], found["queue"], found["state"]) == (None, "others", "queued")


@pytest.mark.parametrize("kind", KINDS)
def test_the_end_takes_the_contact_out(api: TestClient, kind: str):
    contact = send(api, kind, DOCUMENTS[kind]).json()["contact_id"]
    assert send(api, kind, ENDED[kind]).json() == {"outcome": "ended", "contact_id": contact}
    assert api.get(f"{V1}/contacts/{contact}").json()["state"] == "cancelled"


@pytest.mark.parametrize("kind", KINDS)
def test_the_end_of_what_never_came_is_nothing(api: TestClient, kind: str):
    assert send(api, kind, ENDED[kind]).json()["outcome"] == "nothing"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrong", ["secret", "body", "none", "old", "ahead", "moment"])
def test_what_is_not_signed_as_agreed_is_refused(api: TestClient, kind: str, wrong: str):
    """Another secret or body, no signature, too old, from the future, or a changed moment."""
    if kind == "zammad" and wrong in ("old", "ahead", "moment"):
        pytest.skip("Zammad says no moment")
    body, now = body_of(DOCUMENTS[kind]), datetime.now(UTC)
    at = {"old": now - timedelta(minutes=6), "ahead": now + timedelta(minutes=6)}.get(wrong)
    secret = "whsec_b3RoZXI=" if wrong == "secret" else None
    headers = signed(kind, body, at, secret) if secret else signed(kind, body, at)
    if wrong == "none":
        headers = {}
    if wrong == "moment":
        later = signed(kind, body, now + timedelta(seconds=9))
        headers |= {name: later[name] for name in later if "imestamp" in name}
    sent = body[:-1] + b" }" if wrong == "body" else body
    found = api.post(f"{V1}/hooks/{kind}", content=sent, headers=headers)
    assert found.status_code == 401
    assert found.headers["content-type"].startswith("application/problem+json")
    assert api.get(f"{V1}/queues/calls").json()["contacts"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_replay_is_refused_whatever_is_added_to_it(api: TestClient, kind: str):
    body = body_of(DOCUMENTS[kind])
    headers = signed(kind, body)
    assert api.post(f"{V1}/hooks/{kind}", content=body, headers=headers).status_code == 200
    for more in ({}, {"x-chatwoot-delivery": "new"}, {"x-other-signature": "new"}):
        again = api.post(f"{V1}/hooks/{kind}", content=body, headers=headers | more)
        assert again.status_code == 409
    assert len(api.get(f"{V1}/queues/calls").json()["contacts"]) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_sent_and_signed_again_changes_nothing(api: TestClient, kind: str):
    first = send(api, kind, DOCUMENTS[kind])
    again = send(
        api,
        kind,
        DOCUMENTS[kind] | ({"sent": 2} if kind == "zammad" else {}),
        at=datetime.now(UTC) + timedelta(seconds=5),
    )
    assert again.status_code == 200
    assert again.json() == {"outcome": "repeated", "contact_id": first.json()["contact_id"]}


@pytest.mark.parametrize("kind", KINDS)
def test_a_signed_body_that_is_cut_off_is_refused_in_words(api: TestClient, kind: str):
    body = body_of(DOCUMENTS[kind])[:100]
    found = api.post(f"{V1}/hooks/{kind}", content=body, headers=signed(kind, body))
    assert found.status_code == 400
    assert "no JSON object" in found.json()["title"]


def test_ten_megabytes_are_refused(api: TestClient):
    body = body_of(CHATWOOT | {"messages": ["x" * 10_000_000]})
    found = api.post(f"{V1}/hooks/chatwoot", content=body, headers=signed("chatwoot", body))
    assert found.status_code == 413


def test_ten_megabytes_in_parts_of_unsaid_length_are_refused(api: TestClient):
    body = b"x" * 10_000_000
    parts = (body[at : at + 100_000] for at in range(0, len(body), 100_000))
    found = api.post(f"{V1}/hooks/chatwoot", content=parts, headers=signed("chatwoot", body))
    assert found.status_code == 413


def test_a_source_that_nobody_named_is_not_there(api: TestClient):
    assert send(api, "cloudevents", CLOUDEVENT).status_code == 200
    body = body_of(CLOUDEVENT)
    found = api.post(f"{V1}/hooks/other", content=body, headers=signed("cloudevents", body))
    assert found.status_code == 404


def test_what_the_database_cannot_keep_is_refused(api: TestClient):
    odd = CLOUDEVENT | {"data": CLOUDEVENT["data"] | {"note": "a\x00b"}}
    assert send(api, "cloudevents", odd).status_code == 422
