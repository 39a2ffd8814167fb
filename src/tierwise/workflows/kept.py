"""What took long to work out, kept; asked for twice at once it is worked out once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")

SCORES_KEPT = 3
"""Last questions about a build whose scores by history are kept: simulating them takes seconds."""


@dataclass(slots=True)
class _Place(Generic[T]):
    """Where one result goes; who comes second waits for its lock."""

    lock: Lock = field(default_factory=Lock)
    found: list[T] = field(default_factory=list)  # the result, once there is one


class Kept(Generic[T]):
    """The last results under their keys. An error is not kept: the next one tries again."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._places: OrderedDict[Hashable, _Place[T]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, work_out: Callable[[], T]) -> T:
        """What is kept under `key`, or what `work_out` gives."""
        with self._lock:
            place = self._places.pop(key, None) or _Place()
            self._places[key] = place
            while len(self._places) > self._most:
                self._places.popitem(last=False)
        with place.lock:
            if not place.found:
                place.found.append(work_out())
            return place.found[0]
