"""Contracts: who was lost, how long the others last, and what they will still bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import ibis.expr.types as ir
import numpy as np

from tierwise.errors import MissingDataError, RefusedError
from tierwise.lifetime import contract_curves, contract_tenures, contracts_answer
from tierwise.lifetime.contract_curves import Curve, Remaining
from tierwise.lifetime.discounting import rate_per_period
from tierwise.lifetime.estimate import Estimate
from tierwise.lifetime.kaplan_meier import kaplan_meier
from tierwise.lifetime.pooled import constant_retention
from tierwise.lifetime.tenures import Array
from tierwise.results import Answer
from tierwise.settings import Lens, LifetimeSettings
from tierwise.value.windows import between
from tierwise.workflows.look import Look

REVENUES = (Lens.REVENUE, Lens.REVENUE_BEFORE_RETURNS)


def contracts_answer_of(look: Look, settings: LifetimeSettings, limit: int) -> Answer:
    """Retention, survival and value to come of the contracts of a build.

    Raises MissingDataError where there are none or no ends of them, RefusedError where
    none has run for a month.
    """
    contracts = _contracts(look)
    less_cost = look.lens not in REVENUES and "monthly_cost" in contracts.columns
    states = contract_tenures.states(contracts, look.as_of, less_cost=less_cost)
    states = look.session.keep("contract_states", states)
    known = contract_tenures.placed(states)
    total = look.rows(contract_tenures.totals(known))[0]
    notes = [
        f"{row['contracts']:,} contracts {row['trouble']}; they are left out."
        for row in look.rows(contract_tenures.troubles(states))
    ]
    if not total["contracts"]:
        raise MissingDataError(
            " ".join(["No contract had begun by the as-of date.", *notes]),
            "Choose a later --as-of, or check started_on and term_end_on.",
        )
    found, told = _findings(look, settings, known, total, limit)
    lens = Lens.GROSS_PROFIT if less_cost else Lens.REVENUE
    context = look.context(customers=int(total["customers"]), lens=lens)
    context = replace(context, window="all", window_from=None, lines=int(total["contracts"]))
    return contracts_answer.answer(context, found, (*notes, *told))


def _contracts(look: Look) -> ir.Table:
    """Contracts cut to the slice, be it one of customers or of the contracts themselves."""
    contracts = look.table("contracts")
    if contracts is None:
        raise MissingDataError("There are no contracts.", "Add [sources.contracts].")
    for dimension, value in look.where:
        if dimension.of_line:
            if dimension.name not in contracts.columns:
                look.refuse_lines("What contracts bring")
            contracts = contracts.filter(contracts[dimension.name] == value)
    return contracts.filter(between(contracts, "started_on", None, look.as_of))


def _findings(
    look: Look, settings: LifetimeSettings, known: ir.Table, total: dict[str, Any], limit: int
) -> tuple[contracts_answer.Findings, tuple[str, ...]]:
    counted = look.session.columns(contract_tenures.counts(known))
    by_contract, by_amount = contract_tenures.tenures(counted)
    if not by_contract.at_risk.any():
        raise RefusedError(
            f"None of {total['contracts']:,} contracts has run for a month yet.",
            "Choose a later --as-of.",
        )
    level = settings.level
    generator = np.random.default_rng(settings.seed)
    seen = kaplan_meier(by_contract, level)
    curves = contract_curves.curves(by_contract)
    banded = {
        one.name: one.survival(seen.tenures.renewals, generator, settings.draws, level)
        for one in curves
    }
    retention = constant_retention(by_contract, level)
    here = counted["alive"] > 0
    running = {name: counted[name][here] for name in ("tenure", "alive", "alive_margin")}
    ahead, rows = None, []
    if total["unpriced"] < total["contracts"] and here.any():
        ahead = _remaining(curves, retention, running, settings, generator)
        worth = contract_tenures.worth(known, look.session.hold("to_come", _columns(ahead)))
        rows = look.rows(worth.order_by("rank").limit(limit))
    found = contracts_answer.Findings(
        total,
        look.rows(contract_tenures.by_product(known)),
        by_contract,
        by_amount,
        retention,
        seen,
        curves,
        {name: band for name, band in banded.items() if band is not None},
        ahead,
        running,
        rows,
        look.names(rows),
        settings.horizon_months,
    )
    return found, _notes(settings, found)


def _remaining(
    curves: tuple[Curve, ...],
    retention: Estimate,
    running: dict[str, Array],
    settings: LifetimeSettings,
    generator: np.random.Generator,
) -> Remaining:
    """By the better model, or by one rate for all where none can be fitted."""
    rate = rate_per_period(settings.annual_discount_rate, 12)
    at = running["tenure"].astype(float), running["alive_margin"]
    chosen = contract_curves.better(curves)
    if chosen is None:
        return contract_curves.remaining_at_one_rate(retention, *at, settings.horizon_months, rate)
    return contract_curves.remaining(
        chosen, *at, settings.horizon_months, rate, generator, settings.draws, settings.level
    )


def _columns(ahead: Remaining) -> dict[str, Array]:
    """What one of margin a month is worth, by tenure, for the engine."""
    bands = {"near": ahead.near, "ever": ahead.ever}
    ends = {
        f"{name}{end}": getattr(band, column)
        for name, band in bands.items()
        for end, column in (("", "value"), ("_low", "low"), ("_high", "high"))
    }
    return {"tenure": ahead.tenures.astype(np.int64), **ends}


def _notes(settings: LifetimeSettings, found: contracts_answer.Findings) -> tuple[str, ...]:
    total, notes = found.totals, []
    for one in found.curves:
        if one.fit is None:
            notes.append(f"{one.name} took no part: {one.refusal}")
    if all(one.fit is None for one in found.curves):
        notes.append(
            "No model could be fitted, so every contract is taken to be renewed with the same"
            " probability a month, and its interval is that of this one rate."
        )
    if found.remaining is None:
        notes.append(_no_value(total))
    else:
        notes.append(
            f"What is to come is by {found.remaining.label}, discounted at"
            f" {settings.annual_discount_rate:.0%} a year. Terms agreed beyond the as-of date"
            " are not looked at: a contract that is bound counts like others of its age."
        )
    if total["unpriced"] and found.remaining is not None:
        notes.append(
            f"{total['unpriced']:,} contracts have no amount; they are worth nothing here."
        )
    return (*notes, *_early(total))


def _no_value(total: Mapping[str, Any]) -> str:
    if total["unpriced"] == total["contracts"]:
        return (
            "Contracts have no monthly_amount, so what is to come has no value: only how long"
            " they last is told."
        )
    return "Every contract has ended, so nothing is to come."


def _early(total: Mapping[str, Any]) -> tuple[str, ...]:
    """Warns of contracts that may be missing because they ended before records began."""
    first, lost = total["first_on"], total["first_lost_on"]
    if lost is None or (lost - first).days < 2 * 365:
        return ()
    return (
        f"The first contract began on {first}, the first loss on record is of {lost}. If"
        " contracts that ended before that are missing from the table, the others look more"
        " faithful than contracts are.",
    )
