"""A storm: several routers on one PostgreSQL, killed, cut off, stopped, their clocks put wrong."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import psycopg
from tests.faults.check import NOTES, problems
from tests.faults.driver import AGENTS, FINAL, NAME, POOL, drive
from tests.faults.proxy import Proxy

from tierwise.errors import StoreError
from tierwise.store import migrate, server
from tierwise.store.connect import opened
from tierwise.workflows.route import Presence, Router

ELSEWHERE = multiprocessing.get_context("forkserver")
ELSEWHERE.set_forkserver_preload(["tests.faults.driver"])
LONGEST_S = 120.0
"""Without any contact ending for so long the storm is given up."""


@dataclass(frozen=True, slots=True)
class Faults:
    """How much goes wrong, spread evenly over the run."""

    kills: int = 0  # kill -9 of a router
    database_kills: int = 0  # kill -9 of PostgreSQL, and a start with recovery
    cuts: int = 0  # all connections of all routers ended
    stops: int = 0  # a router stopped for half a second, whatever it holds
    partitions: int = 0  # a router cut off from the database, which neither is told
    jumps: int = 0  # the clock an hour ahead, back behind where it was, and right again


@dataclass(slots=True)
class Storm:
    """A run under way."""

    folder: Path
    contacts: int
    chance: random.Random
    routers: int = 3
    running: server.Running = field(init=False)
    processes: list[BaseProcess] = field(default_factory=list)
    proxies: list[Proxy] = field(default_factory=list)  # one to each process
    cut_off_s: float = 6.5  # longer than a silent router keeps a pool
    done: Counter[str] = field(default_factory=Counter)

    def run(self, faults: Faults) -> list[str]:
        """Do it all; what the checker found wrong."""
        self.running = server.start(self.folder / "postgres")
        try:
            self._prepare()
            for _ in range(self.routers):
                self._start_router()
            self._suffer(faults)
            return problems(self.running.url, self.contacts, self._acknowledged)
        finally:
            for process in self.processes:
                process.kill()
                process.join()
            for proxy in self.proxies:
                proxy.close()
            self.running.leave()

    @property
    def _acknowledged(self) -> Path:
        return self.folder / "acknowledged"

    def _prepare(self) -> None:
        with opened(self.running.url) as store:
            migrate.upgrade(store, lambda _: None)
            with psycopg.connect(self.running.url) as connection:
                connection.execute(NOTES)
            router = Router(store)
            router.define(NAME, POOL)
            for n, agent in enumerate(AGENTS):
                router.sign_on(NAME, agent, agent, POOL.group_names[n % 2], capacity=3)
                router.present(agent, Presence.READY)

    def _start_router(self) -> None:
        self.proxies.append(Proxy(self.running.url))
        given = (self.proxies[-1].url, str(self._acknowledged), self.contacts)
        seed = self.chance.randrange(2**32)
        process = ELSEWHERE.Process(target=drive, args=(*given, seed), daemon=True)
        process.start()
        self.processes.append(process)

    def _suffer(self, faults: Faults) -> None:
        planned = self._plan(faults)
        ended, last = 0, time.monotonic()
        while ended < self.contacts:
            time.sleep(0.1)
            before, ended = ended, max(ended, self._ended())
            last = time.monotonic() if ended > before else last
            assert time.monotonic() - last < LONGEST_S, f"stuck at {ended} of {self.contacts}"
            while planned and planned[0][0] * self.contacts <= ended:
                planned.pop(0)[1]()
        assert not planned

    def _plan(self, faults: Faults) -> list[tuple[float, Callable[[], None]]]:
        """Moments, as shares of contacts ended, and what goes wrong then."""
        wanted = (
            (faults.kills, self._kill_router),
            (faults.database_kills, self._kill_database),
            (faults.cuts, self._cut),
            (faults.stops, self._stop_router),
            (faults.partitions, self._partition),
            (faults.jumps, self._jump),
        )
        moments = [
            (0.9 * (n + self.chance.random()) / many, do)
            for many, do in wanted
            for n in range(many)
        ]
        return sorted(moments, key=lambda pair: pair[0])

    def _ended(self) -> int:
        with suppress(psycopg.Error), psycopg.connect(self.running.url) as connection:
            counted = "SELECT count(*) FROM tierwise.contacts WHERE state = ANY(%s)"
            (number,) = connection.execute(counted, (list(FINAL),)).fetchone()  # type: ignore[misc]
            return int(number)
        return 0

    def _kill_router(self) -> None:
        place = self.chance.randrange(len(self.processes))
        process = self.processes.pop(place)
        process.kill()
        process.join()
        self.proxies.pop(place).close()
        self._start_router()
        self.done["kills"] += 1

    def _kill_database(self) -> None:
        data = self.folder / "postgres" / "data"
        os.kill(int((data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        self.done["database kills"] += 1
        deadline = time.monotonic() + 60
        while True:  # its children notice, and recovery takes its time
            try:
                before, self.running = self.running, server.start(self.folder / "postgres")
            except StoreError:
                assert time.monotonic() < deadline
                time.sleep(0.2)
            else:
                before._held.close()
                return

    def _cut(self) -> None:
        with suppress(psycopg.Error), psycopg.connect(self.running.url) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE application_name = 'tierwise'"
            )
        self.done["cuts"] += 1

    def _stop_router(self) -> None:
        pid = self.chance.choice(self.processes).pid
        assert pid is not None
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGSTOP)
            time.sleep(0.5)
            os.kill(pid, signal.SIGCONT)
        self.done["stops"] += 1

    def _partition(self) -> None:
        """The others go on meanwhile: the server ends a silent turn after five seconds."""
        proxy = self.chance.choice(self.proxies)
        proxy.cut()
        time.sleep(self.cut_off_s)
        proxy.mend()
        self.done["partitions"] += 1

    def _jump(self) -> None:
        ahead = (3600.0, -1800.0, 0.0)[self.done["jumps"] % 3]
        with suppress(psycopg.Error), psycopg.connect(self.running.url) as connection:
            connection.execute("UPDATE storm_clock SET ahead_s = %s", (ahead,))
        self.done["jumps"] += 1
