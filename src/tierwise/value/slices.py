"""Value cut by any dimension, with cells large enough to mean something."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from statistics import NormalDist
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import EmptyWindowError, MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import Window
from tierwise.units import SUM_TYPE, Unit
from tierwise.value.orders import attributed, goods_cost, has_goods_cost
from tierwise.value.ranking import gini
from tierwise.value.shares import Rows, share, top_rank, total
from tierwise.value.windows import between, earlier, first_day

NOT_GIVEN = "(not given)"
LEVEL = 0.95
TENURE_YEARS = (1, 2, 3)
"""Upper bounds in years of the tenure groups that slices are compared at."""


def label_of(dimension: str) -> str:
    """A dimension as people read it."""
    return dimension.removeprefix("attributes.").replace("_", " ")


def labelled(
    lines: ir.Table, customers: ir.Table | None, dimension: str, *, of_line: bool
) -> ir.Table:
    """Lines with `label`, the value of the dimension on the line or on its customer."""
    known = attributed(lines)
    if of_line:
        return known.mutate(label=field(known, dimension).cast("string").fill_null(NOT_GIVEN))
    if customers is None:
        raise MissingDataError("There is no customers table.", "Add [sources.customers].")
    label = customers.select(
        "customer_id", label=field(customers, dimension).cast("string").fill_null(NOT_GIVEN)
    )
    joined = known.left_join(label, "customer_id").drop("customer_id_right")
    return joined.mutate(label=joined.label.fill_null(NOT_GIVEN))


def field(table: ir.Table, dimension: str) -> ir.Column:
    """A column, or a field of `attributes` written `attributes.Region`."""
    name, _, inner = dimension.partition(".")
    column: ir.Column = table[name][inner] if inner else table[name]
    return column


def expression(
    lines: ir.Table, served: ir.Table | None, as_of: date, window: Window, min_cell: int
) -> ir.Table:
    """One row a slice and tenure group; slices below `min_cell` customers are pooled.

    `lines` carry `label`. `served` has `customer_id` and `cost_to_serve` where a
    slice consists of whole customers, so that profit can be told; else None.
    """
    cells = _cells(lines, as_of, window)
    if served is not None:
        cost = served.select("customer_id", "cost_to_serve")
        cells = cells.left_join(cost, "customer_id").drop("customer_id_right")
    else:
        cells = cells.mutate(cost_to_serve=ibis.null(SUM_TYPE))
    cells = _pooled(cells, min_cell)
    cells = _ranked_in_slice(_once_a_slice(cells))
    return _by_tenure(cells, as_of).order_by("label", "tenure")


def _cells(lines: ir.Table, as_of: date, window: Window) -> ir.Table:
    """One row a slice and customer: this window beside the one a year earlier."""
    start = first_day(as_of, window)
    now = between(lines, "created_at", start, as_of)
    before = ibis.null(SUM_TYPE)
    if start is not None:
        last = earlier(as_of, Window(months=12))
        then = between(lines, "created_at", first_day(last, window), last)
        before = (
            lines.total_amount.sum(where=then)
            .cast(SUM_TYPE)
            .fill_null(ibis.literal(0).cast(SUM_TYPE))
        )
    cost = goods_cost(lines) if has_goods_cost(lines) else None
    now_uncosted = now if cost is None else now & cost.isnull()
    lines = lines.mutate(
        cost=ibis.null(SUM_TYPE) if cost is None else cost.cast(SUM_TYPE), uncosted=now_uncosted
    )
    return lines.group_by("label", "customer_id").aggregate(
        current=now.any().cast("int64"),
        revenue=lines.total_amount.sum(where=now).cast(SUM_TYPE),
        goods_cost=lines.cost.sum(where=now).cast(SUM_TYPE),
        uncosted=lines.uncosted.sum(),
        revenue_year_earlier=before,
        first_at=lines.created_at.min(),
    )


def _pooled(cells: ir.Table, min_cell: int) -> ir.Table:
    """Give small slices one label, and the next larger one too where they alone are too few."""
    cells = cells.mutate(size=cells.current.sum().over(group_by="label"))
    order = [ibis.asc("size"), ibis.asc("label")]
    cells = cells.mutate(place=ibis.dense_rank().over(order_by=order))
    here = cells.current == 1
    first = cells.place.min(where=here).over(group_by="customer_id")
    cells = cells.mutate(fresh=here & (cells.place == first))
    slices = cells.group_by("label", "size", "place").aggregate(fresh=cells.fresh.sum())
    until = ibis.window(order_by="place", rows=(None, -1))
    smaller = slices.fresh.sum().over(until).fill_null(0)  # customers of all smaller slices
    lonely = (smaller > 0) & (smaller < min_cell)
    small = slices.select("label", pooled=(slices["size"] < min_cell) | lonely)
    joined = cells.left_join(small, "label").drop("label_right", "place", "fresh", "size")
    name = f"(slices under {min_cell} customers)"
    return joined.mutate(label=joined.pooled.ifelse(name, joined.label))


def _once_a_slice(cells: ir.Table) -> ir.Table:
    """One row a slice and customer again: pooled slices may share customers."""
    return cells.group_by("label", "customer_id").aggregate(
        pooled=cells.pooled.max(),
        current=cells.current.max(),
        revenue=cells.revenue.sum().cast(SUM_TYPE),
        goods_cost=cells.goods_cost.sum().cast(SUM_TYPE),
        uncosted=cells.uncosted.sum(),
        revenue_year_earlier=cells.revenue_year_earlier.sum().cast(SUM_TYPE),
        cost_to_serve=cells.cost_to_serve.max(),
        first_at=cells.first_at.min(),
    )


def _ranked_in_slice(cells: ir.Table) -> ir.Table:
    """Rank customers of this window within their slice; others keep no rank."""
    order = [ibis.desc("current"), ibis.desc("revenue"), ibis.asc("customer_id")]
    cells = cells.mutate(rank=ibis.row_number().over(group_by="label", order_by=order) + 1)
    return cells.mutate(n=cells.current.sum().over(group_by="label"))


def _by_tenure(cells: ir.Table, as_of: date) -> ir.Table:
    years = ibis.literal(as_of).delta(cells.first_at.date(), unit="day") / 365.25
    tenure = sum(((years >= bound).cast("int64") for bound in TENURE_YEARS), ibis.literal(0))
    here = cells.current == 1
    value = cells.revenue.cast("float64")
    top = cells["rank"] <= top_rank(0.2, cells.n)
    return cells.group_by("label", tenure=tenure).aggregate(
        pooled=cells.pooled.max(),
        customers=here.sum(),
        revenue=cells.revenue.sum(where=here).cast(SUM_TYPE),
        goods_cost=(cells.uncosted.sum() == 0).ifelse(
            cells.goods_cost.sum(where=here).cast(SUM_TYPE), None
        ),
        uncosted=cells.uncosted.sum(),
        cost_to_serve=cells.cost_to_serve.sum(where=here).cast(SUM_TYPE),
        squares=(value * value).sum(where=here),
        top_revenue=cells.revenue.sum(where=here & top).cast(SUM_TYPE),
        rank_weighted=(value * cells["rank"].cast("float64")).sum(where=here),
        revenue_year_earlier=cells.revenue_year_earlier.sum().cast(SUM_TYPE),
        first_seen=cells.first_at.min(),
    )


def answer(context: Context, rows: Rows, by: str, min_cell: int, window: Window) -> Answer:
    """One row a slice, largest first, each mean with its 95% interval.

    `context.customers` counts everybody once; under a dimension of lines a
    customer may stand in several slices.
    """
    groups: dict[str, Rows] = defaultdict(list)
    for row in rows:
        groups[row["label"]].append(row)
    mix = _tenure_mix(rows)
    everyone = context.customers
    everything = sum((row["revenue"] or 0) for row in rows)
    if not everyone:
        raise EmptyWindowError(
            "No customer ordered in this window.", "Widen --window or change --as-of."
        )
    pooled = {label for label, part in groups.items() if any(r["pooled"] for r in part)}
    slices = [_slice(by, label, part, mix, everything, everyone) for label, part in groups.items()]
    slices = [
        _only_counted(s) if s["slice"] in pooled and s["customers"] < min_cell else s
        for s in slices
        if s["customers"]
    ]
    slices = sorted(slices, key=lambda s: (-(s["revenue"] or 0), s["slice"]))
    return Answer(
        kind="slices",
        title=f"Value by {label_of(by)}",
        context=context,
        figures=(
            Figure("slices_shown", "Slices shown", len(slices), Unit.COUNT),
            Figure("counted", "Customers", everyone, Unit.COUNT),
        ),
        grids=(Grid("slices", f"By {label_of(by)}", _columns(by), tuple(slices), "opens"),),
        notes=_notes(rows, bool(pooled), min_cell, window),
        extra={"by": by},
    )


_COUNTED = ("slice", "customers", "share_of_customers", "opens")


def _only_counted(row: dict[str, Any]) -> dict[str, Any]:
    """A slice of too few customers to show amounts of: its count alone."""
    return {name: value if name in _COUNTED else None for name, value in row.items()}


def _tenure_mix(rows: Rows) -> Mapping[int, int]:
    mix: dict[int, int] = defaultdict(int)
    for row in rows:
        mix[row["tenure"]] += int(row["customers"] or 0)
    return mix


def _slice(
    by: str, label: str, rows: Rows, mix: Mapping[int, int], everything: Any, everyone: int
) -> dict[str, Any]:
    n = sum(int(row["customers"] or 0) for row in rows)
    if not n:
        return {"slice": label, "customers": 0, "revenue": None}
    here = [row for row in rows if row["customers"]]
    revenue, goods, served = (total(here, c) for c in ("revenue", "goods_cost", "cost_to_serve"))
    before = total(rows, "revenue_year_earlier")
    gross = revenue - goods if goods is not None else None
    mean, half = _mean(revenue, rows, n)
    positive = revenue > 0
    weighted = sum(row["rank_weighted"] or 0 for row in rows)
    return {
        "slice": label,
        "customers": n,
        "share_of_customers": n / everyone,
        "revenue": revenue,
        "revenue_share": share(revenue, everything),
        "gross_profit": gross,
        "profit": gross - served if gross is not None and served is not None else None,
        "revenue_per_customer": mean,
        "revenue_per_customer_low": None if half is None else mean - half,
        "revenue_per_customer_high": None if half is None else mean + half,
        "revenue_per_customer_same_tenure": _standardised(rows, mix),
        "top_20_share": share(total(here, "top_revenue"), revenue),
        "gini": gini(n, float(revenue), weighted) if positive else None,
        "revenue_year_earlier": before,
        "change": float(revenue / before) - 1 if before is not None and before > 0 else None,
        "opens": "" if label.startswith("(slices") else f"slice:{by}={label}",
    }


def _mean(revenue: Any, rows: Rows, n: int) -> tuple[float, float | None]:
    """Mean spend and the half-width of its interval; none for a single customer.

    The customers of the window are read as a sample of what such customers
    spend; normal approximation, so wide and rough for skewed small slices.
    """
    mean = float(revenue) / n
    if n < 2:
        return mean, None
    variance = max(0.0, (sum(row["squares"] or 0 for row in rows) - n * mean * mean) / (n - 1))
    z = NormalDist().inv_cdf(0.5 + LEVEL / 2)
    return mean, float(z * (variance / n) ** 0.5)


def _standardised(rows: Rows, mix: Mapping[int, int]) -> float | None:
    """Mean spend if the slice had the firm's mix of tenures (direct standardisation).

    Tenure groups that the slice lacks are left out of the weights.
    """
    means = {
        row["tenure"]: float(row["revenue"]) / int(row["customers"])
        for row in rows
        if row["customers"] and row["revenue"] is not None
    }
    weight = sum(mix[tenure] for tenure in means)
    return sum(mix[t] * mean for t, mean in means.items()) / weight if weight else None


def _notes(rows: Rows, pooled: bool, min_cell: int, window: Window) -> tuple[str, ...]:
    notes = [
        "Intervals: 95% for mean spend, reading these customers as a sample of such customers.",
        "Same tenure: mean spend if the slice had the firm's mix of tenures"
        f" (under {', '.join(map(str, TENURE_YEARS))} years, and longer).",
    ]
    if any(row["cost_to_serve"] is not None for row in rows):
        notes.append("Profit leaves out customers who caused cost without ordering.")
    uncosted = sum(int(row["uncosted"] or 0) for row in rows)
    if uncosted:
        notes.append(
            f"The cost of {uncosted:,} lines is unknown: slices that hold them show no profit."
        )
    if pooled:
        notes.append(
            f"Slices with fewer than {min_cell} customers are pooled: alone they would be noise."
            " Where they are too few together, the next larger slice joins them."
        )
    if window.months is None:
        notes.append("All history is shown, so there is no year earlier to compare with.")
    return tuple(notes)


def _columns(by: str) -> tuple[Column, ...]:
    return (
        Column("slice", label_of(by).capitalize()),
        Column("customers", "Customers", Unit.COUNT),
        Column("share_of_customers", "of customers", Unit.SHARE),
        Column("revenue", "Revenue", Unit.MONEY),
        Column("revenue_share", "of revenue", Unit.SHARE),
        Column("gross_profit", "Gross profit", Unit.MONEY),
        Column(
            "profit",
            "Profit",
            Unit.MONEY,
            "After cost to serve; only where slices are whole customers",
        ),
        Column("revenue_per_customer", "Per customer", Unit.MONEY),
        Column("revenue_per_customer_low", "from", Unit.MONEY, "Lower end of the 95% interval"),
        Column("revenue_per_customer_high", "to", Unit.MONEY, "Upper end of the 95% interval"),
        Column("revenue_per_customer_same_tenure", "at same tenure", Unit.MONEY),
        Column("top_20_share", "Best 20% bring", Unit.SHARE),
        Column("gini", "Gini", Unit.RATIO),
        Column(
            "revenue_year_earlier", "A year earlier", Unit.MONEY, "Same months, so seasons cancel"
        ),
        Column("change", "Change", Unit.SHARE),
    )
