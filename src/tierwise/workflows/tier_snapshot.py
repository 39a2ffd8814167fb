"""The rows of a snapshot: what is published of each customer."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tierwise.settings import TiersSettings
from tierwise.tiers import card, wording
from tierwise.workflows.tiering import Tiering


def withheld(settings: TiersSettings) -> str:
    """Regular expression of what no card may say."""
    words = wording.words_for_cards(settings.fairness.words, settings.names)
    return wording.in_engine(words) if words else ""


def snapshot(found: Tiering) -> ir.Table:
    """One row a customer, as it is published: tier, reason, the facts behind it, and the card."""
    table = found.members
    look = found.look.whole
    tables = {n: t for n in card.TABLES if (t := look.table(n)) is not None}
    shown = card.cards(table, tables, found.day, withheld=withheld(found.settings))
    cases = [(table.tier == k, name) for k, name in enumerate(found.settings.names, 1)]
    rows = table.select(
        "customer_id",
        tier=ibis.cases(*cases, else_=None),
        tier_number=table.tier,
        since=table.since,
        reason=table.reason,
        is_override=table.is_override,
        decided_by=table.decided_by,
        decided_until=table.decided_until,
        p_tier=table.p_tier,
        value=table.value,
        rank=table["rank"],
        need=table.need,
        first_on=table.first_on,
    )
    return rows.left_join(shown, "customer_id").drop("customer_id_right")
