"""The agent's card in a frame: what helps, one click for a promise, and no word of worth."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from tests.api.conftest import GOLD, call

from tierwise.server import create_app
from tierwise.workflows.links import Links, signing_key
from tierwise.workflows.live import CardRules, Live

V1 = "/api/v1"


def link(api: TestClient, **fields) -> str:
    contact = api.post(f"{V1}/contacts", json=call(external_id="1", customer_id=GOLD) | fields)
    number = contact.json()["contact_id"]
    found = api.post(f"{V1}/contacts/{number}/card", json={"agent_id": "kim"})
    assert found.status_code == 200, found.text
    return found.json()["path"]


def test_it_shows_what_helps_and_nothing_of_worth(api: TestClient):
    api.post(f"{V1}/contacts", json=call(external_id="0", customer_id=GOLD, reason="returns"))
    page = api.get(link(api, reason="billing"))
    assert page.status_code == 200
    assert "m &#34;Sons&#34;, Ltd" in page.text
    assert "Came by phone, billing" in page.text
    assert "phone, returns" in page.text  # open beside this
    said = re.sub(r"<style.*</style>|<[^>]*>", " ", page.text, flags=re.DOTALL).casefold()
    for word in ("tier", "value", "key account", "weight"):
        assert word not in said


def test_one_click_notes_a_promise_and_another_that_it_was_kept(api: TestClient, live: Live):
    path = link(api)
    page = api.post(f"{path}/promises", data={"quick": "1"})  # follows the way back
    assert page.status_code == 200
    assert "to call back tomorrow" in page.text.split("I promised")[0]
    assert "by kim" in page.text
    page = api.post(f"{path}/promises/1/kept")
    assert "Nothing was noted here" in page.text
    api.post(f"{path}/promises/1/kept")  # told twice
    with live.store.engine.connect() as connection:
        ends = connection.execute(text("SELECT outcome, said_by FROM tierwise.promise_ends")).all()
    assert [tuple(one) for one in ends] == [("kept", "kim")]


def test_a_promise_in_own_words_with_a_day_or_none(api: TestClient, live: Live):
    path = link(api)
    api.post(f"{path}/promises", data={"what": " a new <b>cable</b> ", "days": "7"})
    page = api.post(f"{path}/promises", data={"what": "to look again", "days": ""})
    assert "a new &lt;b&gt;cable&lt;/b&gt;" in page.text
    with live.store.engine.connect() as connection:
        asked = text("SELECT due_at - made_at > interval '6 days' FROM tierwise.promises")
        assert [one[0] for one in connection.execute(asked)] == [True, None]


@pytest.mark.parametrize("what", ["", "x" * 501, "since she is high-value"])
def test_what_is_no_promise_is_refused_in_words(api: TestClient, what: str):
    page = api.post(f"{link(api)}/promises", data={"what": what, "days": "1"})
    assert page.status_code == 422
    assert "A promise" in page.text


def test_text_that_says_what_somebody_is_worth_is_left_out(api: TestClient):
    page = api.get(link(api, reason="low-value returns"))
    assert "low-value" not in page.text
    assert "Came by phone" in page.text


def test_nobody_recognised(api: TestClient):
    path = link(api, customer_id=None)
    assert "Unknown customer" in api.get(path).text
    assert api.post(f"{path}/promises", data={"quick": "0"}).status_code == 422


def test_forged_and_foreign_links_open_nothing(api: TestClient):
    path = link(api)
    assert api.get(path[:-3] + "abc").status_code == 404
    assert api.get(f"/card/{Links('x' * 32).card(1, 'kim')}").status_code == 404
    assert api.post(f"{path[:-3]}abc/promises", data={"quick": "1"}).status_code == 404


def test_only_named_helpdesks_may_frame_it_and_links_end(live: Live, api: TestClient):
    contact = api.post(f"{V1}/contacts", json=call(external_id="1")).json()["contact_id"]
    links = Links("k" * 32)
    desk = ("https://desk.example",)
    rules = CardRules(links, frames=desk, longest_s=-1)
    with TestClient(create_app([], live=Live(live.store, {}, card=rules))) as client:
        assert client.get(f"/card/{links.card(contact, 'kim')}").status_code == 404
    rules = CardRules(links, frames=desk)
    with TestClient(create_app([], live=Live(live.store, {}, card=rules))) as client:
        page = client.get(f"/card/{links.card(contact, 'kim')}")
    policy = page.headers["content-security-policy"]
    assert "frame-ancestors 'self' https://desk.example" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert page.headers["referrer-policy"] == "no-referrer"


def test_promises_by_the_api(api: TestClient):
    link(api)
    told = {"agent_id": "kim", "what": "a refund", "due_at": "2030-01-01T00:00:00Z"}
    assert api.post(f"{V1}/contacts/1/promises", json=told).json() == {"promise_id": 1}
    worth = api.post(f"{V1}/contacts/1/promises", json=told | {"what": "low-value gift"})
    assert worth.status_code == 400


def test_the_key_is_made_once_and_kept_for_its_owner(tmp_path):
    first = signing_key(tmp_path, {})
    assert first == signing_key(tmp_path, {})
    assert len(first) == 64
    assert (tmp_path / ".tierwise" / "signing.key").stat().st_mode & 0o077 == 0
    assert signing_key(tmp_path, {"TIERWISE_SIGNING_KEY": "a" * 40}) == "a" * 40
