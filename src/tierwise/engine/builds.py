"""Builds: immutable folders, whole or not there at all.

A build is written into a hidden folder beside the others and renamed at the
end, so no reader ever sees half of one. A killed build leaves its hidden folder
behind; the next run with the same inputs and settings takes it up where it was.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
from filelock import FileLock, Timeout

from tierwise.errors import BuildError

FORMAT = 1
MANIFEST = "manifest.json"
_SCRATCH = ".scratch"


@dataclass(frozen=True, slots=True)
class Build:
    """A finished build: its folder and what its manifest says."""

    folder: Path
    manifest: Mapping[str, Any]

    @property
    def id(self) -> str:
        """Name of the folder: the as-of date and a digest of everything that went in."""
        return self.folder.name

    @property
    def as_of(self) -> date:
        """Nothing dated later was read."""
        return date.fromisoformat(self.manifest["as_of"])

    def table(self, name: str) -> Path | None:
        """Path of a canonical table; None when the project has no such table."""
        path = self.folder / "tables" / f"{name}.parquet"
        return path if path.exists() else None

    @property
    def summary(self) -> Path:
        """Path of the table with one row a customer."""
        return self.folder / "value" / "customers.parquet"


def list_builds(folder: Path) -> tuple[Build, ...]:
    """Finished builds that can be read, newest as-of first, then newest written first."""
    found = [build for path in _folders(folder) if isinstance(build := _read(path), Build)]
    return tuple(sorted(found, key=lambda b: (b.as_of, b.manifest["created_at"]), reverse=True))


def damages(folder: Path) -> tuple[BuildError, ...]:
    """One error for each folder that looks like a build: damaged, or of another version."""
    return tuple(found for path in _folders(folder) if isinstance(found := _read(path), BuildError))


def _folders(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.iterdir()) if _is_build(path)] if folder.is_dir() else []


def _read(folder: Path) -> Build | BuildError:
    try:
        return read_build(folder)
    except BuildError as damage:
        return damage


def _is_build(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".") and (path / MANIFEST).exists()


def read_build(folder: Path) -> Build:
    """Read one build; BuildError when its manifest is damaged or of another format."""
    path = folder / MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BuildError(
            f"{path} cannot be read: {error}.", "Delete this folder and build again."
        ) from error
    found = manifest.get("format") if isinstance(manifest, dict) else None
    if found != FORMAT:
        raise BuildError(
            f"{path} has format {found}, this version reads {FORMAT}.",
            "Build again with this version.",
        )
    build = Build(folder, manifest)
    try:
        (build.as_of, manifest["created_at"], manifest["settings"])
    except (KeyError, TypeError, ValueError) as error:
        raise BuildError(f"{path} lacks {error}.", "Delete this folder and build again.") from error
    return build


def build_id(as_of: date, ingredients: object) -> str:
    """`2025-12-31-0123456789ab`: the same ingredients give the same id."""
    text = json.dumps(ingredients, sort_keys=True, default=str)
    return f"{as_of.isoformat()}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


@dataclass(frozen=True, slots=True)
class Staging:
    """The hidden folder of a build that is being written."""

    folder: Path

    def step(self, name: str) -> Any:
        """What a finished step noted down; None when it was not finished."""
        path = self.folder / f".{name}.done"
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None

    def clear(self) -> None:
        """Begin anew: forget every step and every file."""
        self.discard()
        self.folder.mkdir()

    def scratch(self) -> Path:
        """An empty folder for what is needed only while the build is written."""
        folder = self.folder / _SCRATCH
        shutil.rmtree(folder, ignore_errors=True)  # a killed run's
        folder.mkdir()
        return folder

    def discard(self) -> None:
        """Throw everything away that was written so far."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def finish(self, name: str, notes: object) -> None:
        """Note a step as finished, so that a later run can skip it."""
        _write_whole(self.folder / f".{name}.done", json.dumps(notes, default=str))


