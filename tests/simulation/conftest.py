"""Systems whose waits are known."""

import numpy as np
import pytest

from tierwise.routing.params import first_come_first_served
from tierwise.simulation import figures
from tierwise.simulation.replicate import Span, replicate
from tierwise.simulation.scenario import AgentGroup, ContactClass, Scenario, Shift

SURE = 0.999
"""Level of an interval in tests: with some thirty of them, 95% would fail by chance."""


def system(rates, handle, agents, **more):
    classes = tuple(
        ContactClass(f"class {k}", (rate,), {"": given}, **more)
        for k, (rate, given) in enumerate(zip(rates, handle, strict=True))
    )
    return Scenario("known", classes, (AgentGroup("agents", (Shift(agents),)),))


def plain(classes):
    return first_come_first_served(np.ones((1, classes), dtype=bool))


@pytest.fixture(scope="session")
def replications():
    """Replications of a scenario under a policy: (mean waits by class, tallies)."""

    def run(scenario, params, hours, number=12, seed=1, warm=0.02):
        span = Span(warm * hours, hours)
        seeds = np.random.SeedSequence(seed).spawn(number)
        return [replicate(scenario, params, span, one).tally for one in seeds]

    return run


def interval(tallies, measure, k, level=SURE):
    found = figures.estimate([figures.of_class(t, k)[measure] for t in tallies], level)
    assert found is not None
    return found
