"""The answer to "how long do contracts last, and what is still to come of them"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import ndtri

from tierwise.lifetime.contract_curves import LONG_MONTHS, Curve, Remaining, renewed_shares
from tierwise.lifetime.contract_tenures import share_error
from tierwise.lifetime.estimate import Band, Estimate
from tierwise.lifetime.kaplan_meier import KaplanMeier, median_tenure
from tierwise.lifetime.tenures import Array, Tenures
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import Lens
from tierwise.units import Unit
from tierwise.value.shares import Rows, share

FAR_OFF = 0.01
"""A curve that leaves the interval of what was seen by so much is said to be off."""


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything the answer is made of."""

    totals: Mapping[str, Any]  # the row of `contract_tenures.totals`
    products: Rows  # of `contract_tenures.by_product`
    by_contract: Tenures
    by_amount: Tenures  # the same of monthly money
    retention: Estimate  # one rate a month for all
    seen: KaplanMeier
    curves: Sequence[Curve]
    bands: Mapping[str, Band]  # survival after each renewal seen, by the curve's name
    remaining: Remaining | None  # None where no amounts are known or nothing runs
    running: Mapping[str, Array]  # `tenure`, `alive` and `alive_margin` of what runs
    worth: Rows  # of `contract_tenures.worth`, the best
    names: Mapping[str, str]
    horizon_months: int


def answer(context: Context, found: Findings, notes: Sequence[str]) -> Answer:
    """Retention, survival by three curves, and what is to come by tenure and by customer."""
    months = found.horizon_months
    return Answer(
        kind="contracts",
        title="Contracts: how long they last, and what is still to come",
        context=context,
        figures=_figures(found),
        grids=(
            Grid("products", "What was lost", _PRODUCTS, _products(found)),
            Grid("retention", "Renewed, month by month", _RETENTION, _retention(found)),
            Grid("survival", "Still running after so many months", _SURVIVAL, _survival(found)),
            Grid("models", "Models side by side", _MODELS, _models(found)),
            Grid(
                "tenures",
                "To come, by months run",
                _tenure_columns(months, _billed(context)),
                _tenures(found),
            ),
            Grid(
                "worth",
                "Customers by what their contracts will still bring",
                _worth_columns(months, _billed(context)),
                _worth(found),
                "opens",
            ),
        ),
        notes=(*notes, *_far_off(found)),
    )


def _billed(context: Context) -> str:
    """What a month of a contract is counted at."""
    return "Billed a month" if context.lens == Lens.REVENUE else "Margin a month"


def _figures(found: Findings) -> tuple[Figure, ...]:
    row, kept = found.totals, found.retention
    running = row["contracts"] - row["lost"]
    figures = [
        Figure("contracts", "Contracts seen", row["contracts"], Unit.COUNT),
        Figure("running", "Still running", running, Unit.COUNT),
        _lost_share(row, found.seen.level),
    ]
    if row["amount"]:
        figures += [
            Figure("monthly_amount", "Billed a month, all seen", row["amount"], Unit.MONEY),
            Figure("monthly_lost", "of it lost", row["lost_amount"], Unit.MONEY),
            _lost_money(row, found.seen.level),
        ]
    figures.append(
        Figure(
            "retention_rate",
            "Renewed a month, on average",
            kept.value,
            Unit.SHARE,
            kept.low,
            kept.high,
        )
    )
    median = median_tenure(found.seen)
    if not np.isnan(median.value):
        high = median.high if np.isfinite(median.high) else None
        low = median.low if high is not None else None
        label = "Half are gone after months"
        figures.append(Figure("median_months", label, median.value, Unit.NUMBER, low, high))
    return (*figures, *_totals_to_come(found))


def _lost_share(row: Mapping[str, Any], level: float) -> Figure:
    kept = renewed_shares(Tenures(np.array([row["contracts"]]), np.array([row["lost"]])), level)
    low, high = 1 - float(kept.high[0]), 1 - float(kept.low[0])
    share = row["lost"] / row["contracts"]
    return Figure("lost_share", "Lost, of contracts", share, Unit.SHARE, low, high)


def _lost_money(row: Mapping[str, Any], level: float) -> Figure:
    share = float(row["lost_amount"] / row["amount"])
    reach = float(ndtri((1 + level) / 2)) * share_error(row)
    ends = max(share - reach, 0.0), min(share + reach, 1.0)
    return Figure("lost_money_share", "Lost, of monthly money", share, Unit.SHARE, *ends)


