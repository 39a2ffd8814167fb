"""Drawn requests to every operation of the live API; exit 1 if an answer breaks its description.

    python benchmarks/schema.py [--each 200]

The same checks as the short ones in tests/api/test_schema.py, with other requests each time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from fastapi.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.api.conftest import POOL, call
from tests.api.test_schema import broken, description

from tierwise.server import create_app
from tierwise.store import migrate, server
from tierwise.store.connect import opened
from tierwise.workflows.live import Live


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=200, help="requests to each operation")
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="tw-schema-", dir="/tmp") as name,
        server.serving(Path(name) / "postgres") as url,
        opened(url) as store,
    ):
        migrate.upgrade(store, lambda _: None)
        app = create_app([], live=Live(store, {}), keys_needed=False)
        with TestClient(app) as api:
            api.put("/api/v1/pools/calls", json=POOL)
            api.put("/api/v1/agents/kim", json={"pool": "calls", "name": "Kim", "group": "experts"})
            api.post("/api/v1/contacts", json=call(external_id="1"))
            began = time.perf_counter()
            found = list(broken(description(api), asked.each, by_chance=True))
    print(f"{asked.each} requests an operation in {time.perf_counter() - began:.0f} s")
    print("\n".join(found) or "none broke the description")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
