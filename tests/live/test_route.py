"""The live router on a real database: what each verb does, told once and told twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from tests.live.conftest import MORNING
from tests.store.marked import customer, put

from tierwise.errors import ConflictError, NotFoundError, UsageError
from tierwise.routing.pool import read_pool
from tierwise.workflows import route_turn
from tierwise.workflows.route import NewContact, Presence, Router

CHAT, PHONE = "chat", "phone"
POOL = {
    "pool": {
        "offer_s": 20,
        "silence_s": 60,
        "classes": [
            {"name": "gold", "tiers": ["A"], "weight": 3},
            {"name": "chats", "channels": [CHAT]},
            {"name": "calls", "weight": 3},
        ],
        "groups": {"all-round": ["gold", "chats", "calls"]},
    },
    "policy": {"rule": "head_start", "classes": {"gold": {"head_start_s": 60, "floor_s": 600}}},
}
EVERY_CLASS = POOL["pool"]["classes"]


@pytest.fixture
def desk(router: Router, at) -> Router:
    """A router with one pool and nobody in it, at moment zero."""
    at(0)
    router.define("desk", read_pool(POOL))
    return router


def changed(**pool) -> object:
    return read_pool({"pool": POOL["pool"] | pool, "policy": POOL["policy"]})


def join(desk: Router, external_id: str = "1", channel: str = PHONE, who: str | None = None):
    return desk.receive("desk", NewContact("test", external_id, channel, customer_id=who))


def ready(desk: Router, *agents: str, capacity: int = 3):
    """Agents sign on and are ready; the offers of the last."""
    offers = ()
    for agent in agents:
        desk.sign_on("desk", agent, agent, "all-round", capacity)
        offers = desk.present(agent, Presence.READY)
    return offers


def states(desk: Router, contact_id: int) -> list[str]:
    return [entry["to_state"] for entry in desk.contact(contact_id)["history"]]


def agent(desk: Router, agent_id: str) -> dict:
    return next(a for a in desk.agents("desk") if a["agent_id"] == agent_id)


def test_a_contact_goes_from_the_queue_to_its_end(desk: Router):
    ready(desk, "ann")
    got = join(desk)
    (offer,) = got.offers
    assert (offer.contact_id, offer.agent_id) == (got.contact_id, "ann")
    desk.accept(offer.reservation_id, "ann")
    desk.wrap_up(got.contact_id)
    assert agent(desk, "ann")["used"] == 3
    desk.complete(got.contact_id)
    assert agent(desk, "ann")["used"] == 0
    passed = ["queued", "reserved", "accepted", "wrapping", "done"]
    assert states(desk, got.contact_id) == passed


def test_told_twice_it_is_one_contact(desk: Router):
    first, again = join(desk), join(desk)
    assert (again.contact_id, again.is_new, again.offers) == (first.contact_id, False, ())
    assert len(desk.queue("desk")) == 1


def test_every_verb_told_twice_does_what_it_did_once(desk: Router):
    ready(desk, "ann")
    got = join(desk)
    for verb, argument in (
        (desk.accept, (got.offers[0].reservation_id, "ann")),
        (desk.wrap_up, (got.contact_id,)),
        (desk.complete, (got.contact_id,)),
    ):
        verb(*argument)
        before = desk.contact(got.contact_id), agent(desk, "ann")
        verb(*argument)
        assert (desk.contact(got.contact_id), agent(desk, "ann")) == before
    with pytest.raises(ConflictError, match="over"):
        desk.accept(got.offers[0].reservation_id, "ann")


def test_an_offer_that_expires_goes_back_to_its_place_and_the_agent_is_away(desk: Router, at):
    ready(desk, "ann")
    got = join(desk)
    at(20)
    assert desk.settle("desk") == ()
    contact = desk.contact(got.contact_id)
    assert (contact["state"], contact["queued_at"]) == ("queued", MORNING)
    assert (agent(desk, "ann")["presence"], agent(desk, "ann")["used"]) == ("away", 0)


def test_an_offer_accepted_just_when_it_expires_is_too_late(desk: Router, at):
    ready(desk, "ann")
    (offer,) = join(desk).offers
    at(20)
    with pytest.raises(ConflictError, match="expired"):
        desk.accept(offer.reservation_id, "ann")
    assert len(desk.offers("ann")) == 1  # until the pool is settled


def test_a_missed_offer_does_not_come_straight_back(desk: Router, at):
    """Where who misses stays ready: others get it in this turn, the same agent only later."""
    desk.define("desk", changed(away_when_missed=False))
    ready(desk, "ann")
    join(desk)
    at(20)
    assert desk.settle("desk") == ()
    assert [offer.agent_id for offer in desk.settle("desk")] == ["ann"]


def test_a_rejected_offer_goes_to_somebody_else_in_the_same_turn(desk: Router):
    ready(desk, "ann", "bob")
    (offer,) = join(desk).offers
    assert offer.agent_id == "ann"
    (second,) = desk.reject(offer.reservation_id, "ann")
    assert (second.contact_id, second.agent_id) == (offer.contact_id, "bob")
    assert desk.reject(offer.reservation_id, "ann") == ()  # told twice
    with pytest.raises(ConflictError, match="rejected"):
        desk.accept(offer.reservation_id, "ann")


def test_another_agents_offer_is_not_found(desk: Router):
    ready(desk, "ann", "bob")
    (offer,) = join(desk).offers
    with pytest.raises(NotFoundError, match="bob has no offer"):
        desk.accept(offer.reservation_id, "bob")


def test_a_dead_agents_contacts_go_to_others_and_what_was_only_written_up_is_done(desk: Router, at):
    ready(desk, "ann")
    talk, chat = join(desk, "talk"), None
    desk.accept(talk.offers[0].reservation_id, "ann")
    desk.wrap_up(talk.contact_id)
    ready(desk, "eve", capacity=1)
    chat = join(desk, "chat", CHAT)
    desk.accept(chat.offers[0].reservation_id, "eve")
    at(50)
    ready(desk, "bob")
    at(70)
    (offer,) = desk.settle("desk")
    assert (offer.contact_id, offer.agent_id) == (chat.contact_id, "bob")
    assert desk.contact(talk.contact_id)["state"] == "done"
    assert [agent(desk, name)["presence"] for name in ("ann", "eve")] == ["offline", "offline"]
    assert [agent(desk, name)["used"] for name in ("ann", "eve")] == [0, 0]


def test_who_is_heard_of_keeps_what_they_have_and_so_does_who_accepts(desk: Router, at):
    ready(desk, "ann")
    at(50)
    got = join(desk)
    at(65)
    desk.accept(got.offers[0].reservation_id, "ann")
    at(120)
    desk.heard("ann")
    at(170)
    desk.settle("desk")
    assert desk.contact(got.contact_id)["state"] == "accepted"


def test_who_went_offline_in_mid_talk_and_is_silent_then_gives_back_too(desk: Router, at):
    ready(desk, "ann")
    got = join(desk)
    desk.accept(got.offers[0].reservation_id, "ann")
    desk.present("ann", Presence.OFFLINE)
    assert desk.contact(got.contact_id)["state"] == "accepted"
    at(61)
    desk.settle("desk")
    assert desk.contact(got.contact_id)["state"] == "queued"


def test_an_agent_who_signed_off_stays_off_when_an_offer_expires(desk: Router, at):
    ready(desk, "ann")
    join(desk)
    desk.present("ann", Presence.OFFLINE)
    at(20)
    desk.settle("desk")
    assert agent(desk, "ann")["presence"] == "offline"


def test_a_callback_keeps_its_place(desk: Router, at):
    first = join(desk, "first")
    at(5)
    second = join(desk, "second")
    for due in (300, 600, 600):  # promised, put off, told twice
        desk.call_back(first.contact_id, MORNING + timedelta(seconds=due))
    at(599)
    (offer,) = ready(desk, "ann")
    assert offer.contact_id == second.contact_id
    at(600)
    assert desk.settle("desk") == ()
    (offer,) = ready(desk, "bob")
    assert offer.contact_id == first.contact_id
    assert desk.contact(first.contact_id)["queued_at"] == MORNING


def test_a_transfer_joins_the_new_queue_now_with_its_weight(desk: Router, at):
    ready(desk, "ann")
    got = join(desk)
    desk.accept(got.offers[0].reservation_id, "ann")
    at(40)
    assert desk.transfer(got.contact_id, "chats") == ()  # ann has just let it go
    assert desk.transfer(got.contact_id, "chats") == ()  # told twice
    contact = desk.contact(got.contact_id)
    assert (contact["class_name"], contact["weight"]) == ("chats", 1)
    assert contact["queued_at"] == MORNING + timedelta(seconds=40)
    with pytest.raises(NotFoundError, match="Classes: gold, chats, calls"):
        desk.transfer(got.contact_id, "nowhere")
    assert len(desk.settle("desk")) == 1
    assert agent(desk, "ann")["used"] == 1


def test_who_gives_up_while_reserved_frees_the_agent(desk: Router):
    ready(desk, "ann")
    first, second = join(desk, "first"), join(desk, "second")
    (offer,) = desk.abandon(first.contact_id)
    assert offer.contact_id == second.contact_id
    assert desk.abandon(first.contact_id) == ()  # told twice
    with pytest.raises(ConflictError, match="rescinded"):
        desk.accept(first.offers[0].reservation_id, "ann")
    with pytest.raises(ConflictError, match="is abandoned and cannot become done"):
        desk.complete(first.contact_id)


def test_an_agent_has_three_chats_or_one_call(desk: Router):
    ready(desk, "ann")
    chats = [join(desk, f"chat {n}", CHAT) for n in range(4)]
    assert [len(chat.offers) for chat in chats] == [1, 1, 1, 0]
    call = join(desk, "call")
    for n in range(4):
        desk.abandon(chats[n].contact_id)
    (offer,) = desk.offers("ann")
    assert offer["contact_id"] == call.contact_id


def test_who_is_away_gets_nothing_new(desk: Router):
    ready(desk, "ann")
    desk.present("ann", Presence.AWAY, "lunch")
    got = join(desk)
    assert got.offers == ()
    (offer,) = desk.present("ann", Presence.READY)
    assert offer.contact_id == got.contact_id
    with pytest.raises(NotFoundError):
        desk.present("nobody", Presence.READY)
    with pytest.raises(NotFoundError):
        desk.heard("nobody")


def test_more_capacity_is_used_at_once_and_less_than_in_hand_is_refused(desk: Router):
    ready(desk, "ann", capacity=1)
    for n in range(2):
        join(desk, f"chat {n}", CHAT)
    assert len(desk.sign_on("desk", "ann", "Ann", "all-round", 3)) == 1
    with pytest.raises(ConflictError, match="in hand"):
        desk.sign_on("desk", "ann", "Ann", "all-round", 1)


def test_an_agent_changes_pools_only_when_offline(desk: Router):
    desk.define("other", read_pool(POOL))
    ready(desk, "ann")
    with pytest.raises(ConflictError, match="another pool"):
        desk.sign_on("other", "ann", "Ann", "all-round")
    desk.present("ann", Presence.OFFLINE)
    desk.sign_on("other", "ann", "Ann", "all-round")
    assert [a["agent_id"] for a in desk.agents("other")] == ["ann"]


def test_a_pool_may_change_while_contacts_wait(desk: Router):
    """They keep their class by name, those in hand too; a class with contacts must stay."""
    ready(desk, "ann")
    held, waiting = join(desk, "held"), join(desk, "waiting", CHAT)
    desk.accept(held.offers[0].reservation_id, "ann")
    with pytest.raises(ConflictError, match="chats"):
        desk.define("desk", changed(classes=EVERY_CLASS[::2], groups={"a": ["gold", "calls"]}))
    with pytest.raises(ConflictError, match="calls"):
        desk.define("desk", changed(classes=EVERY_CLASS[:2], groups={"a": ["gold", "chats"]}))
    turned = changed(classes=EVERY_CLASS[::-1])
    assert desk.define("desk", turned) == turned.version
    numbers = [desk.contact(c.contact_id)["class_no"] for c in (held, waiting)]
    assert numbers == [0, 1]
    (offer,) = desk.complete(held.contact_id)
    assert offer.contact_id == waiting.contact_id


def test_a_new_policy_is_carried_out_at_once(desk: Router):
    desk.define("desk", changed(groups={"a": ["gold", "chats", "calls"], "b": ["gold"]}))
    desk.sign_on("desk", "ann", "Ann", "b", 3)
    desk.present("ann", Presence.READY)
    assert join(desk).offers == ()
    desk.define("desk", changed(groups={"a": ["gold", "chats"], "b": ["gold", "calls"]}))
    assert len(desk.offers("ann")) == 1


def test_the_published_tier_decides_the_class(desk: Router, store):
    assert desk.contact(join(desk, "1", who=customer(0)).contact_id)["class_name"] == "calls"
    put(store, "tiers")
    for number, external_id, tier, name in ((0, "2", "A", "gold"), (1, "3", "B", "calls")):
        got = desk.contact(join(desk, external_id, who=customer(number)).contact_id)
        assert (got["tier"], got["class_name"]) == (tier, name)


def test_a_contact_that_no_class_takes_is_refused(desk: Router):
    desk.define("desk", changed(classes=EVERY_CLASS[:2], groups={"a": ["gold", "chats"]}))
    with pytest.raises(UsageError, match='channel "phone"'):
        join(desk)


def test_a_decision_says_by_what_it_was_made(desk: Router, store, at):
    put(store, "tiers")
    join(desk, "plain")
    at(30)
    gold = join(desk, "gold", who=customer(0))
    at(40)
    (offer,) = ready(desk, "ann")
    assert offer.contact_id == gold.contact_id
    (decision,) = desk.decisions("desk")
    assert decision["policy_version"] == read_pool(POOL).version
    assert (decision["reason"], decision["first_come_rank"]) == ("policy", 2)
    assert (decision["waited_s"], decision["index_s"]) == (10.0, 70.0)
    assert decision["inputs"] == {"longest_wait_s": [10.0, None, 40.0], "idle": [1]}
    assert (decision["class_name"], decision["group_name"]) == ("gold", "all-round")


def test_a_clock_that_goes_back_makes_no_negative_wait_and_gives_nothing_twice(desk: Router, at):
    at(1000)
    first, second = join(desk, "first"), join(desk, "second")
    at(0)
    (offer,) = ready(desk, "ann")
    assert offer.contact_id == first.contact_id
    assert desk.settle("desk") == ()
    desk.accept(offer.reservation_id, "ann")
    (offer,) = desk.complete(first.contact_id)
    assert offer.contact_id == second.contact_id
    assert all(d["waited_s"] == 0 for d in desk.decisions("desk"))
    assert all(c["waited_s"] == 0 for c in desk.queue("desk"))


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE tierwise.contacts SET state = 'done', due_at = NULL",
        "UPDATE tierwise.contacts SET state = 'accepted', agent_id = 'ann'",
        "UPDATE tierwise.contacts SET state = 'reserved'",
        "UPDATE tierwise.agents SET used = 4",
        "UPDATE tierwise.contact_history SET to_state = 'done'",
        "DELETE FROM tierwise.contact_history",
        "DELETE FROM tierwise.decisions",
        "INSERT INTO tierwise.reservations (contact_id, agent_id, offered_at, expires_at)"
        " SELECT contact_id, agent_id, now(), now() FROM tierwise.reservations",
    ],
)
def test_the_database_itself_refuses_what_may_not_be(desk: Router, store, wrong: str):
    ready(desk, "ann")
    join(desk, "reserved")
    join(desk, "waiting")
    with pytest.raises(IntegrityError), store.engine.begin() as connection:
        connection.execute(text(wrong))


def test_a_router_that_falls_silent_in_a_turn_does_not_hold_up_the_pool(
    desk: Router, store, monkeypatch
):
    """The server ends its session; what it had begun is as if it had never been."""
    got = join(desk)
    monkeypatch.setattr(route_turn, "LONGEST_PAUSE", "200ms")

    def silent() -> None:
        with desk._turn("desk") as turn:
            turn.all(text("UPDATE tierwise.contacts SET state = 'cancelled' RETURNING 1"))
            (offer,) = ready(Router(store), "ann")  # waits, and gets its turn
            assert offer.contact_id == got.contact_id
            turn.all(text("SELECT 1"))

    with pytest.raises(DBAPIError, match="idle-in-transaction"):
        silent()
    assert desk.contact(got.contact_id)["state"] == "reserved"


def test_a_turn_says_how_long_it_may_pause(desk: Router, store):
    shown = text("SHOW idle_in_transaction_session_timeout")
    with desk._turn("desk") as turn:
        assert turn.hot.connection.execute(shown).scalar_one() == "5s"
    with store.engine.connect() as connection:
        assert connection.execute(shown).scalar_one() == "0"
