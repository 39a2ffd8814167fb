"""One policy, two clocks: a day driven through the live router is assigned as simulated."""

from __future__ import annotations

import heapq
from itertools import count

import numpy as np
import pytest

from tierwise.routing.pool import read_pool
from tierwise.simulation.arrays import plant_of
from tierwise.simulation.kernel import ENDED, GAVE_UP, JOINED, STARTED
from tierwise.simulation.replicate import Span, replicate
from tierwise.simulation.scenario import AgentGroup, ContactClass, Scenario, Shift
from tierwise.simulation.shapes import exponential, lognormal
from tierwise.workflows.route import NewContact, Presence, Router

CLASSES = ("gold", "silver", "bronze")
GROUPS = {"experts": 2, "all-round": 3}
SERVES = {"experts": ["gold", "silver"], "all-round": ["gold", "silver", "bronze"]}
OVERFLOW = {"experts": {"silver": {"after_wait_s": 90, "reserve": 1}}}
POLICIES = {
    "first come": {"rule": "first_come"},
    "head start": {
        "rule": "head_start",
        "classes": {"gold": {"head_start_s": 120}, "bronze": {"floor_s": 300}},
        "groups": OVERFLOW,
    },
    "strict": {
        "rule": "strict",
        "classes": {n: {"level": k, "floor_s": 400} for k, n in enumerate(CLASSES)},
        "groups": OVERFLOW,
    },
    "accumulating": {
        "rule": "accumulating",
        "classes": {"gold": {"rate": 4}, "silver": {"rate": 2}, "bronze": {"rate": 1}},
        "groups": {"all-round": {"gold": {"preference": 2}}} | OVERFLOW,
    },
    "service level": {
        "rule": "service_level",
        "classes": {
            "gold": {"target_wait_s": 20},
            "silver": {"target_wait_s": 60},
            "bronze": {"target_wait_s": 180},
        },
    },
}
BUSY_S = 2400.0


def pool_of(policy: dict):
    classes = [
        {"name": name, "reasons": [name], "arrivals_per_h": rate}
        for name, rate in zip(CLASSES, (20.0, 40.0, 60.0), strict=True)
    ]
    return read_pool(
        {"pool": {"offer_s": 1e6, "silence_s": 1e6, "classes": classes, "groups": SERVES}}
        | {"policy": policy}
    )


def simulated(pool):
    """Rows of the trace, and the agent at each place."""
    classes = tuple(
        ContactClass(
            item.name,
            (item.arrivals_per_h / 3600.0,),
            {"": lognormal(150, 120)},
            exponential(400),
        )
        for item in pool.classes
    )
    groups = tuple(AgentGroup(name, (Shift(size),)) for name, size in GROUPS.items())
    scenario = Scenario("day", classes, groups)
    outcome = replicate(
        scenario, pool.params, Span(0, BUSY_S), np.random.SeedSequence(7), trace_rows=10_000
    )
    return outcome.trace.tolist(), plant_of(scenario, pool.params)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_a_day_is_assigned_as_it_was_simulated(router: Router, at, policy: dict):
    """The same contacts, patience and work: the same agent group for each, in the same order."""
    pool = pool_of(policy)
    trace, plant = simulated(pool)
    began = {(int(k), n): t for t, what, k, _, n in trace if what == STARTED}
    works = {(int(k), n): t - began[int(k), n] for t, what, k, _, n in trace if what == ENDED}
    wanted = [
        (pytest.approx(t, abs=1e-4), CLASSES[int(k)], int(n), agent_name(plant, int(s)))
        for t, what, k, s, n in trace
        if what == STARTED
    ]
    assert len(wanted) > 50
    assert live(router, at, pool, trace, works) == wanted


def agent_name(plant, place: int) -> str:
    return f"agent {plant.slot_agent[place]}"


def live(router: Router, at, pool, trace, works):
    """Drive arrivals, patience, ends of work and moments to look again; who got what when."""
    at(0)
    router.define("calls", pool)
    number = count()
    for group, size in GROUPS.items():
        for _ in range(size):
            name = f"agent {next(number)}"
            router.sign_on("calls", name, name, group)
            router.present(name, Presence.READY)
    order = count()
    events: list[tuple[float, int, int, tuple[int, float]]] = []

    def push(t: float, what: int, who: tuple[int, float]) -> None:
        heapq.heappush(events, (t, next(order), what, who))

    for t, what, k, _, n in trace:
        if what in (JOINED, GAVE_UP):
            push(t, what, (int(k), n))
    ids: dict[tuple[int, float], int] = {}
    names: dict[int, tuple[int, float]] = {}
    found = []
    while events:
        t, _, what, who = heapq.heappop(events)
        at(t)
        k, n = who
        if what == JOINED:
            told = NewContact("test", f"{k}/{n}", "phone", CLASSES[k])
            ids[who] = -1
            received = router.receive("calls", told)
            ids[who], names[received.contact_id] = received.contact_id, who
            offers = received.offers
            for after in sorted({*pool.params.after_wait_s[:, k], pool.params.floor_s[k]}):
                if 0 < after < 1e9:
                    push(t + after, STARTED, who)  # a moment to look again
        elif what == GAVE_UP:
            offers = router.abandon(ids[who])
        elif what == ENDED:
            offers = router.complete(ids[who])
        else:
            offers = router.settle("calls")
        for offer in offers:
            router.accept(offer.reservation_id, offer.agent_id)
            taken = names[offer.contact_id]
            found.append((t, CLASSES[taken[0]], int(taken[1]), offer.agent_id))
            push(t + works[taken], ENDED, taken)
    return found
