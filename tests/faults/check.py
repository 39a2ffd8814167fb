"""The independent checker: what must hold of the tables after a storm, in plain Python.

It knows nothing of the router's code. Assignments are replayed in the order in which a
trigger of the test noted them, since clocks jump.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import psycopg

FINAL = {"done", "abandoned", "cancelled", "self_served"}
MAY_BECOME = {
    None: {"queued"},
    "queued": {"reserved", "abandoned", "cancelled", "self_served", "callback_due"},
    "reserved": {"accepted", "queued", "abandoned", "cancelled"},
    "accepted": {"wrapping", "done", "queued"},
    "wrapping": {"done"},
    "callback_due": {"queued", "abandoned", "cancelled"},
}
NOTES = """
    CREATE TABLE storm_clock AS SELECT 0.0::float8 AS ahead_s;
    CREATE TABLE storm_notes (place bigserial PRIMARY KEY, reservation_id bigint,
        contact_id bigint, agent_id text, weight int, opens boolean);
    CREATE FUNCTION storm_note() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' OR (OLD.closed_at IS NULL AND NEW.closed_at IS NOT NULL) THEN
            INSERT INTO storm_notes (reservation_id, contact_id, agent_id, weight, opens)
            SELECT NEW.reservation_id, NEW.contact_id, NEW.agent_id, weight, TG_OP = 'INSERT'
            FROM tierwise.contacts WHERE contact_id = NEW.contact_id;
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER storm_note AFTER INSERT OR UPDATE ON tierwise.reservations
        FOR EACH ROW EXECUTE FUNCTION storm_note();
"""
"""What the test adds to the database before the storm."""


def problems(url: str, contacts: int, acknowledged: Path) -> list[str]:
    """Everything that is wrong, in words; empty where all is well."""
    with psycopg.connect(url) as connection:
        return [
            *_ends(connection, contacts),
            *_replay(connection),
            *_paths(connection),
            *_records(connection),
            *_promises(connection, acknowledged),
        ]


def _ends(connection: psycopg.Connection, contacts: int) -> list[str]:
    rows = connection.execute("SELECT external_id, state FROM tierwise.contacts").fetchall()
    wrong = [f"contact {name} ended as {state}" for name, state in rows if state not in FINAL]
    told = sorted(int(name) for name, _ in rows)
    if told != list(range(contacts)):
        wrong.append(f"{contacts} contacts were told of, {len(set(told))} of {len(told)} are there")
    busy = connection.execute("SELECT agent_id, used FROM tierwise.agents WHERE used <> 0")
    return wrong + [f"{name} still has {used} in hand" for name, used in busy]


def _replay(connection: psycopg.Connection) -> list[str]:
    """No contact with two at once, nobody over capacity, everything given is given back."""
    capacity = dict(connection.execute("SELECT agent_id, capacity FROM tierwise.agents").fetchall())
    holders: dict[int, int] = {}
    load: dict[str, int] = defaultdict(int)
    wrong = []
    for row in connection.execute(
        "SELECT reservation_id, contact_id, agent_id, weight, opens FROM storm_notes ORDER BY place"
    ):
        reservation, contact, agent, weight, opens = row
        if opens:
            if contact in holders:
                wrong.append(
                    f"contact {contact} was given twice: {holders[contact]}, {reservation}"
                )
            holders[contact] = reservation
            load[agent] += weight
            if load[agent] > capacity[agent]:
                wrong.append(f"{agent} had {load[agent]} of {capacity[agent]}")
        else:
            if holders.pop(contact, None) != reservation:
                wrong.append(f"reservation {reservation} was closed, but not open")
            load[agent] -= weight
    return wrong + [f"reservation {r} of contact {c} never closed" for c, r in holders.items()]


def _paths(connection: psycopg.Connection) -> list[str]:
    """Each history is one path of the state machine, and ends where the contact is."""
    at: dict[int, str | None] = defaultdict(lambda: None)
    wrong = []
    for contact, before, after in connection.execute(
        "SELECT contact_id, from_state, to_state FROM tierwise.contact_history ORDER BY entry_id"
    ):
        if at[contact] != before or after not in MAY_BECOME.get(before, set()):
            wrong.append(f"contact {contact} went from {at[contact]} by {before} to {after}")
        at[contact] = after
    now = connection.execute("SELECT contact_id, state FROM tierwise.contacts").fetchall()
    return wrong + [f"contact {c} is {s}, not {at[c]}" for c, s in now if at[c] != s]


def _records(connection: psycopg.Connection) -> list[str]:
    """As many reservations as times reserved, decisions, and messages to desktops."""
    counts = {
        "reservations": "SELECT count(*) FROM tierwise.reservations",
        "entries": "SELECT count(*) FROM tierwise.contact_history WHERE to_state = 'reserved'",
        "decisions": "SELECT count(*) FROM tierwise.decisions JOIN tierwise.reservations"
        " USING (reservation_id)",
        "messages": "SELECT count(DISTINCT payload->>'reservation_id') FROM tierwise.outbox"
        " WHERE kind = 'reservation.offered'",
    }
    found = {name: connection.execute(sql).fetchone()[0] for name, sql in counts.items()}  # type: ignore[index, arg-type]
    return [] if len(set(found.values())) == 1 else [f"these differ: {found}"]


def _promises(connection: psycopg.Connection, acknowledged: Path) -> list[str]:
    """What was acknowledged to anybody before a kill still stands."""
    asked = {
        "contact": "SELECT external_id, contact_id::text FROM tierwise.contacts",
        "ended": "SELECT contact_id::text, state FROM tierwise.contacts",
        "accepted": "SELECT reservation_id::text, agent_id FROM tierwise.reservations"
        " WHERE state = 'accepted'",
    }
    stands = {name: dict(connection.execute(sql).fetchall()) for name, sql in asked.items()}  # type: ignore[arg-type]
    lines = acknowledged.read_text().splitlines()
    wrong = [] if lines else ["nothing was acknowledged"]
    for line in lines:
        kind, key, value = line.split("\t")
        if stands[kind].get(key) != value:
            wrong.append(f"{kind} {key} was told to be {value}, is {stands[kind].get(key)}")
    return wrong
