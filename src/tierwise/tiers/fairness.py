"""Fairness: whether tiers follow what must not decide, and how much of that value explains.

Association by Cramer's V (scipy). Value explains what is left of a group's gap once
every customer is given the shares of tiers that customers of the same value have:
direct standardisation over strata of value, finer where tiers are cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from scipy.stats import chi2_contingency
from scipy.stats.contingency import association

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import TiersSettings
from tierwise.units import Unit
from tierwise.value.shares import Rows

OTHERS = "(small groups)"
NOTABLE = 0.1
"""Below this V an association is slight (Cohen 1988, w = .1)."""

LEVEL = 0.05


def cells(members: ir.Table, groups: ir.Table, min_group: int) -> ir.Table:
    """Customers by `group`, `stratum` of value and `tier`. `groups`: `customer_id`, `label`.

    Strata are the nine lower tenths of rank and the hundredths of the best one, so that
    tiers cut within the best tenth are compared with their like.
    """
    table = members.inner_join(groups, "customer_id")
    order = ibis.window(order_by=[ibis.asc("rank")])
    place = ibis.row_number().over(order).cast("float64") / table.count().over()
    size = table.count().over(group_by="label")
    fine, coarse = (place * 100).floor(), (place * 10).floor() + 9
    table = table.mutate(
        group=(size >= min_group).ifelse(table.label, OTHERS),
        stratum=(place < 0.1).ifelse(fine, coarse).cast("int64"),
    )
    grouped = table.group_by("group", "stratum", "tier").aggregate(customers=table.count())
    return grouped.order_by("group", "stratum", "tier")


@dataclass(frozen=True, slots=True)
class Association:
    """What a dimension has to do with tiers."""

    dimension: str
    kind: str  # protected or proxy
    customers: int
    groups: int
    v: float  # Cramer's V of tier and group
    p_value: float  # of independence, chi-squared
    v_left: float  # V of what value does not explain
    explained: float | None  # share of the gaps in the better tiers that value explains
    rows: tuple[dict[str, Any], ...]  # a row a group


def measured(dimension: str, kind: str, rows: Rows, tiers: int) -> Association | None:
    """What `cells` say; None where there are not two groups or not two tiers."""
    groups = sorted({row["group"] for row in rows})
    strata = sorted({row["stratum"] for row in rows})
    counts = np.zeros((len(groups), len(strata), tiers))
    for row in rows:
        at = groups.index(row["group"]), strata.index(row["stratum"]), row["tier"] - 1
        counts[at] += row["customers"]
    table = counts.sum(axis=1)
    used = table.sum(axis=0) > 0
    if len(groups) < 2 or used.sum() < 2:
        return None
    expected = _expected(counts)
    observed = table[:, used].astype(np.int64)
    v = float(association(observed, method="cramer"))
    found = chi2_contingency(observed)
    better = table[:, :-1].sum(axis=1) / table.sum(axis=1)
    by_value = expected[:, :-1].sum(axis=1) / table.sum(axis=1)
    overall = float(table[:, :-1].sum() / table.sum())
    return Association(
        dimension,
        kind,
        int(table.sum()),
        len(groups),
        v,
        float(found.pvalue),
        _left(table[:, used], expected[:, used]),
        _explained(better - overall, by_value - overall, table.sum(axis=1)),
        tuple(
            {
                "dimension": dimension,
                "group": group,
                "customers": int(table[i].sum()),
                "better": float(better[i]),
                "by_value": float(by_value[i]),
                "gap": float(better[i] - overall),
                "gap_left": float(better[i] - by_value[i]),
            }
            for i, group in enumerate(groups)
        ),
    )


def _expected(counts: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Customers by group and tier, had each the tiers of its stratum of value."""
    stratum = counts.sum(axis=0)
    shares = stratum / np.maximum(stratum.sum(axis=1, keepdims=True), 1)
    found: np.ndarray[Any, Any] = np.einsum("gs,st->gt", counts.sum(axis=2), shares)
    return found


