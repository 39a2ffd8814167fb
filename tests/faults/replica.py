"""One replica as operators run it: `python -m tests.faults.replica URL PORT`."""

from __future__ import annotations

import sys

from tierwise.server import serve
from tierwise.store.connect import opened
from tierwise.workflows.live import Live


def main() -> None:
    url, port = sys.argv[1:]
    with opened(url) as store:
        serve([], "127.0.0.1", int(port), live=Live(store, {}))


if __name__ == "__main__":
    main()
