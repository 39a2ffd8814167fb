"""Round ticks for axes: steps of 1, 2 or 5 times a power of ten, zero among them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

_STEPS = (1, 2, 5, 10)
_OVER = 0.03  # of the room that may be beyond the last tick, such as 100.2% above 100%
_PLACES = 12  # digits kept, so that 0.1 + 0.2 is 0.3 and a share of 1.0000000001 is 1


def step_for(room: float, wanted: int = 5, least: float = 0.0) -> float:
    """The smallest round step that needs at most `wanted` of them, `least` at least."""
    if room <= 0:
        return least or 1.0
    power = 10.0 ** math.floor(math.log10(room / wanted))
    step = next((n * power for n in _STEPS if n * power * wanted >= room * (1 - _OVER)), 10 * power)
    return max(step, least)


def ticks_around(low: float, high: float, wanted: int = 5, least: float = 0.0) -> list[float]:
    """Ticks from about `low` to about `high`, which may pass the ends by little; zero is in."""
    low, high = round(min(low, 0.0), _PLACES), round(max(high, 0.0), _PLACES)
    step = step_for(high - low, wanted, least)
    over = _OVER * (high - low) / step
    first, last = math.floor(low / step + over), math.ceil(high / step - over)
    return _whole(n * step for n in range(first, max(last, first + 1) + 1))


def ticks_within(last: float, wanted: int = 5) -> list[float]:
    """Ticks from zero on that do not pass `last`."""
    step = step_for(last, wanted, 1.0)
    return _whole(n * step for n in range(math.floor(last / step + 1e-9) + 1))


def _whole(ticks: Iterable[float]) -> list[float]:
    rounded = (round(tick, _PLACES) for tick in ticks)
    return [int(tick) if tick == int(tick) else tick for tick in rounded]


def reach(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], *, stacked: bool
) -> tuple[float, float]:
    """The lowest and the highest point that bars reach; (0, 0) without any."""
    low = high = 0.0
    for row in rows:
        values = [float(row[name]) for name in names if row.get(name) is not None]
        below = [value for value in values if value < 0]
        above = [value for value in values if value > 0]
        low = min(low, sum(below) if stacked else min(below, default=0.0))
        high = max(high, sum(above) if stacked else max(above, default=0.0))
    return low, high
