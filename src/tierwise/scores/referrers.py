"""Who brings customers, and what that is worth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import ibis.expr.types as ir
import pyarrow as pa

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.scores.components import Component, scores
from tierwise.scores.referral import Network
from tierwise.settings import ReferralSettings
from tierwise.units import Unit

SCHEMA = pa.schema(
    {
        "customer_id": pa.string(),
        "value": pa.decimal128(38, 4),
        "low": pa.decimal128(38, 4),
        "high": pa.decimal128(38, 4),
        "source": pa.string(),
        "observed_on": pa.date32(),
    }
)


def to_arrow(network: Network) -> pa.Table:
    """One row a referrer, for the engine to hold: the columns of SCHEMA."""
    rows = [
        {
            "customer_id": credit.customer_id,
            "value": credit.value,
            "low": credit.low,
            "high": credit.high,
            "source": "referrals",
            "observed_on": credit.last_at.date() if credit.last_at else None,
        }
        for credit in network.credits
    ]
    return pa.Table.from_pylist(rows, SCHEMA)


def component(credits: ir.Table, settings: ReferralSettings, as_of: date) -> ir.Table:
    """The referral component of value_scores; `credits` is `to_arrow` as the engine holds it."""
    return scores(credits, Component.REFERRAL, as_of, method_of(settings))


def method_of(settings: ReferralSettings) -> str:
    """How referral value is come by, in words."""
    further = (
        f", {settings.damping:g} of that for each further of {settings.generations} generations"
        if settings.generations > 1
        else ""
    )
    return f"{settings.share:g} of the value of customers it brought{further}"


def answer(
    context: Context, network: Network, settings: ReferralSettings, names: dict[str, str]
) -> Answer:
    """What is credited in all, to whom, and which referrals do not count and why."""
    left_out = sum(network.left_out.values())
    return Answer(
        kind="referrals",
        title="Referral value",
        context=context,
        figures=(
            Figure("referrals_counted", "Referrals that count", network.counted, Unit.COUNT),
            Figure("referrals_left_out", "Left out", left_out, Unit.COUNT),
            Figure("referrers", "Customers who brought others", len(network.credits), Unit.COUNT),
            _credited(network),
            Figure(
                "referred_value",
                "Value of the customers they brought",
                network.referred_value,
                Unit.MONEY,
                note="those who are worth anything",
            ),
            Figure("referred_losing", "Brought, but lose money", network.losing, Unit.COUNT),
            Figure("referred_unknown", "Brought, value unknown", network.unknown, Unit.COUNT),
        ),
        grids=(_referrers(network, names), _reasons(network)),
        notes=(
            f"Credited: {method_of(settings)}; the interval is what the share may be"
            f" ({settings.share_low:g} to {settings.share_high:g}).",
            "Each referred customer counts once, for the first who referred it; referral value"
            " stands beside direct value and is not added to it: the referred have it already.",
        ),
    )


def _credited(network: Network) -> Figure:
    value, low, high = (
        sum((getattr(credit, name) for credit in network.credits), Decimal(0))
        for name in ("value", "low", "high")
    )
    label = "Credited to them"
    return Figure("referral_value", label, value, Unit.MONEY, low=float(low), high=float(high))


def _referrers(network: Network, names: dict[str, str]) -> Grid:
    rows = tuple(
        {
            "customer_id": credit.customer_id,
            "name": names.get(credit.customer_id, ""),
            "brought": credit.brought,
            "later": credit.later,
            "value": credit.value,
            "low": credit.low,
            "high": credit.high,
            "last_on": credit.last_at.date() if credit.last_at else None,
            "opens": f"customer:{credit.customer_id}",
        }
        for credit in network.credits
    )
    return Grid("referrers_listed", "Referrers, best first", _REFERRERS, rows, "opens")


def _reasons(network: Network) -> Grid:
    rows = tuple(
        {"reason": reason, "referrals": count}
        for reason, count in sorted(network.left_out.items(), key=lambda item: (-item[1], item[0]))
    )
    columns = (Column("reason", "Left out because"), Column("referrals", "Referrals", Unit.COUNT))
    return Grid("left_out", "Referrals that do not count", columns, rows)


_REFERRERS = (
    Column("customer_id", "Customer"),
    Column("name", "Name"),
    Column("brought", "Brought", Unit.COUNT, "Customers it referred itself"),
    Column("later", "Those brought", Unit.COUNT, "Customers of further generations that count"),
    Column("value", "Referral value", Unit.MONEY),
    Column("low", "from", Unit.MONEY, "At the lower end of the share"),
    Column("high", "to", Unit.MONEY, "At the upper end of the share"),
    Column("last_on", "Last referral", Unit.DATE),
)
