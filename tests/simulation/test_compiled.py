"""Machine code on disk: kept while it fits its sources, gone when any of them changed."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tierwise.simulation.compiled import forget_stale


@pytest.fixture
def rooms(tmp_path: Path) -> tuple[Path, Path]:
    """Two rooms with sources of moment 100 and one compiled function of moment 200."""
    for name in ("kernel", "policy"):
        (tmp_path / name / "__pycache__").mkdir(parents=True)
        source = tmp_path / name / f"{name}.py"
        source.touch()
        os.utime(source, (100, 100))
    kept = tmp_path / "kernel" / "__pycache__" / "kernel.run-1.py311.nbi"
    kept.touch()
    os.utime(kept, (200, 200))
    return tmp_path / "kernel", tmp_path / "policy"


def test_code_newer_than_every_source_is_kept(rooms: tuple[Path, Path]):
    forget_stale(rooms)
    assert list(rooms[0].glob("__pycache__/*.nbi"))


def test_a_changed_callee_in_another_room_forgets_its_callers(rooms: tuple[Path, Path]):
    os.utime(rooms[1] / "policy.py", (300, 300))
    forget_stale(rooms)
    assert not list(rooms[0].glob("__pycache__/*.nbi"))


def test_a_room_without_compiled_code_is_left_alone(rooms: tuple[Path, Path]):
    forget_stale([rooms[1]])
    assert (rooms[1] / "policy.py").exists()
