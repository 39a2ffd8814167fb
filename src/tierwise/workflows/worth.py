"""What customers are worth beside their own spend: the value vector and its components.

A component is judged at the whole firm even under a slice, since a cap, a chain of
referrals or the first order of anybody cannot be told from a part; the slice then
says whose rows are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import ibis.expr.types as ir

from tierwise.errors import MissingDataError
from tierwise.results import Answer
from tierwise.scores import (
    accounts,
    direct,
    influence,
    referral,
    referred,
    referrers,
    strategic,
    vector,
)
from tierwise.scores.components import Component
from tierwise.value import ranking, slices
from tierwise.workflows.look import Look
from tierwise.workflows.worth_lists import finished, named


def _values(look: Look) -> ir.Table:
    """What everybody is worth through the lens: `customer_id`, `value`, `first_order_at`."""
    summary = look.whole.summary
    return summary.select("customer_id", "first_order_at", value=summary[look.lens])


def require_any_known(look: Look, remedy: str = ranking.NEEDS_COST) -> None:
    """Refuse where value through the lens is unknown of every customer."""
    row = _known_counts(look)
    if row["n"] and row["unknown"] == row["n"]:
        ranking.require_known(row, look.lens, remedy)


def _require_all_known(look: Look) -> None:
    """Refuse where it is unknown of anybody: a cap set by the others would be the wrong one."""
    ranking.require_known(_known_counts(look), look.lens)


def _known_counts(look: Look) -> dict[str, Any]:
    counted = ranking.counted(look.summary, look.lens)
    unknown = counted[look.lens].isnull().sum().fill_null(0)
    return look.rows(counted.aggregate(n=counted.count(), unknown=unknown))[0]


def _edges(look: Look) -> ir.Table:
    """Who referred whom in the whole firm, and why some of it does not count."""
    whole = look.whole
    require_any_known(whole)
    return referral.edges(
        whole.table("referrals"), whole.table("customers"), _values(look), look.as_of
    )


def _of_slice(look: Look, table: ir.Table) -> ir.Table:
    """Rows of the customers in the slice."""
    own = look.table("customers") if look.where else None
    return table if own is None else table.semi_join(own, "customer_id")


# --- referral


def referral_answer(look: Look, limit: int) -> Answer:
    """Who brings customers, what that is worth, and which referrals do not count."""
    look.refuse_lines("Referral value")
    settings = look.settings.referral
    rows = look.rows(_edges(look))
    if look.where:
        known = _of_slice(look, look.whole.summary.select("customer_id"))
        network = referral.credited_to(rows, _ids(look.rows(known)), settings)
    else:
        network = referral.network(rows, settings)
    context = look.context(customers=len(network.credits))
    names = named(look, (credit.customer_id for credit in network.credits[:limit]))
    return finished(look, referrers.answer(context, network, settings, names), limit)


def _ids(rows: list[dict[str, Any]]) -> frozenset[str]:
    return frozenset(row["customer_id"] for row in rows)


def referred_answer(look: Look) -> Answer:
    """What a referred customer is worth beside another of the same tenure."""
    look.refuse_lines("What a referred customer is worth")
    measure, few = look.lens, look.settings.claims.min_group
    rows = look.rows(
        referred.expression(
            look.summary, look.table("customers"), _edges(look), measure, look.as_of
        )
    )
    seen = sum(int(row["referred_value_n"] + row["others_value_n"]) for row in rows)
    return referred.answer(look.context(customers=seen), rows, measure, few)


def _referral_component(look: Look) -> ir.Table:
    settings = look.settings.referral
    network = referral.network(look.rows(_edges(look)), settings)
    held = look.session.hold_arrow("referral_credits", referrers.to_arrow(network))
    return referrers.component(held, settings, look.as_of)


# --- influence


def influence_answer(look: Look, limit: int) -> Answer:
    """Whose voice counts today, for how much, and what is old, unpriced or capped."""
    look.refuse_lines("Influence")
    rows = look.rows(_of_slice(look, _influence(look)))
    context, names = look.context(customers=len(rows)), look.names(rows[:limit])
    answer = influence.answer(context, rows, look.settings.influence, names)
    return finished(look, answer, limit)


def _influence(look: Look) -> ir.Table:
    whole = look.whole
    _require_all_known(whole)
    observed = influence.observations(whole.table("contacts"), whole.table("influence"), look.as_of)
    return influence.expression(observed, _values(look), look.settings.influence, look.as_of)


def _influence_component(look: Look) -> ir.Table:
    return influence.component(_influence(look), look.settings.influence, look.as_of)


# --- strategic


def strategic_answer(look: Look) -> Answer:
    """Which customers count as strategic, by whose decision, and which do not and why."""
    look.refuse_lines("Strategic value")
    rows = look.rows(_of_slice(look, _strategic(look)))
    context = look.context(customers=len(_ids(rows)))
    answer = strategic.answer(context, rows, look.settings.strategic, look.names(rows))
    return finished(look, answer)


def _strategic(look: Look) -> ir.Table:
    declared = look.whole.table("strategic")
    if declared is None:
        raise MissingDataError("No customer was declared strategic.", "Add [sources.strategic].")
    _require_all_known(look.whole)
    return strategic.expression(declared, _values(look), look.settings.strategic, look.as_of)


def _strategic_component(look: Look) -> ir.Table:
    return strategic.component(_strategic(look), look.as_of)


# --- the vector


def vector_answer(look: Look, by: str, limit: int) -> Answer:
    """Components beside each other, best customers first, and every score by itself."""
    scores, missing = _scores(look, by)
    totals = look.rows(vector.overview(scores))
    chosen = look.session.keep(
        "vector_chosen", vector.side_by_side(scores, Component.DIRECT, limit)
    )
    order = [chosen.direct.desc(nulls_first=False), chosen.customer_id.asc()]
    rows = look.rows(chosen.order_by(order))
    found = int(look.rows(scores.aggregate(n=scores.customer_id.nunique()))[0]["n"])
    long = look.rows(vector.of_some(scores, chosen))
    context = look.context(customers=found)
    answer = vector.answer(context, totals, rows, long, look.names(rows))
    cut = _cut_note(len(rows), found)
    return finished(look, replace(answer, notes=(*answer.notes, *missing, *cut)))


def customer_answer(look: Look, customer_id: str, by: str) -> Answer:
    """One customer's components with interval, method, source, cap and end."""
    scores, missing = _scores(look, by)
    rows = look.rows(vector.of_customer(scores, customer_id))
    if not rows:
        look.customer_row(customer_id)  # says so where there is no such customer
    name = look.names([{"customer_id": customer_id}]).get(customer_id, "")
    answer = vector.customer_answer(look.context(customers=1), rows, name)
    return replace(answer, notes=(*answer.notes, *missing))


