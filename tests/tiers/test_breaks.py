"""Natural breaks are the best there are."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.tiers import naive
from tests.tiers.conftest import valued

from tierwise.errors import RefusedError
from tierwise.settings import BreakScale
from tierwise.tiers import breaks

columns = st.lists(
    st.tuples(st.integers(1, 400), st.integers(1, 5)),
    min_size=4,
    max_size=11,
    unique_by=lambda pair: pair[0],
).map(sorted)


def as_columns(pairs: list[tuple[float, int]]) -> dict[str, np.ndarray]:
    at, n = (np.array(part, dtype=float) for part in zip(*pairs, strict=True))
    return {"low": at, "at": at, "n": n, "width": np.zeros(at.size)}


@settings(max_examples=60, deadline=None)
@given(pairs=columns, classes=st.integers(2, 4))
def test_no_other_classes_are_closer_together(pairs, classes):
    """Spread within classes equals the least over all ways to cut."""
    found = breaks.natural_breaks(as_columns(pairs), classes)
    values, counts = ([p[k] for p in pairs] for k in (0, 1))
    mean = sum(v * c for v, c in pairs) / sum(counts)
    whole = sum(c * (v - mean) ** 2 for v, c in pairs)
    least = naive.best_classes(values, counts, classes)
    assert found.explained == pytest.approx(1 - least / whole, abs=1e-9)
    assert list(found.values) == sorted(found.values, reverse=True)
    assert set(found.values) <= set(values)


def test_breaks_stand_at_the_gaps():
    """Three heaps of values give two breaks, at the least of each upper heap."""
    heaps = [*range(1, 5), *range(50, 54), *range(200, 203)]
    found = breaks.natural_breaks(as_columns([(v, 1) for v in heaps]), 3)
    assert found.values == (200.0, 50.0)


def test_too_few_values_are_refused():
    """Four tiers need four different values above zero."""
    with pytest.raises(RefusedError, match="3 different values"):
        breaks.natural_breaks(as_columns([(1, 5), (2, 5), (3, 5)]), 4)


@pytest.mark.parametrize("scale", BreakScale)
def test_many_values_are_put_into_bins(session, hold, monkeypatch, scale):
    """With more values than are looked at one by one, breaks move by no more than is stated."""
    generator = np.random.default_rng(3)
    amounts = np.round(np.exp(generator.normal(3, 1.2, 900)), 4)
    rows = [(f"c{k}", Decimal(str(a))) for k, a in enumerate(amounts)]
    table = hold(valued(rows))
    exact = breaks.natural_breaks(session.columns(breaks.distinct(table, scale)), 4)
    monkeypatch.setattr(breaks, "EXACT", 300)
    rough = breaks.natural_breaks(session.columns(breaks.distinct(table, scale)), 4)
    assert exact.bin_width == 0
    assert rough.bin_width > 0
    assert rough.explained == pytest.approx(exact.explained, abs=2e-3)
    assert "exact" in breaks.words(exact, scale)
    assert "off by" in breaks.words(rough, scale)


def test_only_values_above_zero_count(session, hold):
    """Losses and zeros make no class of their own."""
    rows = [("a", Decimal(-5)), ("b", Decimal(0)), ("c", Decimal(3)), ("d", Decimal(3))]
    found = session.columns(breaks.distinct(hold(valued(rows)), BreakScale.MONEY))
    assert list(found["low"]) == [3.0]
    assert list(found["n"]) == [2]
