"""Reports about tiers, each of one tiering: expressions executed and answers written."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import ibis
import ibis.expr.types as ir

from tierwise.engine.texts import read_texts
from tierwise.errors import DataError, MissingDataError, UsageError
from tierwise.results import Answer, Context
from tierwise.scores import accounts as belonging
from tierwise.settings import TierBasis
from tierwise.tiers import (
    audit,
    bottom,
    card,
    cliffs,
    contexts,
    explain,
    fairness,
    fit,
    members,
    overview,
    ratios,
    satisfaction,
    sensitivity,
    served,
    shrinkage,
    values,
    wording,
)
from tierwise.value import slices
from tierwise.value.shares import Rows, top_count
from tierwise.value.windows import between, earlier, first_day
from tierwise.workflows.look import Look
from tierwise.workflows.tier_tables import Tables, described, happy, received
from tierwise.workflows.tiering import Tiering
from tierwise.workflows.worth_lists import named

BEST_SHARE = 0.2
"""No more than a fifth of customers are taken for the best where a profile is drawn."""

PROFILE = ("segment", "industry", "country", "kind", "acquired_via", "lifetime_source")
PERKS = ("thanks", "review", "offer")


def context(found: Tiering) -> Context:
    """What the figures stand on."""
    return found.look.context(found.facts.cuts.customers, found.lens)


def notes(found: Tiering) -> tuple[str, ...]:
    """How tiers came about, in words, and the warning under every top list."""
    basis = {
        TierBasis.WINDOW: "what the window brought",
        TierBasis.AHEAD: "what is expected of the window to come",
        TierBasis.EVER: "what is expected without end",
    }[found.settings.basis]
    told = [f"Goal: {found.settings.goal}", f"Value is {basis}."]
    facts = found.facts
    if facts.method:
        told.append(f"P(tier) is of the next {facts.weeks:,.0f} weeks: {facts.method}.")
    else:
        told.append("No expectation can be had, so P(tier) is that of the rule: 0 or 1.")
    if len(facts.days) > 1:
        told.append(f"{len(facts.days)} reviews from {facts.days[0]} to {facts.days[-1]}.")
    return (*told, regression(found))


def regression(found: Tiering) -> str:
    """How much of a lead the leaders of the window before kept, measured where it can be."""
    look = found.look
    if look.uncompared() or look.window.months is None:
        return shrinkage.UNMEASURED
    last = earlier(found.day, look.window)
    before = look.summary_of(first_day(last, look.window), last)
    own = values.of_window(before, found.lens)
    size = found.facts.cuts.last_ranks[0] or top_count(0.01, found.facts.cuts.customers)
    now = values.of_window(found.now.summary, found.lens)
    measured = shrinkage.measured(look.rows(shrinkage.query(own, now, size))[0])
    return shrinkage.UNMEASURED if measured is None else measured.words(look.context(0).currency)


def overview_answer(found: Tiering) -> Answer:
    """Tiers side by side."""
    rows = found.look.rows(overview.expression(found.members, found.now.summary))
    return overview.answer(context(found), rows, found.facts.cuts, found.settings, notes(found))


def movers_answer(found: Tiering, limit: int) -> Answer:
    """Who moved at the last review, who is held, and decisions that are not in force."""
    look, table = found.look, found.members
    rows = look.rows(members.moved(table, limit))
    expired = [
        {
            "customer_id": one.customer_id,
            "tier": one.name,
            "owner": one.owner,
            "reason": one.reason,
            "set_on": one.set_on,
            "expires_on": one.expires_on,
            "state": state,
            "source": one.source,
        }
        for one in found.overrides
        if (state := one.state(found.day)) != "in force"
    ]
    told = () if len(found.facts.days) > 1 else ("The data hold no earlier review to move from.",)
    return members.movers_answer(
        context(found),
        members.Movers(
            rows, look.rows(members.flows(table)), look.rows(members.reasons(table)), expired
        ),
        found.settings,
        look.names(rows),
        (*told, *notes(found)),
    )


def explain_answer(found: Tiering, customer_id: str) -> Answer:
    """Why one customer is in this tier, and what would change it."""
    look = found.look
    customer_id = look.customer_row(customer_id)["customer_id"]  # as the data write it
    table = found.members
    row = look.rows(table.filter(table.customer_id == customer_id))[0]
    reviews = [int(tier) for tier in row["reviews"].split(",")]
    history = list(zip(found.facts.days[-len(reviews) :], reviews, strict=True))
    name = look.names([row]).get(customer_id, "")
    return explain.answer(context(found), row, found.facts.cuts, found.settings, history, name)


def sensitivity_answer(found: Tiering, limit: int) -> Answer:
    """Who changes tier under every other value that the data allow."""
    look = found.look
    table, names, left_out = Tables(found).wide
    rows = look.rows(sensitivity.listed(table, limit))
    row = look.rows(sensitivity.changes(table, [other.key for other in names]))[0]
    return sensitivity.answer(
        context(found), row, rows, names, found.settings, look.names(rows), left_out
    )


# --- service received


def audit_answer(found: Tiering) -> Answer:
    """What each tier and each band of value really received."""
    look = found.look
    per_customer, names = received(look)
    summary = found.now.summary.select("customer_id", "agent_minutes", "cost_to_serve")
    table = found.members.select("customer_id", "tier", "rank", "value")
    table = table.left_join(summary, "customer_id").drop("customer_id_right")
    limits = _band_limits(look, found.facts.cuts.customers)
    band = sum(((table["rank"] > last).cast("int64") for last in limits), table["rank"] * 0)
    label = dict(enumerate(found.settings.names, 1))
    ranks = dict(enumerate(_band_labels(limits, found.facts.cuts.customers)))
    both = []
    for group, named_by in ((table.tier, label), (band, ranks)):
        groups = table.mutate(group=group)
        joined = per_customer.inner_join(groups.select("customer_id", "group"), "customer_id")
        sums = look.rows(ratios.by_group(joined, names, "group"))
        both.append((sums, look.rows(audit.sizes(groups, _perks(look), _owned(look))), named_by))
    told = look.contact_notes(look.start)
    targets = found.settings.service
    return audit.answer(context(found), both[0], both[1], told, targets)


def _band_limits(look: Look, customers: int) -> list[int]:
    shares = (0.01, 0.05, 0.2, 0.5, 0.8)
    chosen = look.settings.bands or tuple(top_count(share, customers) for share in shares)
    return [last for last in dict.fromkeys(chosen) if last < customers]


def _band_labels(limits: Sequence[int], customers: int) -> list[str]:
    ends = (0, *limits, customers)
    return [f"{a + 1:,}-{b:,}" for a, b in itertools.pairwise(ends)]


def _perks(look: Look) -> ir.Table | None:
    sent = look.table("interactions")
    if sent is None or not {"purpose", "customer_id"} <= set(sent.columns):
        return None
    chosen = sent.purpose.isin(PERKS)
    if "decision" in sent.columns:
        chosen &= (sent.decision == "sent").fill_null(True)
    if "at" in sent.columns:
        chosen &= between(sent, "at", look.start, look.as_of)
    return sent.filter(chosen)


def _owned(look: Look) -> ir.Table | None:
    customers = look.table("customers")
    return customers if customers is not None and "owner_id" in customers.columns else None


def cliffs_answer(found: Tiering) -> Answer:
    """Customers alike in value on two sides of a boundary."""
    look, cuts = found.look, found.facts.cuts
    table = Tables(found).near
    rows = look.rows(cliffs.sides(table))
    try:
        per_customer, names = received(look)
        got = look.rows(cliffs.received(table, per_customer, names))
    except DataError:
        got = []
    near = look.rows(cliffs.counted(table))[0]
    return cliffs.answer(context(found), rows, near, got, cuts, found.settings)


def served_answer(found: Tiering, limit: int) -> Answer:
    """Who gets less than the tier says, and who takes more."""
    look, tables = found.look, Tables(found)
    below = look.rows(served.listed_under(tables.under, limit))
    above = look.rows(served.listed_over(tables.over, limit))
    return served.answer(context(found), below, above, found.settings, look.names([*below, *above]))


# --- who they are


def bottom_answer(found: Tiering, limit: int) -> Answer:
    """The last tier: structural and growable."""
    look, table = found.look, Tables(found).bottom
    rows = look.rows(bottom.listed(table, limit))
    return bottom.answer(
        context(found),
        look.rows(bottom.by_kind(table)),
        look.rows(bottom.by_need(table)),
        rows,
        found.settings,
        look.names(rows),
    )


def satisfaction_answer(found: Tiering, limit: int) -> Answer:
    """Satisfaction and profit on one map."""
    look, table = found.look, Tables(found).mapped
    calls = look.rows(satisfaction.first_calls(table, limit))
    return satisfaction.answer(
        context(found),
        look.rows(satisfaction.quadrants(table)),
        calls,
        found.settings,
        look.names(calls),
    )


def fit_answer(found: Tiering, limit: int) -> Answer:
    """What the best have in common, and who is like them."""
    look, settings = found.look, found.settings
    customers = look.table("customers")
    barred = {*settings.fairness.protected, *settings.fairness.proxies}
    known = [d.name for d in look.dimensions() if not d.of_line]
    chosen = [n for n in known if n in {*PROFILE, settings.need_by} and n not in barred]
    fit.require(chosen if customers is not None else [])
    assert customers is not None  # fit.require refuses else
    own = found.members.select("customer_id", "tier", "rank", "value", "near_value", "p_active")
    table = described(customers, chosen).left_join(own, "customer_id").drop("customer_id_right")
    try:
        table = table.left_join(happy(look), "customer_id").drop("customer_id_right")
    except MissingDataError:
        table = table.mutate(happy=ibis.null("float64"))
    table = look.session.keep("tiers_fit", table)
    return _fit(found, table, chosen, limit, barred)


def _fit(
    found: Tiering, table: ir.Table, chosen: list[str], limit: int, barred: set[str]
) -> Answer:
    look, cuts = found.look, found.facts.cuts
    most = BEST_SHARE * cuts.customers
    best = max([k for k, last in enumerate(cuts.last_ranks, 1) if last <= most] or [1])
    known = table.filter(table.tier.notnull())
    learned, tried = (known.filter(known["rank"] % 2 == odd) for odd in (0, 1))
    trial = fit.trial(fit.scored(tried, fit.lifts(learned, chosen, best)), best)
    everybody = fit.scored(table, fit.lifts(known, chosen, best))
    alike = look.rows(fit.look_alikes(everybody, best, limit))
    told = [f"Left out, since they must not decide: {', '.join(sorted(barred))}."] if barred else []
    return fit.answer(
        context(found),
        look.rows(fit.profile(known, chosen, best)),
        look.rows(trial)[0],
        alike,
        found.settings,
        best,
        named(look, (row["customer_id"] for row in alike)),
        told,
    )


# --- fairness


def fairness_answer(found: Tiering) -> Answer:
    """Association of tiers with declared dimensions, and what value explains of it."""
    declared = found.settings.fairness
    asked = [(n, "protected") for n in declared.protected]
    asked += [(n, "proxy") for n in declared.proxies]
    if not asked:
        raise MissingDataError(
            "No dimension is declared that must not decide.",
            'Add protected = ["attributes.gender"] or proxies = ["country"] under'
            " [tiers.fairness].",
        )
    measured, missing = [], []
    for name, kind in asked:
        rows = _cells(found, name)
        one = fairness.measured(name, kind, rows, len(found.settings.names))
        if one is None:
            missing.append(f"{name}: one group alone, nothing to compare.")
        else:
            measured.append(one)
    return fairness.answer(context(found), measured, found.settings, missing)


def _cells(found: Tiering, name: str) -> Rows:
    look = found.look
    dimension = look.dimension(name)
    if dimension.of_line:
        raise UsageError(
            f"{name} is a property of order lines, not of customers.",
            "Name a property of customers under [tiers.fairness].",
        )
    customers = look.table("customers")
    assert customers is not None  # the dimension was found in it
    label = slices.field(customers, dimension.name).cast("string").fill_null(slices.NOT_GIVEN)
    groups = customers.select("customer_id", label=label)
    smallest = found.settings.fairness.min_group
    return look.rows(fairness.cells(found.members, groups, smallest))


def wording_answer(found: Tiering, files: Sequence[str]) -> Answer:
    """Words in texts for customers, and on agents' cards, that say what customers are worth."""
    look, declared, names = found.look, found.settings.fairness, found.settings.names
    shown = [] if files else _written(look)
    wanted = files or declared.texts
    # With nothing to read at all, reading says what to name.
    texts = read_texts(look.project.root, wanted) if wanted or not shown else ()
    words = wording.words_with_names(declared.words, names)
    on_cards = wording.words_for_cards(declared.words, names)
    hits = [hit for name, text in texts for hit in wording.found_in(name, text, words)]
    hits += [hit for name, text in shown for hit in wording.found_in(name, text, on_cards)]
    as_they_are = replace(look.context(0), lens="", window="", window_from=None)
    return wording.answer(as_they_are, len(texts), len(shown), hits)


