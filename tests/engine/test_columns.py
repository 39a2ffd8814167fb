"""Columns of the engine as arrays."""

import math

import numpy as np
import pyarrow as pa

from tierwise.engine.connect import open_session


def test_columns_come_whole_and_typed():
    """Numbers of several chunks stand in one array; nulls are NaN; text and truth stay."""
    size = 300_000  # more than the engine gives in one piece
    table = pa.table(
        {
            "whole": pa.array(range(size), pa.int64()),
            "narrow": pa.array(np.arange(size) % 100, pa.int16()),
            "real": pa.array(np.arange(size) / 8),
            "gaps": pa.array([None if i % 3 else float(i) for i in range(size)]),
            "text": pa.array(["a"] * size),
            "truth": pa.array([True] * size),
        }
    )
    with open_session() as session:
        held = session.hold_arrow("held", table)
        found = session.columns(held.order_by("whole"))
        nothing = session.columns(held.filter(held.whole < 0))
    assert (found["whole"] == np.arange(size)).all()
    assert found["narrow"].dtype == np.int16
    assert (found["real"] == np.arange(size) / 8).all()
    assert found["gaps"][3] == 3
    assert math.isnan(found["gaps"][4])
    assert found["text"][0] == "a"
    assert found["truth"].all()
    assert {name: values.size for name, values in nothing.items()} == dict.fromkeys(found, 0)
