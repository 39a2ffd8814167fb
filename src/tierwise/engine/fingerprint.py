"""What was read, so that a build can say so and a change can be seen."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tierwise.engine.project import ProjectFolder
from tierwise.engine.readers.files import matching
from tierwise.engine.readers.rows import InputKind

_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One input. Of a database only the row count is known."""

    source: str  # as the project names it
    kind: InputKind
    bytes: int  # 0 for databases
    modified_ns: int  # 0 for databases
    sha256: str  # hex; "" for databases and where only a cheap look was asked for
    rows: int


def fingerprint_inputs(project: ProjectFolder) -> tuple[Fingerprint, ...]:
    """Size and time of every input, without reading any: enough to see that a build is stale."""
    found: list[Fingerprint] = []
    for name, source in project.settings.sources.items():
        if source.path is None:
            named = source.table or f"{name} query"
            found.append(Fingerprint(named, InputKind.DATABASE, 0, 0, "", 0))
            continue
        files = matching(project.root, source.path)
        found += [stamp(file, source_name(project.root, file)) for file in files]
    return tuple(found)


def source_name(root: Path, file: Path) -> str:
    """A file as the project names it."""
    return file.relative_to(root).as_posix() if file.is_relative_to(root) else file.as_posix()


def stamp(file: Path, name: str) -> Fingerprint:
    """A file's size and time."""
    status = file.stat()
    return Fingerprint(name, InputKind.FILE, status.st_size, status.st_mtime_ns, "", 0)


def sha256(file: Path) -> str:
    """The file's SHA-256 in hex; runs beside the engine, since hashing leaves Python free."""
    digest = hashlib.sha256()
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def changed(before: Sequence[tuple[Path, Fingerprint]]) -> list[str]:
    """Names of the files that are no longer as they were."""
    return [
        seen.source
        for file, seen in before
        if not file.is_file() or stamp(file, seen.source) != seen
    ]
