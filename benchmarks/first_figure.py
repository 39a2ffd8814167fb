"""Fairfield's CSV files to the first figure; prints the seconds after the imports."""

from __future__ import annotations

import sys
import time
from datetime import date
from pathlib import Path


def main() -> None:
    """`prepare HOME` writes the files, `ask HOME` forgets builds and asks."""
    from tierwise.workflows.build import builds_of, current_build, remove_builds
    from tierwise.workflows.demo import demo_project
    from tierwise.workflows.value import Desk

    began = time.perf_counter()
    project = demo_project("fairfield", Path(sys.argv[2]))
    if sys.argv[1] == "ask":
        remove_builds(builds_of(project))
        began = time.perf_counter()
        build = current_build(project, today=date(2025, 12, 31))
        share = Desk(project, build).concentration(top_n=(40,)).grid("top").rows[0]["share"]
        assert share == 0.69, share
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