@contextmanager
def staging(builds: Path, name: str) -> Iterator[Staging]:
    """Open the hidden folder of build `name`, alone.

    Raises BuildError when another process is writing the same build, when the
    folder of builds cannot be written, and when the disk is full; then the
    hidden folder is removed.
    """
    folder = builds / f".{name}.partial"
    with _writable(folder), _alone(builds, name):
        folder.mkdir(exist_ok=True)  # under the lock, so that nobody sweeps it away
        yield Staging(folder)


@contextmanager
def _alone(builds: Path, name: str) -> Iterator[None]:
    """Hold the lock of one build; BuildError when somebody else does."""
    builds.mkdir(parents=True, exist_ok=True)
    lock = FileLock(builds / f".{name}.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise BuildError(
            f"Another process is writing build {name} right now.",
            "Wait for it to end, or use the build before it.",
        ) from None
    try:
        yield
    finally:
        _unlock(lock)


def _unlock(lock: FileLock) -> None:
    """Remove the lock's file while it is held: whoever waits for it sees that it is gone."""
    Path(lock.lock_file).unlink(missing_ok=True)
    lock.release()


@contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """Turn what the file system refuses in the folder of builds into BuildError."""
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if _is_disk_full(error):
            shutil.rmtree(folder, ignore_errors=True)
            raise BuildError(
                f"The disk that holds {folder.parent} is full; the half-written build was removed.",
                "Free some space, or set builds in [project] to a folder on another disk."
                " Earlier builds are intact.",
            ) from error
        if isinstance(error, OSError) and _is_about(error, folder.parent):
            raise BuildError(
                f"{folder.parent} cannot be written: {error.strerror} ({error.filename}).",
                "Correct its rights, or set builds in [project] to a folder of yours.",
            ) from error
        raise


def _is_about(error: OSError, builds: Path) -> bool:
    """Whether an error is about the folder of builds, one above it, or something in it."""
    if error.filename is None:
        return False
    place = Path(os.fsdecode(error.filename))
    return builds.is_relative_to(place) or place.is_relative_to(builds)


def _is_disk_full(error: Exception) -> bool:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return any(text in str(error) for text in ("No space left on device", "Disk quota exceeded"))


def publish(staged: Staging, builds: Path, name: str, manifest: Mapping[str, Any]) -> Build:
    """Write the manifest, make the files read-only, and give the folder its name in one step."""
    shutil.rmtree(staged.folder / _SCRATCH, ignore_errors=True)
    for marker in staged.folder.glob(".*.done"):
        marker.unlink()
    target = _free_name(builds, name)
    whole = {"format": FORMAT, "id": target.name, **manifest}
    _write_whole(staged.folder / MANIFEST, json.dumps(whole, indent=1, default=str))
    for path in staged.folder.rglob("*"):
        _through(path)
        if path.is_file():
            path.chmod(0o444)
    _through(staged.folder)
    staged.folder.rename(target)
    _through(builds)
    _sweep(builds)
    return read_build(target)


def _sweep(builds: Path) -> None:
    """Remove what killed runs left behind, unless somebody is writing there."""
    for partial in builds.glob(".*.partial"):
        lock = FileLock(partial.with_suffix(".lock"))
        try:
            lock.acquire(timeout=0)
        except Timeout:
            continue
        shutil.rmtree(partial, ignore_errors=True)
        _unlock(lock)


def _free_name(builds: Path, name: str) -> Path:
    """The name itself, or with -2, -3 ... when databases gave another build before."""
    target, number = builds / name, 1
    while target.exists():
        number += 1
        target = builds / f"{name}-{number}"
    return target


def _write_whole(path: Path, text: str) -> None:
    """Write through to the disk and rename, so that a crash leaves all or nothing."""
    draft = path.with_name(path.name + ".draft")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _through(path: Path) -> None:
    """Have a file, or the names in a folder, written through to the disk."""
    opened = os.open(path, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def remove_builds(builds: Sequence[Build]) -> None:
    """Delete builds for good."""
    for build in builds:
        for path in build.folder.rglob("*"):
            path.chmod(0o755 if path.is_dir() else 0o644)
        shutil.rmtree(build.folder)
