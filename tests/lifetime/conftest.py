"""Real and simulated firms that the models are fitted to."""

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from tierwise.lifetime.cells import count

HALF = date(1997, 9, 30)  # end of week 39


@pytest.fixture(scope="session")
def cdnow_days(shared_data: Path) -> dict[str, list[date]]:
    """Days of purchase of each customer of the 1/10 sample, in order."""
    table = pq.read_table(shared_data / "cdnow" / "cdnow_sample.parquet")
    days: dict[str, set[date]] = defaultdict(set)
    for customer, day in zip(
        table["sample_id"].to_pylist(), table["date"].to_pylist(), strict=True
    ):
        days[customer].add(day)
    return {customer: sorted(found) for customer, found in days.items()}


@pytest.fixture(scope="session")
def cdnow(cdnow_days):
    """Histories of the first 39 weeks as cells."""
    seen = [[day for day in days if day <= HALF] for days in cdnow_days.values()]
    return count(
        [len(days) - 1 for days in seen],
        [(days[-1] - days[0]).days for days in seen],
        [(HALF - days[0]).days for days in seen],
    )


@pytest.fixture(scope="session")
def cdnow_held_out(cdnow_days):
    """Repeat purchases and those of the following 39 weeks, one entry a customer."""
    last = HALF + timedelta(weeks=39)
    x = [sum(day <= HALF for day in days) - 1 for days in cdnow_days.values()]
    after = [sum(HALF < day <= last for day in days) for days in cdnow_days.values()]
    return np.array(x), np.array(after)
