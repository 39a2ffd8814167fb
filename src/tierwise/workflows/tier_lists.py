"""Lists of members: a tier's, and the rows behind every other number about tiers."""

from __future__ import annotations

import ibis.expr.types as ir

from tierwise.errors import MissingDataError, NotFoundError
from tierwise.results import Answer
from tierwise.tiers import contexts, members, selecting
from tierwise.tiers.selecting import Picks, Selector
from tierwise.workflows.tier_reports import context, notes
from tierwise.workflows.tier_tables import Tables, described
from tierwise.workflows.tiering import Tiering

FORMS = "reason:held_up, move:A>B, by-rule:A, quadrant:keep:A, gets-less, bottom:growable, near"


def members_answer(found: Tiering, asked: str, limit: int) -> Answer:
    """The members that `asked` names, best first: a tier, a selector, or everybody for ""."""
    names = found.settings.names
    chosen = read(asked, names) if asked else None
    table = found.members if chosen is None else selected(Tables(found), chosen)
    rows = found.look.rows(members.listed(table, limit))
    title = "Members of all tiers" if chosen is None else selecting.title(chosen, names)
    known = found.look.names(rows)
    return members.answer(context(found), rows, found.settings, known, title, notes(found))


def read(asked: str, names: tuple[str, ...]) -> Selector:
    """The selector that a tier or a text names; NotFoundError lists what there is."""
    folded = {name.casefold(): k for k, name in enumerate(names, 1)}
    if asked.casefold() in folded:
        return Selector(Picks.TIER, tier=folded[asked.casefold()])
    chosen = selecting.parse(asked, names)
    if chosen is None:
        raise NotFoundError(
            f'There is no tier "{asked}".',
            f"Tiers: {', '.join(names)}. Other lists: {FORMS}.",
        )
    return chosen


def selected(tables: Tables, chosen: Selector) -> ir.Table:
    """Members who are named: by their own columns, or by the table of a report."""
    members_of = tables.found.members
    match chosen.picks:
        case Picks.GETS_LESS:
            part = tables.under
        case Picks.TAKES_MORE:
            part = tables.over
        case Picks.NEAR:
            part = selecting.of_near(tables.near, chosen)
        case Picks.QUADRANT:
            part = selecting.of_quadrants(tables.mapped, chosen)
        case Picks.BOTTOM:
            part = selecting.of_bottom(tables.bottom, chosen)
        case Picks.CHANGES:
            part = _changing(tables, chosen)
        case Picks.DIFFERING:
            part = contexts.differing(tables.by_context(chosen.value), members_of)
        case Picks.CONTEXT:
            part = _in_context(tables, chosen)
        case Picks.WITH:
            part = _with(tables.found, chosen)
        case _:
            return selecting.of_members(members_of, chosen)
    return members_of.semi_join(part, "customer_id")


def _changing(tables: Tables, chosen: Selector) -> ir.Table:
    table, others, _ = tables.wide
    part = selecting.of_changes(table, chosen)
    if part is None:
        known = ", ".join(other.key for other in others)
        raise NotFoundError(f'No value is called "{chosen.value}".', f"Known: {known}.")
    return part


def _in_context(tables: Tables, chosen: Selector) -> ir.Table:
    by, value = chosen.dimension
    table = tables.by_context(by)
    own = table.filter(table.context == value)
    return own if chosen.tier is None else own.filter(own.tier == chosen.tier)


def _with(found: Tiering, chosen: Selector) -> ir.Table:
    """Members of a property, up to a tier where one is named."""
    name, value = chosen.dimension
    customers = found.look.table("customers")
    if customers is None:
        raise MissingDataError("There is no customers table.", "Add [sources.customers].")
    dimension = found.look.dimension(name).name
    known = described(customers, [dimension])
    part = known.filter(known[dimension] == value)
    if chosen.tier is None:
        return part
    best = found.members.filter(found.members.tier <= chosen.tier)
    return part.semi_join(best, "customer_id")
