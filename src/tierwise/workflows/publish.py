"""Publish: the one way from analysis to operations, and back to the snapshot before."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from tierwise.errors import NotFoundError, SettingsError
from tierwise.settings.variables import filled, filled_url, unknown
from tierwise.store import migrate, server, snapshots
from tierwise.store.connect import Store, open_store, said_plainly
from tierwise.store.snapshots import Manifest, Source
from tierwise.tiers import card
from tierwise.workflows.sendable import without_nul

if TYPE_CHECKING:
    from tierwise.engine.project import ProjectFolder
    from tierwise.workflows.question import Question
    from tierwise.workflows.tiers import Asked, Declared
    from tierwise.workflows.value import Desk

BATCH_ROWS = 20_000
"""Rows in memory at a time while they are sent."""

URL_VARIABLE = "TIERWISE_DATABASE_URL"
"""Stands before the project's own setting; with _FILE behind it, a file that holds the URL."""

_ORIGIN = card.ORIGIN | {
    "customer_id": "customers.customer_id",
    "need": "customers.segment",
    "decided_by": "tier_overrides.owner",
}
"""Where texts of a snapshot come from, as errors name it."""

Tell = Callable[[str], None]
warn: Tell = logging.getLogger(__name__).warning
Environment = Mapping[str, str]


def publish(
    desk: Desk, question: Question, asked: Asked, environment: Environment, *, by: str, tell: Tell
) -> dict[str, Any]:
    """Publish the tiers of a desk's build as one snapshot, unless they are what is current.

    Returns the manifest as JSON takes it, with `was_current`. Raises MissingDataError
    without a goal, StoreError where the store does not answer or refuses.
    """
    question = replace(question, where=())  # a slice would make everybody else unknown
    declared = desk.tiers.declared(question, asked)
    source = _source(desk, declared)
    with tempfile.TemporaryDirectory(prefix="tierwise-") as folder:

        def batches() -> Iterator[pa.RecordBatch]:
            tell("Reckoning tiers")
            path = Path(folder) / "snapshot.parquet"
            rows = desk.tiers.write_snapshot(path, question, asked)
            tell(f"Sending {rows:,} customers")
            return without_nul(pq.ParquetFile(path).iter_batches(BATCH_ROWS), _ORIGIN)

        with store_of(desk.project, environment, tell) as store:
            migrate.upgrade(store, tell)
            done = snapshots.publish(store, source, batches, names=declared.names, by=by, tell=tell)
    return {**document(done.manifest), "was_current": done.was_current}


def _source(desk: Desk, declared: Declared) -> Source:
    return Source(
        project=desk.project.name,
        build_id=desk.build.id,
        as_of=desk.build.as_of,
        goal=declared.goal,
        lens=str(declared.lens),
        window=declared.window,
        rule=str(declared.rule),
        basis=str(declared.basis),
        code_version=version("tierwise"),
    )


def undo(
    project: ProjectFolder, environment: Environment, *, by: str, tell: Tell
) -> dict[str, Any]:
    """Go back to the snapshot before; NotFoundError where there is none that is kept."""
    _require_any(project, environment)
    with store_of(project, environment, tell) as store:
        migrate.upgrade(store, tell)
        undone, now = snapshots.undo(store, by=by, tell=tell)
    return {"undone": document(undone), "current": document(now)}


def published(project: ProjectFolder, environment: Environment) -> list[dict[str, Any]]:
    """Every snapshot that was published, newest first, each with its `state`."""
    if not _any(project, environment):
        return []
    with store_of(project, environment) as store:
        migrate.require_current(store)
        with said_plainly(store.place), store.engine.connect() as connection:
            now, known = snapshots.current(connection), snapshots.history(connection)
    return [{**document(one), "state": _state(one, now)} for one in known]


