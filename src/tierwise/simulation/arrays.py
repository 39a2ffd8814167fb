"""A scenario as arrays, checked: everything impossible is said at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tierwise.errors import UsageError
from tierwise.routing.params import Params
from tierwise.simulation import shapes
from tierwise.simulation.plant import Counts, Matrix, Plant, Vector
from tierwise.simulation.scenario import ANY, AgentGroup, ContactClass, Recorded, Scenario, Shift
from tierwise.simulation.shapes import Duration


class _Table:
    """Durations numbered as they come, equal ones once."""

    def __init__(self) -> None:
        self.rows: dict[Duration, int] = {}

    def row(self, duration: Duration) -> int:
        return self.rows.setdefault(duration, len(self.rows))

    def column(self, durations: Sequence[Duration]) -> Counts:
        return np.array([self.row(duration) for duration in durations], dtype=np.int64)


def plant_of(scenario: Scenario, params: Params) -> Plant:
    """The scenario for compiled code; UsageError lists everything that cannot be."""
    refuse(problems(scenario, params))
    classes, groups = scenario.classes, scenario.groups
    table = _Table()
    levels = list(dict.fromkeys(group.seniority for group in groups))
    handle = np.array([[table.row(_handle(c, level)) for level in levels] for c in classes])
    agents = [(g, shift) for g, group in enumerate(groups) for shift in _people(group)]
    places = np.array([groups[g].concurrency for g, _ in agents], dtype=np.int64)
    slot_agent = np.repeat(np.arange(len(agents)), places)
    slot_group = np.array([agents[a][0] for a in slot_agent], dtype=np.int64)
    group_level = np.array([levels.index(group.seniority) for group in groups], dtype=np.int64)
    duty_at, duty_agent, duty_on = _duties([shift for _, shift in agents], scenario.duty_cycle_s)
    recorded = [c.recorded for c in classes]
    at = [r.at_s if r else np.empty(0) for r in recorded]
    handled = [r.handle_s if r else np.empty(0) for r in recorded]
    plant = Plant(
        edges_s=np.array(scenario.edges_s, dtype=np.float64),
        arrivals_per_s=np.array([c.arrivals_per_s for c in classes], dtype=np.float64),
        recorded_at_s=np.concatenate(at).astype(np.float64),
        recorded_handle_s=np.concatenate(handled).astype(np.float64),
        recorded_patience_s=np.concatenate([_patience(r) for r in recorded]).astype(np.float64),
        recorded_first=np.concatenate([[0], np.cumsum([a.size for a in at])]).astype(np.int64),
        handle=handle.astype(np.int64),
        patience=table.column([c.patience for c in classes]),
        wrap=table.column([c.wrap_up for c in classes]),
        retry_delay=table.column([c.retrial.delay for c in classes]),
        self_time=table.column([c.self_service.duration for c in classes]),
        shift_delay=table.column([c.later_slot.delay for c in classes]),
        shapes=shapes.table(list(table.rows)),
        p_retry=np.array([c.retrial.share for c in classes]),
        p_self=np.array([c.self_service.share for c in classes]),
        p_contained=np.array([c.self_service.contained for c in classes]),
        callback_after_s=np.array([c.callback.after_wait_s for c in classes]),
        p_callback=np.array([c.callback.share for c in classes]),
        shift_from=np.array([c.later_slot.from_waiting for c in classes], dtype=np.int64),
        p_shift=np.array([c.later_slot.share for c in classes]),
        transfer=_transfers(classes),
        thresholds_s=_thresholds(classes, params),
        target_s=np.array([c.target_wait_s for c in classes]),
        slowdown=np.array([group.slowdown for group in groups]),
        slot_agent=slot_agent.astype(np.int64),
        slot_group=slot_group,
        slot_level=group_level[slot_group],
        first_slot=np.concatenate([[0], np.cumsum(places)]).astype(np.int64),
        starts_on=np.array([_is_on(shift, 0.0) for _, shift in agents], dtype=np.int64),
        duty_at_s=duty_at,
        duty_agent=duty_agent,
        duty_on=duty_on,
        duty_cycle_s=float(scenario.duty_cycle_s),
        day_s=float(scenario.day_s),
        slot_first_event=len(classes) + 1,
        contact_first_event=len(classes) + 1 + int(slot_agent.size),
    )
    return one_type(plant)


def one_type(arrays: Plant) -> Plant:
    """The same with every array as its annotation says, so that the loop is compiled once."""
    return Plant(**_typed(arrays._asdict(), Plant.__annotations__))


def one_type_params(params: Params) -> Params:
    """The same of a policy."""
    return Params(**_typed(params._asdict(), Params.__annotations__))


def _typed(arrays: Mapping[str, Any], annotations: Mapping[str, Any]) -> dict[str, Any]:
    """Own, writable, contiguous copies: a whole number or a view would compile a second loop."""
    found = {}
    for name, values in arrays.items():
        if isinstance(values, np.ndarray):
            kind = np.int64 if "Counts" in str(annotations[name]) else np.float64
            values = np.array(values, dtype=kind, order="C")
        found[name] = values
    return found


def _handle(item: ContactClass, seniority: str) -> Duration:
    """Handle time for agents of a seniority; the first one given where nothing says more."""
    found = item.handle.get(seniority) or item.handle.get(ANY)
    return found if found is not None else next(iter(item.handle.values()))


def _patience(recorded: Recorded | None) -> Vector:
    """Patience of recorded contacts; NaN where it must be drawn."""
    if recorded is None:
        return np.empty(0)
    if recorded.patience_s is None:
        return np.full(recorded.at_s.size, np.nan)
    return recorded.patience_s


def _people(group: AgentGroup) -> Iterator[Shift]:
    """One entry for each agent."""
    for shift in group.shifts:
        for _ in range(shift.agents):
            yield shift


def _is_on(shift: Shift, at_s: float) -> bool:
    on = shift.from_s <= at_s < shift.to_s
    if shift.to_s < shift.from_s:  # over the end of the cycle, as a night shift
        on = at_s >= shift.from_s or at_s < shift.to_s
    return on and not any(start <= at_s < end for start, end in shift.breaks_s)


def _duties(shifts: Sequence[Shift], cycle_s: float) -> tuple[Vector, Counts, Counts]:
    """Moments of the cycle at which agents come and go; those who go at a moment first."""
    found = []
    for a, shift in enumerate(shifts):
        ends = [*(end for pause in shift.breaks_s for end in pause)]
        if shift.from_s > 0 or np.isfinite(shift.to_s):
            ends += [shift.from_s, min(shift.to_s, cycle_s)]
        moments = sorted({end % cycle_s for end in ends})
        for before, moment in zip([moments[-1:], *([m] for m in moments)], moments, strict=False):
            was, now = _is_on(shift, before[0]), _is_on(shift, moment)
            if was != now:
                found.append((moment, int(now), a))
    found.sort()
    columns = np.array(found, dtype=np.float64).reshape(-1, 3)
    return columns[:, 0].copy(), columns[:, 2].astype(np.int64), columns[:, 1].astype(np.int64)


def _transfers(classes: Sequence[ContactClass]) -> Matrix:
    names = [c.name for c in classes]
    shares = [[c.transfers.get(name, 0.0) for name in names] for c in classes]
    summed: Matrix = np.cumsum(np.array(shares, dtype=np.float64), axis=1)
    return summed


def _thresholds(classes: Sequence[ContactClass], params: Params) -> Matrix:
    """Waits at which somebody who rests may become allowed to serve, or a callback is offered."""
    rows = []
    for k, item in enumerate(classes):
        waits = {float(wait) for wait in params.after_wait_s[:, k]}
        if (params.reserve[:, k] > 0).any():
            waits.add(float(params.floor_s[k]))
        if item.callback.share > 0:
            waits.add(item.callback.after_wait_s)
        rows.append(sorted(wait for wait in waits if 0 < wait < np.inf))
    longest = max(len(row) for row in rows)
    padded = [row + [np.inf] * (longest + 1 - len(row)) for row in rows]
    return np.array(padded, dtype=np.float64)


def refuse(found: Sequence[str]) -> None:
    """UsageError with all problems; nothing when there are none."""
    if found:
        listed = "\n".join(f"  - {line}" for line in found)
        raise UsageError(f"The scenario cannot be simulated:\n{listed}\n", "Correct these lines.")


def problems(scenario: Scenario, params: Params) -> list[str]:
    """Everything impossible in a scenario under a policy, a sentence each."""
    found = list(_class_problems(scenario, params))
    found += _group_problems(scenario)
    found += _reserve_problems(scenario, params)
    return found or list(_load_problems(scenario, params))


def _class_problems(scenario: Scenario, params: Params) -> Iterator[str]:
    names = [c.name for c in scenario.classes]
    for k, item in enumerate(scenario.classes):
        if np.isinf(params.after_wait_s[:, k]).all():
            yield f"{item.name}: no group may ever serve it. Name it under a group's `serves`."
        if not item.handle:
            yield f"{item.name}: no handle time is given."
        if len(item.arrivals_per_s) != len(scenario.edges_s) - 1 and item.recorded is None:
            parts = len(scenario.edges_s) - 1
            yield f"{item.name}: {len(item.arrivals_per_s)} rates for {parts} parts of the cycle."
        if any(not 0 <= rate < np.inf for rate in item.arrivals_per_s):
            yield f"{item.name}: an arrival rate is negative or missing."
        if item.recorded is not None:
            yield from _record_problems(item)
        onward = sum(item.transfers.values())
        if onward >= 1 or any(share < 0 for share in item.transfers.values()):
            yield f"{item.name}: transfers of {onward:.0%}; they must stay below 100%."
        for name in set(item.transfers) - set(names):
            yield f"{item.name}: transfers to {name}, which is no class. Known: {', '.join(names)}."


def _record_problems(item: ContactClass) -> Iterator[str]:
    assert item.recorded is not None  # the caller looked
    back = np.flatnonzero(np.diff(item.recorded.at_s) < 0)
    if back.size:
        yield (
            f"{item.name}: recorded arrival {back[0] + 2} lies before the one ahead of it; a clock"
            " that goes back at daylight saving does that. Give times in UTC, in order."
        )
    if (item.recorded.handle_s < 0).any():
        row = int(np.flatnonzero(item.recorded.handle_s < 0)[0]) + 1
        yield f"{item.name}: recorded contact {row} has a negative handle time."


def _group_problems(scenario: Scenario) -> Iterator[str]:
    if not any(group.agents for group in scenario.groups):
        yield "There are no agents at all."
    for group in scenario.groups:
        if any(shift.agents < 0 for shift in group.shifts):
            yield f"{group.name}: a negative number of agents."
        if group.concurrency < 1:
            yield f"{group.name}: concurrency {group.concurrency}; it must be 1 or more."


def _reserve_problems(scenario: Scenario, params: Params) -> Iterator[str]:
    for k, item in enumerate(scenario.classes):
        reach = [
            group.agents * group.concurrency > params.reserve[g, k]
            for g, group in enumerate(scenario.groups)
            if np.isfinite(params.after_wait_s[g, k])
        ]
        if reach and not any(reach) and np.isinf(params.floor_s[k]):
            yield (
                f"{item.name}: every group that may serve it reserves all its agents for others,"
                " and it has no floor, so nobody ever would. Lower a reserve or set floor_s."
            )


def _load_problems(scenario: Scenario, params: Params) -> Iterator[str]:
    """Without patience the queue of too few agents grows for ever."""
    load = scenario.offered_load()
    patient = [np.isinf(c.patience.mean_s) and not c.recorded for c in scenario.classes]
    can = np.isfinite(params.after_wait_s)
    staffed = np.array([_mean_agents(scenario, group) for group in scenario.groups])
    for subset in _subsets(len(patient)):
        if not all(patient[k] for k in subset):
            continue
        asked = sum(load[scenario.classes[k].name] for k in subset)
        there = float(staffed[can[:, list(subset)].any(axis=1)].sum())
        if asked >= there > 0:
            names = ", ".join(scenario.classes[k].name for k in subset)
            yield (
                f"{names}: the load of {asked:.4g} agents is not below the {there:.4g} on duty and"
                " nobody gives up, so the queue would grow without end. Add agents or patience."
            )
            return


def _subsets(size: int) -> Iterator[tuple[int, ...]]:
    """Single classes first, then larger sets, up to all; few when there are many classes."""
    if size > 10:
        yield from ((k,) for k in range(size))
        yield tuple(range(size))
        return
    masks = sorted(range(1, 2**size), key=lambda mask: mask.bit_count())
    yield from (tuple(k for k in range(size) if mask >> k & 1) for mask in masks)


def _mean_agents(scenario: Scenario, group: AgentGroup) -> float:
    """Contacts that the group can have in hand, on average over the duty cycle."""
    if all(np.isinf(shift.to_s) for shift in group.shifts):
        return group.agents * group.concurrency
    moments = np.linspace(0, scenario.duty_cycle_s, 2881)[:-1]
    there = [sum(s.agents for s in group.shifts if _is_on(s, float(m))) for m in moments]
    slow = 1 + group.slowdown * (group.concurrency - 1)
    return float(np.mean(there)) * group.concurrency / slow
