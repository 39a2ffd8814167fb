"""The policy as arrays: what the decision functions read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Matrix = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]


class Params(NamedTuple):
    """A routing policy for K classes and G groups; a tuple, because compiled code reads it."""

    head_start_s: Vector  # (K,) seconds ahead of a contact that came at the same moment
    rate: Vector  # (K,) seconds of index that a second of waiting brings
    cap_s: Vector  # (K,) the index from waiting never exceeds this; inf: no cap
    floor_s: Vector  # (K,) seconds of waiting after which the class goes first; inf: no floor
    per_queued_s: Vector  # (K,) seconds of index per contact above the class's queue share
    queue_share: Vector  # (K,) share of all waiting contacts that this class should have
    level: Matrix  # (G, K) strict order for the group's agents: lower goes first
    after_wait_s: Matrix  # (G, K) seconds after which g may serve k; 0: at once, inf: never
    reserve: Counts  # (G, K) idle agents of g that k must leave for others
    preference: Matrix  # (G, K) order in which k looks for groups: lower first


def first_come_first_served(eligible: Sequence[Sequence[bool]] | npt.NDArray[np.bool_]) -> Params:
    """The longest wait first among the classes that a group may serve; eligible is (G, K)."""
    allowed = np.asarray(eligible, dtype=bool)
    groups, classes = allowed.shape
    return Params(
        head_start_s=np.zeros(classes),
        rate=np.ones(classes),
        cap_s=np.full(classes, np.inf),
        floor_s=np.full(classes, np.inf),
        per_queued_s=np.zeros(classes),
        queue_share=np.zeros(classes),
        level=np.zeros((groups, classes)),
        after_wait_s=np.where(allowed, 0.0, np.inf),
        reserve=np.zeros((groups, classes), dtype=np.int64),
        preference=np.zeros((groups, classes)),
    )


def same_rule_without_value(params: Params) -> Params:
    """First come, first served by the same agents with the same skills and overflow."""
    plain = first_come_first_served(np.isfinite(params.after_wait_s))
    return plain._replace(after_wait_s=params.after_wait_s, preference=params.preference)


def as_lists(params: Params) -> dict[str, Any]:
    """The arrays as nested lists by name, for JSON; without bound is None."""
    return {name: _plain(values.tolist()) for name, values in params._asdict().items()}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return None if value == float("inf") else value
