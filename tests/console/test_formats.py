"""The browser writes numbers exactly as Python does."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tierwise.units import Unit, format_value

VALUES = {
    Unit.MONEY: [0, 1, -1.5, 1234.56, 50_000_000, 0.016, -0.004],
    Unit.SHARE: [0, 0.008, 0.69, 1, 1.2487, -0.251, -0.0004],
    Unit.RATIO: [0, 0.9712, 1234.5],
    Unit.NUMBER: [
        0,
        7,
        0.05,
        1.488,
        99.994,
        99.999,
        100,
        1234.567,
        -151735.06,
        2.5e-4,
        3.0768e-8,
        -1e-5,
    ],
    Unit.CHANCE: [0, 1.042e-6, 0.000999, 0.001, 0.0123, 0.25, 1],
    Unit.COUNT: [0, 7, 5000, 1_234_567],
    Unit.RANK: [1, 4750],
    Unit.DATE: ["2025-12-31", "2025-12-31 10:00"],
    Unit.TEXT: ["phone"],
}


@pytest.mark.parametrize("unit", VALUES)
def test_grid_writes_what_python_writes(unit: Unit, visit: Callable):
    page = visit().open("/")
    for value in [*VALUES[unit], None]:
        shown = page.evaluate("([v, u]) => window.tierwise.value(v, u)", [value, str(unit)])
        assert shown == format_value(value, unit)
