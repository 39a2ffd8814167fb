"""Upgrade of a filled database while somebody works in it; exit 1 where a step waits over 1 s.

    python benchmarks/upgrade.py [--contacts 1000000]

From the first tables that know contacts to the newest, with a message for each contact. The
steps of the work are a contact in, a contact on and a look at the agents, without a break.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.store.upgrading import FIRST_WITH_CONTACTS, AtWork, begin_at, fill

from tierwise.store import migrate, server
from tierwise.store.connect import opened

MOST_S = 1.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="tw-upgrade-", dir="/tmp") as name,
        server.serving(Path(name) / "postgres") as url,
        opened(url) as store,
    ):
        begin_at(store, FIRST_WITH_CONTACTS)
        fill(url, asked.contacts)
        with AtWork(url) as work:
            time.sleep(2)
            before = max(work.waits_s)
            began = time.perf_counter()
            migrate.upgrade(store, print)
            taken = time.perf_counter() - began
            time.sleep(1)
    print(
        f"{asked.contacts:,} contacts upgraded in {taken:.1f} s; the longest step of"
        f" {len(work.waits_s):,} beside it took {1000 * work.longest_s:.0f} ms"
        f" ({1000 * before:.0f} ms before); target: at most {1000 * MOST_S:.0f}"
    )
    sys.exit(work.longest_s > MOST_S)


if __name__ == "__main__":
    main()
