"""The boosted second stage in the tournament: grown on the period before, then asked about this."""

from __future__ import annotations

from datetime import date
from typing import Any

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
from dateutil.relativedelta import relativedelta

from tierwise.errors import RefusedError
from tierwise.lifetime import heldout, scoring, second_stage
from tierwise.lifetime.heldout import Split
from tierwise.workflows.lifetime import Lifetime

Numbers = npt.NDArray[Any]

CHUNK = 500_000
"""Customers whose features are in memory at once."""


def prediction(before: Lifetime, now: Lifetime, split: Split) -> ir.Table:
    """Value of the held-out period by customer, as `rule_boosted`.

    `now` knows what was known at the split, `before` what was known one period earlier
    (see `period_before`): trees are grown on what came in between. Raises FitError where the first
    stage has no fit, RefusedError for too few customers.
    """
    earlier = Split(before.known_on, now.known_on)
    names = _channels(before)
    table = _features(before, earlier, names)
    brought = heldout.outcomes(before.lines, earlier, before.lens, before.event)
    table = heldout.beside(table, brought.select("customer_id", "actual_value"))
    table = before.look.session.keep(f"boosted_{before.known_on:%Y%m%d}", table)
    trees = _grown(before, table)
    asked = now.look.session.keep(f"boosted_{now.known_on:%Y%m%d}", _features(now, split, names))
    said = now.look.session.hold(f"boosted_{now.known_on:%Y%m%d}_said", _said(now, asked, trees))
    return asked.inner_join(said, "row").select("customer_id", f"rule_{second_stage.RULE}")


def period_before(split: Split, first_on: date) -> date:
    """The day that a period as long as the held-out one begins after, before the split.

    Raises RefusedError where less than such a period was seen before it.
    """
    days = (split.end_on - split.known_on).days
    day = split.known_on - relativedelta(days=days)
    if (day - first_on).days < days:
        raise RefusedError(
            f"Before {split.known_on} there is no period of {days} days with a history before it"
            " to learn from.",
            "Hold out a shorter period.",
        )
    return day


def _channels(life: Lifetime) -> tuple[str, ...]:
    found = second_stage.channels(life.look.table("contacts"), life.known_on)
    return () if found is None else tuple(row["channel"] for row in life.look.rows(found))


def _features(life: Lifetime, split: Split, by_channel: tuple[str, ...]) -> ir.Table:
    asked = scoring.Asked(split.weeks, life.asked.discount_per_week, life.settings.level)
    scored = life.scored(life.purchases(), asked)
    naive = heldout.naive(life.lines, split, life.lens, life.event)
    look = life.look
    known = second_stage.Known(life.lines, look.table("contacts"), look.table("customers"))
    return second_stage.features(scored, naive, known, life.known_on, by_channel)


def _grown(life: Lifetime, table: ir.Table) -> second_stage.Trees:
    session, seed = life.look.session, life.settings.seed
    rows = second_stage.sample(life.totals["customers"], np.random.default_rng(seed))
    if rows.size < life.totals["customers"]:
        name = f"boosted_{life.known_on:%Y%m%d}_sample"
        table = table.semi_join(session.hold(name, {"row": rows}), "row")
    columns = session.columns(table.drop("customer_id"))
    # Trees depend on the order of rows, and the engine keeps none.
    order = np.argsort(columns.pop("row"))
    columns = {name: values[order] for name, values in columns.items()}
    brought = columns.pop("actual_value")
    return second_stage.grow(columns, brought, seed)


def _said(life: Lifetime, table: ir.Table, trees: second_stage.Trees) -> dict[str, Numbers]:
    customers = int(life.totals["customers"])
    said = np.empty(customers)
    for first in range(0, customers, CHUNK):
        part = table.filter(table.row >= first, table.row < first + CHUNK)
        columns = life.look.session.columns(part.drop("customer_id"))
        said[columns["row"].astype(np.intp)] = trees.predict(columns)
    return {"row": np.arange(customers), f"rule_{second_stage.RULE}": said}
