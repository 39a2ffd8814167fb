"""The checker sees what is wrong: each thing planted by hand is named."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from tests.faults.check import NOTES, problems
from tests.faults.driver import NAME, POOL
from tests.store.conftest import database_url, store

from tierwise.store.connect import Store
from tierwise.workflows.route import NewContact, Presence, Router

__all__ = ["database_url", "store"]

NOTE = "INSERT INTO storm_notes (reservation_id, contact_id, agent_id, weight, opens) VALUES "
WRONG = {
    "": "",
    "ended as queued": "UPDATE tierwise.contacts SET state = 'queued', agent_id = NULL",
    "0 of 0 are there": "DELETE FROM tierwise.contacts",
    "still has 1 in hand": "UPDATE tierwise.agents SET used = 1",
    "was given twice": NOTE + "(7, 1, 'ann', 1, true), (8, 1, 'ann', 1, true)",
    "had 4 of 3": NOTE + "(7, 1, 'ann', 3, true), (8, 2, 'ann', 1, true)",
    "closed, but not open": NOTE + "(7, 1, 'ann', 1, false)",
    "never closed": NOTE + "(7, 1, 'ann', 1, true)",
    "went from": "DELETE FROM tierwise.contact_history WHERE to_state = 'accepted'",
    "not accepted": "DELETE FROM tierwise.contact_history WHERE to_state = 'done'",
    "these differ": "DELETE FROM tierwise.decisions",
    "was told to be": "UPDATE tierwise.contacts SET state = 'cancelled'",
}


@pytest.mark.parametrize("said", WRONG)
def test_what_is_wrong_is_named(store: Store, database_url: str, tmp_path: Path, said: str):
    with psycopg.connect(database_url) as connection:
        connection.execute(NOTES)
    told = one_contact(Router(store))
    with psycopg.connect(database_url) as connection:
        for table in ("contacts", "contact_history", "decisions", "reservations"):
            connection.execute(f"ALTER TABLE tierwise.{table} DISABLE TRIGGER ALL")
        if WRONG[said]:
            connection.execute(WRONG[said])
    file = tmp_path / "acknowledged"
    file.write_text("\n".join(told))
    found = problems(database_url, 1, file)
    assert (found == []) if said == "" else any(said in line for line in found)


def one_contact(router: Router) -> list[str]:
    """One that was served; what was acknowledged of it."""
    router.define(NAME, POOL)
    router.sign_on(NAME, "ann", "Ann", "all-round", capacity=3)
    router.present("ann", Presence.READY)
    got = router.receive(NAME, NewContact("storm", "0", "phone"))
    router.accept(got.offers[0].reservation_id, "ann")
    router.complete(got.contact_id)
    return [f"contact\t0\t{got.contact_id}", f"ended\t{got.contact_id}\tdone"]
