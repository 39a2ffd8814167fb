"""One router process in a storm: it tells of contacts and answers for agents, badly.

It tells twice and out of order, ignores a fifth of the offers, answers for agents whom
other processes answer for too, and goes on after whatever the database does.
"""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnection

from tierwise.errors import ConflictError, NotFoundError, StoreError
from tierwise.routing.pool import read_pool
from tierwise.store.connect import opened
from tierwise.workflows.route import NewContact, Presence, Router

POOL = read_pool(
    {
        "pool": {
            "offer_s": 0.4,
            "silence_s": 3,
            "classes": [
                {"name": "gold", "reasons": ["gold"], "weight": 3},
                {"name": "chats", "channels": ["chat"]},
                {"name": "calls", "weight": 3},
            ],
            "groups": {"experts": ["gold", "calls"], "all-round": ["gold", "chats", "calls"]},
        },
        "policy": {
            "rule": "head_start",
            "classes": {"gold": {"head_start_s": 5, "floor_s": 20}},
            "groups": {"experts": {"calls": {"after_wait_s": 0.2, "reserve": 1}}},
        },
    }
)
NAME = "storm"
AGENTS = [f"agent {n}" for n in range(12)]
FINAL = ("done", "abandoned", "cancelled", "self_served")
CLOCK = """
    SELECT set_config('tierwise.clock', (clock_timestamp() + make_interval(secs => ahead_s))::text,
        true) FROM storm_clock
"""

MISSING = text(
    """
    SELECT n FROM generate_series(0, :n - 1) AS n
    WHERE NOT EXISTS (SELECT FROM tierwise.contacts
        WHERE source = 'storm' AND external_id = CAST(n AS text)) ORDER BY n LIMIT 40
    """
)


@dataclass(slots=True)
class Driver:
    """What a process knows; it may be killed at any moment."""

    router: Router
    chance: random.Random
    contacts: int  # in all, told of by every process
    acknowledged: int  # file descriptor: what a verb returned from must stand for ever
    engine: Any

    def run(self) -> None:
        """Go on until every contact has come to its end."""
        while True:
            try:
                missing = self._missing()
                if not missing and self._ended():
                    return
                for _ in range(60):
                    self._step(missing)
            except (DBAPIError, NoConnection, StoreError):
                time.sleep(0.05)

    def _missing(self) -> list[int]:
        """Some that nobody told of yet, the first of them, in any order."""
        with self.engine.connect() as connection:
            missing = [int(row.n) for row in connection.execute(MISSING, {"n": self.contacts})]
        self.chance.shuffle(missing)
        return missing

    def _ended(self) -> bool:
        with self.engine.connect() as connection:
            left = text("SELECT count(*) FROM tierwise.contacts WHERE state <> ALL(:final)")
            return connection.execute(left, {"final": list(FINAL)}).scalar_one() == 0

    def _step(self, missing: list[int]) -> None:
        agent = self.chance.choice(AGENTS)
        with suppress(ConflictError, NotFoundError):  # somebody was faster, or it is out of order
            if self.chance.random() < 0.3:
                self._tell(missing)
            if self.chance.random() < 0.1:
                self._customer()
            if self.chance.random() < 0.3:
                self.router.heard(agent)
            offers = self.router.offers(agent)
            for offer in offers:
                self._answer(agent, offer)
            if not offers and self.chance.random() < 0.3:
                self.router.present(agent, Presence.READY)
        if self.chance.random() < 0.1:
            self.router.settle(NAME)

    def _tell(self, missing: list[int]) -> None:
        number = missing.pop() if missing else self.chance.randrange(self.contacts)
        channel, reason = [("chat", ""), ("phone", ""), ("phone", "gold")][number % 3]
        contact = NewContact("storm", str(number), channel, reason)
        for _ in range(self.chance.choice((1, 1, 2))):
            got = self.router.receive(NAME, contact)
            self._acknowledge("contact", number, got.contact_id)

    def _customer(self) -> None:
        """Somebody who waits gives up, is called back later, or is helped elsewhere."""
        waiting = self.router.queue(NAME, limit=50)
        if not waiting:
            return
        one = self.chance.choice(waiting)["contact_id"]
        what = self.chance.choice(("abandon", "cancel", "call_back", "call_back", "self_served"))
        if what == "call_back":
            with self.engine.connect() as connection:
                now = connection.execute(text("SELECT tierwise.clock()")).scalar_one()
            self.router.call_back(one, now + timedelta(seconds=0.5))
        else:
            getattr(self.router, what)(one)
            state = {"abandon": "abandoned", "cancel": "cancelled"}.get(what, what)
            self._acknowledge("ended", one, state)

    def _answer(self, agent: str, offer: dict[str, Any]) -> None:
        reservation, contact = offer["reservation_id"], offer["contact_id"]
        luck = self.chance.random()
        if offer["state"] == "pending":
            if luck < 0.2:
                return  # ignored
            if luck < 0.25:
                self.router.reject(reservation, agent)
            elif luck < 0.3:
                self.router.complete(contact)  # out of order
            else:
                self._accept(reservation, agent)
        elif luck < 0.1:
            self.router.transfer(contact, self.chance.choice(POOL.class_names))
        elif luck < 0.4:
            self.router.wrap_up(contact)
        elif luck < 0.8:
            for _ in range(self.chance.choice((1, 1, 2))):
                self.router.complete(contact)
            self._acknowledge("ended", contact, "done")

    def _accept(self, reservation: int, agent: str) -> None:
        self.router.accept(reservation, agent)
        self._acknowledge("accepted", reservation, agent)
        if self.chance.random() < 0.3:
            self.router.accept(reservation, agent)

    def _acknowledge(self, *words: object) -> None:
        os.write(self.acknowledged, ("\t".join(map(str, words)) + "\n").encode())


def drive(url: str, path: str, contacts: int, seed: int) -> None:
    """Body of a router process."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    while True:
        with suppress(StoreError), opened(url) as store:  # the database may be down just now
            event.listen(store.engine, "begin", lambda c: c.exec_driver_sql(CLOCK))
            chance = random.Random(seed)
            Driver(Router(store), chance, contacts, file, store.engine).run()
            return
        time.sleep(0.1)
