"""Queues whose figures are known, by long simulations: 95% intervals of at most 1% each side.

python benchmarks/queues.py [--scale 1.0]
"""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tierwise.routing.params import Params, first_come_first_served
from tierwise.routing.section import PolicySection
from tierwise.simulation import figures
from tierwise.simulation.replicate import Span
from tierwise.simulation.scenario import AgentGroup, ContactClass, Scenario, Shift
from tierwise.simulation.shapes import NOBODY_GIVES_UP, Duration, exponential, lognormal
from tierwise.staffing import priority
from tierwise.workflows.simulate import run_policies

REPLICATIONS = 40


@dataclass(frozen=True)
class Case:
    name: str
    scenario: Scenario
    params: Params
    contacts: float  # of each replication, at scale 1
    known: Sequence[tuple[str, int, float]]  # measure, class, value


def system(
    rates: Sequence[float],
    handle: Sequence[Duration],
    agents: int,
    patience: Duration = NOBODY_GIVES_UP,
) -> Scenario:
    classes = tuple(
        ContactClass(f"class {k}", (rate,), {"": one}, patience)
        for k, (rate, one) in enumerate(zip(rates, handle, strict=True))
    )
    return Scenario("known", classes, (AgentGroup("agents", (Shift(agents),)),))


def pool(classes: int) -> Params:
    return first_come_first_served(np.ones((1, classes), dtype=bool))


def waits(values: Sequence[float]) -> list[tuple[str, int, float]]:
    return [("mean_wait_s", k, float(value)) for k, value in enumerate(values)]


def cases() -> list[Case]:
    hour = exponential(1.0)
    four = system((2.0, 2.0, 2.5, 2.5), [hour] * 4, 10)
    strict = pool(4)._replace(level=np.array([[0.0, 1.0, 2.0, 3.0]]))
    growing = pool(4)._replace(rate=np.array([8.0, 4.0, 2.0, 1.0]))
    general = [lognormal(1.0, 1.5), lognormal(0.6, 0.4), lognormal(1.2, 1.2)]
    rates = (0.2, 0.4, 0.25)
    moments = [d.mean_s for d in general], [d.second_moment_s2 for d in general]
    growing_general = priority.accumulating_waits_general_s(rates, (4, 2, 1), *moments)
    one = system(rates, general, 1)
    minute = system((0.8,), [exponential(60.0)], 50, exponential(120.0))
    endless = system((0.8,), [exponential(60.0)], 50)
    return [
        Case("Erlang C(10, 8)", system((8.0,), [hour], 10), pool(1), 1e6,
             [("share_waiting", 0, 0.409180)]),
        Case("Erlang C(100, 90)", system((90.0,), [hour], 100), pool(1), 3e6,
             [("share_waiting", 0, 0.216940)]),
        Case("Erlang A", minute, pool(1), 2e6,
             [("share_waiting", 0, 0.46777), ("share_abandoned", 0, 0.030912),
              ("mean_wait_s", 0, 3.709)]),
        Case("the same without patience", endless, pool(1), 8e6, [("mean_wait_s", 0, 20.83)]),
        Case("strict priority", four, strict, 4e6, waits((0.08359, 0.13932, 0.31844, 1.91066))),
        Case("accumulating 8:4:2:1", four, growing, 4e6,
             waits((0.23417, 0.39403, 0.68900, 1.21588))),
        Case("M/G/1 strict, lognormal", one, pool(3)._replace(level=np.array([[0.0, 1.0, 2.0]])),
             1e7, waits(priority.strict_waits_general_s(rates, *moments).tolist())),
        Case("M/G/1 accumulating 4:2:1", one, pool(3)._replace(rate=np.array([4.0, 2.0, 1.0])),
             1e7, waits(growing_general.tolist())),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--scale", type=float, default=1.0, help="length of the runs")
    scale = parser.parse_args().scale
    print("| system | figure | class | theory | simulated | 95% interval | half-width | inside |")
    print("|---|---|---|---|---|---|---|---|")
    inside = narrow = total = 0
    for case in cases():
        rate = sum(item.arrivals_per_s[0] for item in case.scenario.classes)
        end = case.contacts * scale / rate
        (run,) = run_policies(
            case.scenario,
            [(PolicySection(), case.params)],
            Span(0.02 * end, end),
            2026,
            REPLICATIONS,
            workers=os.cpu_count() or 1,
        )
        for measure, k, known in case.known:
            found = figures.estimate([figures.of_class(t, k)[measure] for t in run.tallies])
            assert found is not None  # every class has contacts
            held = found.low <= known <= found.high
            inside, narrow, total = (
                inside + held,
                narrow + (found.half_width <= 0.01 * known),
                total + 1,
            )
            print(
                f"| {case.name} | {measure} | {k} | {known:.5g} | {found.value:.5g} |"
                f" {found.low:.5g} to {found.high:.5g} | {found.half_width / known:.2%} |"
                f" {'yes' if held else 'no'} |",
                flush=True,
            )
    print(f"\n{inside} of {total} inside (95% of intervals should be), {narrow} within 1%.")


if __name__ == "__main__":
    main()
