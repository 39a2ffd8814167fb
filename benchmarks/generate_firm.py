"""Write the order lines of a simulated firm that obeys BG/NBD and Gamma-Gamma to Parquet.

    python benchmarks/generate_firm.py firm.parquet --customers 2600000

One line a purchase, customers joining over two of three years: 2,600,000 of them
make about 10 million purchases.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

DAYS = 1096  # 2023-01-01 to 2025-12-31
JOINING = 730
PURCHASES = (0.45, 7.0, 0.6, 3.0)  # r, alpha (weeks), a, b
SPEND = (6.25, 3.74, 15.44)  # p, q, gamma


def generate(path: Path, customers: int, seed: int = 1) -> int:
    """Write the lines and return how many there are."""
    generator = np.random.default_rng(seed)
    r, alpha, a, b = PURCHASES
    joined = generator.integers(0, JOINING, customers)
    weeks = (DAYS - 1 - joined) / 7
    rate = generator.gamma(r, 1 / alpha, customers)
    wanted = generator.poisson(rate * weeks)
    most = generator.geometric(np.maximum(generator.beta(a, b, customers), 1e-12))
    owner = np.repeat(np.arange(customers, dtype=np.int32), wanted)
    at = generator.random(owner.size) * weeks[owner]
    order = np.lexsort((at, owner))
    first = np.cumsum(wanted) - wanted
    kept = order[np.arange(owner.size) - first[owner] < most[owner]]
    owner, day = owner[kept], joined[owner[kept]] + np.ceil(at[kept] * 7).astype(np.int64)
    owner = np.concatenate([np.arange(customers, dtype=np.int32), owner])
    day = np.concatenate([joined, np.minimum(day, DAYS - 1)])
    p, q, gamma = SPEND
    scale = 1 / generator.gamma(q, 1 / gamma, customers)
    amount = np.maximum(np.round(generator.gamma(p, scale[owner]), 2), 0.01)
    shuffled = generator.permutation(owner.size)  # an export is not sorted by customer
    _write(path, owner[shuffled], day[shuffled], amount[shuffled])
    return int(owner.size)


def _write(path: Path, owner: np.ndarray, day: np.ndarray, amount: np.ndarray) -> None:
    digits = pc.utf8_lpad(pa.array(owner).cast(pa.string()), 7, "0")
    customer = pc.binary_join_element_wise(pa.scalar("c"), digits, "")
    start = np.datetime64("2023-01-01", "us")
    created = start + day.astype("timedelta64[D]").astype("timedelta64[us]")
    header = pc.binary_join_element_wise(
        pa.scalar("o"), pa.array(np.arange(owner.size)).cast(pa.string()), ""
    )
    table = pa.table(
        {
            "header_id": header,
            "customer_id": customer,
            "created_at": pa.array(created),
            "total_amount": pa.array(amount).cast(pa.decimal128(18, 4)),
        }
    )
    pq.write_table(table, path, row_group_size=122_880)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("path", type=Path)
    parser.add_argument("--customers", type=int, default=2_600_000)
    arguments = parser.parse_args()
    print(f"{generate(arguments.path, arguments.customers):,} lines")
