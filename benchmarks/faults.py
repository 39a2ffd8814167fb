"""The long storm: routers and databases killed while contacts come; exit 1 if anything is wrong.

    python benchmarks/faults.py [--contacts 20000] [--kills 50] [--database-kills 10] [--seed 1]

The same harness and checker as the short one in tests/faults. With every ten kills come
four cuts of all connections, two routers stopped in mid-turn, two cut off from the database by
a network that says nothing, and three jumps of the clock.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.faults.storm import Faults, Storm


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--database-kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    faults = Faults(
        kills=asked.kills,
        database_kills=asked.database_kills,
        cuts=max(1, asked.kills * 4 // 10),
        stops=max(1, asked.kills * 2 // 10),
        partitions=max(1, asked.kills * 2 // 10),
        jumps=3 * max(1, asked.kills // 10),
    )
    with tempfile.TemporaryDirectory(prefix="tw-storm-", dir="/tmp") as name:
        storm = Storm(Path(name), asked.contacts, random.Random(asked.seed))
        began = time.perf_counter()
        found = storm.run(faults)
    taken = time.perf_counter() - began
    did = ", ".join(f"{number} {what}" for what, number in sorted(storm.done.items()))
    print(f"{asked.contacts:,} contacts in {taken:.0f} s through {did}: {len(found)} wrong")
    print("\n".join(found[:20]))
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
