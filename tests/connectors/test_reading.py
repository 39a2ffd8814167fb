"""What each helpdesk's webhooks say, read without anything around; and the makers' own examples."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.api.payloads import (
    CHATWOOT,
    CLOUDEVENT,
    DOCUMENTS,
    ENDED,
    ZAMMAD,
    ZENDESK,
    body_of,
)

from tierwise.connectors import chatwoot, cloudevents, signature, zammad, zendesk
from tierwise.connectors.incoming import What
from tierwise.connectors.signature import Refused
from tierwise.errors import UsageError

READ = {
    "zendesk": zendesk.read,
    "chatwoot": chatwoot.read,
    "cloudevents": cloudevents.read,
    "zammad": zammad.read,
}


def test_zendesk_ticket():
    found = zendesk.read({}, body_of(ZENDESK))
    assert (found.what, found.external_id) == (What.CAME, "35436")
    assert (found.channel, found.reason) == ("chat", "question")
    assert [(h.kind, h.text) for h in found.hints] == [("zendesk", "8447388090494")]


def test_chatwoot_conversation():
    found = chatwoot.read({"x-chatwoot-delivery": "d"}, body_of(CHATWOOT))
    assert (found.what, found.external_id, found.delivery) == (What.CAME, "53", "d")
    assert (found.channel, found.reason) == ("chat", "billing")
    assert [(h.kind, h.text) for h in found.hints] == [
        ("chatwoot", "9"),
        ("phone", "+4930123456"),
        ("email", "kim@example.org"),
    ]


def test_zammad_ticket():
    found = zammad.read({"x-zammad-delivery": "d"}, body_of(ZAMMAD))
    assert (found.what, found.external_id, found.delivery) == (What.CAME, "81", "d")
    assert (found.channel, found.reason) == ("chat", "billing")
    assert [(h.kind, h.text) for h in found.hints] == [
        ("zammad", "12"),
        ("phone", "+49 30 123456"),
        ("email", "kim@example.org"),
    ]


def test_cloudevent_structured_and_binary_say_the_same():
    whole = cloudevents.read({}, body_of(CLOUDEVENT))
    names = {f"ce-{k}": v for k, v in CLOUDEVENT.items() if k != "data"}
    binary = cloudevents.read(names, body_of(CLOUDEVENT["data"]))
    assert whole == binary
    assert whole.external_id == "call-1"


@pytest.mark.parametrize("kind", READ)
def test_unknown_fields_are_kept(kind: str):
    document = DOCUMENTS[kind] | {"new_field": {"a": [1]}}
    assert READ[kind]({}, body_of(document)).details == document


@pytest.mark.parametrize("kind", READ)
def test_ends_are_told_from_other_changes(kind: str):
    assert READ[kind]({}, body_of(ENDED[kind])).what is What.ENDED
    if kind == "zammad":
        return  # its triggers do not say what happened
    names = {"type": "org.example.contact.moved", "event": "message_created"}
    assert READ[kind]({}, body_of(DOCUMENTS[kind] | names)).what is What.NOTHING


@pytest.mark.parametrize("kind", READ)
@pytest.mark.parametrize("cut", [0, 1, 40, -1])
def test_a_body_that_was_cut_off_is_refused(kind: str, cut: int):
    with pytest.raises(UsageError, match="no JSON object"):
        READ[kind]({}, body_of(DOCUMENTS[kind])[:cut])


@pytest.mark.parametrize("body", [b"[]", b"null", b'"x"', b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_object_is_refused(body: bytes):
    with pytest.raises(UsageError, match="no JSON object"):
        zendesk.read({}, body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("kind", READ)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(changed=st.dictionaries(st.sampled_from([*ZENDESK, *CHATWOOT, *CLOUDEVENT, *ZAMMAD]), JSON))
def test_parts_of_other_kinds_than_documented_break_nothing(kind: str, changed: dict):
    """Read, or refused in words: never an error of the program."""
    try:
        found = READ[kind]({}, body_of(DOCUMENTS[kind] | changed))
    except UsageError:
        return
    assert found.what is What.NOTHING or found.external_id


def test_the_example_of_standard_webhooks_is_believed():
    """The test vector of the reference libraries."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    at = datetime.fromtimestamp(1614265330, UTC)
    assert signature.standard(secret, headers, body, at) == headers["webhook-signature"][3:]
    assert isinstance(signature.standard(secret, headers, body + b" ", at), Refused)
