"""Order lines to lifetime values with tierwise: run by benchmarks/clv.py in a process of its own.

    python clv_own.py LINES.parquet

Prints the seconds of each step, the total value and peak memory as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import date

from tierwise.engine.connect import open_session
from tierwise.lifetime import gamma_gamma, gathering, histories, scoring  # noqa: F401
from tierwise.lifetime.cells import of_numbers
from tierwise.lifetime.discounting import weekly_rate, weeks_in_months
from tierwise.lifetime.models import BG_NBD
from tierwise.lifetime.order_terms import GammaGammaOrders
from tierwise.settings import Lens
from tierwise.workflows.histories import kept

AS_OF = date(2025, 12, 31)
MEMORY = "550MB"  # what the engine may hold before it spills; Python and Arrow come on top
NEEDED = ("customer_id", "x", "t_x_days", "T_days", "repeat_spend")  # what the peer has too


def main() -> None:
    """Summary, both fits, expectation and value of every customer, in a scratch file."""
    seconds: dict[str, float] = {}
    began = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal began
        seconds[name] = time.perf_counter() - began
        began = time.perf_counter()

    with open_session(MEMORY) as session:
        lines = session.parquet(sys.argv[1])
        known = kept(session, "histories", lines, AS_OF, Lens.REVENUE, columns=NEEDED)
        lap("summary")
        numbers = session.columns(known.select(number=histories.number(known)))["number"]
        cells = of_numbers(numbers)
        del numbers
        purchases = BG_NBD.fit(cells)
        lap("fit")
        spend = session.columns(histories.spend_cells(known))
        orders = gamma_gamma.fit(
            gamma_gamma.spend_cells(spend["x"], spend["mean_spend"], spend["n"])
        )
        del spend
        lap("fit_spend")
        asked = scoring.Asked(weeks_in_months(12), weekly_rate(0.1), 0.9)
        expected = session.hold(
            "expected", scoring.expectations(BG_NBD, purchases.theta, cells, asked)
        )
        valued = scoring.expected_values(known, expected, GammaGammaOrders(orders.theta, 1.0))
        written = session.spill(valued)
        lap("expectation_and_value")
        total = session.rows(written.aggregate(n=written.count(), value=written.near_value.sum()))[
            0
        ]
    print(
        json.dumps(
            {
                "seconds": seconds,
                "total_s": sum(seconds.values()),
                "customers": total["n"],
                "cells": cells.size,
                "value": total["value"],
                "theta": purchases.theta,
                "spend": orders.theta,
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
