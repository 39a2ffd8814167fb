"""Contacts simulated a second on one core, beside SimPy and Ciw on the same models.

    python benchmarks/simulate.py [--peers /path/to/python] [--contacts 4000000]

`--peers` is the Python of an environment with benchmarks/peers/requirements-simulation.txt;
without it only tierwise runs. Seconds are of the processor, so that a busy machine
does not count against anybody.
"""

import argparse
import json
import resource
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

STARTED = time.perf_counter()

from tierwise.routing.params import Params, first_come_first_served  # noqa: E402
from tierwise.simulation.replicate import Span, replicate  # noqa: E402
from tierwise.simulation.scenario import (  # noqa: E402
    AgentGroup,
    Callback,
    ContactClass,
    LaterSlot,
    Retrial,
    Scenario,
    SelfService,
    Shift,
)
from tierwise.simulation.shapes import (  # noqa: E402
    NOBODY_GIVES_UP,
    Duration,
    constant,
    exponential,
    lognormal,
)

IMPORTED = time.perf_counter()
PEERS = Path(__file__).parent / "peers" / "simulate_peers.py"


def classes(
    rates: tuple[float, ...], handle: Duration, patience: Duration
) -> tuple[ContactClass, ...]:
    return tuple(
        ContactClass(f"class {k}", (rate,), {"": handle}, patience) for k, rate in enumerate(rates)
    )


def basic() -> tuple[Scenario, Params]:
    scenario = Scenario(
        "M/M/10, one class",
        classes((9.0,), exponential(1.0), NOBODY_GIVES_UP),
        (AgentGroup("agents", (Shift(10),)),),
    )
    return scenario, first_come_first_served(np.ones((1, 1), dtype=bool))


def priority() -> tuple[Scenario, Params]:
    scenario = Scenario(
        "M/M/10, four classes, strict priority",
        classes((2.0, 2.0, 2.5, 2.5), exponential(1.0), NOBODY_GIVES_UP),
        (AgentGroup("agents", (Shift(10),)),),
    )
    params = first_come_first_served(np.ones((1, 4), dtype=bool))
    return scenario, params._replace(level=np.array([[0.0, 1.0, 2.0, 3.0]]))


def skills() -> tuple[Scenario, Params]:
    """4 classes x 3 groups, lognormal work, exponential patience, head start for the first."""
    groups = tuple(AgentGroup(f"group {g}", (Shift(n),)) for g, n in enumerate((4, 6, 4)))
    scenario = Scenario(
        "4 classes x 3 groups, lognormal, patience",
        classes((3.0, 3.0, 3.5, 3.5), lognormal(1.0, 0.8), exponential(2.0)),
        groups,
    )
    params = first_come_first_served([[1, 1, 0, 0], [1, 1, 1, 1], [0, 0, 1, 1]])
    return scenario, params._replace(head_start_s=np.array([0.5, 0.0, 0.25, 0.0]))


def everything() -> tuple[Scenario, Params]:
    scenario, params = skills()
    day = 1440.0
    rates = [0.5, 1.0, 1.5, 1.0]
    items = [
        replace(
            item,
            arrivals_per_s=tuple(0.8 * item.arrivals_per_s[0] * r for r in rates),
            wrap_up=constant(0.1),
            retrial=Retrial(0.3, exponential(5.0)),
            self_service=SelfService(0.3, 0.5, exponential(0.5)),
            callback=Callback(0.3, 1.0),
            later_slot=LaterSlot(0.2, 6, exponential(10.0)),
            transfers={"class 3": 0.05} if k == 0 else {},
        )
        for k, item in enumerate(scenario.classes)
    ]
    first, second, third = scenario.groups
    groups = (
        replace(first, shifts=(Shift(4), Shift(2, 360.0, 1080.0, ((600.0, 640.0),)))),
        second,
        replace(third, shifts=(Shift(2),), concurrency=2, slowdown=0.1),
    )
    params = params._replace(
        floor_s=np.full(4, 6.0),
        cap_s=np.full(4, 20.0),
        rate=np.array([2.0, 1.0, 1.5, 1.0]),
        after_wait_s=np.where(np.isfinite(params.after_wait_s), params.after_wait_s, 2.0),
        reserve=np.array([[0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 0, 0]]),
        preference=np.array([[1.0, 1, 2, 2], [2.0, 2, 1, 1], [3.0, 3, 1, 1]]),
    )
    return (
        replace(
            scenario,
            title="every feature on",
            classes=tuple(items),
            groups=groups,
            edges_s=(0.0, 360.0, 720.0, 1080.0, day),
            duty_cycle_s=day,
        ),
        params,
    )


def run(scenario: Scenario, params: Params, contacts: int) -> dict[str, object]:
    rate = sum(float(np.mean(item.arrivals_per_s)) for item in scenario.classes)
    seed = np.random.SeedSequence(1)
    began = time.perf_counter()
    replicate(scenario, params, Span(0.0, 100.0), seed)
    first_call = time.perf_counter() - began
    cpu = time.process_time()
    outcome = replicate(scenario, params, Span(0.0, contacts / rate), seed)
    used = time.process_time() - cpu
    waits = outcome.tally.sum[:, 0] / outcome.tally.counts[:, [1, 2]].sum(axis=1)
    return {
        "model": scenario.title,
        "contacts": outcome.contacts,
        "events": outcome.events,
        "per_s": outcome.contacts / used,
        "mean_waits": waits.tolist(),
        "first_call_s": first_call,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def peers(python: str) -> dict[str, dict[str, object]]:
    found = {}
    for what in ("simpy-skills", "simpy-priority", "ciw-priority"):
        done = subprocess.run(
            [python, str(PEERS), what], capture_output=True, text=True, check=True
        )
        found[what] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", default="")
    parser.add_argument("--contacts", type=int, default=4_000_000)
    asked = parser.parse_args()
    print(f"import {IMPORTED - STARTED:.2f} s")
    print("| model | contacts | contacts a second | mean waits | peak MB |\n|---|---|---|---|---|")
    mine = {}
    for make in (basic, priority, skills, everything):
        scenario, params = make()
        found = mine[make.__name__] = run(scenario, params, asked.contacts)
        waits = " ".join(f"{w:.3f}" for w in found["mean_waits"])  # type: ignore[attr-defined]
        print(
            f"| {scenario.title} | {found['contacts']:,} | {found['per_s']:,.0f} | {waits} |"
            f" {found['peak_mb']:.0f} |",
            flush=True,
        )
    print(f"first call {mine['basic']['first_call_s']:.1f} s (compiling, or reading what is kept)")
    if asked.peers:
        for name, found in peers(asked.peers).items():
            own = mine["skills" if "skills" in name else "priority"]
            waits = " ".join(f"{w:.3f}" for w in found["mean_waits"])  # type: ignore[attr-defined]
            times = float(own["per_s"]) / float(found["per_s"])  # type: ignore[arg-type]
            print(
                f"| {name} | {found['contacts']:,} | {found['per_s']:,.0f} | {waits} |"
                f" {times:.0f}x |"
            )


if __name__ == "__main__":
    main()
