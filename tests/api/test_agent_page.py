"""The Agent page: from an offer to the end of the work, with the card and a promise."""

from __future__ import annotations

import pytest
from dash.development.base_component import Component
from tests.api.conftest import GOLD, POOL
from tests.api.test_board import text_of

from tierwise.console.pages import agent as page
from tierwise.console.parts.agent_work import card
from tierwise.console.view import read_view
from tierwise.errors import UsageError
from tierwise.routing.pool import Pool
from tierwise.workflows.card import card_for
from tierwise.workflows.live import Live
from tierwise.workflows.route import NewContact


@pytest.fixture
def waiting(live: Live) -> Live:
    """Kim is known and off shift; somebody waits."""
    live.router.define("calls", Pool.model_validate(POOL))
    live.router.sign_on("calls", "kim", "Kim", "experts")
    live.router.receive("calls", NewContact("t", "1", "phone", "billing", GOLD))
    return live


def buttons(part: object) -> dict[str, int]:
    """What can be pressed: verb, and what it is done to."""
    if isinstance(part, list | tuple):
        return {k: v for one in part for k, v in buttons(one).items()}
    if not isinstance(part, Component):
        return {}
    own = getattr(part, "id", None)
    mine = {own["verb"]: own["of"]} if isinstance(own, dict) and "verb" in own else {}
    return mine | buttons(getattr(part, "children", None))


def test_a_day_of_work_without_a_helpdesk(waiting: Live):
    desk, contact = page._desk(waiting, "kim", None)
    assert "Nothing is offered" in text_of(desk)
    page._turn(waiting, "kim", "ready")
    desk, contact = page._desk(waiting, "kim", None)
    assert 'm "Sons", Ltd' in text_of(desk)
    assert set(buttons(desk)) == {"accept", "reject"}
    page._done(waiting, "kim", "accept", buttons(desk)["accept"], "", contact)
    desk, _ = page._desk(waiting, "kim", contact)
    assert set(buttons(desk)) == {"wrap", "complete"}
    page._done(waiting, "kim", "wrap", buttons(desk)["wrap"], "", contact)
    desk, _ = page._desk(waiting, "kim", contact)
    page._done(waiting, "kim", "complete", buttons(desk)["complete"], "", contact)
    assert waiting.router.contact(1)["state"] == "done"
    desk, contact = page._desk(waiting, "kim", contact)
    assert contact is None
    page._turn(waiting, "kim", "offline")
    assert waiting.agent("kim")["presence"] == "offline"


def test_a_promise_is_noted_shown_and_kept(waiting: Live, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(page, "notify", lambda *_: None)  # there is no callback to answer
    contact = {"id": 1, "seen": 0}
    again = page._done(waiting, "kim", "quick-1", 1, "", contact)
    assert again == {"id": 1, "seen": 1}
    page._turn(waiting, "kim", "ready")
    assert page._desk(waiting, "kim", again)[1] == again  # so the card is drawn anew
    page._done(waiting, "kim", "promise", 1, "a new cable", contact)
    drawn = card(card_for(waiting.store, 1, waiting.card.words), "UTC")
    assert "to call back tomorrow" in text_of(drawn).split("I promised")[0]
    assert "a new cable" in text_of(drawn)
    for word in ("tier", "value", "key accounts"):
        assert word not in text_of(drawn).casefold()
    page._done(waiting, "kim", "kept", 1, "", contact)
    assert len(card_for(waiting.store, 1, ()).promises) == 1


def test_an_offer_turned_down_goes_back(waiting: Live):
    page._turn(waiting, "kim", "ready")
    desk, contact = page._desk(waiting, "kim", None)
    page._done(waiting, "kim", "reject", buttons(desk)["reject"], "", contact)
    assert waiting.router.contact(1)["state"] == "queued"


def test_whoever_is_new_makes_themselves_known(waiting: Live):
    assert "Kim" in text_of(page._who(waiting, read_view("/agent", "")))
    page._sign_on(waiting, " Lee ", "calls\nall-round")
    assert waiting.agent("Lee")["group_name"] == "all-round"
    with pytest.raises(UsageError):
        page._sign_on(waiting, "", "calls\nall-round")


def test_an_unknown_agent_is_said_in_words(waiting: Live):
    page._heard(waiting, "nobody")
    desk, _ = page._desk(waiting, "nobody", None)
    assert "nobody" in text_of(desk)
