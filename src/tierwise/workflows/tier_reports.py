"""Reports about tiers, each of one tiering: expressions executed and answers written."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal

import ibis
import ibis.expr.types as ir

from tierwise.engine.texts import read_texts
from tierwise.errors import DataError, MissingDataError, NotFoundError, UsageError
from tierwise.results import Answer, Context
from tierwise.scores import accounts as belonging
from tierwise.scores import direct
from tierwise.settings import Lens, TierBasis
from tierwise.tiers import (
    audit,
    bottom,
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
from tierwise.tiers.sensitivity import Other
from tierwise.value import demand, slices, wallet
from tierwise.value.ranking import LABELS
from tierwise.value.shares import Rows, top_count
from tierwise.value.windows import between, earlier, first_day
from tierwise.workflows.look import Look
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


def members_answer(found: Tiering, tier: str, limit: int) -> Answer:
    """A tier's members, best first; all tiers' for ""."""
    number = _number(found, tier) if tier else None
    rows = found.look.rows(members.listed(found.members, number, limit))
    title = f"Members of tier {tier}" if tier else "Members of all tiers"
    names = found.look.names(rows)
    return members.answer(context(found), rows, found.settings, names, title, notes(found))


def _number(found: Tiering, tier: str) -> int:
    folded = {name.casefold(): k for k, name in enumerate(found.settings.names, 1)}
    if tier.casefold() not in folded:
        known = ", ".join(found.settings.names)
        raise NotFoundError(f'There is no tier "{tier}".', f"Tiers: {known}.")
    return folded[tier.casefold()]


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
        rows,
        look.rows(members.flows(table)),
        look.rows(members.reasons(table)),
        found.settings,
        look.names(rows),
        expired,
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
    look, own = found.look, (found.lens, found.settings.basis)
    others, left_out = [], []
    for lens in Lens:
        for basis in TierBasis:
            if (lens, basis) == own or (lens is not found.lens and basis is TierBasis.EVER):
                continue
            label = _value_label(lens, basis)
            try:
                placed = found.through(lens, basis).placed
                others.append((Other(f"by_{lens}_{basis}", label), placed))
            except DataError as error:
                left_out.append(f"Not by {label}: {error.message}")
    if not others:
        raise MissingDataError(
            "The data allow no other value.", "Map unit_cost or [sources.costs]."
        )
    table = look.session.keep("tiers_sensitivity", sensitivity.wide(found.now.placed, others))
    names = [other for other, _ in others]
    rows = look.rows(sensitivity.listed(table, limit))
    row = look.rows(sensitivity.changes(table, [other.key for other in names]))[0]
    return sensitivity.answer(
        context(found), row, rows, names, found.settings, look.names(rows), left_out
    )


def _value_label(lens: Lens, basis: TierBasis) -> str:
    after = {
        TierBasis.WINDOW: "of the window",
        TierBasis.AHEAD: "expected of the window to come",
        TierBasis.EVER: "expected without end",
    }
    return f"{LABELS[lens]}, {after[basis]}"


# --- service received


def _contacts(look: Look) -> ir.Table:
    table = audit.require(look.table("contacts"))
    look.refuse_lines("What customers received")
    inside = table.filter(between(table, "created_at", look.start, look.as_of))
    known = inside.filter(inside.customer_id.notnull())
    return look.session.keep("tiers_contacts", audit.with_agents(known, look.table("agents")))


def _per_customer(look: Look) -> tuple[ir.Table, list[str]]:
    contacts = _contacts(look)
    measures = audit.measures(contacts)
    table = ratios.per_customer(contacts, measures, ("customer_id",))
    return look.session.keep("tiers_received", table), list(measures)


def audit_answer(found: Tiering) -> Answer:
    """What each tier and each band of value really received."""
    look = found.look
    received, names = _per_customer(look)
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
        joined = received.inner_join(groups.select("customer_id", "group"), "customer_id")
        sums = look.rows(ratios.by_group(joined, names, "group"))
        both.append((sums, look.rows(audit.sizes(groups, _perks(look), _owned(look))), named_by))
    told = look.contact_notes(look.start)
    return audit.answer(context(found), both[0], both[1], told)


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
    if all(bound in (0.0, float("inf")) for bound in cuts.values):
        raise MissingDataError("No boundary parts anybody.", "Choose another rule.")
    table = look.session.keep("tiers_cliffs", cliffs.near(found.members, cuts))
    rows = look.rows(cliffs.sides(table))
    try:
        received, names = _per_customer(look)
        got = look.rows(cliffs.received(table, received, names))
    except DataError:
        got = []
    return cliffs.answer(context(found), rows, got, cuts, found.settings)


def served_answer(found: Tiering, limit: int) -> Answer:
    """Who gets less than the tier says, and who takes more."""
    look, tiers = found.look, len(found.settings.names)
    received, names = _per_customer(look)
    below = look.rows(
        served.listed_under(served.under(found.members, received, names, tiers), limit)
    )
    over = served.over(found.members, demand.shares(found.now.summary, found.lens))
    above = look.rows(served.listed_over(over, limit))
    return served.answer(context(found), below, above, found.settings, look.names([*below, *above]))


# --- who they are


def bottom_answer(found: Tiering, limit: int) -> Answer:
    """The last tier: structural and growable."""
    look, cuts = found.look, found.facts.cuts
    asked = look.table("wallets")
    wallets = None if asked is None else wallet.expression(found.now.summary, asked)
    boundary = next((v for v in reversed(cuts.values) if v != float("inf")), 0.0)
    table = look.session.keep(
        "tiers_bottom",
        bottom.expression(found.members, wallets, boundary, len(found.settings.names)),
    )
    rows = look.rows(bottom.listed(table, limit))
    return bottom.answer(
        context(found),
        look.rows(bottom.by_kind(table)),
        look.rows(bottom.by_need(table)),
        rows,
        found.settings,
        look.names(rows),
    )


def _happy(look: Look) -> ir.Table:
    surveys, contacts = look.table("surveys"), look.table("contacts")
    if surveys is not None:
        surveys = surveys.filter(between(surveys, "at", look.start, look.as_of))
    if contacts is not None:
        contacts = contacts.filter(between(contacts, "created_at", look.start, look.as_of))
    return satisfaction.scores(surveys, contacts)


def satisfaction_answer(found: Tiering, limit: int) -> Answer:
    """Satisfaction and profit on one map."""
    look = found.look
    mapped = satisfaction.mapped(found.members, found.now.summary, _happy(look))
    table = look.session.keep("tiers_satisfaction", mapped)
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
    described = customers.select(
        "customer_id",
        **{
            n: slices.field(customers, n).cast("string").fill_null(slices.NOT_GIVEN) for n in chosen
        },
    )
    own = found.members.select("customer_id", "tier", "rank", "value", "near_value", "p_active")
    table = described.left_join(own, "customer_id").drop("customer_id_right")
    try:
        table = table.left_join(_happy(look), "customer_id").drop("customer_id_right")
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
    """Words in texts for customers that say what they are worth."""
    declared = found.settings.fairness
    texts = read_texts(found.look.project.root, files or declared.texts)
    words = wording.words_with_names(declared.words, found.settings.names)
    hits = [hit for name, text in texts for hit in wording.found_in(name, text, words)]
    return wording.answer(found.look.context(0), len(texts), hits)


# --- contexts


def contexts_answer(found: Tiering, by: str, limit: int) -> Answer:
    """Tiers by context, and of parent accounts."""
    look, told = found.look, []
    cells: Rows = []
    rows: Rows = []
    if by:
        parts = _parts(found, by)
        table = contexts.tiered(
            contexts.pooled(parts, look.settings.min_cell), found.settings, _amounts(found)
        )
        table = look.session.keep("tiers_contexts", table)
        cells = look.rows(contexts.by_context(table))
        rows = look.rows(contexts.several(table, found.members, limit))
    groups, why = _accounts(found, limit)
    told += why
    names = named(look, (row.get("customer_id") or row["account_id"] for row in [*rows, *groups]))
    return contexts.answer(context(found), by, cells, rows, groups, found.settings, names, told)


def _amounts(found: Tiering) -> tuple[float, ...]:
    """What rules that cut at amounts cut at."""
    return found.settings.thresholds or tuple(min(v, 1e300) for v in found.facts.cuts.values)


def _parts(found: Tiering, by: str) -> ir.Table:
    look, lens = found.look, found.lens
    dimension = look.dimension(by)
    lines = slices.labelled(
        look.lines(), look.whole.table("customers"), dimension.name, of_line=dimension.of_line
    )
    parts = direct.by_context(lines, found.now.summary, lens, look.start, look.as_of)
    kept = parts.filter(parts.context != direct.NOT_BY_LINE)
    return kept.mutate(value=kept.value.fill_null(Decimal(0)))


def _accounts(found: Tiering, limit: int) -> tuple[Rows, list[str]]:
    look = found.look
    customers = look.whole.table("customers")
    if customers is None or "parent_id" not in customers.columns:
        return [], ["Nothing says which customers belong together: map parent_id."]
    groups = look.session.keep("tiers_belonging", belonging.accounts(customers))
    table = contexts.accounts(found.members, groups, found.facts.cuts.values)
    return look.rows(contexts.listed_accounts(table, limit)), []
