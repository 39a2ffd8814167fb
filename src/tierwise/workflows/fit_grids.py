"""Tables of the fit report: parts of the model, and the whole, each with a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

from tierwise.results import Column, Grid
from tierwise.simulation.fitted import MOST_GAP, Fitted
from tierwise.simulation.model import PART_S, ClassFit, Model
from tierwise.units import Unit
from tierwise.workflows.fit_held import Held

Row = dict[str, Any]


def class_rows(item: ClassFit) -> Iterator[Row]:
    """Rows of `fit_grid` of one class: arrivals, handle times and patience."""
    spread = item.spread
    yield {
        "class": item.of.name, "what": "arrivals", "values": item.contacts,
        "model": "Poisson by weekday and half hour", "gap": None, "chance": None,
        "data_mean": item.contacts / max(spread.days, 1), "fits": spread.fits,
        "verdict": _said_of_arrivals(item),
    }  # fmt: skip
    for fit in item.handle if len(item.handle) == 1 else item.handle[1:]:
        what = f"handle time, {fit.seniority}" if fit.seniority else "handle time"
        yield _fitted_row(item.of.name, what, fit.values, fit.mean_s, fit.fitted)
    found = item.patience
    if found.fitted is not None:
        mean = None if not math.isfinite(found.median_s) else found.median_s
        yield _fitted_row(item.of.name, "patience", found.gave_up, mean, found.fitted)


def _fitted_row(
    name: str, what: str, values: int, data: float | None, fitted: Fitted | None
) -> Row:
    if fitted is None:
        said = "no spread in the data: the measured values are used"
        return {"class": name, "what": what, "values": values, "model": "measured", "gap": None,
                "chance": None, "data_mean": data, "fits": True, "verdict": said}  # fmt: skip
    if fitted.fits:
        said = f"fits: nowhere wrong about more than {fitted.distance:.1%} of contacts"
    elif fitted.distance <= fitted.by_chance:
        said = (
            f"too few to tell: a gap of {fitted.distance:.1%}, chance alone gives"
            f" {fitted.by_chance:.1%}; the measured values are used"
        )
    else:
        said = (
            f"does not fit: wrong about {fitted.distance:.1%} of contacts at one point, chance"
            f" alone gives {fitted.by_chance:.1%}; the measured values are used"
        )
    return {
        "class": name, "what": what, "values": values, "model": str(fitted.duration.shape),
        "gap": fitted.distance, "chance": fitted.by_chance, "data_mean": data,
        "fits": fitted.distance <= max(MOST_GAP, fitted.by_chance), "verdict": said,
    }  # fmt: skip


def _said_of_arrivals(item: ClassFit) -> str:
    found = item.spread
    vary = f"days vary {found.dispersion:.2f} times as much as chance"
    if found.fits:
        return f"fits: {vary}"
    return (
        f"does not fit: {vary}, their level by {found.level:.0%} from day to day; waits on busy"
        " days come out too short. Replay recorded days to see them"
    )


def held_grid(held: Sequence[Held]) -> Grid:
    """What was recorded beside what the scenario gives."""
    words = {"mean_wait_s": "mean wait, s", "share_waiting": "share that waited",
             "share_abandoned": "share that gave up"}  # fmt: skip
    rows = tuple(
        {
            "class": one.name, "measure": words[one.measure], "recorded": one.recorded,
            "model": _finite(one.model), "low": _finite(one.low), "high": _finite(one.high),
            "fits": one.fits, "verdict": _said_of_held(one),
        }
        for one in held
    )  # fmt: skip
    columns = (
        Column("class", "Class"),
        Column("measure", "Measure"),
        Column("recorded", "Recorded", Unit.NUMBER),
        Column("model", "Simulated", Unit.NUMBER),
        Column("low", "95% from", Unit.NUMBER),
        Column("high", "to", Unit.NUMBER),
        Column("verdict", "Verdict"),
    )
    return Grid("held", "The whole model: simulated against recorded", columns, rows)


def _said_of_held(one: Held) -> str:
    if not math.isfinite(one.model):
        return "nothing was simulated"
    if one.low <= one.recorded <= one.high:
        wide = one.high - one.low > max(one.recorded, 1e-9) and one.high > 0
        return "inside, but simulations differ too much to tell" if wide else "fits: inside"
    off = (one.model / one.recorded - 1) if one.recorded else math.inf
    if one.fits:
        return f"near: {off:+.0%}"
    return f"does not fit: {off:+.0%}" if math.isfinite(off) else "does not fit"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def fit_grid(rows: Sequence[Row]) -> Grid:
    """Every part of the model beside its data."""
    columns = (
        Column("class", "Class"),
        Column("what", "Part"),
        Column("values", "Data", Unit.COUNT, "Contacts, answers, or people who gave up."),
        Column("data_mean", "Mean a day, or seconds", Unit.NUMBER, "Of patience the median."),
        Column("model", "Model"),
        Column("gap", "Gap", Unit.SHARE,
               "Largest difference of the two distributions (Kolmogorov-Smirnov)."),
        Column("chance", "By chance", Unit.SHARE,
               "Gap that 95% of samples of this size stay below if the model is right."),
        Column("verdict", "Verdict"),
    )  # fmt: skip
    return Grid("fit", "Parts of the model", columns, tuple(rows))


def patience_grid(model: Model) -> Grid:
    """Patience by class, ties both ways."""
    rows = tuple(
        {
            "class": item.of.name, "of": item.patience.of, "waited": item.patience.waited,
            "gave_up": item.patience.gave_up, "median_s": _finite(item.patience.median_s),
            "median_answered_first_s": _finite(item.patience.median_answered_first_s),
        }
        for item in model.classes
    )  # fmt: skip
    columns = (
        Column("class", "Class"),
        Column("of", "Measured on"),
        Column("waited", "Waited", Unit.COUNT),
        Column("gave_up", "Gave up", Unit.COUNT),
        Column("median_s", "Median patience, s", Unit.NUMBER, "Kaplan-Meier."),
        Column("median_answered_first_s", "Median, ties the other way", Unit.NUMBER,
               "With answers in the same second taken as earlier."),
    )  # fmt: skip
    return Grid("patience", "Patience (Kaplan-Meier)", columns, rows)


def retrial_grid(model: Model) -> Grid:
    """Who comes again after giving up, by channel."""
    found = {item.of.channel: item.retrials for item in model.classes}
    rows = tuple(
        {
            "channel": channel, "gave_up": one.gave_up, "came_again": one.came_again,
            "base_share": one.base_share, "share": one.share, "low": max(one.low, 0.0),
            "high": one.high,
            "verdict": "in the scenario" if one.is_certain
            else "not more than those who were answered: left out",
        }
        for channel, one in found.items()
    )  # fmt: skip
    columns = (
        Column("channel", "Channel"),
        Column("gave_up", "Gave up", Unit.COUNT),
        Column("came_again", "Came again in 4 h", Unit.COUNT),
        Column("base_share", "Answered and came again", Unit.SHARE),
        Column("share", "Retrial share", Unit.SHARE),
        Column("low", "from", Unit.SHARE),
        Column("high", "to", Unit.SHARE),
        Column("verdict", "Verdict"),
    )
    return Grid("retrials", "Who comes again after giving up", columns, rows)


def agent_grid(model: Model) -> Grid:
    """Agents that the contacts tell of, by group."""
    hours = PART_S / 3600
    rows = tuple(
        {
            "group": item.of.name, "hours": float(item.there.sum()) * hours,
            "hours_whole": float(item.on_duty.sum()) * hours,
            "most": int(item.on_duty.max(initial=0)), "in_hand": item.contacts_in_hand,
        }
        for item in model.groups
    )  # fmt: skip
    columns = (
        Column("group", "Group"),
        Column("hours", "Agent hours a week", Unit.NUMBER),
        Column("hours_whole", "In whole agents", Unit.NUMBER),
        Column("most", "Most at once", Unit.COUNT),
        Column("in_hand", "Contacts in hand", Unit.NUMBER, "Of an agent who is busy."),
    )
    return Grid("agents", "Agents counted from their contacts", columns, rows)
