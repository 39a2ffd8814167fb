"""Sharing a pool of cost out by whole quantities."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.value.firms import examples, money

from tierwise.engine.connect import Session
from tierwise.value.cost_to_serve import share_out

UNIT = Decimal("0.0001")


@pytest.fixture(scope="module")
def shared(session: Session):
    """Parts of a pool by quantities, in their order."""
    raw = session.raw
    raw.execute("CREATE TABLE pooled (nth BIGINT, quantity BIGINT, pool DECIMAL(18, 4))")
    table = session.backend.table("pooled")
    part = share_out(table.pool, table.quantity, table.nth)
    sql = session.backend.compile(table.select("nth", part=part).order_by("nth"))

    def run(pool: Decimal, quantities: list[int]) -> list[Decimal | None]:
        raw.execute("TRUNCATE pooled")
        rows = [(i, q, pool) for i, q in enumerate(quantities)]
        raw.executemany("INSERT INTO pooled VALUES (?, ?, ?)", rows)
        return [row[1] for row in raw.execute(sql).fetchall()]

    yield run
    raw.execute("DROP TABLE pooled")


@examples
@given(money(-10_000, 100_000_000), st.lists(st.integers(0, 5_000), min_size=1, max_size=30))
def test_parts_add_up_to_the_pool(shared, pool: Decimal, quantities: list[int]):
    """Parts add up exactly, each within a unit of its exact share, zero for none."""
    parts = shared(pool, quantities)
    total = sum(quantities)
    if not total:
        assert parts == [None] * len(quantities)
        return
    assert sum(parts) == pool
    for part, quantity in zip(parts, quantities, strict=True):
        assert abs(Fraction(part) - Fraction(pool) * quantity / total) <= Fraction(UNIT)
        assert quantity or part == 0


def test_a_third_each(shared):
    """A cent among three: what one part's rounding leaves, the next one takes."""
    assert shared(Decimal("0.01"), [1, 1, 1]) == [
        Decimal("0.0033"),
        Decimal("0.0034"),
        Decimal("0.0033"),
    ]


def test_largest_amounts_reconcile_to_the_cent(shared):
    """A pool of ten billion, as in rupiah or won, is shared out exactly too."""
    pool = Decimal("9876543210.1234")
    assert sum(shared(pool, [7, 11, 13, 0, 17])) == pool
