"""The fit report of a calibration: data beside model, and a verdict with its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.simulation import figures as f
from tierwise.simulation import patience
from tierwise.simulation.arrivals import weekly_mean
from tierwise.simulation.calibrate import arrival_counts
from tierwise.simulation.fitted import MOST_GAP, Fitted
from tierwise.simulation.model import PART_S, ClassFit, Model, PatienceFit, shares_recorded
from tierwise.simulation.replicate import Span
from tierwise.simulation.scenario import WEEK_S
from tierwise.simulation.section import Asked
from tierwise.simulation.tails import share_longer
from tierwise.units import Unit
from tierwise.workflows.recorded import Recording
from tierwise.workflows.simulate import FIRST_COME, Progress, compared, run_policies

CURVE = 120
"""Points of a drawn distribution."""

CLOSE = 0.1
"""A wait that the model misses by less than 10% is near enough for comparing policies."""

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """What was recorded of a class beside what the scenario gives."""

    name: str
    measure: str
    recorded: float
    model: float
    low: float  # where 95% of simulations of the same length lie
    high: float

    @property
    def fits(self) -> bool:
        """Inside, or near."""
        near = abs(self.model - self.recorded) <= CLOSE * abs(self.recorded)
        return self.low <= self.recorded <= self.high or near


MEASURES = ("mean_wait_s", "share_waiting", "share_abandoned")


def held_against(
    asked: Asked,
    recording: Recording,
    weeks: int,
    runs: int,
    workers: int,
    progress: Progress | None,
) -> tuple[Held, ...]:
    """The scenario under its present rule, simulated for as long as was recorded."""
    policy = next((one for one in compared(asked) if one.present), FIRST_COME)
    span = Span(0.0, weeks * WEEK_S)
    (run,) = run_policies(
        asked.scenario,
        [(policy, asked.params(policy))],
        span,
        asked.run.seed,
        runs,
        workers=workers,
        progress=progress,
    )
    seen = shares_recorded(recording.calls)
    return tuple(
        _held(item.name, measure, recorded, [f.of_class(t, k)[measure] for t in run.tallies])
        for k, item in enumerate(asked.scenario.classes)
        for measure, recorded in zip(MEASURES, seen[item.name], strict=True)
    )


def _held(name: str, measure: str, recorded: float, values: Sequence[float]) -> Held:
    """With the interval of a further simulation of the same length."""
    found = f.estimate(values)
    if found is None:
        return Held(name, measure, recorded, math.nan, math.nan, math.nan)
    half = found.half_width * math.sqrt(len(values) + 1)
    return Held(name, measure, recorded, found.value, max(found.value - half, 0.0),
                found.value + half)  # fmt: skip


def answer(context: Context, recording: Recording, model: Model, held: Sequence[Held]) -> Answer:
    """Tables by part of the model, the worst verdict first said, and curves to draw."""
    context = replace(context, window="", window_from=recording.first,
                      lines=int(recording.calls.contacts.at_s.size))  # fmt: skip
    rows = [row for item in model.classes for row in _class_rows(item)]
    misses = [row for row in rows if not row["fits"]]
    missed = [one for one in held if not one.fits]
    figures = (
        Figure("contacts", "Contacts read", int(recording.calls.contacts.at_s.size), Unit.COUNT),
        Figure("days", "Open days", model.open_days, Unit.COUNT,
               note=f"of {model.days}, {recording.first} to {recording.last}"),
        Figure("parts", "Parts of the model", len(rows), Unit.COUNT),
        Figure("misses", "Parts that do not fit", len(misses), Unit.COUNT,
               note="; ".join(f"{row['what']} of {row['class']}" for row in misses[:3])),
        Figure("waits_right", "Waits that come out", len(held) - len(missed), Unit.COUNT,
               note=f"of {len(held)} figures, simulated against recorded"),
    )  # fmt: skip
    grids = (_held_grid(held), _fit_grid(rows), _patience_grid(model), _retrial_grid(model),
             _agent_grid(model))  # fmt: skip
    return Answer(
        "calibration",
        "How the scenario fits the records",
        context,
        figures,
        grids,
        _notes(recording, model, missed),
        {"curves": _curves(recording, model), "by": list(recording.by)},
    )


def _class_rows(item: ClassFit) -> Iterator[Row]:
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


def _held_grid(held: Sequence[Held]) -> Grid:
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


def _fit_grid(rows: Sequence[Row]) -> Grid:
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


def _patience_grid(model: Model) -> Grid:
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


def _retrial_grid(model: Model) -> Grid:
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


def _agent_grid(model: Model) -> Grid:
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


def _notes(recording: Recording, model: Model, missed: Sequence[Held]) -> tuple[str, ...]:
    told = [
        f"A model fits when it is wrong about at most {MOST_GAP:.0%} of contacts anywhere; where it"
        " does not, the scenario has the measured values.",
        f"Days and times of day are in {recording.zone}.",
    ]
    if missed:
        names = ", ".join(dict.fromkeys(one.name for one in missed))
        told.insert(
            0,
            f"The scenario does not give the recorded waits of {names}: something else than this"
            " queue makes them (other work of the agents, days that differ, a rule that is not"
            " first come, first served). Compare policies on recorded days: tierwise simulate"
            " replay.",
        )
    if any(item.patience.median_s != item.patience.median_answered_first_s
           for item in model.classes):  # fmt: skip
        told.append(
            "Clocks show whole seconds, so answers and people giving up fall together; the true"
            " median patience lies between the two."
        )
    little = [item.of.name for item in model.groups if item.seen_little]
    if little:
        told.append(
            f"{', '.join(little)}: seen too little in contacts to be counted, so there are as"
            " many as the square-root rule asks for. Put in who is really there."
        )
    if recording.callbacks:
        told.append(f"{recording.callbacks:,} who took a callback count as having given up.")
    told += [f"{n:,} contacts {why}: left out." for why, n in recording.left_out.items() if n]
    if "tier" in recording.by:
        told.append("Tiers are those of the build, not of the day of each contact.")
    return tuple(told)


def _curves(recording: Recording, model: Model) -> list[Row]:
    """Data and model of every class, for charts."""
    calls = recording.calls
    counts = arrival_counts(calls.contacts, len(calls.classes), calls.days, PART_S)
    is_open = counts.sum(axis=(1, 2)) > 0
    week = weekly_mean(counts, is_open, calls.first_weekday)
    found = []
    for k, item in enumerate(model.classes):
        name = item.of.name
        found.append(
            {"class": name, "what": "arrivals", "points": _arrival_points(item, week[:, k])}
        )
        for fit in item.handle if len(item.handle) == 1 else item.handle[1:]:
            mine = calls.of_class(k) & calls.contacts.answered
            if fit.seniority:
                level = np.array([*(g.seniority for g in calls.groups), ""])[calls.group_of]
                mine &= level == fit.seniority
            what = f"handle time, {fit.seniority}" if fit.seniority else "handle time"
            points = _handle_points(calls.contacts.handle_s[mine], fit.fitted)
            found.append({"class": name, "what": what, "points": points})
        mine = (
            calls.of_class(k) if item.patience.of == "class" else calls.of_channel(item.of.channel)
        )
        mine &= calls.contacts.wait_s > 0
        points = _patience_points(
            calls.contacts.wait_s[mine], ~calls.contacts.answered[mine], item.patience
        )
        if points:
            found.append({"class": name, "what": "patience", "points": points})
    return found


def _arrival_points(item: ClassFit, recorded: np.ndarray[Any, Any]) -> list[Row]:
    """Contacts an hour by hour of the week: recorded, and the first attempts of the model."""
    hours = recorded.reshape(-1, 2).sum(axis=1)
    model = item.per_hour.reshape(-1, 2).mean(axis=1)
    return [{"x": i, "data": float(hours[i]), "model": float(model[i])} for i in range(hours.size)]


def _handle_points(values: np.ndarray[Any, Any], fitted: Fitted | None) -> list[Row]:
    """Share that takes longer, up to the 99% quantile."""
    at = np.linspace(0, float(np.quantile(values, 0.99)), CURVE)
    data = 1 - np.searchsorted(np.sort(values), at, side="right") / values.size
    model = share_longer(fitted.duration, at) if fitted else data
    return [
        {"x": float(x), "data": float(d), "model": float(m)}
        for x, d, m in zip(at, data, model, strict=True)
    ]


def _patience_points(
    wait: np.ndarray[Any, Any], gave_up: np.ndarray[Any, Any], found: PatienceFit
) -> list[Row]:
    """Share that would stay longer, as far as enough people waited."""
    if found.fitted is None:
        return []
    times, share = patience.survival(wait, gave_up)
    last = np.sort(wait)[-min(patience.SEEN, wait.size)]
    at = np.linspace(0, float(last), CURVE)
    place = np.searchsorted(times, at, side="right") - 1
    data = np.where(place >= 0, share[np.maximum(place, 0)], 1.0)
    model = share_longer(found.fitted.duration, at)
    return [
        {"x": float(x), "data": float(d), "model": float(m)}
        for x, d, m in zip(at, data, model, strict=True)
    ]
