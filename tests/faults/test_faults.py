"""Whatever is killed, cut off or put wrong: nothing is lost and nothing is given twice."""

from __future__ import annotations

import random

from tests.conftest import folder_for_servers
from tests.faults.storm import Faults, Storm


def test_a_short_storm_loses_nothing_and_gives_nothing_twice():
    """`make bench` has the long one: 20,000 contacts, 50 routers and 10 databases killed."""
    with folder_for_servers("tierwise-storm-") as folder:
        storm = Storm(folder, contacts=150, chance=random.Random(1), cut_off_s=1.0)
        found = storm.run(Faults(kills=3, database_kills=1, cuts=2, stops=1, partitions=1, jumps=3))
        assert found == []
        wanted = {"kills": 3, "database kills": 1, "cuts": 2, "stops": 1, "jumps": 3}
        assert storm.done == wanted | {"partitions": 1}