def _totals_to_come(found: Findings) -> tuple[Figure, ...]:
    if found.remaining is None:
        return ()
    near, ever = found.remaining.near_total, found.remaining.ever_total
    label = f"To come in {found.horizon_months} months"
    return (
        Figure("near_value", label, near.value, Unit.MONEY, near.low, near.high),
        Figure(
            "ever_value",
            "To come without end, discounted",
            ever.value,
            Unit.MONEY,
            ever.low,
            ever.high,
        ),
    )


def _products(found: Findings) -> tuple[dict[str, Any], ...]:
    return tuple(_product(row, found.seen.level) for row in found.products)


def _product(row: Mapping[str, Any], level: float) -> dict[str, Any]:
    lost = _lost_share(row, level)
    money = _lost_money(row, level) if row["amount"] > 0 else None
    return {
        "product": row["product"] or "(not given)",
        "contracts": row["contracts"],
        "lost": row["lost"],
        "lost_share": lost.value,
        "lost_low": lost.low,
        "lost_high": lost.high,
        "amount": row["amount"],
        "lost_amount": row["lost_amount"],
        "money_share": money.value if money else None,
        "money_low": money.low if money else None,
        "money_high": money.high if money else None,
    }


def _retention(found: Findings) -> tuple[dict[str, Any], ...]:
    seen, money = found.by_contract, found.by_amount
    kept = renewed_shares(seen, found.seen.level)
    models = {name: _ratios(band.value) for name, band in found.bands.items()}
    return tuple(
        {
            "renewal": i + 1,
            "at_risk": int(seen.at_risk[i]),
            "lost": int(seen.lost[i]),
            "renewed": float(kept.value[i]),
            "renewed_low": float(kept.low[i]),
            "renewed_high": float(kept.high[i]),
            "money_renewed": share(money.kept[i], money.at_risk[i]),
            "sbg": _at(models.get("sBG"), i),
            "bdw": _at(models.get("BdW"), i),
        }
        for i in range(seen.at_risk.size)
    )


def _ratios(survival: Array) -> Array:
    ratios: Array = survival / np.concatenate(([1.0], survival[:-1]))
    return ratios


def _at(values: Array | None, place: int) -> float | None:
    return None if values is None else float(values[place])


def _survival(found: Findings) -> tuple[dict[str, Any], ...]:
    seen = found.seen
    rows = []
    for i in range(seen.survival.size):
        row: dict[str, Any] = {
            "months": i + 1,
            "seen": float(seen.survival[i]),
            "seen_low": float(seen.low[i]),
            "seen_high": float(seen.high[i]),
        }
        for name in ("sBG", "BdW"):
            band = found.bands.get(name)
            row[name.lower()] = _at(band.value if band else None, i)
            row[f"{name.lower()}_low"] = _at(band.low if band else None, i)
            row[f"{name.lower()}_high"] = _at(band.high if band else None, i)
        rows.append(row)
    return tuple(rows)


def _models(found: Findings) -> tuple[dict[str, Any], ...]:
    used = found.remaining.label if found.remaining else ""
    return tuple(
        {
            "model": one.name,
            "parameters": ", ".join(
                f"{name} {value:.4g}"
                for name, value in zip(one.fit.names, one.fit.theta, strict=True)
            )
            if one.fit
            else "",
            "log_likelihood": one.fit.log_likelihood if one.fit else None,
            "bic": one.fit.bic if one.fit else None,
            "outside": one.outside(found.seen) if one.fit else None,
            "used": "yes" if one.name == used else "",
            "said": one.refusal,
        }
        for one in found.curves
    )


def _tenures(found: Findings) -> tuple[dict[str, Any], ...]:
    ahead = found.remaining
    if ahead is None:
        return ()
    return tuple(
        {
            "tenure": int(found.running["tenure"][i]),
            "contracts": int(found.running["alive"][i]),
            "margin": float(found.running["alive_margin"][i]),
            **_range("months", ahead.months, i),
            **_range("near", ahead.near, i),
            **_range("ever", ahead.ever, i),
        }
        for i in range(ahead.tenures.size)
    )


def _range(name: str, band: Band, i: int) -> dict[str, float]:
    value, low, high = float(band.value[i]), float(band.low[i]), float(band.high[i])
    return {name: value, f"{name}_low": low, f"{name}_high": high}


def _worth(found: Findings) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            **row,
            "name": found.names.get(row["customer_id"], ""),
            "opens": f"customer:{row['customer_id']}",
        }
        for row in found.worth
    )


def _far_off(found: Findings) -> tuple[str, ...]:
    off = [(one.name, one.outside(found.seen)) for one in found.curves if one.fit]
    return tuple(
        f"{name} leaves the interval of what was seen by up to {share:.0%} of all contracts:"
        " trust the curve that was seen as far as it goes, and ask for one product at a time,"
        " such as --where product_id=NAME."
        for name, share in off
        if share > FAR_OFF
    )


