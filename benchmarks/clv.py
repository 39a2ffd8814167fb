"""Order lines to lifetime values of 2.6 million customers, beside the lifetimes package.

    python benchmarks/clv.py [--customers 2600000] [--runs 3] [--keep FOLDER]

Both read the same Parquet file and do the same steps: summary, BG/NBD, Gamma-Gamma,
expected purchases, value of the next twelve months. Exit 1 when ours is less than
thirty times faster, needs more than 1 GiB, or when the parameters differ.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

from fits import peers_python  # noqa: E402 - a script beside this one
from generate_firm import generate  # noqa: E402

FASTER, MEMORY_MIB, AGREEMENT = 30, 1024, 1e-3
STEPS = ("summary", "fit", "fit_spend", "expectation_and_value")


def measure(command: list[str]) -> dict[str, Any]:
    """Run one measurement in a fresh process."""
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(data: Path, runs: int) -> bool:
    """Ours several times, the peer once: it takes minutes."""
    own = [measure([sys.executable, str(HERE / "clv_own.py"), str(data)]) for _ in range(runs)]
    peer = measure([str(peers_python()), str(HERE / "peers" / "clv_lifetimes.py"), str(data)])
    print(f"{'':24}{'tierwise':>12}{'lifetimes':>12}{'times':>8}")
    for step in STEPS:
        ours = statistics.median(run["seconds"][step] for run in own)
        theirs = peer["seconds"][step]
        print(f"{step:24}{ours:10.2f} s{theirs:10.1f} s{theirs / ours:8.1f}")
    ours = statistics.median(run["total_s"] for run in own)
    times, peak = peer["total_s"] / ours, max(run["peak_mib"] for run in own)
    print(f"{'in all':24}{ours:10.2f} s{peer['total_s']:10.1f} s{times:8.1f} (at least {FASTER})")
    print(f"{'peak memory':24}{peak:8.0f} MiB{peer['peak_mib']:8.0f} MiB (at most {MEMORY_MIB})")
    print(f"value of the year ahead  {own[0]['value']:,.0f} and {peer['value']:,.0f}")
    apart = max(abs(a / b - 1) for a, b in zip(own[0]["theta"], peer["theta"], strict=True))
    print(f"parameters of purchase within {apart:.1e}")
    return times >= FASTER and peak <= MEMORY_MIB and apart <= AGREEMENT


def main() -> None:
    """Measure and judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=2_600_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", type=Path, help="folder for the generated file")
    arguments = parser.parse_args()
    folder = arguments.keep or Path(tempfile.mkdtemp(prefix="tierwise-clv-"))
    folder.mkdir(parents=True, exist_ok=True)
    data = folder / f"firm-{arguments.customers}.parquet"
    try:
        if not data.exists():
            print(f"Wrote {generate(data, arguments.customers):,} order lines.")
        good = compare(data, arguments.runs)
    finally:
        if not arguments.keep:
            shutil.rmtree(folder, ignore_errors=True)
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
