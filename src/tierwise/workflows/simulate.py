"""Simulate: what each policy does to each class, on the same contacts, with intervals."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from tierwise.errors import NotFoundError, SettingsError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.routing.params import Params
from tierwise.routing.section import PolicySection, Rule
from tierwise.simulation import figures as f
from tierwise.simulation.plant import DAY_BINS, T_ABANDONED, T_OFFERED, T_WAIT, Tally
from tierwise.simulation.replicate import Span, replicate
from tierwise.simulation.scenario import HOUR_S, Scenario
from tierwise.simulation.section import Asked, read_scenario
from tierwise.units import Unit

Progress = Callable[[int, int], None]
"""Called with replications done and their number."""

Draw = Callable[[np.random.SeedSequence], Scenario]
"""A scenario by the seed of a replication, the same for every policy."""

FIRST_COME = PolicySection.model_construct(
    name="First come, first served", rule=Rule.FIRST_COME, present=False, classes={}, groups={}
)
ALL = "all"

GROUP_COLUMNS = (
    Column("policy", "Policy"),
    Column("group", "Group"),
    Column("agents", "Agents", Unit.COUNT),
    Column("occupancy", "Occupancy", Unit.SHARE),
    Column("answered", "Answered a run", Unit.NUMBER),
    Column("agent_hours", "Agent hours", Unit.NUMBER),
    Column("overtime_hours", "Overtime, h", Unit.NUMBER),
    Column("idle_hours", "Idle, h", Unit.NUMBER),
    Column("cost", "Cost", Unit.NUMBER),
    Column("idle_cost", "Cost of idling", Unit.NUMBER),
)

TIME_COLUMNS = (
    Column("policy", "Policy"),
    Column("class", "Class"),
    Column("hour", "From hour", Unit.NUMBER),
    Column("offered", "Offered a run", Unit.NUMBER),
    Column("mean_wait_s", "Mean wait, s", Unit.NUMBER),
    Column("share_abandoned", "Abandoned", Unit.SHARE),
)


@dataclass(frozen=True, slots=True)
class Run:
    """What all replications of one policy gave."""

    policy: PolicySection
    tallies: tuple[Tally, ...]
    events: int
    contacts: int


def read(path: Path) -> Asked:
    """The scenario file; NotFoundError or SettingsError with everything that is wrong."""
    return parsed(text_of(path), str(path))


def text_of(path: Path) -> str:
    """The text of a scenario file; NotFoundError or SettingsError where it cannot be read."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFoundError(
            f"There is no file {path}.", "Give a scenario such as those in examples/scenarios."
        ) from None
    except UnicodeDecodeError as found:
        raise SettingsError(f"{path}: not valid UTF-8: {found}.", "Save it as UTF-8.") from None
    except OSError as found:
        raise SettingsError(f"{path}: cannot be read: {found.strerror}.") from None


