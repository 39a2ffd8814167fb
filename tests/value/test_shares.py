"""Shares and totals: what is unknown stays unknown."""

from decimal import Decimal
from typing import Any

import ibis
import pytest

from tierwise.engine.connect import Session
from tierwise.value.shares import share, total, whole_sum


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [(1, 4, 0.25), (Decimal(-1), Decimal(4), -0.25), (0, 4, 0), (1, 0, None), (1, -4, None)],
)
def test_share(part: Any, whole: Any, expected: float | None):
    """A share is of a positive whole; of nothing or of a loss there is none."""
    assert share(part, whole) == expected


def test_share_of_the_unknown():
    """An unknown part or whole has no share."""
    assert share(None, 4) is share(1, None) is None


def test_total_of_the_unknown():
    """One unknown amount leaves the total unknown, and so does no amount at all."""
    rows = [{"cost": Decimal(1)}, {"cost": Decimal(2)}]
    assert total(rows, "cost") == 3
    assert total([*rows, {"cost": None}], "cost") is None
    assert total([], "cost") is None


@pytest.mark.parametrize(("amounts", "expected"), [([1, 2], 3), ([1, None], None), ([], None)])
def test_whole_sum(session: Session, amounts: list[int | None], expected: int | None):
    """The engine sums by the same rule."""
    table = ibis.memtable({"cost": amounts}, schema={"cost": "int64"})
    found = session.backend.to_pyarrow(table.aggregate(n=whole_sum(table.cost)))
    assert found.to_pylist() == [{"n": expected}]
