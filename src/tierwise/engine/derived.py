"""Tables that follow from a build and are dear to make: kept beside it, whole or not at all.

A build never changes, so what follows from it under the same key never does either. It
goes with the build when that is removed. Where the folder cannot be written, the
session's scratch folder takes its place and the table is made anew next time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from tierwise.engine.builds import Build
from tierwise.engine.connect import Session

FOLDER = "derived"


@dataclass(frozen=True, slots=True)
class Derived:
    """A table that was kept, and what was noted down with it."""

    path: Path  # Parquet
    facts: Mapping[str, Any]


Make = Callable[[], tuple[ir.Table, Mapping[str, Any]]]


def derived(session: Session, build: Build, name: str, key: object, make: Make) -> Derived:
    """The table kept under `name` and `key`, made and written now if there is none."""
    digest = hashlib.sha256(json.dumps(key, sort_keys=True, default=str).encode()).hexdigest()[:16]
    found = _read(build.folder / FOLDER, f"{name}-{digest}")
    if found is not None:
        return found
    table, facts = make()
    told = json.loads(json.dumps(facts, default=str))
    try:
        return _write(session, build.folder / FOLDER, f"{name}-{digest}", table, told)
    except PermissionError:
        return _write(session, session.scratch / FOLDER, f"{name}-{digest}", table, told)


def _read(folder: Path, stem: str) -> Derived | None:
    try:
        facts = json.loads((folder / f"{stem}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    path = folder / f"{stem}.parquet"
    return Derived(path, facts) if path.exists() else None


def _write(
    session: Session, folder: Path, stem: str, table: ir.Table, facts: Mapping[str, Any]
) -> Derived:
    folder.mkdir(parents=True, exist_ok=True)
    if not os.access(folder, os.W_OK):
        raise PermissionError(folder)
    # Two processes may make the same at once: each writes its own draft, the last stays.
    draft = folder / f".{stem}.{os.getpid()}.{id(session)}"
    session.write_parquet(table, draft)
    path = folder / f"{stem}.parquet"
    draft.replace(path)
    draft.write_text(json.dumps(facts), encoding="utf-8")
    draft.replace(folder / f"{stem}.json")
    return Derived(path, facts)
