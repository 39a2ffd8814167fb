"""Where a caller goes: the answer that a voice platform asks for before it queues somebody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from tierwise.errors import NotFoundError, UsageError
from tierwise.routing.params import Params
from tierwise.routing.policy import NONE, choose_group, index_of
from tierwise.routing.pool import Pool
from tierwise.store import live_statements as sql
from tierwise.store.connect import Store
from tierwise.workflows.recognise import Clue, recognise


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody would stand who came now; it says nothing of what they are worth."""

    pool: str
    queue: str  # class of the pool
    index_s: float  # priority on arrival, seconds; grows with waiting as the policy says
    group: str | None  # whose agents are expected to take it; None: nobody serves the class
    idle: bool  # whether somebody of that group is idle now
    queued: int  # contacts that wait in this queue already
    policy_version: str
    known: bool  # whether the customer was recognised
    matched_by: str | None


def look_up(
    store: Store, pool_name: str, channel: str, reason: str, clues: Sequence[Clue]
) -> Place:
    """Queue, priority and expected group of whoever comes now; nothing is written.

    Raises NotFoundError without such a pool, UsageError where no class takes the contact.
    """
    with store.engine.connect() as connection:
        pool, version = _pool(connection, pool_name)
        found = recognise(connection, clues)
        k = pool.class_of(found.customer.tier if found else None, channel, reason)
        if k is None:
            raise UsageError(
                f'No class of pool {pool_name} takes channel "{channel}", reason "{reason}".',
                "Add a class without conditions as the last one.",
            )
        lengths = _lengths(connection, pool_name, pool)
        idle, since = _idle(connection, pool_name, pool)
    g = choose_group(k, 0.0, idle, since, pool.params)
    group = g if g != NONE else _first_choice(pool.params, k)
    return Place(
        pool=pool_name,
        queue=pool.classes[k].name,
        index_s=index_of(k, 0.0, lengths, pool.params),
        group=None if group is None else pool.group_names[group],
        idle=g != NONE,
        queued=lengths[k],
        policy_version=version,
        known=found is not None,
        matched_by=found.by if found else None,
    )


def _pool(connection: Connection, name: str) -> tuple[Pool, str]:
    row = connection.execute(sql.POOL, {"pool": name}).first()
    if row is None:
        raise NotFoundError(f'There is no pool "{name}".', "Define it first.")
    return Pool.model_validate(row.definition), row.version


def _lengths(connection: Connection, name: str, pool: Pool) -> list[int]:
    lengths = [0] * len(pool.classes)
    for row in connection.execute(sql.LENGTHS, {"pool": name}):
        lengths[row.class_no] = row.n
    return lengths


def _idle(connection: Connection, name: str, pool: Pool) -> tuple[list[int], list[float]]:
    """Idle agents of each group, and since when, as seconds before now and so negative."""
    asked: dict[str, Any] = {"pool": name, "now": connection.execute(sql.NOW).scalar_one()}
    idle, since = [0] * len(pool.groups), [0.0] * len(pool.groups)
    for row in connection.execute(sql.READY, asked):
        if row.group_name in pool.groups:
            g = pool.group_names.index(row.group_name)
            idle[g] += 1
            since[g] = min(since[g], -row.idle_s)
    return idle, since


def _first_choice(params: Params, k: int) -> int | None:
    """Group that the class waits for: served soonest, then preferred."""
    groups = [g for g in range(len(params.level)) if params.after_wait_s[g, k] != float("inf")]
    return min(
        groups, key=lambda g: (params.after_wait_s[g, k], params.preference[g, k]), default=None
    )
