"""Cells: what they count, and what they refuse."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.errors import DataError
from tierwise.lifetime.cells import Cells, count, distinct, one_cell

histories = st.lists(
    st.tuples(st.integers(1, 5), st.integers(1, 30), st.integers(0, 9)).map(
        lambda h: (h[0], h[1], h[1] + h[2])
    )
    | st.integers(0, 40).map(lambda T: (0, 0, T)),
    min_size=1,
)


@given(histories)
@settings(max_examples=60)
def test_counting_loses_nobody(customers):
    """Every customer stands in the one cell of its history."""
    cells = count(*zip(*customers, strict=True))
    found = {
        (x, t_x, T): n
        for x, t_x, T, n in zip(cells.x, cells.t_x_days, cells.T_days, cells.n, strict=True)
    }
    assert found == {history: customers.count(history) for history in customers}
    assert cells.customers == len(customers)
    assert cells.size == len(found)
    assert (np.diff(cells.x) >= 0).all()


@given(histories)
@settings(max_examples=60)
def test_tables_hold_each_value_once(customers):
    """Looking a cell up in the tables gives back its history, in weeks."""
    cells = count(*zip(*customers, strict=True))
    assert (cells.x_values[cells.x_index] == cells.x).all()
    assert cells.weeks[cells.t_x_index] * 7 == pytest.approx(cells.t_x_days)
    assert cells.weeks[cells.T_index] * 7 == pytest.approx(cells.T_days)
    assert (np.diff(cells.weeks) > 0).all()
    assert cells.n_by_x.sum() == cells.n_by_T.sum() == cells.customers
    assert cells.x_by_T.sum() == cells.n @ cells.x


@pytest.mark.parametrize("scale", [1, 10**9, 0.5])
def test_distinct_values_come_in_order(scale):
    """Small whole numbers, large ones and fractions are found alike."""
    values = np.array([3, 1, 3, 0, 7]) * scale
    found, index = distinct(values)
    assert (found == np.array([0, 1, 3, 7]) * scale).all()
    assert (found[index] == values).all()


def test_days_need_not_be_whole():
    """Fractions of days are kept; whole numbers become whole days whatever their type."""
    assert one_cell(1, 2.5, 7.0).t_x_days.dtype == np.float64
    assert one_cell(1, 2.0, 7.0).t_x_days.dtype == np.int64


def test_a_part_keeps_its_cells():
    """A part is the cells from start up to stop."""
    cells = count([0, 1, 2, 3], [0, 1, 2, 3], [9, 9, 9, 9])
    assert cells.part(1, 3).x.tolist() == [1, 2]
    assert cells.part(1, 3).customers == 2


def test_all_problems_are_named_at_once():
    """The error lists every kind of problem with its number and first place."""
    with pytest.raises(DataError) as caught:
        Cells(
            np.array([0, -1, 2, 1, 0.5, 1, 1]),
            np.array([4, 0, 9, 0, 3, np.nan, 2]),
            np.array([9, 9, 5, 9, 9, 9, 9]),
            np.array([1, 1, 1, 1, 1, 1, 0]),
        )
    said = caught.value.message
    for problem in (
        "x is 0 but t_x is not (1 of 7 cells, first at 0",
        "x is negative (1 of 7 cells, first at 1",
        "t_x is later than T (1 of 7 cells, first at 2",
        "a repeat purchase stands at t_x = 0 (1 of 7 cells, first at 3",
        "x is not a whole number of purchases (1 of 7 cells, first at 4",
        "missing or infinite (1 of 7 cells, first at 5",
        "n is not a whole number of at least 1 (1 of 7 cells, first at 6",
    ):
        assert problem in said
    assert "Merge the purchases of one day" in caught.value.remedy


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        (([0, 1], [0], [1, 1]), "not of one length"),
        (([], [], []), "there are none"),
        ((["a"], [0], [1]), "x does not hold numbers"),
    ],
)
def test_columns_that_are_no_histories_are_refused(columns, problem):
    """Columns of different length, empty ones and text are refused with words."""
    with pytest.raises(DataError, match=problem):
        count(*columns)