def accounts_answer(look: Look, limit: int) -> Answer:
    """What parent accounts are worth, their members' scores taken together."""
    customers = look.whole.table("customers")
    if customers is None or "parent_id" not in customers.columns:
        raise MissingDataError(
            "Nothing says which customers belong together.",
            "Map parent_id in [sources.customers].",
        )
    scores, missing = _scores(look, "")
    belonging = look.session.keep("belonging", accounts.accounts(customers))
    rolled = accounts.roll_up(scores, belonging)
    rows = look.rows(accounts.side_by_side(rolled, belonging, limit))
    people = int(look.rows(scores.aggregate(n=scores.customer_id.nunique()))[0]["n"])
    names = named(look, (row["account_id"] for row in rows))
    answer = accounts.answer(look.context(customers=people), rows, names)
    cut = _cut_note(len(rows), rows[0]["found"])
    return finished(look, replace(answer, notes=(*answer.notes, *missing, *cut)))


def _cut_note(shown: int, found: int) -> tuple[str, ...]:
    if shown >= found:
        return ()
    return (f"The first {shown:,} of {found:,} are listed; --limit shows more.",)


def _scores(look: Look, by: str) -> tuple[ir.Table, tuple[str, ...]]:
    """value_scores of the slice, kept in the session, and a note on every missing component."""
    look.refuse_lines("The value vector")
    parts, missing = [_direct(look, by)], []
    for part in (_referral_component, _influence_component, _strategic_component):
        component, note = _known(part, look)
        parts += component
        missing += note
    whole = look.session.keep("value_scores", vector.expression(parts))
    return _of_slice(look, whole), tuple(missing)


def _known(part: Callable[[Look], ir.Table], look: Look) -> tuple[list[ir.Table], list[str]]:
    """A component, or what it lacks."""
    try:
        return [part(look)], []
    except MissingDataError as error:
        return [], [str(error)]


def _direct(look: Look, by: str) -> ir.Table:
    """What each customer's own business brings, by context where a dimension is named."""
    whole, lens, window = look.whole, look.lens, str(look.window)
    if not by:
        wholes = direct.of_summary(whole.summary, lens, look.as_of)
        return direct.whole_component(wholes, lens, window, look.as_of)
    dimension = look.dimension(by)
    lines = slices.labelled(
        whole.lines(), whole.table("customers"), by, of_line=dimension.of_line
    ).semi_join(ranking.counted(whole.summary, lens), "customer_id")
    contexts = direct.by_context(lines, whole.summary, lens, look.start, look.as_of)
    return direct.component(contexts, lens, window, look.as_of)
