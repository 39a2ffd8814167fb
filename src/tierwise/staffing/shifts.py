"""Shifts that cover what is required, at the least cost: an integer programme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tierwise.errors import RefusedError, UsageError

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ShiftType:
    """A shift that people may work."""

    name: str
    covers: tuple[bool, ...]  # for each part of the day whether its people are there
    cost: float  # of one person for the whole shift
    most: int = 1_000_000  # people who can work it


@dataclass(frozen=True, slots=True, eq=False)
class Roster:
    """How many work each shift, and what that costs."""

    people: Counts  # (shifts,)
    overtime: Counts  # (parts,) agents held over in a part beyond the shifts
    on_duty: Counts  # (parts,) agents there, overtime included
    cost: float  # of shifts and overtime
    overtime_cost: float
    idle_cost: float  # share of the shifts' cost that is above what is required


def best_roster(
    required: Sequence[int], shifts: Sequence[ShiftType], overtime_cost_per_part: float = np.inf
) -> Roster:
    """Shifts that cover the required agents of each part at the least cost.

    Set covering (Dantzig 1954) with overtime by the part, solved by HiGHS.
    UsageError for shifts of another length, RefusedError when nothing covers a part.
    """
    need = np.asarray(required, dtype=np.int64)
    covers = _coverage(need, shifts)
    overtime = np.isfinite(overtime_cost_per_part)
    _refuse_uncovered(need, covers, overtime)
    people, extra = _solve(need, covers, shifts, overtime_cost_per_part)
    on_duty = covers @ people + extra
    shift_cost = float(people @ np.array([shift.cost for shift in shifts]))
    extra_cost = float(extra.sum()) * overtime_cost_per_part if overtime else 0.0
    surplus = float((on_duty - need).sum()) / max(float((covers @ people).sum()), 1.0)
    return Roster(people, extra, on_duty, shift_cost + extra_cost, extra_cost, shift_cost * surplus)


def _coverage(need: Counts, shifts: Sequence[ShiftType]) -> Counts:
    for shift in shifts:
        if len(shift.covers) != need.size:
            raise UsageError(
                f"Shift {shift.name} has {len(shift.covers)} parts, the day has {need.size}.",
                "Give every shift one entry for each part of the day.",
            )
    return np.array([shift.covers for shift in shifts], dtype=np.int64).T.reshape(need.size, -1)


def _refuse_uncovered(need: Counts, covers: Counts, overtime: bool) -> None:
    bare = np.flatnonzero((need > 0) & (covers.sum(axis=1) == 0))
    if bare.size and not overtime:
        raise RefusedError(
            f"No shift covers part {bare[0] + 1} of the day, which needs {need[bare[0]]} agents.",
            "Add a shift that does, or allow overtime.",
        )


def _solve(
    need: Counts, covers: Counts, shifts: Sequence[ShiftType], overtime_cost: float
) -> tuple[Counts, Counts]:
    from scipy.optimize import Bounds, LinearConstraint, milp

    parts = need.size
    overtime = np.isfinite(overtime_cost)
    extra_cost = overtime_cost if overtime else 0.0
    cost = np.concatenate([[shift.cost for shift in shifts], np.full(parts, extra_cost)])
    most = np.concatenate(
        [[shift.most for shift in shifts], np.full(parts, float(need.max(initial=0)) * overtime)]
    )
    matrix = np.hstack([covers, np.eye(parts)])
    found = milp(
        cost,
        integrality=np.ones(cost.size),
        bounds=Bounds(0, most),
        constraints=LinearConstraint(matrix, lb=need),
    )
    if found.x is None:
        raise RefusedError(
            "No number of people in these shifts covers what is required.",
            "Raise how many may work a shift, add shifts, or allow overtime.",
        )
    whole = np.rint(found.x).astype(np.int64)
    return whole[: len(shifts)], whole[len(shifts) :]
