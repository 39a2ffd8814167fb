"""The Live page: what a supervisor sees, from a real queue to the words on the page."""

from __future__ import annotations

import pytest
from dash.development.base_component import Component
from tests.api.conftest import BRONZE, GOLD, POOL

from tierwise.console.page import House
from tierwise.console.pages.live import clock, shown
from tierwise.console.view import read_view
from tierwise.errors import NotFoundError
from tierwise.routing.pool import Pool
from tierwise.workflows.board import board
from tierwise.workflows.live import Live
from tierwise.workflows.route import NewContact, Presence


@pytest.fixture
def busy(live: Live) -> Live:
    """Kim has who waited longer than anybody should; a key account and somebody else wait."""
    live.router.define("calls", Pool.model_validate(POOL))
    live.router.sign_on("calls", "kim", "Kim", "experts")
    for n, customer in enumerate((BRONZE, None, GOLD)):
        live.router.receive("calls", NewContact("t", str(n), "phone", "billing", customer))
    with live.store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE tierwise.contacts SET queued_at = queued_at - interval '11 min'"
            " WHERE external_id = '1'"
        )
        connection.exec_driver_sql(
            "UPDATE tierwise.contacts SET queued_at = queued_at - interval '12 min'"
            " WHERE external_id = '2'"
        )
    (offer,) = live.router.present("kim", Presence.READY)
    live.router.accept(offer.reservation_id, "kim")
    return live


def text_of(part: object) -> str:
    if isinstance(part, Component):
        return text_of(getattr(part, "children", None))
    if isinstance(part, list | tuple):
        return " | ".join(text_of(one) for one in part)
    return "" if part is None else str(part)


def page(live: Live | None, search: str = "") -> str:
    house = House({"shop": None}, None, {"shop": live} if live else {})  # type: ignore[arg-type]
    return text_of(shown(house, read_view("/live", search)))


def test_waits_and_floors_are_told(busy: Live):
    found = board(busy)
    assert found is not None
    assert (found.queued, found.past_floor, found.ready) == (2, 0, 0)
    served = next(one for one in found.contacts if one.state == "accepted")
    assert (served.agent, served.why, served.first_come_rank) == ("kim", "floor", None)
    waiting = [one for one in found.contacts if one.state == "queued"]
    assert [one.first_come_rank for one in waiting] == [1, 2]
    assert {one.queue: one.floor_in_s is None for one in waiting} == {
        "key accounts": True,
        "others": False,
    }


def test_the_page_says_what_the_board_does(busy: Live):
    said = page(busy)
    assert "past its floor" in said
    assert "12:0" in said
    assert "being served" in said
    assert "Kim | experts | ready | 1 of 1" in said


def test_only_a_pool_that_is_there_is_shown(busy: Live):
    assert "no pool" in page(busy, "?pool=none")
    with pytest.raises(NotFoundError):
        board(busy, "none")


def test_without_router_or_pool_the_page_says_how_to_start(live: Live):
    assert "tierwise serve --live" in page(None)
    assert "No pool yet" in page(live)


@pytest.mark.parametrize(("seconds", "shown"), [(7.9, "0:07"), (750, "12:30"), (3750, "1:02:30")])
def test_a_wait_reads_like_a_clock(seconds: float, shown: str):
    assert clock(seconds) == shown


def test_contacts_too_heavy_for_everybody_are_told(live: Live):
    """They would wait for ever, and nobody would know why."""
    heavy = {"classes": [{"name": "all", "weight": 3}], "groups": {"experts": ["all"]}}
    live.router.define("calls", Pool.model_validate(heavy))
    live.router.receive("calls", NewContact("t", "1", "phone"))
    assert "no agent is known there" in page(live)
    live.router.sign_on("calls", "kim", "Kim", "experts", capacity=2)
    live.router.present("kim", Presence.READY)
    assert "1 in all: each takes 3, the largest capacity there is 2" in page(live)
    live.router.sign_on("calls", "kim", "Kim", "experts", capacity=3)
    assert "Nobody can take these" not in page(live)
