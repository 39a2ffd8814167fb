"""Write N order lines of a made-up firm to Parquet, the same ones for the same seed.

    python benchmarks/generate_lines.py lines.parquet --lines 10000000

About 2.5 lines an order, customers drawn so that 10 million lines fall on about
2.6 million customers, most of whom buy once or twice and a few thousands of times.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import duckdb

SQL = """
COPY (
  WITH drawn AS (
    SELECT i, CAST(floor(i / 2.5) AS BIGINT) AS order_no FROM range({lines}) t(i)
  ), spread AS (
    SELECT i, order_no,
      (hash(order_no, {seed}) % 1000000007) / 1000000007.0 AS u,
      (hash(order_no, {seed} + 1) % 1096) AS day,
      (hash(order_no, {seed} + 2) % 86400) AS second,
      hash(i, {seed} + 3) AS h
    FROM drawn
  )
  SELECT
    'o' || order_no AS header_id,
    'c' || lpad(CAST(CAST(floor(pow(u, 1.35) * {customers}) AS BIGINT) AS VARCHAR), 7, '0')
      AS customer_id,
    TIMESTAMP '2023-01-01' + to_days(CAST(day AS INTEGER)) + to_seconds(second) AS created_at,
    'EUR' AS currency,
    'p' || (h % 1000) AS product_id,
    CAST(1 + h % 5 AS DOUBLE) AS quantity,
    CAST((h // 7 % 10000) / 100.0 AS DECIMAL(18, 4)) AS total_amount,
    CAST((h // 11 % 300) / 100.0 AS DECIMAL(18, 4)) AS discount_amount,
    CAST((h // 13 % 6000) / 100.0 AS DECIMAL(18, 4)) AS total_cost
  FROM spread
) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 122880)
"""


def generate(path: Path, lines: int, seed: int = 1) -> None:
    """Write `lines` order lines to `path`."""
    customers = int(lines * 0.46)
    sql = SQL.format(path=path, lines=lines, customers=customers, seed=seed)
    duckdb.connect().execute(sql)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    generate(arguments.path, arguments.lines, arguments.seed)