class Stores:
    """Stores held open for as long as a server runs; the embedded one is started when asked."""

    def __init__(self, projects: Mapping[str, ProjectFolder], environment: Environment) -> None:
        self._projects = projects
        self._environment = environment
        self._open: dict[str, tuple[Store, server.Running | None]] = {}
        # One each: a server that starts takes seconds, which are nothing to other projects.
        self._locks = {key: threading.Lock() for key in projects}

    def current(self, key: str) -> dict[str, Any]:
        """Manifest of what a project has published; NotFoundError where it has nothing."""
        project = self._projects[key]
        _require_any(project, self._environment)
        store = self._store(key, project)
        with said_plainly(store.place), store.engine.connect() as connection:
            found = snapshots.current(connection)
        if found is None:
            raise _nothing(project)
        return document(found)

    def _store(self, key: str, project: ProjectFolder) -> Store:
        with self._locks[key]:
            if key not in self._open:
                store, running = _opened(project, self._environment)
                try:
                    migrate.require_current(store)
                except BaseException:
                    _close(store, running)
                    raise
                self._open[key] = store, running
            return self._open[key][0]

    def close(self) -> None:
        """Close all of them, and stop what was started for this server alone."""
        for key, lock in self._locks.items():
            with lock:
                if key in self._open:
                    _close(*self._open.pop(key))


def document(manifest: Manifest) -> dict[str, Any]:
    """A manifest as one flat JSON document; times are ISO text, tiers best first."""
    whole = asdict(manifest)
    source = whole.pop("source")
    flat = {"snapshot_id": whole.pop("snapshot_id"), **source, **whole}
    flat["tiers"] = list(flat["tiers"])
    return {name: v.isoformat() if hasattr(v, "isoformat") else v for name, v in flat.items()}


def _state(one: Manifest, now: Manifest | None) -> str:
    if now is not None and one.snapshot_id == now.snapshot_id:
        return "current"
    return "kept" if one.dropped_at is None else "removed"


# --- which store


@contextmanager
def store_of(
    project: ProjectFolder, environment: Environment, tell: Tell = warn
) -> Iterator[Store]:
    """The store of a project: the server that is named, else the embedded one.

    `tell` hears what starting the embedded one changed outside of the project.
    """
    store, running = _opened(project, environment)
    if running is not None and running.note:
        tell(running.note)
    try:
        yield store
    finally:
        _close(store, running)


def database_url(project: ProjectFolder, environment: Environment) -> str | None:
    """Address of the server that is named: by the environment, a file, or tierwise.toml.

    Raises SettingsError where the file or a variable is not there; no message repeats a URL.
    """
    if own := environment.get(URL_VARIABLE):
        return own
    if path := environment.get(f"{URL_VARIABLE}_FILE"):
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(
                f"{URL_VARIABLE}_FILE names {path}, which cannot be read: {error.strerror}.",
                "Correct the path or the file's rights.",
            ) from None
    url = project.settings.project.database_url
    return expanded_url(url, "database_url in [project]", environment) if url else None


def expanded_url(url: str, name: str, environment: Environment) -> str:
    """`expanded`, with what stands for user, password or an option quoted as URLs ask."""
    _require_variables(url, name, environment)
    return filled_url(url, environment)


def expanded(text: str, name: str, environment: Environment) -> str:
    """A setting with each ${NAME} read from the environment.

    Raises SettingsError where a variable is not there; no message repeats the text.
    """
    _require_variables(text, name, environment)
    return filled(text, environment)


def _require_variables(text: str, name: str, environment: Environment) -> None:
    if missing := unknown(text, environment):
        raise SettingsError(
            f"{name} needs {', '.join(missing)}, which the environment does not have.",
            f"Set it before you start tierwise: export {missing[0]}=...",
        )


def _opened(
    project: ProjectFolder, environment: Environment
) -> tuple[Store, server.Running | None]:
    url = database_url(project, environment)
    if url is not None:
        return open_store(url), None
    running = server.start(project.root / server.FOLDER)
    try:
        return open_store(running.url), running
    except BaseException:
        running.leave()
        raise


def _close(store: Store, running: server.Running | None) -> None:
    store.close()
    if running is not None:
        running.leave()


def _any(project: ProjectFolder, environment: Environment) -> bool:
    """Whether anything can have been published; looking must not make a server's data."""
    own = project.root / server.FOLDER / "data"
    return database_url(project, environment) is not None or own.exists()


def _require_any(project: ProjectFolder, environment: Environment) -> None:
    if not _any(project, environment):
        raise _nothing(project)


def _nothing(project: ProjectFolder) -> NotFoundError:
    return NotFoundError(
        f"{project.name} has published nothing yet.", "Publish with: tierwise publish"
    )
