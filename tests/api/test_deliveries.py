"""Other systems are told over HTTP: signed, once where all goes well, again where it does not."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text
from tests.api.conftest import SECRET, call
from tests.api.receiver import Receiver, receiving

from tierwise.connectors import signature
from tierwise.settings.destinations import DestinationKind, DestinationSettings, MarkSettings
from tierwise.workflows import deliver, send
from tierwise.workflows.deliver import Courier
from tierwise.workflows.live import Live

V1 = "/api/v1"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def settings(receiver: Receiver, kind: str, **more) -> DestinationSettings:
    helpdesk = {
        "source": "pbx",
        "agents": {"kim": "77"},
        "queues": {"others": MarkSettings(tag="callback-team", priority="high")},
    }
    given = {} if kind == "cloudevents" else helpdesk | ({"user": "a@b.example"} if kind else {})
    known = {"kind": DestinationKind(kind), "url": receiver.url, "secret": SECRET}
    return DestinationSettings(**known | given | more)


@contextmanager
def telling(live: Live, wanted: DestinationSettings, name: str = "there") -> Iterator[Courier]:
    courier = Courier(live.store, name, wanted, every_s=0.02)
    deliver.know(live.store, name)
    courier.start()
    try:
        yield courier
    finally:
        courier.close()


def until(what: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def taken(api: TestClient, number: str = "4711") -> int:
    """A contact that kim accepts."""
    contact = api.post(f"{V1}/contacts", json=call(external_id=number)).json()["contact_id"]
    api.post(f"{V1}/agents/kim/presence", json={"presence": "ready"})
    (offer,) = api.get(f"{V1}/agents/kim/offers").json()
    path = f"{V1}/reservations/{offer['reservation_id']}/accept"
    assert api.post(path, json={"agent_id": "kim"}).status_code == 204
    return contact


def at_once(live: Live) -> None:
    """Nobody waits before the next try."""
    with live.store.engine.begin() as connection:
        connection.execute(text("UPDATE tierwise.deliveries SET due_at = now()"))


def test_events_come_signed_and_in_order(api: TestClient, live: Live, receiver: Receiver):
    with telling(live, settings(receiver, "cloudevents")):
        contact = taken(api)
        api.post(f"{V1}/contacts/{contact}/complete")
        until(lambda: len(receiver.came) == 3)
    kinds = [one.body["type"] for one in receiver.came]
    assert kinds == [
        "tierwise.reservation.offered",
        "tierwise.reservation.accepted",
        "tierwise.contact.done",
    ]
    for one in receiver.came:
        assert one.headers["content-type"] == "application/cloudevents+json"
        checked = signature.standard(SECRET, one.headers, one.raw, datetime.now(UTC))
        assert isinstance(checked, str)
        assert one.body["subject"] == f"contacts/{contact}"


def test_what_fails_is_sent_again_under_the_same_number(
    api: TestClient, live: Live, receiver: Receiver
):
    """A later message about the same contact waits for the earlier one."""
    receiver.statuses = [500, 503]
    with telling(live, settings(receiver, "cloudevents")):
        taken(api)
        until(lambda: len(receiver.came) == 1 and waiting(live))
        at_once(live)
        until(lambda: len(receiver.came) == 2 and waiting(live))
        at_once(live)
        until(lambda: len(receiver.came) == 4)
    numbers = [one.headers["webhook-id"] for one in receiver.came]
    assert numbers[0] == numbers[1] == numbers[2] != numbers[3]


def waiting(live: Live) -> bool:
    return any(one["last_error"] for one in deliver.listed(live.store, "due"))


def test_how_long_the_other_side_asks_to_wait_is_kept(
    api: TestClient, live: Live, receiver: Receiver
):
    receiver.statuses, receiver.headers = [429], {"Retry-After": "1800"}
    with telling(live, settings(receiver, "cloudevents")):
        taken(api)
        until(lambda: waiting(live))
    first = deliver.listed(live.store, "due")[0]
    assert 1700 < (first["due_at"] - datetime.now(UTC)).total_seconds() < 1900
    assert (first["tries"], len(receiver.came)) == (1, 1)


def test_nobody_there_is_tried_again_and_others_are_not_counted(api: TestClient, live: Live):
    gone = DestinationSettings(url="http://127.0.0.1:9", secret=SECRET)
    with telling(live, gone):
        taken(api)
        until(lambda: waiting(live))
    assert deliver.listed(live.store, "given_up") == []


def test_what_is_refused_waits_for_somebody_who_sends_it_again(
    api: TestClient, live: Live, receiver: Receiver
):
    receiver.statuses = [401, 401]
    with telling(live, settings(receiver, "cloudevents")):
        taken(api)
        until(lambda: len(api.get(f"{V1}/deliveries").json()) == 2)
        listed = api.get(f"{V1}/deliveries", params={"destination": "there"}).json()
        assert all(one["last_error"].startswith("401") for one in listed)
        metric = 'tierwise_deliveries{destination="there",state="given_up"} 2'
        assert metric in api.get("/metrics").text
        again = api.post(f"{V1}/deliveries/{listed[0]['delivery_id']}/send-again")
        assert again.json() == {"deliveries": 1}
        until(lambda: len(receiver.came) == 3)
        assert deliver.send_again(live.store, destination="there") == 1
        until(lambda: len(receiver.came) == 4)
        until(lambda: not deliver.listed(live.store, "due"))
    assert api.get(f"{V1}/deliveries").json() == []
    assert len(api.get(f"{V1}/deliveries", params={"state": "sent"}).json()) == 2
    assert api.post(f"{V1}/deliveries/1/send-again").status_code == 404


def test_after_many_tries_it_is_given_up(api: TestClient, live: Live, receiver: Receiver):
    receiver.statuses = [500] * 50
    with telling(live, settings(receiver, "cloudevents")):
        taken(api)
        until(lambda: waiting(live))
        with live.store.engine.begin() as connection:
            last = text("UPDATE tierwise.deliveries SET tries = :n, due_at = now()")
            connection.execute(last, {"n": send.MOST_TRIES - 1})
        until(lambda: len(deliver.listed(live.store)) == 1)


def test_waits_grow_to_an_hour():
    chance = random.Random(1)
    waits = [send.wait_before(n, chance) for n in range(1, 16)]
    assert 5 <= waits[0] <= 10
    assert 1800 <= waits[-1] <= 3600
    assert max(waits) <= 3600


def test_zendesk_is_told_tag_priority_and_assignee(api: TestClient, live: Live, receiver: Receiver):
    with telling(live, settings(receiver, "zendesk")):
        taken(api)
        until(lambda: len(receiver.came) == 3)
    assert receiver.said() == [
        ("PUT", "/api/v2/tickets/4711.json", {"ticket": {"priority": "high"}}),
        ("PUT", "/api/v2/tickets/4711/tags.json", {"tags": ["callback-team"]}),
        ("PUT", "/api/v2/tickets/4711.json", {"ticket": {"assignee_id": 77}}),
    ]
    assert receiver.came[0].headers["authorization"].startswith("Basic ")


def test_chatwoot_keeps_the_labels_it_has(api: TestClient, live: Live, receiver: Receiver):
    receiver.labels = ["seen"]
    url = f"{receiver.url}/api/v1/accounts/3"
    with telling(live, settings(receiver, "chatwoot", url=url)):
        taken(api)
        until(lambda: len(receiver.came) == 4)
    below = "/api/v1/accounts/3/conversations/4711"
    assert receiver.said() == [
        ("POST", f"{below}/toggle_priority", {"priority": "high"}),
        ("GET", f"{below}/labels", None),
        ("POST", f"{below}/labels", {"labels": ["seen", "callback-team"]}),
        ("POST", f"{below}/assignments", {"assignee_id": 77}),
    ]
    assert receiver.came[0].headers["api_access_token"] == SECRET


def test_zammad_is_told_owner_tag_and_priority(api: TestClient, live: Live, receiver: Receiver):
    with telling(live, settings(receiver, "zammad")):
        taken(api)
        until(lambda: len(receiver.came) == 3)
    assert receiver.said() == [
        ("PUT", "/api/v1/tickets/4711", {"priority": "high"}),
        ("POST", "/api/v1/tags/add", {"item": "callback-team", "object": "Ticket", "o_id": 4711}),
        ("PUT", "/api/v1/tickets/4711", {"owner_id": 77}),
    ]
    assert receiver.came[0].headers["authorization"] == f"Token token={SECRET}"


def test_a_helpdesk_hears_nothing_of_tickets_that_are_not_its_own(
    api: TestClient, live: Live, receiver: Receiver
):
    with telling(live, settings(receiver, "zendesk", source="other")):
        taken(api)
        until(lambda: not new(live))
    assert receiver.came == []


def new(live: Live) -> int:
    with live.store.engine.connect() as connection:
        left = text(
            "SELECT count(*) FROM tierwise.outbox o WHERE NOT EXISTS (SELECT FROM"
            " tierwise.destination_cursors k WHERE k.message_id >= o.message_id)"
        )
        return int(connection.execute(left).scalar_one())


def test_two_who_share_the_work_send_once(api: TestClient, live: Live, receiver: Receiver):
    wanted = settings(receiver, "cloudevents")
    with telling(live, wanted), telling(live, wanted):
        for number in range(5):
            contact = taken(api, str(number))
            api.post(f"{V1}/contacts/{contact}/complete")
        until(lambda: len(receiver.came) >= 15)
        until(lambda: not deliver.listed(live.store, "due"))
    numbers = [one.headers["webhook-id"] for one in receiver.came]
    assert len(numbers) == len(set(numbers)) == 15


def test_old_messages_go_but_not_what_nobody_read(api: TestClient, live: Live, receiver: Receiver):
    wanted = settings(receiver, "cloudevents")
    with telling(live, wanted):
        taken(api)
        until(lambda: len(receiver.came) == 2)
        until(lambda: not deliver.listed(live.store, "due"))
    api.post(f"{V1}/contacts/1/complete")
    with live.store.engine.begin() as connection:
        connection.execute(text("UPDATE tierwise.outbox SET made_at = now() - interval '8 days'"))
        connection.execute(
            text("UPDATE tierwise.deliveries SET ended_at = now() - interval '8 days'")
        )
    deliver.forget(live.store, ["there"])
    assert deliver.listed(live.store, "sent") == []
    assert new(live) == 1
    deliver.forget(live.store, [])
    assert new(live) == 0


@pytest.mark.parametrize("lacking", ["source", "user"])
def test_a_helpdesk_that_lacks_something_is_refused_in_words(lacking: str):
    given = {"kind": "zendesk", "url": "https://a.example", "secret": "s", "source": "x"}
    given |= {"user": "y"}
    del given[lacking]
    with pytest.raises(ValueError, match=f"needs {lacking}"):
        DestinationSettings.model_validate(given)