def _left(observed: np.ndarray[Any, Any], expected: np.ndarray[Any, Any]) -> float:
    """V of observed against standardised counts, on the same scale as Cramer's V."""
    apart = (observed - expected) ** 2 / np.where(expected > 0, expected, 1.0)
    freedom = max(min(observed.shape) - 1, 1)
    return float(np.sqrt(apart.sum() / observed.sum() / freedom))


def _explained(
    gap: np.ndarray[Any, Any], by_value: np.ndarray[Any, Any], size: np.ndarray[Any, Any]
) -> float | None:
    """1 - what is left of the gaps by what they were, groups weighing by customers."""
    whole = float(np.abs(gap) @ size)
    return 1 - float(np.abs(gap - by_value) @ size) / whole if whole > 0 else None


def answer(
    context: Context,
    found: Sequence[Association],
    settings: TiersSettings,
    missing: Sequence[str],
) -> Answer:
    """One row a dimension, one a group, and in words which need a look."""
    watched = [one for one in found if one.p_value < LEVEL and one.v >= NOTABLE]
    unexplained = [one for one in watched if one.v_left >= NOTABLE]
    return Answer(
        kind="tier-fairness",
        title="Whether tiers follow what must not decide",
        context=context,
        figures=(
            Figure("dimensions_tested", "Dimensions tested", len(found), Unit.COUNT),
            Figure("associated", "Associated with tiers", len(watched), Unit.COUNT),
            Figure("unexplained", "Not explained by value", len(unexplained), Unit.COUNT),
        ),
        grids=(
            Grid("dimensions", "Dimensions", _DIMENSIONS, tuple(_row(one) for one in found)),
            Grid("groups", "Groups", _GROUPS, tuple(r for one in found for r in one.rows)),
        ),
        notes=(*(_say(one, settings) for one in watched), *missing, _CAVEAT),
    )


_CAVEAT = (
    "That value explains a gap does not make it fair: value itself may follow from how a group"
    " was served before."
)


def _say(one: Association, settings: TiersSettings) -> str:
    last = settings.names[-1]
    told = f"{one.dimension} goes with tiers (V = {one.v:.2f}); "
    if one.v_left >= NOTABLE:
        return told + f"value leaves V = {one.v_left:.2f} of it open. Look at decisions and holds."
    explained = f"{one.explained:.0%}" if one.explained is not None else "all"
    return told + f"value explains {explained} of the gaps in who stands above {last}."


def _row(one: Association) -> dict[str, Any]:
    return {
        "dimension": one.dimension,
        "kind": one.kind,
        "customers": one.customers,
        "groups": one.groups,
        "v": one.v,
        "p_value": one.p_value,
        "v_left": one.v_left,
        "explained": one.explained,
    }


_DIMENSIONS = (
    Column("dimension", "Dimension"),
    Column("kind", "Kind", help="protected: must not decide; proxy: may stand for one that must"),
    Column("customers", "Customers", Unit.COUNT),
    Column("groups", "Groups", Unit.COUNT),
    Column("v", "Cramer's V", Unit.RATIO, "0 no association with tiers, 1 all"),
    Column("p_value", "p", Unit.CHANCE, "Chance of such a V if there were no association"),
    Column("v_left", "V left", Unit.RATIO, "Of what customers' value does not explain"),
    Column("explained", "Explained", Unit.SHARE, "Of groups' gaps, by their value"),
)
_GROUPS = (
    Column("dimension", "Dimension"),
    Column("group", "Group"),
    Column("customers", "Customers", Unit.COUNT),
    Column("better", "Above the last tier", Unit.SHARE),
    Column("by_value", "By value alone", Unit.SHARE, "As customers of the same value are"),
    Column("gap", "Gap to all", Unit.SHARE),
    Column("gap_left", "Gap left", Unit.SHARE, "What value does not explain"),
)