def parsed(text: str, where: str) -> Asked:
    """A scenario from its text; SettingsError with everything that is wrong in it."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as found:
        raise SettingsError(f"{where}: not valid TOML: {found}.", "Correct this line.") from None
    return read_scenario(document)


def compared(asked: Asked) -> tuple[PolicySection, ...]:
    """The policies of the file, the present one first, and first come first served beside them."""
    present = [policy for policy in asked.policies if policy.present]
    others = [policy for policy in asked.policies if not policy.present]
    known = [*present, *others]
    if not any(policy.rule is Rule.FIRST_COME and not policy.groups for policy in known):
        known.insert(len(present), FIRST_COME)
    return tuple(known)


def run_policies(
    scenario: Scenario,
    policies: Sequence[tuple[PolicySection, Params]],
    span: Span,
    seed: int,
    replications: int,
    *,
    workers: int = 1,
    progress: Progress | None = None,
    drawn: Draw | None = None,
) -> list[Run]:
    """Every policy on the same replications; `drawn` gives a scenario of its own to each.

    Threads, not processes: the compiled loop lets go of the interpreter, so they run
    on all cores without a second start of the program.
    """
    seeds = np.random.SeedSequence(seed).spawn(replications)
    jobs = [(i, seeds[r]) for r in range(replications) for i in range(len(policies))]
    found: dict[int, list[Tally]] = {i: [] for i in range(len(policies))}
    events, contacts = [0] * len(policies), [0] * len(policies)

    def one(job: tuple[int, np.random.SeedSequence]) -> tuple[Tally, int, int]:
        mine = drawn(job[1]) if drawn else scenario
        outcome = replicate(mine, policies[job[0]][1], span, job[1])
        return outcome.tally, outcome.events, outcome.contacts

    with ThreadPoolExecutor(max(1, workers)) as pool:
        waiting = {pool.submit(one, job): job for job in jobs}
        order = list(waiting)
        try:
            _watch(set(waiting), len(jobs), progress)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    for future in order:
        i = waiting[future][0]
        tally, happened, came = future.result()
        found[i].append(tally)
        events[i] += happened
        contacts[i] += came
    return [
        Run(policy, tuple(found[i]), events[i], contacts[i])
        for i, (policy, _) in enumerate(policies)
    ]


def _watch(pending: set[Any], total: int, progress: Progress | None) -> None:
    while pending:
        done, pending = wait(pending, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()  # the first error ends the run
        if progress:
            progress(total - len(pending), total)


def simulate(
    path: Path,
    *,
    today: date,
    seed: int | None = None,
    replications: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Answer:
    """The policies of a scenario file beside each other."""
    asked = read(path)
    runs = run_asked(
        asked, seed=seed, replications=replications, workers=workers, progress=progress
    )
    return answer(asked.scenario, runs, today)


def simulate_text(
    text: str,
    *,
    today: date,
    seed: int | None = None,
    replications: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> Answer:
    """The same of the text of a scenario."""
    asked = parsed(text, "The scenario")
    runs = run_asked(
        asked, seed=seed, replications=replications, workers=workers, progress=progress
    )
    return answer(asked.scenario, runs, today)


def answer_again(document: Mapping[str, Any]) -> Answer:
    """The answer of a simulation from its JSON, for a face that got it that way."""
    day = date.fromisoformat(str(document["as_of"]))
    contacts = int(document["contacts"])
    context = Context(str(document["project"]), "", day, "", "", None, "", contacts, 0)
    figures = (
        Figure("replications", "Replications of each policy", document["replications"], Unit.COUNT),
        Figure("contacts", "Contacts simulated", contacts, Unit.COUNT),
    )
    base = next((str(row["policy"]) for row in document["classes"]), "")
    known = (
        ("classes", "Waits by class", _columns()),
        ("differences", f"Changes against {base}, paired", _change_columns()),
        ("groups", "Agents", GROUP_COLUMNS),
        ("time_of_day", "Time of day", TIME_COLUMNS),
    )
    grids = tuple(
        Grid(name, title, columns, tuple(document.get(name, ()))) for name, title, columns in known
    )
    return Answer("simulation", str(document["title"]), context, figures, grids,
                  tuple(document["notes"]))  # fmt: skip


def run_asked(
    asked: Asked,
    *,
    seed: int | None = None,
    replications: int | None = None,
    workers: int = 1,
    progress: Progress | None = None,
) -> list[Run]:
    """Every policy of a scenario, for as long and as often as it says."""
    run = asked.run
    return run_policies(
        asked.scenario,
        [(policy, asked.params(policy)) for policy in compared(asked)],
        Span(run.warm_up_hours * HOUR_S, (run.warm_up_hours + run.hours) * HOUR_S),
        run.seed if seed is None else seed,
        replications or run.replications,
        workers=workers,
        progress=progress,
    )


def answer(scenario: Scenario, runs: Sequence[Run], today: date) -> Answer:
    """Tables of what was simulated; differences are against the first policy."""
    contacts = sum(run.contacts for run in runs)
    context = Context(scenario.title, "", today, "", "", None, "", contacts, 0)
    base = runs[0]
    grids = [_classes(scenario, runs), _groups(scenario, runs)]
    if len(runs) > 1:
        grids.insert(1, _differences(scenario, runs))
    grids.append(_by_time(scenario, runs))
    figures = (
        Figure("replications", "Replications of each policy", len(base.tallies), Unit.COUNT),
        Figure("contacts", "Contacts simulated", contacts, Unit.COUNT),
    )
    return Answer("simulation", scenario.title, context, figures, tuple(grids), _notes(runs))


def _notes(runs: Sequence[Run]) -> tuple[str, ...]:
    left = sum(int(tally.counts[:, 10].sum()) for run in runs for tally in run.tallies)
    told = [
        "Waits count everybody who asked for an agent, those answered at once with 0 s, and those"
        " who gave up with the time they waited; the column of those who had to wait leaves the"
        " first out.",
        "Intervals are 95% t intervals over replications. All policies met the same contacts.",
    ]
    if left:
        told.append(f"{left:,} contacts were still waiting when the simulation stopped.")
    return tuple(told)


def _per_class(scenario: Scenario, run: Run) -> dict[str, list[dict[str, float]]]:
    found = {
        item.name: [f.of_class(tally, k) for tally in run.tallies]
        for k, item in enumerate(scenario.classes)
    }
    if len(scenario.classes) > 1:
        found[ALL] = [f.of_all(tally) for tally in run.tallies]
    return found


def _columns(differences: bool = False) -> tuple[Column, ...]:
    change = "Change of " if differences else ""

    def label(text: str) -> str:
        return f"{change}{text}" if change else text[0].upper() + text[1:]

    return (
        Column("policy", "Policy"),
        Column("class", "Class"),
        Column("offered", "Offered a run", Unit.NUMBER),
        Column("mean_wait_s", label("mean wait, s"), Unit.NUMBER),
        Column("mean_wait_s_low", "from", Unit.NUMBER),
        Column("mean_wait_s_high", "to", Unit.NUMBER),
        Column("mean_wait_of_waiting_s", label("wait of those who waited"), Unit.NUMBER),
        Column("p50_wait_s", "p50", Unit.NUMBER),
        Column("p90_wait_s", "p90", Unit.NUMBER),
        Column("p95_wait_s", "p95", Unit.NUMBER),
        Column("worst_decile_wait_s", "Worst tenth", Unit.NUMBER),
        Column("share_waiting", label("waiting"), Unit.SHARE),
        Column("share_abandoned", label("abandoned"), Unit.SHARE),
        Column("service_level", label("in time"), Unit.SHARE),
    )


def _classes(scenario: Scenario, runs: Sequence[Run]) -> Grid:
    rows = []
    for run in runs:
        offered = np.mean([tally.counts[:, 0] for tally in run.tallies], axis=0)
        counts = {item.name: float(offered[k]) for k, item in enumerate(scenario.classes)}
        counts[ALL] = float(offered.sum())
        for name, values in _per_class(scenario, run).items():
            head = {"policy": run.policy.label, "class": name, "offered": counts[name]}
            rows.append(head | _flat(f.estimates(values)))
    return Grid("classes", "Waits by class", _columns(), tuple(rows))


def _differences(scenario: Scenario, runs: Sequence[Run]) -> Grid:
    base = _per_class(scenario, runs[0])
    rows = []
    for run in runs[1:]:
        for name, values in _per_class(scenario, run).items():
            head = {"policy": run.policy.label, "class": name}
            rows.append(head | _flat(f.differences(base[name], values)))
    title = f"Changes against {runs[0].policy.label}, paired"
    return Grid("differences", title, _change_columns(), tuple(rows))


def _change_columns() -> tuple[Column, ...]:
    kept = tuple(c for c in _columns(True) if c.name[0] not in "p" or c.name == "policy")
    return tuple(c for c in kept if c.name not in ("offered", "worst_decile_wait_s"))


def _flat(found: Mapping[str, f.Estimate | None]) -> dict[str, float | None]:
    """Value, low and high of each measure; None where there is none."""
    flat: dict[str, float | None] = {}
    for name, one in found.items():
        known = one is not None and math.isfinite(one.low)
        flat[name] = one.value if one else None
        flat[f"{name}_low"] = one.low if one and known else None
        flat[f"{name}_high"] = one.high if one and known else None
    return flat


def _groups(scenario: Scenario, runs: Sequence[Run]) -> Grid:
    rows = []
    for run in runs:
        for g, group in enumerate(scenario.groups):
            values = [f.of_group(scenario, tally, g) for tally in run.tallies]
            head = {"policy": run.policy.label, "group": group.name, "agents": group.agents}
            served = np.mean([tally.answered_by[:, g] for tally in run.tallies], axis=0)
            share = served / np.maximum(np.mean([t.counts[:, 1] for t in run.tallies], axis=0), 1)
            names = (item.name for item in scenario.classes)
            rows.append(
                head
                | _flat(f.estimates(values))
                | {"share_of_class": dict(zip(names, share.tolist(), strict=True))}
            )
    return Grid("groups", "Agents", GROUP_COLUMNS, tuple(rows))


def _by_time(scenario: Scenario, runs: Sequence[Run]) -> Grid:
    """Half hours of the day with contacts in them; one row a policy, class and half hour."""
    rows = []
    hours = scenario.day_s / HOUR_S / DAY_BINS
    for run in runs:
        total = np.sum([tally.by_time for tally in run.tallies], axis=0)
        for k, item in enumerate(scenario.classes):
            for part in range(DAY_BINS):
                offered, waited, gone = total[k, part, [T_OFFERED, T_WAIT, T_ABANDONED]].tolist()
                if offered:
                    rows.append(
                        {
                            "policy": run.policy.label,
                            "class": item.name,
                            "hour": part * hours,
                            "offered": offered / len(run.tallies),
                            "mean_wait_s": waited / offered,
                            "share_abandoned": gone / offered,
                        }
                    )
    flat = all(len(item.arrivals_per_s) == 1 for item in scenario.classes)
    return Grid("time_of_day", "Time of day", TIME_COLUMNS, () if flat else tuple(rows))
