"""Tiers by decision: owner, reason and end; who is past the end falls back to the rule."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from tierwise.settings import TiersSettings
from tierwise.tiers.stability import Reason


@dataclass(frozen=True, slots=True)
class Decision:
    """One override as somebody set it."""

    customer_id: str
    tier: int  # number of the tier; 0 where no tier has that name
    name: str  # of the tier, as written
    owner: str
    reason: str
    set_on: date | None  # from when on; None: always
    expires_on: date | None  # last day; None is a fault
    source: str  # where it is written

    def fault(self) -> str:
        """What it lacks; "" when it can be in force."""
        if not self.tier:
            return f'there is no tier "{self.name}"'
        for name in ("owner", "reason"):
            if not getattr(self, name):
                return f"no {name}"
        return "" if self.expires_on else "no end"

    def state(self, day: date) -> str:
        """`in force`, `expired`, `not yet` or what it lacks."""
        if fault := self.fault():
            return fault
        if self.set_on and self.set_on > day:
            return "not yet"
        assert self.expires_on is not None  # no fault
        return "expired" if self.expires_on < day else "in force"


def decisions(settings: TiersSettings, rows: Iterable[Mapping[str, Any]]) -> tuple[Decision, ...]:
    """Overrides of tierwise.toml, then those of the table `tier_overrides`."""
    number = {name: k for k, name in enumerate(settings.names, 1)}
    found = [
        Decision(
            one.customer_id,
            number[one.tier],
            one.tier,
            one.owner,
            one.reason,
            one.set_on,
            one.expires_on,
            "tierwise.toml",
        )
        for one in settings.overrides
    ]
    for row in rows:
        name = str(row.get("tier") or "")
        found.append(
            Decision(
                row["customer_id"],
                number.get(name, 0),
                name,
                row.get("owner") or "",
                row.get("reason") or "",
                row.get("set_on"),
                row.get("expires_on"),
                f"{row.get('source_file') or 'tier_overrides'}, row {row.get('source_row')}",
            )
        )
    return tuple(found)


def in_force(found: Sequence[Decision], day: date) -> tuple[Decision, ...]:
    """One decision a customer: the one set last, of those the first written."""
    chosen: dict[str, Decision] = {}
    for one in found:
        if one.state(day) != "in force":
            continue
        known = chosen.get(one.customer_id)
        if known is None or (one.set_on or date.min) > (known.set_on or date.min):
            chosen[one.customer_id] = one
    return tuple(chosen.values())


def to_arrow(found: Sequence[Decision], day: date) -> pa.Table:
    """Decisions in force for the engine."""
    rows = in_force(found, day)
    return pa.table(
        {
            "customer_id": pa.array([one.customer_id for one in rows], pa.string()),
            "decided_tier": pa.array([one.tier for one in rows], pa.int64()),
            "decided_by": pa.array([one.owner for one in rows], pa.string()),
            "decided_because": pa.array([one.reason for one in rows], pa.string()),
            "decided_until": pa.array([one.expires_on for one in rows], pa.date32()),
        }
    )


def applied(table: ir.Table, held: ir.Table) -> ir.Table:
    """Members with decisions on top: `earned_tier` is the tier without, `is_override` says so."""
    joined = table.left_join(held, "customer_id").drop("customer_id_right")
    decided = joined.decided_tier.notnull()
    return joined.mutate(
        earned_tier=joined.tier,
        tier=joined.decided_tier.fill_null(joined.tier),
        is_override=decided,
        reason=decided.ifelse(ibis.literal(str(Reason.DECISION)), joined.reason),
    ).drop("decided_tier")
