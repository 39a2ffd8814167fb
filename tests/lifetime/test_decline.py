"""The integrals of all T from a few points of ln A."""

import numpy as np
import pytest

from tierwise.lifetime import decline
from tierwise.lifetime.cells import Cells
from tierwise.lifetime.models import MBG_NBD

DAYS = np.unique(np.geomspace(1, 7000, 120).astype(np.int64))


def cells() -> Cells:
    """One customer for each of many T, over twenty years."""
    x = np.minimum(np.arange(DAYS.size) % 7, DAYS // 2)
    t_x = np.where(x > 0, np.maximum(x, DAYS // 2), 0)
    order = np.lexsort((DAYS, t_x, x))
    return Cells(x[order], t_x[order], DAYS[order], np.ones(DAYS.size, dtype=np.int64))


@pytest.mark.parametrize(
    "theta", [(0.24, 4.4, 0.79, 2.4), (0.2, 0.4, 0.02, 0.9), (0.9, 3.0, 5.0, 50.0)]
)
@pytest.mark.parametrize(("weeks", "rate"), [(1.0, 0.0), (52.0, 0.0), (520_000.0, 0.0019)])
def test_many_T_are_integrated_as_each_would_be(theta, weeks, rate, monkeypatch):
    """Who else is asked about changes nobody's expectation."""
    quick = MBG_NBD.purchases_if_active(theta, cells(), weeks, rate)
    monkeypatch.setattr(decline, "POINTS", DAYS.size)
    direct = MBG_NBD.purchases_if_active(theta, cells(), weeks, rate)
    assert quick == pytest.approx(direct, rel=1e-10)
