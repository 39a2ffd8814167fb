"""What deserves a look on the first panel, each with the rows to open."""

from __future__ import annotations

from typing import Any

from tierwise.engine.builds import Build
from tierwise.results import Answer
from tierwise.units import Unit, format_value

LARGEST_SHARE = 0.1  # a single customer above this share is a dependency worth naming


def attention(
    row: dict[str, Any], headline: Answer | None, whale: Answer | None, build: Build, currency: str
) -> list[dict[str, str]]:
    """Sentences in the order of what is at stake; empty when nothing stands out."""
    found = [
        *_dependency(headline),
        *_losers(whale, currency),
        *_lost(row, currency),
        *_data(build),
    ]
    return [{"what": what, "why": why, "opens": opens} for what, why, opens in found]


def _dependency(headline: Answer | None) -> list[tuple[str, str, str]]:
    if headline is None:
        return []
    share = headline.figure("largest_share").value
    if share < LARGEST_SHARE:
        return []
    return [
        ("One customer weighs much", f"The largest brings {share:.1%} of the total.", "rank:1-1")
    ]


def _losers(whale: Answer | None, currency: str) -> list[tuple[str, str, str]]:
    if whale is None or not whale.figure("loss_makers").value:
        return []
    count, lost = whale.figure("loss_makers").value, whale.figure("profit_destroyed").value
    amount = format_value(lost, Unit.MONEY, currency)
    return [
        ("Customers that cost more than they bring", f"{count:,} lose {amount}.", "loss-makers")
    ]


def _lost(row: dict[str, Any], currency: str) -> list[tuple[str, str, str]]:
    if not row["lost"]:
        return []
    amount = format_value(row["revenue_lost"], Unit.MONEY, currency)
    return [
        (
            "Customers who stopped buying",
            f"{row['lost']:,}, who spent {amount} the window before.",
            "state:lost",
        )
    ]


def _data(build: Build) -> list[tuple[str, str, str]]:
    rejects = build.manifest["rejects"]
    return (
        [("Rows were rejected", f"{rejects:,}; `tierwise check` says why.", "")] if rejects else []
    )
