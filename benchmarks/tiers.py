"""Tiers with P(tier) of ten million customers: seconds and peak memory.

    python benchmarks/tiers.py [--customers 10000000] [--keep FOLDER]

Starts from what a build keeps: one row a customer with the value of the window, and
purchase histories. Fits the model of purchases, cuts by share of value, reckons P(tier)
of everybody, takes one review against the tiers of the review before, and writes the
members to Parquet. Exit 1 above 60 s or 4 GiB.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
SECONDS, MEMORY_MIB = 60, 4096


def main() -> None:
    """Write a population, measure in a process of its own, and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000_000)
    parser.add_argument("--keep", type=Path, help="folder for the generated files")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="tierwise-tiers-"))
    folder.mkdir(parents=True, exist_ok=True)
    own = [sys.executable, str(HERE / "tiers_own.py"), str(folder)]
    try:
        if not (folder / "histories.parquet").exists():
            subprocess.run([*own, "--write", str(arguments.customers)], check=True)
        done = subprocess.run(own, check=True, capture_output=True, text=True)
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    found = json.loads(done.stdout.splitlines()[-1])
    for step, seconds in found["seconds"].items():
        print(f"{step:24}{seconds:10.2f} s")
    print(f"{'in all':24}{found['total_s']:10.2f} s (at most {SECONDS})")
    print(f"{'processor time':24}{found['cpu_s']:10.2f} s, imports included")
    print(f"{'peak memory':24}{found['peak_mib']:8.0f} MiB (at most {MEMORY_MIB})")
    print(f"{'customers':24}{found['customers']:12,}, {found['cells']:,} different histories")
    print(f"{'tiers':24}{found['sizes']}, {found['moved']:,} moved")
    good = found["total_s"] <= SECONDS and found["peak_mib"] <= MEMORY_MIB
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
