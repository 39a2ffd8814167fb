"""The belief checker: a received wisdom in, the measured figure out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tierwise.errors import RefusedError, UsageError
from tierwise.results import Answer, Context, Figure
from tierwise.units import Unit

TOLERANCE = 0.1
"""A belief holds when it is within a tenth of the measured figure, or inside its interval."""


class Claim(StrEnum):
    """What a belief is about."""

    PARETO = "pareto"  # some share of customers brings some share of revenue
    TOP_N = "top-n"  # some number of customers does
    LOSS = "loss"  # some share of customers is lost in a year
    LOSS_MAKERS = "loss-makers"  # some share of customers loses us money
    REPEAT = "repeat"  # some share of customers buys again


@dataclass(frozen=True, slots=True)
class Belief:
    """A belief that was understood: what is claimed, of whom, and how much."""

    text: str
    claim: Claim
    claimed: float  # the share that is claimed, 0..1
    customers: float | int = 0  # share of customers (pareto) or their number (top-n)
    months: int = 12  # span that a loss is claimed for


EXAMPLES = (
    '"80:20"',
    '"5% of customers bring 60% of revenue"',
    '"our top 40 bring 69%"',
    '"we lose about 1% a year"',
    '"10% of customers lose us money"',
    '"60% of customers buy again"',
)

_MONEY = "(?:revenue|profit|sales|turnover|income|margin|business|money)"
_PERCENT = r"(\d+(?:[.,]\d+)?)\s*(?:%|percent|per cent)"


_CUSTOMERS = {"customer", "customers", "clients", "accounts", "buyers", "them", "these", "those"}
_OWN = r"(?:(?:our|the|all|your|my|their|its|best|top|largest|biggest|\w+'s)\s+)*"
_OF = rf"(?:%|percent|per cent)\s*of\s+{_OWN}([a-z-]+)"
_LIST = r"(?:top|best|largest|biggest)\s+\d[\d,]*\s+(?!is\b|was\b|has\b|does\b)([a-z-]+s)\b"


def read(text: str) -> Belief:
    """Understand a belief; UsageError lists what can be asked."""
    said = text.strip().lower()
    for pattern, make in _READERS:
        found = re.search(pattern, said)
        if found:
            belief = make(text.strip(), found)
            if _possible(belief):
                _require_customers(belief)
                return belief
    raise UsageError(f'"{text}" was not understood.', f"Try one of: {', '.join(EXAMPLES)}.")


def _possible(belief: Belief) -> bool:
    """A share is 0..1, and a list has somebody in it."""
    many = {Claim.PARETO: 0 < belief.customers <= 1, Claim.TOP_N: belief.customers >= 1}
    return 0 <= belief.claimed <= 1 and many.get(belief.claim, True)


def _require_customers(belief: Belief) -> None:
    """UsageError where a share or a list is of anything but customers, or of their money."""
    money = belief.claim in (Claim.PARETO, Claim.TOP_N)
    said = belief.text.lower()
    named = [*re.findall(_OF, said), *re.findall(_LIST, said)]
    for noun in named:
        if noun in _CUSTOMERS or (money and re.fullmatch(_MONEY, noun)):
            continue
        raise UsageError(
            f'"{belief.text}" is about {noun}, and only beliefs about customers are measured.',
            "Say customers, clients, accounts or buyers; --where narrows to some of them.",
        )


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _ratio(text: str, found: re.Match[str]) -> Belief:
    return Belief(text, Claim.PARETO, _number(found[1]) / 100, _number(found[2]) / 100)


def _pareto(text: str, found: re.Match[str]) -> Belief:
    return Belief(text, Claim.PARETO, _number(found[2]) / 100, _number(found[1]) / 100)


def _reversed(text: str, found: re.Match[str]) -> Belief:
    return Belief(text, Claim.PARETO, _number(found[1]) / 100, _number(found[2]) / 100)


def _loss(text: str, found: re.Match[str]) -> Belief:
    spans = {
        r"\b(?:a|per|each|every) month|monthly": 1,
        r"\b(?:a|per|each|every) quarter|quarterly": 3,
    }
    months = next((m for said, m in spans.items() if re.search(said, text.lower())), 12)
    return Belief(text, Claim.LOSS, _number(found[1]) / 100, months=months)


def _top(text: str, found: re.Match[str]) -> Belief:
    return Belief(text, Claim.TOP_N, _number(found[2]) / 100, int(found[1].replace(",", "")))


def _share_of(claim: Claim) -> Any:
    return lambda text, found: Belief(text, claim, _number(found[1]) / 100)


_READERS = (
    (r"^\s*(?:it'?s |is it |really )*(\d+(?:\.\d+)?)\s*[:/]\s*(\d+(?:\.\d+)?)\b", _ratio),
    (rf"(?:top|best|largest|biggest)\s+(\d[\d,]*)(?!\s*(?:%|percent|[\d.,]))\b.*?{_PERCENT}", _top),
    (
        rf"{_PERCENT}.*\b(?:unprofitable|loss.?makers?|lose (?:us )?money|cost (?:us )?money)",
        _share_of(Claim.LOSS_MAKERS),
    ),
    (rf"{_PERCENT}.*\b(?:buy again|come back|repeat|return to buy)", _share_of(Claim.REPEAT)),
    (rf"\blos(?:e|es|t|ing) money\b.*?{_PERCENT}", _share_of(Claim.LOSS_MAKERS)),
    (rf"\b(?:los[et]|losing|churn)\b.*?{_PERCENT}", _loss),
    (rf"{_PERCENT}.*\b(?:churn|leave|are lost)\b", _loss),
    (rf"{_PERCENT}[^%]*?\b{_MONEY}\b.*?{_PERCENT}", _reversed),
    (rf"{_PERCENT}\D*?(?:customers|clients|accounts)?.*?{_PERCENT}", _pareto),
)


def verdict(claimed: float, measured: float, low: float | None, high: float | None) -> str:
    """`holds` inside the interval or within a tenth of the figure, else `does not hold`."""
    inside = low is not None and high is not None and low <= claimed <= high
    near = abs(claimed - measured) <= TOLERANCE * max(measured, 1e-12)
    return "holds" if inside or near else "does not hold"


def answer(
    context: Context,
    belief: Belief,
    figures: tuple[Figure, ...],
    notes: tuple[str, ...] = (),
) -> Answer:
    """Set the claim beside the first figure, which is the one measured for it."""
    measured = figures[0]
    if measured.value is None:
        raise RefusedError(f'"{belief.text}" cannot be measured here.', " ".join(notes))
    says = verdict(belief.claimed, measured.value, measured.low, measured.high)
    claimed = Figure("claimed", "Believed", belief.claimed, Unit.SHARE)
    return Answer(
        kind="belief",
        title=f"“{belief.text}” {says} here",
        context=context,
        figures=(claimed, *figures),
        notes=notes,
        extra={"belief": belief.text, "claim": str(belief.claim), "verdict": says},
    )
