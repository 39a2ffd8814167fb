"""`make bench`: what tierwise costs beside the bare engine, in one run on one machine.

    python benchmarks/run.py [--lines 10000000] [--runs 3] [--keep FOLDER]

Every measurement is a process of its own, the kinds in turn, so that drift of
the machine falls on all of them alike. Medians are printed with the range;
ratios are medians of the ratios of neighbouring runs.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from generate_lines import generate  # noqa: E402 - a script beside this one

TARGETS = {"summary": 1.5, "build": 3.0}
MEMORY_MIB = 2048
WALL_S, OWN_S = 10.0, 2.0  # from Fairfield's files to the first figure, in all and without imports


def measure(kind: str, data: Path, folder: Path) -> dict[str, float]:
    """Run one measurement in a fresh process; seconds and peak MiB."""
    command = [sys.executable, str(HERE / "measure.py"), kind, str(data), str(folder)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def large(lines: int, runs: int, folder: Path) -> bool:
    """Ten million lines: hand-written group-by, our summary, our whole build."""
    data = folder / f"lines-{lines}.parquet"
    if not data.exists():
        began = time.perf_counter()
        generate(data, lines)
        print(f"Wrote {lines:,} order lines in {time.perf_counter() - began:.0f} s.")
    kinds = ("by_hand", "by_hand_two_steps", "summary", "build")
    found: dict[str, list[dict[str, float]]] = {kind: [] for kind in kinds}
    for run in range(runs + 1):
        for kind in kinds:
            result = measure(kind, data, folder)
            if run:  # the first round warms the file cache
                found[kind].append(result)
    print(f"\n{lines:,} order lines, {found['build'][0]['customers']:,.0f} customers, {runs} runs")
    print(f"{'':22}{'seconds':>9}{'range':>16}{'peak MiB':>10}{'ratio to by hand':>18}")
    good = True
    for kind in kinds:
        good &= _line(kind, found)
    return good


def _line(kind: str, found: dict[str, list[dict[str, float]]]) -> bool:
    seconds = [run["seconds"] for run in found[kind]]
    base = [
        min(a["seconds"], b["seconds"])
        for a, b in zip(found["by_hand"], found["by_hand_two_steps"], strict=True)
    ]
    ratio = statistics.median(own / hand for own, hand in zip(seconds, base, strict=True))
    peak = max(run["peak_mib"] for run in found[kind])
    spread = f"{min(seconds):.1f}-{max(seconds):.1f}"
    wanted = f" (at most {TARGETS[kind]})" if kind in TARGETS else ""
    print(
        f"{kind:22}{statistics.median(seconds):9.2f}{spread:>16}{peak:10.0f}{ratio:12.2f}{wanted}"
    )
    return ratio <= TARGETS.get(kind, ratio) and (kind not in TARGETS or peak <= MEMORY_MIB)


def first_figure(runs: int) -> bool:
    """Fairfield: from CSV files to the first figure, imports and all, without an earlier build."""
    home = Path(tempfile.mkdtemp(prefix="tierwise-bench-"))
    script = HERE / "first_figure.py"
    subprocess.run([sys.executable, str(script), "prepare", str(home)], check=True)
    walls, own = [], []
    for _ in range(runs):
        began = time.perf_counter()
        command = [sys.executable, str(script), "ask", str(home)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        walls.append(time.perf_counter() - began)
        own.append(float(done.stdout.splitlines()[-1]))
    shutil.rmtree(home)
    print(
        f"\nFairfield, CSV files to the first concentration figure, {runs} runs: "
        f"{statistics.median(walls):.2f} s in all (at most {WALL_S}), "
        f"{statistics.median(own):.2f} s of it reading and reckoning (at most {OWN_S})"
    )
    return statistics.median(walls) <= WALL_S and statistics.median(own) <= OWN_S


def main() -> None:
    """Measure everything; exit 1 when a ratio or the memory is over its target."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder for the generated file")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="tierwise-bench-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        good = first_figure(arguments.runs)
        good &= large(arguments.lines, arguments.runs, folder)
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
