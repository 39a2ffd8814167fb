"""The last tier: who is there by nature of their need, and who may grow.

Potential is kept apart from value and never added to it. Where somebody estimated what
a customer spends with everybody, that decides; else how likely the better tier is;
else what the best tenth of customers with the same need bring.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import TiersSettings
from tierwise.tiers.rows import WHO, who
from tierwise.tiers.values import total
from tierwise.units import Unit
from tierwise.value.shares import Rows

LIKELY = 0.1
"""From this probability of the better tier on a customer counts as growing."""

PEERS = 0.9
"""The quantile of peers' value that stands for what the need is worth at best."""


class Bottom(StrEnum):
    """What a customer of the last tier is."""

    WALLET_LARGE = "can grow: estimated to spend enough with others"
    LIKELY = "can grow: the better tier is likely enough"
    PEERS_LARGE = "may grow: others with the same need bring enough"
    WALLET_SMALL = "structural: all they spend with everybody would not suffice"
    PEERS_SMALL = "structural: hardly anybody with the same need brings enough"


GROWS = (Bottom.WALLET_LARGE, Bottom.LIKELY, Bottom.PEERS_LARGE)


def expression(
    members: ir.Table, wallets: ir.Table | None, boundary: float, tiers: int
) -> ir.Table:
    """The last tier with `kind`, `potential` and its `source`; `boundary` of the tier above.

    `members` have `need`; `wallets` has `customer_id`, `wallet_amount`.
    """
    peers = members.group_by("need").aggregate(
        best_peers=members.value.cast("float64").quantile(PEERS)
    )
    last = members.filter(members.tier == tiers).inner_join(peers, "need")
    if wallets is None:
        last = last.mutate(wallet=ibis.null("float64"))
    else:
        asked = wallets.group_by("customer_id").aggregate(wallet=total(wallets.wallet_amount))
        last = last.left_join(asked, "customer_id").drop("customer_id_right")
    likely = last[f"p_to_{tiers - 1}"]
    kind = ibis.cases(
        (last.wallet >= boundary, str(Bottom.WALLET_LARGE)),
        (last.wallet.notnull(), str(Bottom.WALLET_SMALL)),
        (likely >= LIKELY, str(Bottom.LIKELY)),
        (last.best_peers >= boundary, str(Bottom.PEERS_LARGE)),
        else_=str(Bottom.PEERS_SMALL),
    )
    value = last.value.cast("float64")
    potential = ibis.greatest(last.wallet.fill_null(last.best_peers) - value, 0.0)
    return last.mutate(
        kind=kind,
        potential=potential,
        source=last.wallet.notnull().ifelse("wallet, estimated", "best tenth with the same need"),
    )


def by_kind(table: ir.Table) -> ir.Table:
    """Customers and money by kind."""
    grouped = table.group_by("kind").aggregate(
        customers=table.count(), value=table.value.sum(), potential=total(table.potential)
    )
    return grouped.order_by("kind")


def by_need(table: ir.Table) -> ir.Table:
    """Customers by need, and how many of them may grow."""
    grows = table.kind.isin([str(kind) for kind in GROWS])
    grouped = table.group_by("need").aggregate(
        customers=table.count(), growable=grows.sum(), value=table.value.sum()
    )
    return grouped.order_by([ibis.desc("customers"), ibis.asc("need")])


def listed(table: ir.Table, limit: int) -> ir.Table:
    """Those who may grow: estimated wallets first, then the likeliest."""
    chosen = table.filter(table.kind.isin([str(kind) for kind in GROWS]))
    chosen = chosen.mutate(found=chosen.count().over(), known=chosen.wallet.notnull())
    order = [ibis.desc("known"), ibis.desc("potential"), ibis.asc("rank")]
    return chosen.order_by(order).limit(limit)


def answer(
    context: Context,
    kinds: Rows,
    needs: Rows,
    rows: Rows,
    settings: TiersSettings,
    names: Mapping[str, str],
) -> Answer:
    """How many may grow, by what evidence, and who they are."""
    total = sum(row["customers"] for row in kinds)
    grow = sum(row["customers"] for row in kinds if row["kind"] in list(GROWS))
    found = int(rows[0]["found"]) if rows else 0
    cut = f"The first {len(rows):,} of {found:,} are listed; --limit shows more."
    last = settings.names[-1]
    return Answer(
        kind="tier-bottom",
        title=f"Tier {last}: who is there by nature of their need, and who may grow",
        context=context,
        figures=(
            Figure("in_last", f"Customers in {last}", total, Unit.COUNT, opens=f"tier:{last}"),
            Figure("growable", "May grow", grow, Unit.COUNT, opens="bottom:growable"),
            Figure(
                "structural",
                "There by nature of their need",
                total - grow,
                Unit.COUNT,
                opens="bottom:structural",
            ),
        ),
        grids=(
            Grid(
                "growing",
                "Who may grow",
                _CUSTOMERS,
                tuple(_row(r, names) for r in rows),
                "opens",
            ),
            Grid("kinds", "By evidence", _KINDS, tuple(map(_kind, kinds)), "opens"),
            Grid("needs", "By need", _NEEDS, tuple(map(_need, needs)), "opens"),
        ),
        notes=(
            "Potential is what others might still get, apart from value and never added to it.",
            *((cut,) if found > len(rows) else ()),
        ),
    )


def _kind(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "opens": f"bottom:{Bottom(row['kind']).name.lower()}"}


def _need(row: Mapping[str, Any]) -> dict[str, Any]:
    need = f"need={row['need']}"
    return {**row, "opens": f"bottom:{need}", "opens_growable": f"bottom:growable:{need}"}


def _row(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {
        **who(row, names),
        "need": row["need"],
        "value": row["value"],
        "potential": row["potential"],
        "source": row["source"],
        "near_value": row["near_value"],
        "p_active": row["p_active"],
        "kind": row["kind"],
    }


_CUSTOMERS = (
    *WHO,
    Column("need", "Need"),
    Column("value", "Value", Unit.MONEY),
    Column("potential", "Potential", Unit.MONEY, "Beside value, not part of it"),
    Column("source", "Known from"),
    Column("near_value", "Expected", Unit.MONEY, "Value of the window to come"),
    Column("p_active", "P(active)", Unit.SHARE),
    Column("kind", "What"),
)
_KINDS = (
    Column("kind", "What"),
    Column("customers", "Customers", Unit.COUNT),
    Column("value", "Value", Unit.MONEY),
    Column("potential", "Potential", Unit.MONEY, "Beside value, not part of it"),
)
_NEEDS = (
    Column("need", "Need"),
    Column("customers", "Customers", Unit.COUNT),
    Column("growable", "May grow", Unit.COUNT, opens="opens_growable"),
    Column("value", "Value", Unit.MONEY),
)