_PRODUCTS = (
    Column("product", "Product"),
    Column("contracts", "Contracts", Unit.COUNT),
    Column("lost", "Lost", Unit.COUNT),
    Column("lost_share", "Share", Unit.SHARE, "Of contracts seen"),
    Column("lost_low", "from", Unit.SHARE),
    Column("lost_high", "to", Unit.SHARE),
    Column("amount", "Billed a month", Unit.MONEY, "By all contracts seen"),
    Column("lost_amount", "of it lost", Unit.MONEY),
    Column("money_share", "Share of money", Unit.SHARE, "Of monthly money"),
    Column("money_low", "from", Unit.SHARE),
    Column("money_high", "to", Unit.SHARE),
)
_RETENTION = (
    Column("renewal", "Month", Unit.COUNT),
    Column("at_risk", "Faced it", Unit.COUNT, "Contracts that ran up to this renewal"),
    Column("lost", "Lost", Unit.COUNT),
    Column("renewed", "Renewed", Unit.SHARE),
    Column("renewed_low", "from", Unit.SHARE, "Exact binomial interval"),
    Column("renewed_high", "to", Unit.SHARE),
    Column("money_renewed", "of the money", Unit.SHARE, "Share of monthly money renewed"),
    Column("sbg", "by sBG", Unit.SHARE),
    Column("bdw", "by BdW", Unit.SHARE),
)
_SURVIVAL = (
    Column("months", "Months", Unit.COUNT),
    Column("seen", "Seen", Unit.SHARE, "Product-limit curve of Kaplan and Meier: no model"),
    Column("seen_low", "from", Unit.SHARE),
    Column("seen_high", "to", Unit.SHARE),
    Column("sbg", "sBG", Unit.SHARE, "Churn differs between contracts"),
    Column("sbg_low", "from", Unit.SHARE),
    Column("sbg_high", "to", Unit.SHARE),
    Column("bdw", "BdW", Unit.SHARE, "Churn differs, and changes with tenure"),
    Column("bdw_low", "from", Unit.SHARE),
    Column("bdw_high", "to", Unit.SHARE),
)
_MODELS = (
    Column("model", "Model"),
    Column("parameters", "Parameters"),
    Column("log_likelihood", "Log-likelihood", Unit.NUMBER),
    Column("bic", "BIC", Unit.NUMBER, "Schwarz's criterion: less is better"),
    Column("outside", "Off by", Unit.SHARE, "How far it leaves the interval of what was seen"),
    Column("used", "Used for value"),
    Column("said", "Why there is no fit"),
)


def _tenure_columns(months: int, a_month: str) -> tuple[Column, ...]:
    return (
        Column("tenure", "Months run", Unit.COUNT),
        Column("contracts", "Contracts", Unit.COUNT),
        Column("margin", a_month, Unit.MONEY, "Of all of them"),
        Column("months", "Months to come", Unit.NUMBER, f"Of the next {LONG_MONTHS}, expected"),
        Column("months_low", "from", Unit.NUMBER),
        Column("months_high", "to", Unit.NUMBER),
        Column(
            "near",
            f"Worth, {months} months",
            Unit.NUMBER,
            "In months of today's amount, discounted",
        ),
        Column("near_low", "from", Unit.NUMBER),
        Column("near_high", "to", Unit.NUMBER),
        Column("ever", "Without end", Unit.NUMBER, "The same"),
        Column("ever_low", "from", Unit.NUMBER),
        Column("ever_high", "to", Unit.NUMBER),
    )


def _worth_columns(months: int, a_month: str) -> tuple[Column, ...]:
    return (
        Column("rank", "Rank", Unit.RANK),
        Column("customer_id", "Customer"),
        Column("name", "Name"),
        Column("contracts", "Contracts", Unit.COUNT, "Running"),
        Column("tenure", "Months run", Unit.COUNT, "The oldest"),
        Column("next_end_on", "Term ends", Unit.DATE, "The first of the terms"),
        Column("margin", a_month, Unit.MONEY),
        Column("near", f"To come, {months} months", Unit.MONEY, "Expected and discounted"),
        Column("near_low", "from", Unit.MONEY, "Doubt about the curve, not about the customer"),
        Column("near_high", "to", Unit.MONEY),
        Column("ever", "Without end", Unit.MONEY, "Expected and discounted"),
        Column("ever_low", "from", Unit.MONEY),
        Column("ever_high", "to", Unit.MONEY),
    )
