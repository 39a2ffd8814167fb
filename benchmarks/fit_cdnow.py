"""Seconds of a whole fit, Hessian included, on the CDNOW sample of the papers.

    python benchmarks/fit_cdnow.py ../shared/data/cdnow/cdnow_sample.parquet

Exit 1 when BG/NBD, MBG/NBD or Pareto/NBD takes more than 50 ms (median of 20).
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import date

from tierwise.engine.connect import open_session
from tierwise.lifetime import histories
from tierwise.lifetime.cells import Cells
from tierwise.lifetime.models import LEAVING
from tierwise.settings import Activity, Lens

MOST_S = 0.05
LINES = """
CREATE VIEW lines AS SELECT sample_id AS customer_id, date::TIMESTAMP AS created_at,
  dollar_value::DECIMAL(18, 4) AS total_amount FROM read_parquet('{path}')"""


def main() -> None:
    """Fit each model twenty times and print the median."""
    with open_session() as session:
        session.raw.execute(LINES.format(path=sys.argv[1]))
        lines = session.backend.table("lines")
        known = histories.histories(lines, date(1997, 9, 30), Lens.REVENUE, Activity.ORDER)
        found = session.columns(histories.cells(known))
    cells = Cells(found["x"], found["t_x_days"], found["T_days"], found["n"])
    slowest = 0.0
    for model in LEAVING.values():
        seconds = []
        for _ in range(20):
            began = time.perf_counter()
            fit = model.fit(cells)
            seconds.append(time.perf_counter() - began)
        slowest = max(slowest, statistics.median(seconds))
        print(
            f"{model.label:12} {1000 * statistics.median(seconds):6.1f} ms,"
            f" log-likelihood {fit.log_likelihood:.2f} (at most {1000 * MOST_S:.0f} ms)"
        )
    sys.exit(0 if slowest <= MOST_S else 1)


if __name__ == "__main__":
    main()
