"""The answer to "does the model beat what we do today": rules scored on periods held out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tierwise.errors import RefusedError
from tierwise.lifetime.heldout import COVERED, NAIVE, TOP_SHARE, Split, pooled_verdict
from tierwise.lifetime.models import NBD
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import Unit
from tierwise.value.shares import Rows, share

HARMLESS_GAIN = 0.01
"""A list that captures less than a point more than the naive one is not worth a model."""

SHORT_BY = 0.05
"""Points below their level from which intervals are said to hold too little."""

_BEST_MISSED = (
    "The best bring more than their interval says more often than they should: a model draws"
    " every customer towards all others, and few are like them. Judge them by their own past."
)

CUSTOMERS_NEEDED = 25
"""Customers from which on a best fifth holds five, and more than luck can be seen in it."""


@dataclass(frozen=True, slots=True)
class Round:
    """One held-out period and what every rule made of it."""

    split: Split
    measured: Mapping[str, Any]  # the row of `heldout.comparison`
    labels: Mapping[str, str]  # rules that took part, by name
    refused: Mapping[str, str]  # rules that could not, and why
    said_by: str  # label of the model whose probabilities and intervals are held to account
    calibration: Rows  # of `heldout.calibration`
    coverage: Mapping[str, Any]  # of `heldout.coverage`


@dataclass(frozen=True, slots=True)
class Standing:
    """A rule over all rounds against the naive one."""

    name: str
    label: str
    rounds: int
    gain: tuple[float, float, float]  # captured share beyond the naive list's, with its interval
    closer: tuple[float, float, float]  # how much smaller the error is, money a customer

    @property
    def lists_better(self) -> bool:
        """Whether its top list is better than the naive one beyond doubt and by a point or more."""
        return self.gain[1] > 0 and self.gain[0] >= HARMLESS_GAIN

    @property
    def predicts_better(self) -> bool:
        """Whether its predictions of amounts are closer beyond doubt."""
        return self.closer[1] > 0


def standings(rounds: Sequence[Round]) -> tuple[Standing, ...]:
    """Every rule but the naive one, the best top list first."""
    labels = {name: label for one in rounds for name, label in one.labels.items()}
    found = []
    for name, label in labels.items():
        played = [one.measured for one in rounds if name in one.labels]
        if name == NAIVE:
            continue
        gain = pooled_verdict(
            [{"gain": m[f"{name}_gain"], "se": m[f"{name}_gain_se"]} for m in played]
        )
        closer = pooled_verdict(
            [{"gain": m[f"{name}_closer"], "se": m[f"{name}_closer_se"]} for m in played]
        )
        found.append(Standing(name, label, len(played), gain, closer))
    return tuple(sorted(found, key=lambda one: -one.gain[0]))


def _used(found: Sequence[Standing]) -> str:
    """What the models are good for beside lists; NBD lets nobody leave."""
    if all(one.name == NBD.name for one in found):
        return "use the model for intervals; who is still active it cannot tell"
    return "use the models for who is still active and for intervals"


def verdict(found: Sequence[Standing]) -> str:
    """What the rounds say, in words that do not flatter."""
    if not found:
        return "No model could take part: past spend is what there is."
    listing = [one for one in found if one.lists_better]
    amounts = [one for one in found if one.predicts_better]
    fifth = f"the best {TOP_SHARE:.0%}"
    if all(one.gain[2] < 0 and one.closer[2] < 0 for one in found):
        return (
            f"Past spend does better: it finds {fifth} and predicts what customers bring more"
            f" closely than every model, beyond doubt. Rank by past spend; {_used(found)}."
        )
    if naive_does_better(found):
        return (
            f"Past spend does better: no model finds {fifth} better beyond doubt, and past spend"
            " predicts what customers bring more closely than every model, beyond doubt. Rank by"
            f" past spend; {_used(found)}."
        )
    if not listing and not amounts:
        return (
            f"Past spend does as well: no model finds {fifth} better, or predicts what customers"
            f" bring more closely, beyond doubt. Rank by past spend; {_used(found)}."
        )
    if not listing:
        return (
            f"For finding {fifth}, past spend does as well as any model. For how much customers"
            f" will bring, {_named(amounts)} is closer."
        )
    best = listing[0]
    told = (
        f"{best.label} finds {fifth} better than past spend: its list brings {best.gain[0]:+z.1%}"
    )
    told += f" of all value ({best.gain[1]:+z.1%} to {best.gain[2]:+z.1%})."
    if amounts:
        return f"{told} For how much customers will bring, {_named(amounts)} is closer too."
    return f"{told} For how much customers will bring, past spend does as well."


def naive_does_better(found: Sequence[Standing]) -> bool:
    """Whether past spend predicts amounts more closely than every model, and lists no worse."""
    return bool(found) and all(one.closer[2] < 0 and not one.lists_better for one in found)


def _named(found: Sequence[Standing]) -> str:
    return max(found, key=lambda one: one.closer[0]).label


def answer(context: Context, rounds: Sequence[Round], notes: Sequence[str]) -> Answer:
    """Standings, rounds one by one, and how far probabilities and intervals can be trusted.

    Raises RefusedError where no round has customers enough, or nobody bought in any.
    """
    rounds = _telling(rounds)
    found = standings(rounds)
    refused = {name: why for one in rounds for name, why in one.refused.items()}
    return Answer(
        kind="tournament",
        title="Models against past spend, on periods held out",
        context=context,
        figures=_figures(rounds, found),
        grids=(
            Grid("standings", "Against past spend, over all rounds", _STANDINGS, _standings(found)),
            Grid("rounds", "Round by round", _ROUNDS, _rounds(rounds)),
            Grid(
                "calibration",
                "Who will buy: probability and what happened",
                _CALIBRATION,
                _calibration(rounds),
            ),
            Grid(
                "coverage",
                "Intervals: how often they held what happened",
                _COVERAGE,
                _coverage(rounds),
            ),
        ),
        notes=(
            verdict(found),
            *((covered(rounds),) if covered(rounds) else ()),
            *notes,
            *(f"{name} took no part: {why}" for name, why in refused.items()),
        ),
        extra={
            "verdict": verdict(found),
            "covered": covered(rounds),
            "naive_better": naive_does_better(found),
            "beaten": any(one.lists_better or one.predicts_better for one in found),
        },
    )


def _telling(rounds: Sequence[Round]) -> Sequence[Round]:
    """The rounds that can tell rules apart."""
    most = max(one.measured["customers"] for one in rounds)
    if most < CUSTOMERS_NEEDED:
        raise RefusedError(
            f"Only {most:,} of these customers had bought before a period that can be held out;"
            f" no rule can be judged by fewer than {CUSTOMERS_NEEDED}.",
            "Ask of more customers: remove the slice, or choose a larger one.",
        )
    told = [
        one
        for one in rounds
        if one.measured["customers"] >= CUSTOMERS_NEEDED and (one.measured["actual_total"] or 0) > 0
    ]
    if not told:
        raise RefusedError(
            "None of these customers brought anything in the periods held out.",
            "Ask of more customers, or choose an earlier as-of date.",
        )
    return told


def _figures(rounds: Sequence[Round], found: Sequence[Standing]) -> tuple[Figure, ...]:
    newest = rounds[0].measured
    naive = newest[f"{NAIVE}_captured"] / newest["actual_total"] if newest["actual_total"] else None
    fifth = f"{TOP_SHARE:.0%}"
    figures = [
        Figure("rounds_played", "Periods held out", len(rounds), Unit.COUNT),
        Figure("naive_captured", f"Best {fifth} by past spend then brought", naive, Unit.SHARE),
    ]
    if found:
        best = found[0]
        label = f"Best {fifth} by {best.label}: more of all value than by past spend"
        figures.append(Figure("best_gain", label, best.gain[0], Unit.SHARE, *best.gain[1:]))
    return tuple(figures)


def _standings(found: Sequence[Standing]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "rule": one.label,
            "rounds": one.rounds,
            "gain": one.gain[0],
            "gain_low": one.gain[1],
            "gain_high": one.gain[2],
            "closer": one.closer[0],
            "closer_low": one.closer[1],
            "closer_high": one.closer[2],
            "lists": "better" if one.lists_better else "no better",
            "predicts": "closer" if one.predicts_better else "no closer",
        }
        for one in found
    )


def _rounds(rounds: Sequence[Round]) -> tuple[dict[str, Any], ...]:
    return tuple(_line(one, name) for one in rounds for name in one.labels)


def _line(one: Round, name: str) -> dict[str, Any]:
    measured, total = one.measured, one.measured["actual_total"]
    top = -(-measured["customers"] * int(TOP_SHARE * 100) // 100)
    return {
        "known_on": one.split.known_on,
        "end_on": one.split.end_on,
        "rule": one.labels[name],
        "customers": measured["customers"],
        "buyers": measured["buyers"],
        "actual": total,
        "predicted": measured[f"{name}_total"],
        "bias": measured[f"{name}_total"] / total - 1 if total else None,
        "error": measured[f"{name}_error"],
        "captured": share(measured[f"{name}_captured"], total),
        "best_captured": share(measured["best_captured"], total),
        "found": measured[f"{name}_found"] / top if top else None,
    }


def _calibration(rounds: Sequence[Round]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "known_on": one.split.known_on,
            "rule": one.said_by,
            "customers": row["customers"],
            "expected": row["expected"],
            "bought": row["bought"],
        }
        for one in rounds
        for row in one.calibration
    )


def _coverage(rounds: Sequence[Round]) -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "known_on": one.split.known_on,
            "rule": one.said_by,
            "of": _best(part),
            "level": one.coverage["level"],
            **{name: one.coverage[f"{place}_{name}"] for name in _COVERED},
        }
        for one in rounds
        if one.coverage
        for place, part in enumerate(COVERED)
    )


_COVERED = ("customers", "purchases_inside", "value_inside", "value_above")


def _best(part: float) -> str:
    return "all" if part == 1 else f"best {part:.0%}"


def covered(rounds: Sequence[Round]) -> str:
    """How often intervals held what happened, of all customers and of the best, in words."""
    told = [one.coverage for one in rounds if one.coverage]
    if not told:
        return ""
    level = told[0]["level"]
    bought, brought = (_span(told, f"0_{name}_inside") for name in ("purchases", "value"))
    last = len(COVERED) - 1
    said = (
        f"In the periods held out, the {level:.0%} intervals held the purchases of {bought} and"
        f" the value of {brought} of all customers, and the value of"
        f" {_span(told, f'{last}_value_inside')} of the {_best(COVERED[last])} by past spend."
    )
    missed = min(one[f"{last}_value_inside"] for one in told) < level - SHORT_BY
    return f"{said} {_BEST_MISSED}" if missed else said


def _span(told: Sequence[Mapping[str, Any]], name: str) -> str:
    low, high = (f"{end(one[name] for one in told):.1%}" for end in (min, max))
    return low if low == high else f"{low} to {high}"


_STANDINGS = (
    Column("rule", "Rule"),
    Column("rounds", "Rounds", Unit.COUNT),
    Column("gain", "Top list brings more", Unit.SHARE, "Share of all value, beyond past spend"),
    Column("gain_low", "95% from", Unit.SHARE),
    Column("gain_high", "to", Unit.SHARE),
    Column("lists", "Finds the best"),
    Column("closer", "Closer by", Unit.MONEY, "Smaller mean absolute error a customer"),
    Column("closer_low", "95% from", Unit.MONEY),
    Column("closer_high", "to", Unit.MONEY),
    Column("predicts", "Predicts amounts"),
)
_ROUNDS = (
    Column("known_on", "Known up to", Unit.DATE),
    Column("end_on", "Held out to", Unit.DATE),
    Column("rule", "Rule"),
    Column("customers", "Customers", Unit.COUNT, "Who had bought by then"),
    Column("buyers", "Bought after", Unit.COUNT),
    Column("actual", "They brought", Unit.MONEY),
    Column("predicted", "Predicted", Unit.MONEY),
    Column("bias", "Off by", Unit.SHARE),
    Column("error", "Mean error", Unit.MONEY, "Mean absolute error a customer"),
    Column("captured", "Top fifth brought", Unit.SHARE, "Of all value held out"),
    Column("best_captured", "Best possible", Unit.SHARE, "By the true top fifth"),
    Column("found", "True top found", Unit.SHARE, "Of the true top fifth, listed"),
)
_CALIBRATION = (
    Column("known_on", "Known up to", Unit.DATE),
    Column("rule", "Model"),
    Column("customers", "Customers", Unit.COUNT),
    Column("expected", "Probability", Unit.SHARE, "Mean probability to buy in the period"),
    Column("bought", "Bought", Unit.SHARE),
)
_COVERAGE = (
    Column("known_on", "Known up to", Unit.DATE),
    Column("rule", "Model"),
    Column("level", "Level", Unit.SHARE),
    Column("of", "Of", help="Best by past spend"),
    Column("customers", "Customers", Unit.COUNT),
    Column("purchases_inside", "Purchases inside", Unit.SHARE),
    Column("value_inside", "Value inside", Unit.SHARE),
    Column("value_above", "Value above", Unit.SHARE, "Brought more than the interval's upper end"),
)
