"""What the service policy promises each tier, beside what its members received."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from tierwise.results import Column, Grid
from tierwise.settings import ServiceTargets
from tierwise.units import Unit, format_value

AT_MOST = ("wait_s", "abandoned", "effort", "handle_time_s")
AT_LEAST = ("rating", "agent_years", "first_time", "within_sla", "satisfaction")
OF_CUSTOMERS: Mapping[str, tuple[str, Unit]] = {
    "perks_each": ("Perks", Unit.RATIO),
    "owned": ("Named manager", Unit.SHARE),
}
"""Counts over all members at least: there is nothing to guess, so no interval."""


class Kept(StrEnum):
    """Whether a tier received what it was promised."""

    KEPT = "kept"
    MISSED = "missed"
    UNSURE = "cannot tell"  # the interval holds what was promised
    UNKNOWN = "nothing known"


def grid(
    rows: Sequence[Mapping[str, Any]],
    targets: Mapping[str, ServiceTargets],
    labels: Mapping[str, tuple[str, Unit]],
) -> Grid:
    """One row a tier and promise. `rows` are those of the audit, `labels` names and units of means.

    A mean keeps a promise where its whole 95% interval does, and misses it where none of it does.
    """
    found = tuple(
        _row(row, name, wanted, *({**labels, **OF_CUSTOMERS}[name]))
        for row in rows
        if row["group"] in targets
        for name, wanted in targets[row["group"]].model_dump(exclude_none=True).items()
    )
    return Grid("policy", "Against the service policy", _COLUMNS, found, "opens")


def _row(
    row: Mapping[str, Any], name: str, wanted: float, label: str, unit: Unit
) -> dict[str, Any]:
    value = row.get(name)
    low, high = row.get(f"{name}_low", value), row.get(f"{name}_high", value)
    least = name not in AT_MOST
    received = format_value(value, unit)
    if value is not None and low != high:
        received += f" ({format_value(low, unit)} to {format_value(high, unit)})"
    return {
        "group": row["group"],
        "measure": label,
        "promised": f"{'at least' if least else 'at most'} {format_value(wanted, unit)}",
        "received": received,
        "verdict": str(_verdict(value, low, high, wanted, least)),
        "customers": row["customers"],
        "opens": row["opens"],
    }


def _verdict(
    value: float | None, low: float | None, high: float | None, wanted: float, least: bool
) -> Kept:
    if value is None:
        return Kept.UNKNOWN
    if low is None or high is None:  # too few to say how sure the mean is
        return Kept.UNSURE
    if low >= wanted if least else high <= wanted:
        return Kept.KEPT
    if high < wanted if least else low > wanted:
        return Kept.MISSED
    return Kept.UNSURE


_COLUMNS = (
    Column("group", "Tier"),
    Column("measure", "Measure"),
    Column("promised", "Promised"),
    Column("received", "Received", help="Mean, and its 95% interval"),
    Column("verdict", "Verdict", help="Kept or missed where the whole interval says so"),
    Column("customers", "Customers", Unit.COUNT),
)
