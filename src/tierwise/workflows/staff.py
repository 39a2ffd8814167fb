"""Staff: how many agents over the day, in which shifts, and whether the simulation agrees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

from tierwise.errors import SettingsError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.routing.params import first_come_first_served
from tierwise.simulation import figures as f
from tierwise.simulation.replicate import Span
from tierwise.simulation.scenario import DAY_S, HOUR_S, AgentGroup, Scenario
from tierwise.simulation.section import Asked, StaffingSection
from tierwise.simulation.shifts import shifts_for
from tierwise.staffing import rules
from tierwise.staffing.erlang import Waiting
from tierwise.staffing.shifts import Roster, ShiftType, best_roster
from tierwise.units import Unit
from tierwise.workflows.simulate import FIRST_COME, Progress, read, run_policies


@dataclass(frozen=True, slots=True)
class Demand:
    """All classes taken together, as the formulas see them."""

    per_s: tuple[float, ...]  # arrivals in each part of the day
    part_s: float
    handle_s: float  # mean, wrap-up included
    patience_s: float  # mean; inf when nobody gives up


def staff(path: Path, *, today: date, workers: int = 1, progress: Progress | None = None) -> Answer:
    """Agents by part of the day from Erlang A, shifts that cover them, and a simulated check."""
    asked = read(path)
    aims = asked.staffing
    if aims is None:
        raise SettingsError(
            f"{path} has no [staffing] section.", "Add one with max_abandoned or max_mean_wait_s."
        )
    demand = demand_of(asked.scenario)
    required = rules.agents_over_time(
        demand.per_s, demand.part_s, demand.handle_s, demand.patience_s, lambda w: _good(aims, w)
    )
    roster = _roster(aims, required, demand.part_s) if aims.shifts else None
    on_duty = roster.on_duty if roster else required
    checked = _simulated(asked, on_duty, demand.part_s, workers, progress)
    return _answer(asked, aims, demand, required, roster, checked, today)


def demand_of(scenario: Scenario) -> Demand:
    """Arrivals of all classes, and handle time and patience weighted by them."""
    rates = np.array([item.arrivals_per_s for item in scenario.classes])
    parts = rates.shape[1]
    if parts == 1:
        rates, parts = np.repeat(rates, 24, axis=1), 24
    weight = rates.sum(axis=1) / rates.sum()
    served = [
        float(np.mean([d.mean_s for d in item.handle.values()])) + item.wrap_up.mean_s
        for item in scenario.classes
    ]
    # Mean patience is averaged as a rate of giving up, which is what Erlang A needs.
    leaving = [1 / item.patience.mean_s for item in scenario.classes]
    rate = float(weight @ np.array(leaving))
    return Demand(
        tuple(rates.sum(axis=0).tolist()),
        DAY_S / parts,
        float(weight @ np.array(served)),
        1 / rate if rate > 0 else float("inf"),
    )


def _good(aims: StaffingSection, found: Waiting) -> bool:
    limits = (
        (aims.max_abandoned, found.p_abandon),
        (aims.max_waiting, found.p_wait),
        (aims.max_mean_wait_s, found.mean_wait_s),
    )
    return all(value <= limit for limit, value in limits if limit is not None)


def _roster(aims: StaffingSection, required: npt.NDArray[np.int64], part_s: float) -> Roster:
    middles = (np.arange(required.size) + 0.5) * part_s
    kinds = [
        ShiftType(
            shift.name or f"{shift.begin}-{shift.end}",
            tuple(shift.covers(float(middle)) for middle in middles),
            shift.cost,
            shift.most,
        )
        for shift in aims.shifts
    ]
    hourly = aims.overtime_cost_per_hour
    extra = np.inf if hourly is None else hourly * part_s / HOUR_S
    return best_roster(required.tolist(), kinds, extra)


def _simulated(
    asked: Asked,
    on_duty: npt.NDArray[np.int64],
    part_s: float,
    workers: int,
    progress: Progress | None,
) -> dict[str, f.Estimate | None]:
    """Every class by one pool with these agents, ten days in each replication."""
    pool = AgentGroup("everybody", shifts_for(on_duty.astype(float), part_s))
    scenario = replace(asked.scenario, groups=(pool,))
    params = first_come_first_served(np.ones((1, len(scenario.classes)), dtype=bool))
    run = asked.run
    span = Span(DAY_S, 11 * DAY_S, 13 * DAY_S)
    (found,) = run_policies(
        scenario,
        [(FIRST_COME, params)],
        span,
        run.seed,
        run.replications,
        workers=workers,
        progress=progress,
    )
    return f.estimates([f.of_all(tally) for tally in found.tallies])


def _answer(
    asked: Asked,
    aims: StaffingSection,
    demand: Demand,
    required: npt.NDArray[np.int64],
    roster: Roster | None,
    checked: dict[str, f.Estimate | None],
    today: date,
) -> Answer:
    title = f"Staffing: {asked.scenario.title}"
    context = Context(asked.scenario.title, "", today, "", "", None, "", 0, 0)
    figures = [
        Figure(
            "agent_hours", "Agent hours required", float(required.sum()) * demand.part_s / HOUR_S,
            Unit.NUMBER,
        )
    ]  # fmt: skip
    if roster:
        figures += [
            Figure("cost", "Cost of shifts and overtime", roster.cost, Unit.NUMBER),
            Figure("overtime_cost", "of it overtime", roster.overtime_cost, Unit.NUMBER),
            Figure("idle_cost", "of it beyond what is required", roster.idle_cost, Unit.NUMBER),
        ]
    figures += [
        Figure(f"simulated_{name}", label, one.value, unit, one.low, one.high)
        for name, label, unit in (
            ("share_abandoned", "Abandoned, simulated", Unit.SHARE),
            ("share_waiting", "Waiting, simulated", Unit.SHARE),
            ("mean_wait_s", "Mean wait, s, simulated", Unit.NUMBER),
        )
        if (one := checked[name]) is not None
    ]
    grids = [_parts(demand, required, roster)]
    if roster:
        grids.append(_shifts(aims, roster))
    return Answer("staffing", title, context, tuple(figures), tuple(grids), _notes(aims, checked))


def _notes(aims: StaffingSection, checked: dict[str, f.Estimate | None]) -> tuple[str, ...]:
    notes = [
        "Required: Erlang A at the highest offered load of each part, which lags behind arrivals"
        " by the handle time. All classes in one pool, first come, first served."
    ]
    for limit, name in (
        (aims.max_abandoned, "share_abandoned"),
        (aims.max_waiting, "share_waiting"),
        (aims.max_mean_wait_s, "mean_wait_s"),
    ):
        found = checked[name]
        if limit is not None and found is not None:
            met = "meets" if found.value <= limit else "does not meet"
            notes.append(f"Simulated {name} of {found.value:.4g} {met} the aim of {limit:g}.")
    return tuple(notes)


def _parts(demand: Demand, required: npt.NDArray[np.int64], roster: Roster | None) -> Grid:
    steps = 16
    load = rules.offered_load_over_time(demand.per_s, demand.part_s, demand.handle_s, steps)
    highest = load.reshape(-1, steps).max(axis=1)
    rows = [
        {
            "hour": i * demand.part_s / HOUR_S,
            "arrivals": demand.per_s[i] * demand.part_s,
            "load": float(highest[i]),
            "square_root": rules.square_root(float(highest[i]), 1.0),
            "required": int(required[i]),
            "on_duty": int(roster.on_duty[i]) if roster else None,
        }
        for i in range(required.size)
    ]
    columns = (
        Column("hour", "From hour", Unit.NUMBER),
        Column("arrivals", "Arrivals", Unit.NUMBER),
        Column("load", "Offered load", Unit.NUMBER),
        Column("square_root", "Square-root rule", Unit.COUNT),
        Column("required", "Required", Unit.COUNT),
        Column("on_duty", "In shifts", Unit.COUNT),
    )
    return Grid("parts", "Agents over the day", columns, tuple(rows))


def _shifts(aims: StaffingSection, roster: Roster) -> Grid:
    rows: Sequence[dict[str, object]] = [
        {"shift": shift.name or f"{shift.begin}-{shift.end}", "people": int(people)}
        | {"cost": shift.cost * int(people)}
        for shift, people in zip(aims.shifts, roster.people, strict=True)
    ]
    columns = (
        Column("shift", "Shift"),
        Column("people", "People", Unit.COUNT),
        Column("cost", "Cost", Unit.NUMBER),
    )
    return Grid("shifts", "Shifts", columns, tuple(rows))
