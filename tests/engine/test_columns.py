"""Columns of the engine as arrays."""

import math
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

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


@pytest.mark.parametrize("names", [("whole", "real", "strided", "truth"), ("whole", "far")])
def test_columns_of_a_model_come_back_as_they_went(names):
    """Whole numbers, reals with NaN or infinity, strided and boolean columns alike."""
    columns = {
        "whole": np.arange(5),
        "real": np.array([0.5, np.nan, np.inf, -0.0, 1e300]),
        "far": np.array([0.5, -np.inf, np.inf, -0.0, 1e300]),
        "strided": np.arange(10.0)[::2],
        "truth": np.array([True, False, True, False, True]),
    }
    with open_session() as session:
        held = session.hold("model", {name: columns[name] for name in names})
        found = session.columns(held.order_by("whole"))
    for name in names:
        np.testing.assert_array_equal(found[name], columns[name])


def test_numbers_cross_without_pandas():
    """Importing it would cost more than most questions do."""
    code = (
        "import sys, numpy as np\n"
        "from tierwise.engine.connect import open_session\n"
        "with open_session() as s:\n"
        "    s.columns(s.hold('model', {'a': np.arange(3), 'b': np.arange(3.0)}))\n"
        "assert 'pandas' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
