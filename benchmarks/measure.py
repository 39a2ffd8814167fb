"""One measurement in a process of its own; prints seconds and peak memory as JSON.

The hand-written queries run on the same engine with the same memory limit and
write the same Parquet file, so that the ratio shows what tierwise adds.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import time
from datetime import date
from pathlib import Path

AS_OF = date(2025, 12, 31)

COLUMNS = """
  sum(total_amount) AS revenue, sum(total_amount) FILTER (total_amount > 0) AS before_returns,
  sum(discount_amount) AS discount, sum(total_cost) AS goods_cost, count(*) AS lines,
  count(*) FILTER (total_amount < 0) AS return_lines,
  min(created_at) AS first_at, max(created_at) AS last_at"""

BY_HAND = """
SELECT customer_id, count(DISTINCT header_id) AS orders, {columns}
FROM '{data}' GROUP BY customer_id"""

TWO_STEPS = """
SELECT customer_id, count(*) AS orders, sum(revenue) AS revenue,
  sum(before_returns) AS before_returns, sum(discount) AS discount, sum(goods_cost) AS goods_cost,
  sum(lines) AS lines, sum(return_lines) AS return_lines,
  min(first_at) AS first_at, max(last_at) AS last_at
FROM (SELECT customer_id, header_id, {columns} FROM '{data}' GROUP BY customer_id, header_id)
GROUP BY customer_id"""

PROJECT = """
[project]
name = "bench"
currency = "EUR"
as_of = 2025-12-31

[value]
window = "all"

[sources.order_lines]
path = "{data}"
"""


def by_hand(sql: str, data: Path, folder: Path) -> int:
    """Run a hand-written query into Parquet; returns the number of customers."""
    import duckdb

    from tierwise.engine.connect import MEMORY_LIMIT

    connection = duckdb.connect()
    connection.execute(f"SET memory_limit = '{MEMORY_LIMIT}'; SET preserve_insertion_order = false")
    connection.execute(f"SET threads = {os.cpu_count()}; SET temp_directory = '{folder}/spill'")
    query = sql.format(data=data, columns=COLUMNS)
    target = folder / "by-hand.parquet"
    connection.execute(f"COPY ({query}) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
    return int(connection.execute(f"SELECT count(*) FROM '{target}'").fetchall()[0][0])


def summary(data: Path, folder: Path) -> int:
    """Our per-customer summary of the same file."""
    from tierwise.engine.connect import open_session
    from tierwise.value.summary import summarise

    with open_session(scratch=folder) as session:
        lines = session.parquet(data)
        session.write_parquet(
            summarise({"order_lines": lines}, None, AS_OF), folder / "own.parquet"
        )
        table = session.parquet(folder / "own.parquet")
        return int(session.rows(table.aggregate(n=table.count()))[0]["n"])


def build(data: Path, folder: Path) -> int:
    """A whole build: validation, canonical tables, summary, manifest."""
    from tierwise.engine.project import open_project
    from tierwise.workflows.build import build as make_build

    project = folder / "project"
    shutil.rmtree(project, ignore_errors=True)
    project.mkdir()
    (project / "tierwise.toml").write_text(PROJECT.format(data=data.resolve()))
    made = make_build(open_project(project), today=AS_OF)
    return int(made.manifest["customers"])


def main() -> None:
    """Measure the kind named on the command line, imports excluded."""
    kind, data, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    import duckdb  # noqa: F401 - imports are not what is measured here

    import tierwise.workflows.build
    import tierwise.workflows.value  # noqa: F401

    began = time.perf_counter()
    match kind:
        case "by_hand":
            customers = by_hand(BY_HAND, data, folder)
        case "by_hand_two_steps":
            customers = by_hand(TWO_STEPS, data, folder)
        case "summary":
            customers = summary(data, folder)
        case _:
            customers = build(data, folder)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"seconds": seconds, "peak_mib": peak, "customers": customers}))


if __name__ == "__main__":
    main()
