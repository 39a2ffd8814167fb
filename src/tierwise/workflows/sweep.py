"""The clock of the live router: every pool is settled each second, whatever else happens."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from tierwise.errors import NotFoundError, TierwiseError
from tierwise.store.connect import Store
from tierwise.workflows import deliver, once
from tierwise.workflows.route import Router

log = logging.getLogger("tierwise.live")

EVERY_S = 1.0
LONGEST_PAUSE_S = 10.0
"""Between attempts while the database does not answer."""

FORGET_EVERY_S = 3600.0
LATE_S = 15.0
"""Without a sweep for so long the process is not ready."""


class Sweeper:
    """A thread that settles every pool, goes on after a database restart, and ends when told."""

    def __init__(
        self,
        store: Store,
        router: Router,
        destinations: Sequence[str] = (),
        every_s: float = EVERY_S,
    ) -> None:
        self._store = store
        self._router = router
        self._destinations = list(destinations)  # messages they have not read are kept
        self._every_s = every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sweeper", daemon=True)
        self._swept_at = time.monotonic()
        self._forget_at = self._swept_at
        self._failing = False

    def start(self) -> None:
        """Begin."""
        self._swept_at = time.monotonic()
        self._thread.start()

    def close(self) -> None:
        """End after the sweep that is under way."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(timeout=10)

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._thread.is_alive()

    @property
    def age_s(self) -> float:
        """Seconds since every pool was settled last."""
        return time.monotonic() - self._swept_at

    @property
    def late(self) -> bool:
        """Whether nothing was settled for longer than anybody may wait."""
        return not self.alive or self.age_s > LATE_S

    def _run(self) -> None:
        pause = self._every_s
        while not self._ended.wait(pause):
            try:
                self._sweep()
            except (SQLAlchemyError, TierwiseError) as error:
                pause = min(2 * pause, LONGEST_PAUSE_S)
                self._say_failing(error)
            except Exception:
                # Nobody else would settle the pools, so it goes on whatever it was.
                log.exception("A sweep failed")
                pause = LONGEST_PAUSE_S
            else:
                pause = self._every_s
                self._say_well()

    def _sweep(self) -> None:
        for pool in self._router.pools():
            with suppress(NotFoundError):  # gone since it was listed
                self._router.settle(pool)
        self._swept_at = now = time.monotonic()
        if now >= self._forget_at:
            once.forget(self._store)
            deliver.forget(self._store, self._destinations)
            self._forget_at = now + FORGET_EVERY_S

    def _say_failing(self, error: Exception) -> None:
        if not self._failing:
            said = getattr(error, "orig", None) or error
            log.warning("Pools are not settled while the database refuses: %s", said)
        self._failing = True

    def _say_well(self) -> None:
        if self._failing:
            log.warning("Pools are settled again")
        self._failing = False