def _written(look: Look) -> list[tuple[str, str]]:
    """Where from, and what, of every different text that may reach a card."""
    tables = {n: t for n in card.TABLES if (t := look.table(n)) is not None}
    texts = card.written(tables)
    if texts is None:
        return []
    rows = look.rows(texts.order_by("origin", "text"))
    return [(f"{row['origin']} ({row['rows']:,} rows)", row["text"]) for row in rows]


# --- contexts


def contexts_answer(found: Tiering, by: str, limit: int) -> Answer:
    """Tiers by context, and of parent accounts."""
    look, told = found.look, []
    cells: Rows = []
    rows: Rows = []
    if by:
        table = Tables(found).by_context(by)
        cells = look.rows(contexts.by_context(table))
        differing = contexts.differing(table, found.members)
        rows = look.rows(contexts.several(differing, limit))
    groups, why = _accounts(found, limit)
    told += why
    names = named(look, (row.get("customer_id") or row["account_id"] for row in [*rows, *groups]))
    asked = contexts.Found(by, cells, rows, groups)
    return contexts.answer(context(found), asked, found.settings, names, told)


def _accounts(found: Tiering, limit: int) -> tuple[Rows, list[str]]:
    look = found.look
    customers = look.whole.table("customers")
    if customers is None or "parent_id" not in customers.columns:
        return [], ["Nothing says which customers belong together: map parent_id."]
    groups = look.session.keep("tiers_belonging", belonging.accounts(customers))
    table = contexts.accounts(found.members, groups, found.facts.cuts.values)
    return look.rows(contexts.listed_accounts(table, limit)), []
