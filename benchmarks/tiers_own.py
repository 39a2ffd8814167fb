"""Tiers with P(tier) from histories and values: run by benchmarks/tiers.py in its own process.

python tiers_own.py FOLDER [--write CUSTOMERS]
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import date
from pathlib import Path

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tierwise.engine.connect import open_session
from tierwise.lifetime import histories as purchase_histories
from tierwise.lifetime.cells import Cells
from tierwise.lifetime.models import MBG_NBD
from tierwise.lifetime.order_terms import GammaGammaOrders
from tierwise.lifetime.simulate import mbg_nbd_histories
from tierwise.settings import StabilitySettings, TierRule, TiersSettings
from tierwise.tiers import chances, rules, stability, values

DAY, BEFORE = date(2025, 12, 31), date(2025, 9, 30)
WEEKS = 365.25 / 7
SPEND = (6.25, 3.74, 15.44)
MEMORY = "2600MB"  # what the engine may hold before it spills; Python and Arrow come on top

TRUTH = (0.525, 6.183, 0.891, 1.614)  # CDNOW's, as published
CHUNK = 1_000_000


def write(folder: Path, customers: int) -> None:
    """A population that obeys MBG/NBD and Gamma-Gamma, joining over two of three years."""
    generator, path = np.random.default_rng(1), folder / "histories.parquet"
    writer: pq.ParquetWriter | None = None
    for first in range(0, customers, CHUNK):
        size = min(CHUNK, customers - first)
        T_days = generator.integers(365, 1096, size)
        seen = mbg_nbd_histories(TRUTH, T_days, 0, generator).in_whole_days()
        p, q, gamma = SPEND
        mean = p * gamma / generator.gamma(q, 1, size)
        noise = generator.gamma(p * (seen.x + 1)) / (p * (seen.x + 1))
        spent = mean * noise * seen.x
        # Of the purchases those of the last year count, and of old customers few are.
        recent = np.where(T_days - seen.t_x_days < 365, (seen.x + 1) * 365 / T_days, 0.0)
        table = pa.table(
            {
                "customer_id": [f"c{k:08}" for k in range(first, first + size)],
                "x": seen.x.astype(np.int64),
                "t_x_days": seen.t_x_days.astype(np.int64),
                "T_days": T_days.astype(np.int64),
                "repeat_spend": spent,
                "first_on": np.datetime64(DAY, "D") - T_days.astype("timedelta64[D]"),
                "value": pa.array(np.round(mean * noise * recent, 2)).cast(pa.decimal128(38, 4)),
                "was": generator.integers(1, 5, size),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def main() -> None:
    """Fit, cut, chances, one review, written."""
    folder = Path(sys.argv[1])
    if "--write" in sys.argv:
        write(folder, int(sys.argv[-1]))
        return
    seconds: dict[str, float] = {}
    began = time.perf_counter()

    def lap(name: str) -> None:
        nonlocal began
        seconds[name] = time.perf_counter() - began
        began = time.perf_counter()

    settings = TiersSettings(goal="measure", rule=TierRule.SHARE)
    with open_session(MEMORY) as session:
        known = session.parquet(folder / "histories.parquet")
        found = session.columns(purchase_histories.cells(known))
        cells = Cells(found["x"], found["t_x_days"], found["T_days"], found["n"])
        fit = MBG_NBD.fit(cells)
        lap("fit")
        columns = chances.counts(MBG_NBD, fit.theta, cells, WEEKS, 0.0018)
        held = session.hold("cells", columns)
        lap("chances_of_histories")
        ordered = session.keep(
            "ordered", values.in_order(known.select("customer_id", "value", "first_on"))
        )
        lap("order")
        row = session.rows(rules.cut_query(ordered, settings))[0]
        cuts = rules.cuts_of(row, len(settings.names))
        cuts = rules.with_values(cuts, session.rows(rules.value_query(ordered, cuts)))
        lap("cut")
        ahead = chances.ahead(known, held, GammaGammaOrders(SPEND, 1.0))
        joined = ordered.left_join(ahead, "customer_id").drop("customer_id_right")
        joined = session.keep("joined", joined.drop("cumulative", "earned"))
        query = chances.sample_query(joined, cuts.customers)
        sample = {k: v.astype(np.float64) for k, v in session.columns(query).items()}
        bounds = chances.boundaries(sample, cuts.customers, cuts.last_ranks)
        lap("boundaries_ahead")
        table = joined
        placed = table.select(
            "customer_id",
            "value",
            "rank",
            "first_on",
            "near_value",
            "p_active",
            rule_tier=rules.tier_at(table["rank"], cuts),
            **chances.at_least(table, bounds),
        )
        prior = known.select(
            "customer_id",
            tier=ibis.least(known.was, 4),
            since=ibis.literal(BEFORE),
            waits_since=ibis.null("date"),
            reviews=ibis.literal("4"),
        )
        members = stability.review(placed, prior, cuts.values, StabilitySettings(), DAY)
        members = members.mutate(p_tier=chances.p_of(members, members.tier, len(settings.names)))
        session.write_parquet(members, folder / "members.parquet")
        lap("chances_review_written")
        done = session.parquet(folder / "members.parquet")
        sizes = session.rows(
            done.group_by("tier")
            .aggregate(n=done.count(), moved=(done.tier != done.before).sum())
            .order_by("tier")
        )
    print(
        json.dumps(
            {
                "seconds": seconds,
                "total_s": sum(seconds.values()),
                "customers": cuts.customers,
                "cells": cells.size,
                "sizes": [row["n"] for row in sizes],
                "moved": sum(row["moved"] for row in sizes),
                "cpu_s": sum(resource.getrusage(resource.RUSAGE_SELF)[:2]),
                "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


if __name__ == "__main__":
    main()
