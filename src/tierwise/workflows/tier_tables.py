"""Tables about tiers that reports count and that selectors list: made once for both."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property

import ibis.expr.types as ir

from tierwise.errors import DataError, MissingDataError
from tierwise.scores import direct
from tierwise.settings import Lens, TierBasis
from tierwise.tiers import (
    audit,
    bottom,
    cliffs,
    contexts,
    ratios,
    satisfaction,
    sensitivity,
    served,
)
from tierwise.tiers.sensitivity import Other
from tierwise.value import demand, slices, wallet
from tierwise.value.ranking import LABELS
from tierwise.value.windows import between
from tierwise.workflows.look import Look
from tierwise.workflows.tiering import Tiering


class Tables:
    """Tables about one tiering, each made when it is first asked for."""

    def __init__(self, found: Tiering) -> None:
        self.found = found
        self._by_context: dict[str, ir.Table] = {}

    @cached_property
    def under(self) -> ir.Table:
        """Members who get less than the tier says; MissingDataError without contacts."""
        per_customer, names = received(self.found.look)
        tiers = len(self.found.settings.names)
        return served.under(self.found.members, per_customer, names, tiers)

    @cached_property
    def over(self) -> ir.Table:
        """Members who take more than the value says; MissingDataError without contacts."""
        found = self.found
        audit.require(found.look.table("contacts"))
        return served.over(found.members, demand.shares(found.now.summary, found.lens))

    @cached_property
    def near(self) -> ir.Table:
        """Members on both sides of each boundary; MissingDataError where none parts anybody."""
        cuts = self.found.facts.cuts
        if all(bound in (0.0, float("inf")) for bound in cuts.values):
            raise MissingDataError("No boundary parts anybody.", "Choose another rule.")
        table = cliffs.near(self.found.members, cuts)
        return self.found.look.session.keep("tiers_cliffs", table)

    @cached_property
    def bottom(self) -> ir.Table:
        """The last tier with what says whether a customer may grow."""
        found, look = self.found, self.found.look
        asked = look.table("wallets")
        wallets = None if asked is None else wallet.expression(found.now.summary, asked)
        values = reversed(found.facts.cuts.values)
        boundary = next((v for v in values if v != float("inf")), 0.0)
        table = bottom.expression(found.members, wallets, boundary, len(found.settings.names))
        return look.session.keep("tiers_bottom", table)

    @cached_property
    def mapped(self) -> ir.Table:
        """Members who answered, on the map of satisfaction and profit."""
        look = self.found.look
        table = satisfaction.mapped(self.found.members, self.found.now.summary, happy(look))
        return look.session.keep("tiers_satisfaction", table)

    @cached_property
    def wide(self) -> tuple[ir.Table, list[Other], list[str]]:
        """Tiers by every other value that the data allow, those values, why others are left out."""
        others, left_out = _others(self.found)
        if not others:
            raise MissingDataError(
                "The data allow no other value.", "Map unit_cost or [sources.costs]."
            )
        table = sensitivity.wide(self.found.now.placed, others)
        kept = self.found.look.session.keep("tiers_sensitivity", table)
        return kept, [other for other, _ in others], left_out

    def by_context(self, by: str) -> ir.Table:
        """Customers with their tier in every context of a dimension, small contexts pooled."""
        if by not in self._by_context:
            found, settings = self.found, self.found.settings
            amounts = settings.thresholds or tuple(min(v, 1e300) for v in found.facts.cuts.values)
            parts = contexts.pooled(_parts(found, by), found.look.settings.min_cell)
            table = contexts.tiered(parts, settings, amounts)
            name = f"tiers_contexts_{len(self._by_context)}"
            self._by_context[by] = found.look.session.keep(name, table)
        return self._by_context[by]


def received(look: Look) -> tuple[ir.Table, list[str]]:
    """One row a customer and the measures of service; MissingDataError without contacts."""
    contacts = _contacts(look)
    measures = audit.measures(contacts)
    table = ratios.per_customer(contacts, measures, ("customer_id",))
    return look.session.keep("tiers_received", table), list(measures)


def _contacts(look: Look) -> ir.Table:
    table = audit.require(look.table("contacts"))
    look.refuse_lines("What customers received")
    inside = table.filter(between(table, "created_at", look.start, look.as_of))
    known = inside.filter(inside.customer_id.notnull())
    return look.session.keep("tiers_contacts", audit.with_agents(known, look.table("agents")))


def happy(look: Look) -> ir.Table:
    """Satisfaction by customer; MissingDataError where nobody's is known."""
    surveys, contacts = look.table("surveys"), look.table("contacts")
    if surveys is not None:
        surveys = surveys.filter(between(surveys, "at", look.start, look.as_of))
    if contacts is not None:
        contacts = contacts.filter(between(contacts, "created_at", look.start, look.as_of))
    return satisfaction.scores(surveys, contacts)


def _others(found: Tiering) -> tuple[list[tuple[Other, ir.Table]], list[str]]:
    """Other values with the tiers that they make, and why some cannot be had."""
    others, left_out = [], []
    own = found.lens, found.settings.basis
    for lens in Lens:
        for basis in TierBasis:
            if (lens, basis) == own or (lens is not found.lens and basis is TierBasis.EVER):
                continue
            label = _label(lens, basis)
            try:
                placed = found.through(lens, basis).placed
                others.append((Other(f"by_{lens}_{basis}", label), placed))
            except DataError as error:
                left_out.append(f"Not by {label}: {error.message}")
    return others, left_out


def _label(lens: Lens, basis: TierBasis) -> str:
    after = {
        TierBasis.WINDOW: "of the window",
        TierBasis.AHEAD: "expected of the window to come",
        TierBasis.EVER: "expected without end",
    }
    return f"{LABELS[lens]}, {after[basis]}"


def _parts(found: Tiering, by: str) -> ir.Table:
    look = found.look
    dimension = look.dimension(by)
    lines = slices.labelled(
        look.lines(), look.whole.table("customers"), dimension.name, of_line=dimension.of_line
    )
    parts = direct.by_context(lines, found.now.summary, found.lens, look.start, look.as_of)
    kept = parts.filter(parts.context != direct.NOT_BY_LINE)
    return kept.mutate(value=kept.value.fill_null(Decimal(0)))


def described(customers: ir.Table, names: list[str]) -> ir.Table:
    """`customer_id` and, as text, the properties that are named; who has none says so."""
    texts = {n: slices.field(customers, n).cast("string") for n in names}
    return customers.select(
        "customer_id", **{n: text.fill_null(slices.NOT_GIVEN) for n, text in texts.items()}
    )
