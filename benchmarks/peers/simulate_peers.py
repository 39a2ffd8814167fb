"""The models of benchmarks/simulate.py in SimPy and Ciw, as their users would write them well.

python benchmarks/peers/simulate_peers.py simpy-skills|simpy-priority|ciw-priority
"""

from __future__ import annotations

import json
import math
import random
import sys
import time
from collections.abc import Iterator
from typing import Any


def simpy_priority(contacts: int) -> list[tuple[int, float]]:
    """A priority resource with ten places; nothing but waits is kept."""
    import simpy

    env = simpy.Environment()
    agents = simpy.PriorityResource(env, 10)
    waits: list[tuple[int, float]] = []
    draw = random.Random(1).expovariate

    def contact(k: int) -> Iterator[Any]:
        came = env.now
        with agents.request(priority=k) as mine:
            yield mine
            waits.append((k, env.now - came))
            yield env.timeout(draw(1.0))

    def source(k: int, rate: float, number: int) -> Iterator[Any]:
        for _ in range(number):
            yield env.timeout(draw(rate))
            env.process(contact(k))

    for k, rate in enumerate((2.0, 2.0, 2.5, 2.5)):
        env.process(source(k, rate, int(contacts * rate / 9)))
    env.run()
    return waits


def simpy_skills(contacts: int) -> list[tuple[int, float]]:
    """Queues and idle counts by hand: SimPy has no resource that agents with skills fit into.

    One process a contact, an event each for being answered, and a timeout for patience.
    """
    from collections import deque

    import simpy

    env = simpy.Environment()
    rng = random.Random(1)
    draw = rng.expovariate
    spread = math.log(1 + 0.8**2)
    mean, sd = -spread / 2, math.sqrt(spread)
    serves = ((0, 1), (0, 1, 2, 3), (2, 3))
    groups = ((0, 1), (0, 1), (1, 2), (1, 2))
    idle = [4, 6, 4]
    since = [deque([0.0] * n) for n in idle]
    ahead = (0.5, 0.0, 0.25, 0.0)
    queues = [deque() for _ in range(4)]
    waits: list[tuple[int, float]] = []

    def released(g: int) -> None:
        best, chosen = -1.0, -1
        for k in serves[g]:
            queue = queues[k]
            while queue and queue[0][1].triggered:  # gave up
                queue.popleft()
            if queue:
                index = ahead[k] + env.now - queue[0][0]
                if index > best:
                    best, chosen = index, k
        if chosen >= 0:
            queues[chosen].popleft()[1].succeed(g)
        else:
            idle[g] += 1
            since[g].append(env.now)

    def contact(k: int) -> Iterator[Any]:
        came = env.now
        free = [g for g in groups[k] if idle[g]]
        if free:
            g = min(free, key=lambda one: since[one][0])
            idle[g] -= 1
            since[g].popleft()
        else:
            answered = env.event()
            queues[k].append((came, answered))
            gives_up = env.timeout(draw(0.5))
            yield answered | gives_up
            if not answered.triggered:
                answered.succeed(-1)  # marks it as gone
                waits.append((k, env.now - came))
                return
            g = answered.value
        waits.append((k, env.now - came))
        yield env.timeout(rng.lognormvariate(mean, sd))
        released(g)

    def source(k: int, rate: float, number: int) -> Iterator[Any]:
        for _ in range(number):
            yield env.timeout(draw(rate))
            env.process(contact(k))

    for k, rate in enumerate((3.0, 3.0, 3.5, 3.5)):
        env.process(source(k, rate, int(contacts * rate / 13)))
    env.run()
    return waits


def ciw_priority(contacts: int) -> list[tuple[int, float]]:
    """Priority classes are built into Ciw."""
    import ciw

    names = [f"class {k}" for k in range(4)]
    network = ciw.create_network(
        arrival_distributions={
            name: [ciw.dists.Exponential(rate)]
            for name, rate in zip(names, (2.0, 2.0, 2.5, 2.5), strict=True)
        },
        service_distributions={name: [ciw.dists.Exponential(1.0)] for name in names},
        number_of_servers=[10],
        priority_classes={name: k for k, name in enumerate(names)},
    )
    ciw.seed(1)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(contacts / 9)
    return [(names.index(r.customer_class), r.waiting_time) for r in simulation.get_all_records()]


def main() -> None:
    models = {
        "simpy-priority": simpy_priority,
        "simpy-skills": simpy_skills,
        "ciw-priority": ciw_priority,
    }
    began = time.process_time()
    waits = models[sys.argv[1]](100_000)
    used = time.process_time() - began
    means = [
        sum(w for k, w in waits if k == one) / max(sum(k == one for k, _ in waits), 1)
        for one in range(4)
    ]
    print(json.dumps({"contacts": len(waits), "per_s": len(waits) / used, "mean_waits": means}))


if __name__ == "__main__":
    main()
