"""One customer: why this tier, and what would change it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.settings import TiersSettings
from tierwise.tiers.members import reason_words
from tierwise.tiers.rules import Cuts
from tierwise.tiers.stability import Reason
from tierwise.units import Unit, format_value
from tierwise.value.ranking import LABELS

RULE_WORDS = {
    "rank": "by rank",
    "share": "by the share of value that the customers up to it bring",
    "threshold": "at an amount",
    "natural_break": "where values leave a gap",
    "capacity": "by what the best service can protect",
}


def answer(
    context: Context,
    row: Mapping[str, Any],
    cuts: Cuts,
    settings: TiersSettings,
    history: Sequence[tuple[Any, int]],
    name: str,
) -> Answer:
    """`row` is the customer's of the members, `history` review days with the tier then."""
    label = dict(enumerate(settings.names, 1))
    tier = label[row["tier"]]
    customer = str(row["customer_id"])
    return Answer(
        kind="tier-of-customer",
        title=f"Why {name or customer} is in tier {tier}",
        context=context,
        figures=_figures(row, label, cuts),
        grids=(
            Grid("chances", "The window to come", _CHANCES, _chances(row, settings.names)),
            Grid(
                "changes", "What would change it", _CHANGES, _changes(row, cuts, settings, context)
            ),
            Grid(
                "reviews",
                "Reviews",
                _REVIEWS,
                tuple({"on": day, "tier": label[k]} for day, k in history),
            ),
        ),
        notes=(_why(row, label, cuts, settings, context), *_later(row, label, settings)),
        extra={"customer_id": customer, "tier": tier, "reason": str(row["reason"])},
    )


def _figures(row: Mapping[str, Any], label: Mapping[int, str], cuts: Cuts) -> tuple[Figure, ...]:
    return (
        Figure("tier", "Tier", label[row["tier"]], Unit.TEXT, opens=f"tier:{label[row['tier']]}"),
        Figure("p_tier", "Probability to belong here next window", row["p_tier"], Unit.SHARE),
        Figure("value", "Value", row["value"], Unit.MONEY),
        Figure("rank", "Rank", row["rank"], Unit.RANK, note=f"of {cuts.customers:,}"),
        Figure("rule_tier", "By the rule alone", label[row["rule_tier"]], Unit.TEXT),
        Figure("since", "In this tier since", row["since"], Unit.DATE),
        Figure("because", "Why", reason_words(row), Unit.TEXT),
    )


def _why(
    row: Mapping[str, Any],
    label: Mapping[int, str],
    cuts: Cuts,
    settings: TiersSettings,
    context: Context,
) -> str:
    """The reason in one sentence or two, with figures."""
    value = format_value(row["value"], Unit.MONEY, context.currency)
    told = (
        f"Value by {LABELS[context.lens]} is {value}, rank {row['rank']:,} of {cuts.customers:,};"
        f" tiers are cut {RULE_WORDS[settings.rule]}, which alone says {label[row['rule_tier']]}."
    )
    if row["reason"] == Reason.STAYS or row["reason"] == Reason.NEW:
        return told
    words = reason_words(row)
    return f"{told} {words[:1].upper()}{words[1:]}."  # names keep their capitals


def _later(
    row: Mapping[str, Any], label: Mapping[int, str], settings: TiersSettings
) -> tuple[str, ...]:
    if row["is_override"]:
        after = label[row["earned_tier"]]
        return (f"After {row['decided_until']} the tier would be {after}.",)
    if row["waits_since"] is not None:
        months = settings.stability.grace_months
        return (
            f"Reviews say down since {row['waits_since']}; a move follows when they have said so"
            f" for {months} months.",
        )
    return ()


def _chances(row: Mapping[str, Any], names: Sequence[str]) -> tuple[dict[str, Any], ...]:
    upto = [0.0, *(float(row[f"p_to_{k}"]) for k in range(1, len(names))), 1.0]
    return tuple(
        {"tier": name, "chance": upto[k + 1] - upto[k], "or_better": upto[k + 1]}
        for k, name in enumerate(names)
    )


def _changes(
    row: Mapping[str, Any], cuts: Cuts, settings: TiersSettings, context: Context
) -> tuple[dict[str, Any], ...]:
    """For every other tier what value it takes, and what the customer lacks or may lose."""
    value, stable = float(row["value"]), settings.stability
    order = row.get("order_value")
    found = []
    for k, name in enumerate(settings.names, 1):
        if k == row["earned_tier"]:
            continue
        up = k < row["earned_tier"]
        bound = cuts.values[k - 1] if up else cuts.values[k - 2]
        if bound == float("inf"):
            continue
        chance = float(row[f"p_to_{k}"]) if up else 1 - float(row[f"p_to_{k - 1}"])
        needed = stable.promote_at if up else stable.demote_at
        gap = bound - value
        found.append(
            {
                "to": name,
                "direction": "up" if up else "down",
                "boundary": bound,
                "change": gap,
                "orders": abs(gap) / order if order and order > 0 else None,
                "chance": chance,
                "needed": needed,
                "says": _says(up, gap, chance, needed, context.currency),
            }
        )
    return tuple(found)


def _says(up: bool, gap: float, chance: float, needed: float, currency: str) -> str:
    amount = format_value(abs(gap), Unit.MONEY, currency)
    past = gap <= 0 if up else gap > 0
    first = (
        "value is past the boundary"
        if past
        else f"{amount} more of value is needed"
        if up
        else f"value would have to fall by {amount}"
    )
    enough = chance >= needed
    second = f"probability {chance:.0%} {'is' if enough else 'is not'} past {needed:.0%}"
    return f"{first}; {second}"


_CHANCES = (
    Column("tier", "Tier"),
    Column("chance", "Probability", Unit.SHARE),
    Column("or_better", "This or better", Unit.SHARE),
)
_CHANGES = (
    Column("to", "To"),
    Column("direction", "Way"),
    Column("boundary", "Boundary", Unit.MONEY),
    Column("change", "Value lacks", Unit.MONEY, "Below zero: past the boundary by so much"),
    Column("orders", "In orders", Unit.NUMBER, "Orders of this customer's expected size"),
    Column("chance", "Probability", Unit.SHARE, "To be there or beyond in the window to come"),
    Column("needed", "Moves at", Unit.SHARE),
    Column("says", "In words"),
)
_REVIEWS = (Column("on", "Review", Unit.DATE), Column("tier", "Tier"))
