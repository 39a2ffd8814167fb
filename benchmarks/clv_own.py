"""Order lines to lifetime values with tierwise: run by benchmarks/clv.py in a process of its own.

    python clv_own.py LINES.parquet FOLDER

Prints the seconds of each step, the total value and peak memory as JSON.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import date
from pathlib import Path

from tierwise.engine.connect import open_session
from tierwise.lifetime import gamma_gamma, histories, scoring
from tierwise.lifetime.cells import Cells
from tierwise.lifetime.discounting import weekly_rate, weeks_in_months
from tierwise.lifetime.models import BG_NBD
from tierwise.lifetime.order_terms import GammaGammaOrders
from tierwise.settings import Lens

AS_OF = date(2025, 12, 31)
MEMORY = "750MB"  # what the engine may hold before it spills; Python and Arrow come on top
NEEDED = ("customer_id", "x", "t_x_days", "T_days", "repeat_spend")  # what the peer has too


def main() -> None:
    """Summary, both fits, expectation and value of every customer, written to Parquet."""
    seconds: dict[str, float] = {}
    began = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal began
        seconds[name] = time.perf_counter() - began
        began = time.perf_counter()

    with open_session(MEMORY) as session:
        lines = session.parquet(sys.argv[1])
        returns = session.rows(histories.have_returns(lines))[0]["found"]
        known = histories.histories(lines, AS_OF, Lens.REVENUE, returns=returns)
        known = session.keep("histories", known.select(*NEEDED))
        lap("summary")
        found = session.columns(histories.cells(known))
        cells = Cells(found["x"], found["t_x_days"], found["T_days"], found["n"])
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
        session.write_parquet(valued, Path(sys.argv[2]) / "values.parquet")
        lap("expectation_and_value")
        written = session.parquet(Path(sys.argv[2]) / "values.parquet")
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
