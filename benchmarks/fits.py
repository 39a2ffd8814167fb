"""Fits of the purchase models beside those of independent packages, on one simulated firm.

    python benchmarks/fits.py [--customers 100000] [--models bg_nbd mbg_nbd] [--peers lifetimes]

Checks that parameters agree and how many times faster ours is. The peers live in
an environment of their own, benchmarks/.peers, made when first needed. Exit 1
when a peer that settled disagrees by more than a relative 1e-5 and its
log-likelihood is not the lower one, or when BG/NBD is less than the wanted times
faster on a million customers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from tierwise.lifetime.cells import count
from tierwise.lifetime.models import LEAVING, MODELS
from tierwise.lifetime.simulate import cohort_days

HERE = Path(__file__).parent
PEERS = {
    "lifetimes": ("bg_nbd", "mbg_nbd", "pareto_nbd"),
    "lifetimes_settled": ("pareto_nbd",),  # its likelihood, searched to the end
    "clvkit": ("bg_nbd", "mbg_nbd"),
    "pymc_marketing": ("pareto_nbd",),  # its likelihood, searched to the end
}
APART = {"pymc_marketing": "pymc"}  # peers with an environment of their own
FASTER = {"lifetimes": 15, "clvkit": 200}  # times, BG/NBD on a million customers
AGREEMENT = 1e-5
JOINING_DAYS, OBSERVED_DAYS = 84, 273  # CDNOW's
TRUTH = {
    "bg_nbd": (0.243, 4.414, 0.793, 2.426),
    "mbg_nbd": (0.525, 6.183, 0.891, 1.614),
    "pareto_nbd": (0.553, 10.578, 0.606, 11.669),
}


def peers_python(apart: str = "") -> Path:
    """Python of the environment that holds the peers, or one apart; made if it is not there."""
    ending = f"-{apart}" if apart else ""
    folder = HERE / f".peers{ending}"
    python = folder / "bin" / "python"
    wanted = HERE / "peers" / f"requirements{ending}.txt"
    done = folder / "made-from.txt"
    if not done.exists() or done.read_text() != wanted.read_text():
        print(f"Making {folder} with the peers.")
        venv.create(folder, clear=True, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", "-r", str(wanted)], check=True)
        done.write_text(wanted.read_text())
    return python


def write_histories(name: str, customers: int, path: Path) -> None:
    """Histories of a firm with CDNOW's parameters, in whole days."""
    generator = np.random.default_rng(20_26)
    T_days = cohort_days(customers, JOINING_DAYS, OBSERVED_DAYS, generator)
    firm = MODELS[name].simulate(TRUTH[name], T_days, 0, generator).in_whole_days()
    np.savez(path, x=firm.x, t_x_days=firm.t_x_days, T_days=firm.T_days)


def run(python: Path, script: Path, model: str, histories: Path, limit_s: float) -> dict[str, Any]:
    """What a script printed about its fit; a word in `failed` when it did not finish."""
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [str(python), str(script), model, str(histories)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, env=environment, timeout=limit_s
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"not done in {limit_s:.0f} s", "seconds": limit_s}
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def compare(
    own: dict[str, Any], peer: dict[str, Any], likelihood: Callable[[list[float]], float]
) -> tuple[str, bool]:
    """One line about a peer, and whether the two agree or ours is the higher summit."""
    if "failed" in peer:
        return f"{peer['failed'][:90]}", True
    apart = max(abs(np.array(peer["theta"]) / np.array(own["theta"]) - 1))
    lower = own["log_likelihood"] - likelihood(peer["theta"])
    times = peer["seconds"] / own["seconds"]
    line = (
        f"{peer['seconds']:9.2f} s {peer['peak_mib']:7.0f} MiB, {times:7.1f} times ours;"
        f" parameters within {apart:.1e}, log-likelihood there lower by {lower:.1e}"
    )
    return line, bool(apart <= AGREEMENT or lower > 0)


def likelihood_of(model: str, histories: Path) -> Callable[[list[float]], float]:
    """Our log-likelihood of these histories, to judge everybody's parameters by."""
    with np.load(histories) as columns:
        cells = count(columns["x"], columns["t_x_days"], columns["T_days"])
    return lambda theta: MODELS[model].log_likelihood(theta, cells)[0]


def measure(model: str, customers: int, peers: list[str], limit_s: float) -> bool:
    """Fit one model with all; print a line each."""
    good = True
    with tempfile.TemporaryDirectory(prefix="tierwise-fits-") as folder:
        histories = Path(folder) / "histories.npz"
        write_histories(model, customers, histories)
        own = run(Path(sys.executable), HERE / "fit_own.py", model, histories, limit_s)
        print(f"{MODELS[model].label}, {customers:,} customers in {own['cells']:,} cells")
        print(
            f"  {'tierwise':17} {own['seconds']:9.3f} s {own['peak_mib']:7.0f} MiB, expectation"
            f" {own['expectation_seconds']:.3f} s, {[round(v, 5) for v in own['theta']]}"
        )
        for name in peers:
            if model not in PEERS[name]:
                continue
            python, script = peers_python(APART.get(name, "")), HERE / "peers" / f"fit_{name}.py"
            peer = run(python, script, model, histories, limit_s)
            line, agrees = compare(own, peer, likelihood_of(model, histories))
            print(f"  {name:17} {line}")
            slow = model == "bg_nbd" and customers >= 1_000_000
            fast_enough = peer.get("seconds", np.inf) >= FASTER.get(name, 0) * own["seconds"]
            good &= agrees and (not slow or fast_enough)
    return good


def main() -> None:
    """Compare the models asked for; exit 1 when a check fails."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=100_000)
    parser.add_argument("--models", nargs="+", default=list(LEAVING), choices=list(LEAVING))
    parser.add_argument("--peers", nargs="*", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--limit", type=float, default=580, help="seconds for one fit of a peer")
    arguments = parser.parse_args()
    checks = [
        measure(model, arguments.customers, arguments.peers, arguments.limit)
        for model in arguments.models
    ]
    sys.exit(0 if all(checks) else 1)


if __name__ == "__main__":
    main()
