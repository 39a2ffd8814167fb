"""Cards of agents: facts of a small firm by hand, absent columns, and no word of worth."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any

import ibis
import pyarrow as pa
import pytest

from tierwise.engine.connect import open_session
from tierwise.settings.tiers import WORDS
from tierwise.tables import TABLES
from tierwise.tiers import card, wording

AS_OF = date(2025, 12, 31)
MEMBERS = pa.table(
    {
        "customer_id": ["c1", "c2", "c3"],
        "first_on": pa.array([date(2016, 4, 1), date(2025, 1, 1), None], pa.date32()),
        "tier": [1, 2, 3],
        "value": [700.0, 20.0, None],
    }
)
WHOLE = {
    "customers": pa.table(
        {
            "customer_id": ["c1", "c2"],
            "name": ["Anna", 'Bob "B"'],
            "created_on": pa.array([date(2014, 12, 31), date(2025, 6, 1)], pa.date32()),
            "segment": ["gold", "silver"],
        }
    ),
    "people": pa.table(
        {
            "customer_id": ["c1", "c1", "c2", "c2"],
            "locale": ["de-DE", "de-DE", "fr-FR", "en-GB"],
        }
    ),
    "contacts": pa.table(
        {
            "customer_id": ["c1"] * 3 + ["c2"] * 2,
            "created_at": [datetime(2025, month, 1, 9) for month in (1, 5, 3, 7, 8)],
            "channel": ["phone", "mail", "phone", "web", "chat"],
        }
    ),
    "promises": pa.table(
        {
            "promise_id": ["p1", "p2", "p3", "p4", "p5"],
            "customer_id": ["c1"] * 4 + ["c2"],
            "due_at": [datetime(2026, 2, d, 12) for d in (9, 3, 1, 2, 5)],
            "text": ["call", "send the part", "kept", "broken", "visit"],
            "state": ["open", None, "kept", "broken", "renegotiated"],
            "kept_at": [None, None, datetime(2025, 12, 1), None, None],
        }
    ),
}


def cards(withheld: str = "", **tables: pa.Table) -> dict[str, dict[str, Any]]:
    with open_session() as session:
        held = {name: session.hold_arrow(name, table) for name, table in tables.items()}
        members = session.hold_arrow("members", MEMBERS)
        rows = session.rows(card.cards(members, held, AS_OF, withheld=withheld))
    known = {row["customer_id"]: json.loads(row["card"]) for row in rows}
    return {one: {k: v for k, v in c.items() if v is not None} for one, c in known.items()}


def test_facts_of_a_small_firm():
    found = cards(**WHOLE)
    assert found["c1"] == {
        "name": "Anna",
        "customer_since": "2014-12-31",
        "language": "de-DE",
        "usual_channel": "phone",
        "last_contact_on": "2025-05-01",
        "open_promises": 2,
        "next_promise_due": "2026-02-03",
        "next_promise": "send the part",
        "thanks": "Thank them for 11 years with us, since 2014",
    }
    assert found["c2"] == {
        "name": 'Bob "B"',
        "customer_since": "2025-01-01",
        "usual_channel": "chat",
        "last_contact_on": "2025-08-01",
        "open_promises": 1,
        "next_promise_due": "2026-02-05",
        "next_promise": "visit",
        "thanks": "Welcome them: with us for less than a year",
    }
    assert found["c3"] == {}


def test_the_first_order_alone_says_nothing_of_how_long():
    """Orders may be loaded from some year on, and an old customer is not to be welcomed."""
    assert cards()["c1"] == {}
    unknown = WHOLE["customers"].drop_columns("created_on")
    assert "thanks" not in cards(customers=unknown)["c1"]


@pytest.mark.parametrize("name", card.TABLES)
def test_columns_that_are_absent_are_left_out(name: str):
    """A table with nothing but what the schema requires is no error."""
    required = {column.name for column in TABLES[name].columns if column.required}
    least = WHOLE[name].select([c for c in WHOLE[name].column_names if c in required])
    assert set(cards(**{**WHOLE, name: least})) == {"c1", "c2", "c3"}


def test_a_card_holds_only_what_may_be_shown():
    """Nothing of tier, value, rank or segment is among the facts, or in any card."""
    shown = {fact for facts in cards(**WHOLE).values() for fact in facts}
    assert shown <= set(card.LABELS)
    text = json.dumps([cards(**WHOLE), card.LABELS]).lower()
    assert not [w for w in ("tier", "value", "rank", "segment", "gold", "700", "spen") if w in text]


def test_a_promise_or_channel_that_says_a_worth_stays_off_the_card():
    """The number of promises and the day stay; nobody else's card changes."""
    promises, contacts = WHOLE["promises"].to_pydict(), WHOLE["contacts"].to_pydict()
    promises["text"][1] = "Top-tier visit"
    contacts["channel"][4] = contacts["channel"][3] = "gold line"
    tables = WHOLE | {"promises": pa.table(promises), "contacts": pa.table(contacts)}
    words = wording.words_for_cards(WORDS, ["Gold", "A"])
    found = cards(wording.in_engine(words), **tables)
    assert "next_promise" not in found["c1"]
    assert (found["c1"]["open_promises"], found["c1"]["usual_channel"]) == (2, "phone")
    assert "usual_channel" not in found["c2"]
    assert found["c2"]["next_promise"] == "visit"


TEXTS = [
    *("a tier", "Tiers", "low value", "Low-Value client", "lowvalue", "frontier"),
    *("tierra", "second - class", "(tier)", "tier_1", "unimportant.", ""),
    *("Gold", "golden", "ätier", "tier é"),
]


def test_the_engine_finds_what_the_guard_of_texts_finds():
    """One list of words, two ways to search."""
    words = wording.words_for_cards(WORDS, ["Gold"])
    with open_session() as session:
        table = session.hold_arrow("texts", pa.table({"text": TEXTS}))
        rows = session.rows(table.mutate(hit=table.text.re_search(wording.in_engine(words))))
    by_hand = {text: bool(wording.found_in("t", text, words)) for text in TEXTS}
    assert {row["text"]: row["hit"] for row in rows} == by_hand


def test_a_card_is_an_expression():
    """Building one executes nothing."""
    members = ibis.table({"customer_id": "string", "first_on": "date"}, "members")
    assert card.cards(members, {}, AS_OF).columns == ("customer_id", "card")
