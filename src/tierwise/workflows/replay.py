"""Replay: recorded days under any policy of a scenario, beside what was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from tierwise.errors import UsageError
from tierwise.results import Answer, Column, Figure, Grid
from tierwise.simulation import figures as f
from tierwise.simulation.days import day_scenario, staffed
from tierwise.simulation.model import PART_S, Calls
from tierwise.simulation.replicate import Span
from tierwise.simulation.scenario import DAY_S, AgentGroup, Scenario
from tierwise.simulation.section import Asked, CalibrationSection
from tierwise.units import Unit
from tierwise.workflows.calibrate import SimulationDesk
from tierwise.workflows.question import Question
from tierwise.workflows.recorded import Recording
from tierwise.workflows.simulate import ALL, Progress, Run, answer, compared, read, run_policies

RECORDED = "Recorded"
"""Stands where policies do, for what really happened."""

DAYS = 7
"""Last days that are replayed where nobody says more."""

Row = dict[str, Any]


def replay(
    desk: SimulationDesk,
    path: Path,
    *,
    today: date,
    first: date | None = None,
    last: date | None = None,
    replications: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Answer:
    """The contacts of some days under every policy of a calibrated scenario file.

    UsageError for a scenario that was not calibrated, or whose groups are not the
    recorded ones.
    """
    asked = read(path)
    source = _source(asked, path)
    end = last or (first + timedelta(days=DAYS - 1) if first else source.last_day)
    start = first or end - timedelta(days=DAYS - 1)
    names = [item.name for item in asked.scenario.classes]
    with desk.recording(Question(), source.by, start, end, names) as (look, recording):
        context = look.context(customers=0)
    _refuse_others(asked, recording)
    runs = _runs(asked, recording.calls, replications, workers, progress)
    context = replace(context, window="", window_from=recording.first,
                      lines=int(recording.calls.contacts.at_s.size))  # fmt: skip
    return _with_recorded(asked, recording, runs, answer(asked.scenario, runs, today), context)


def _source(asked: Asked, path: Path) -> CalibrationSection:
    if asked.calibration is None:
        raise UsageError(
            f"{path} does not say which recorded contacts it stands for.",
            "Make one with `tierwise simulate calibrate --out FILE`, or write [calibration].",
        )
    return asked.calibration


def _refuse_others(asked: Asked, recording: Recording) -> None:
    known = {group.name for group in recording.calls.groups}
    others = [group.name for group in asked.scenario.groups if group.name not in known]
    if others:
        raise UsageError(
            f"Nobody of {', '.join(others)} answered from {recording.first} to {recording.last}.",
            f"Recorded groups are: {', '.join(sorted(known))}. Choose other days or names.",
        )


def _runs(
    asked: Asked, calls: Calls, replications: int | None, workers: int, progress: Progress | None
) -> list[Run]:
    """Every policy on the same days; only what the records do not say differs between runs."""
    groups = staffed(asked.scenario, calls)

    def drawn(seed: np.random.SeedSequence) -> Scenario:
        own = np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, 1))
        return day_scenario(asked.scenario, calls, groups, np.random.default_rng(own))

    return run_policies(
        _shown(asked.scenario, groups, calls),
        [(policy, asked.params(policy)) for policy in compared(asked)],
        Span(0.0, calls.days * DAY_S, (calls.days + 1) * DAY_S),
        asked.run.seed,
        replications or asked.run.replications,
        workers=workers,
        progress=progress,
        drawn=drawn,
    )


def _shown(scenario: Scenario, groups: Sequence[AgentGroup], calls: Calls) -> Scenario:
    return replace(scenario, groups=tuple(groups), duty_cycle_s=(calls.days + 1) * DAY_S)


def _with_recorded(
    asked: Asked, recording: Recording, runs: Sequence[Run], found: Answer, context: Any
) -> Answer:
    """What was recorded as a policy of its own, and the present rule held against it."""
    grids = {grid.name: grid for grid in found.grids}
    classes = grids["classes"]
    seen = _recorded_rows(asked, recording.calls)
    grids["classes"] = replace(classes, rows=(*seen, *classes.rows))
    by_time = grids["time_of_day"]
    grids["time_of_day"] = replace(by_time, rows=(*_recorded_times(recording.calls), *by_time.rows))
    held = _held(seen, runs[0], asked)
    title = f"{recording.first} to {recording.last}, replayed"
    days = Figure("days", "Days replayed", recording.calls.days, Unit.COUNT,
                  note=f"{recording.first} to {recording.last}")  # fmt: skip
    notes = (
        "Every replication has the recorded contacts, handle times and agents; who gave up has"
        " the patience that was seen, who was answered one drawn beyond the wait.",
        "Where the present rule does not give the recorded waits, differences between policies"
        " are surer than their levels.",
        *found.notes,
    )
    return replace(
        found, kind="replay", title=title, context=context,
        figures=(days, *found.figures), grids=(held, *grids.values()), notes=notes,
    )  # fmt: skip


def _recorded_rows(asked: Asked, calls: Calls) -> list[Row]:
    names = [item.name for item in calls.classes]
    rows = []
    for item in asked.scenario.classes:
        if item.name in names:
            mine = calls.of_class(names.index(item.name))
            rows.append(_measured(item.name, calls, mine, item.target_wait_s))
    if len(rows) > 1:
        known = np.isin(calls.contacts.class_of, [names.index(str(r["class"])) for r in rows])
        row = _measured(ALL, calls, known, 0.0)
        within = sum(float(r["offered"]) * float(r["service_level"]) for r in rows)
        row["service_level"] = within / float(row["offered"])
        rows.append(row)
    return rows


def _measured(name: str, calls: Calls, mine: Any, target_s: float) -> Row:
    wait, answered = calls.contacts.wait_s[mine], calls.contacts.answered[mine]
    p50, p90, p95 = np.quantile(wait, [0.5, 0.9, 0.95]).tolist()
    worst = np.sort(wait)[-max(wait.size // 10, 1) :]
    return {
        "policy": RECORDED, "class": name, "offered": float(wait.size),
        "mean_wait_s": float(wait.mean()), "mean_wait_s_low": None, "mean_wait_s_high": None,
        "mean_wait_of_waiting_s": float(wait[wait > 0].mean()) if (wait > 0).any() else 0.0,
        "p50_wait_s": p50, "p90_wait_s": p90, "p95_wait_s": p95,
        "worst_decile_wait_s": float(worst.mean()), "share_waiting": float((wait > 0).mean()),
        "share_abandoned": float((~answered).mean()),
        "service_level": float((answered & (wait <= target_s)).mean()),
    }  # fmt: skip


def _recorded_times(calls: Calls) -> list[Row]:
    rows = []
    part = ((calls.contacts.at_s % DAY_S) // PART_S).astype(np.int64)
    for k, item in enumerate(calls.classes):
        mine = calls.of_class(k)
        for p in np.unique(part[mine]).tolist():
            here = mine & (part == p)
            rows.append(
                {
                    "policy": RECORDED, "class": item.name, "hour": p * PART_S / 3600,
                    "offered": float(here.sum()),
                    "mean_wait_s": float(calls.contacts.wait_s[here].mean()),
                    "share_abandoned": float((~calls.contacts.answered[here]).mean()),
                }
            )  # fmt: skip
    return rows


def _held(seen: Sequence[Row], run: Run, asked: Asked) -> Grid:
    """Recorded waits beside those of the first policy."""
    names = [item.name for item in asked.scenario.classes]
    rows = []
    for row in seen:
        if row["class"] == ALL:
            values = [f.of_all(tally)["mean_wait_s"] for tally in run.tallies]
        else:
            k = names.index(str(row["class"]))
            values = [f.of_class(tally, k)["mean_wait_s"] for tally in run.tallies]
        found = f.estimate(values)
        rows.append(
            {
                "class": row["class"], "contacts": row["offered"],
                "recorded_s": row["mean_wait_s"], "replayed_s": found.value if found else None,
                "low": found.low if found else None, "high": found.high if found else None,
                "off": found.value / row["mean_wait_s"] - 1
                if found and row["mean_wait_s"] else None,
            }
        )  # fmt: skip
    columns = (
        Column("class", "Class"),
        Column("contacts", "Contacts", Unit.NUMBER),
        Column("recorded_s", "Recorded mean wait, s", Unit.NUMBER),
        Column("replayed_s", f"Replayed: {run.policy.label}", Unit.NUMBER),
        Column("low", "from", Unit.NUMBER),
        Column("high", "to", Unit.NUMBER),
        Column("off", "Off by", Unit.SHARE),
    )
    return Grid("held", "The present rule against the records", columns, tuple(rows))
