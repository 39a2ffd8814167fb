"""All of a project's sources into one folder of canonical tables; bad rows become problems."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from tierwise.engine.connect import Session
from tierwise.engine.customers import complete_customers, similar_ids
from tierwise.engine.fingerprint import (
    Fingerprint,
    changed,
    fingerprint_inputs,
    sha256,
    source_name,
    stamp,
)
from tierwise.engine.project import ProjectFolder
from tierwise.engine.readers.databases import read_database
from tierwise.engine.readers.files import matching, read_files
from tierwise.engine.readers.rows import FILE, InputKind, Rows, UnreadableError, keeping_order
from tierwise.engine.rejects import Rejects
from tierwise.engine.table import PARQUET, LoadedTable, Loading, Outcome, load_table
from tierwise.errors import SourceError
from tierwise.settings.model import Source
from tierwise.tables.problems import Problem, Severity
from tierwise.tables.schema import TABLES, Table

THREADS = 2
"""Files that are loaded at the same time."""

__all__ = ["Early", "Fingerprint", "LoadReport", "LoadedTable", "fingerprint_inputs", "load"]


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What was loaded, what was noticed, and what it was read from."""

    tables: tuple[LoadedTable, ...]
    problems: tuple[Problem, ...]
    inputs: tuple[Fingerprint, ...]
    refused: tuple[Problem, ...] = ()  # those of the problems that leave a whole table out

    @property
    def errors(self) -> tuple[Problem, ...]:
        """Problems for which rows, or a whole table, are left out."""
        return tuple(p for p in self.problems if p.severity is Severity.ERROR)


@dataclass(frozen=True, slots=True)
class Early:
    """Work that begins once the tables it reads are written, while others are still loaded.

    It is not begun where one of them cannot be read, nor where there are no others.
    """

    tables: frozenset[str]
    work: Callable[[Session], object]


def load(
    session: Session,
    project: ProjectFolder,
    into: Path,
    *,
    as_of: date,
    today: date,
    tell: Callable[[str], None],
    environment: Mapping[str, str] | None = None,
    early: Early | None = None,
) -> LoadReport:
    """Load every source into `into/tables` and what was left out into `into/rejects.parquet`.

    Bad rows and unreadable tables come back as problems. SourceError only when a
    file changes while it is read; nothing is kept then. `environment` resolves
    `${NAME}` in database URLs. `early` is done when this returns, if it was begun.
    """
    session.raw.execute("SET TimeZone = 'UTC'")
    folder = into / "tables"
    folder.mkdir(parents=True, exist_ok=True)
    loading = Loading(
        session,
        project,
        folder,
        as_of,
        today,
        Rejects(session),
        os.environ if environment is None else environment,
        tell,
    )
    # Parquet brings its own row numbers, and copying it in order would cost memory.
    ordered = keeping_order(session) if _has_other_files(project) else nullcontext()
    with _unchanged(project, into) as inputs, ordered:
        report, rows = _load_all(loading, early)
        loading.rejects.write(into / "rejects.parquet")
    return replace(report, inputs=tuple(replace(i, rows=rows.get(i.source, 0)) for i in inputs()))


def _load_all(loading: Loading, early: Early | None) -> tuple[LoadReport, dict[str, int]]:
    """The report but for its inputs, and the rows of each source."""
    tables: list[LoadedTable] = []
    problems: list[Problem] = []
    refused: list[Problem] = []
    rows: dict[str, int] = {}
    sources = loading.project.settings.sources
    for name, outcome in _outcomes(loading, early):
        if isinstance(outcome, UnreadableError):
            problems += (*outcome.problems, *outcome.beside)
            refused += outcome.problems
            continue
        tables.append(outcome.table)
        problems += outcome.problems
        rows |= outcome.rows_by_file
        loading.tell(f"{name}: {outcome.table.rows_kept:,} of {outcome.table.rows_read:,} rows")
    named = sources.get("customers")
    added, said = complete_customers(
        loading.session,
        loading.folder,
        {table.name: table.columns for table in tables},
        (named.path or named.table or "customers") if named else "",
        PARQUET,
    )
    whole = _with_customers(tables, added)
    said = (*said, *similar_ids(loading.session, loading.folder))
    return LoadReport(whole, (*problems, *said), (), tuple(refused)), rows


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What is kept of an outcome once its session is closed."""

    table: LoadedTable
    problems: tuple[Problem, ...]
    rows_by_file: dict[str, int]


def _outcomes(
    loading: Loading, early: Early | None
) -> Iterator[tuple[str, _Loaded | UnreadableError]]:
    """Every source in the order of the tables, files two at a time.

    DuckDB reads small files on one core each. Rates come first: others are
    converted by them.
    """
    sources = loading.project.settings.sources
    order = sorted(sources, key=lambda name: (name != "rates", list(TABLES).index(name)))
    beside = [name for name in order if sources[name].path is not None and name != "rates"]
    first = {name: _load_one(loading, name) for name in order if name not in beside}
    if early and (early.tables.issuperset(beside) or _unread(first, early.tables)):
        early = None
    awaited = early.tables if early else frozenset()
    with ThreadPoolExecutor(THREADS) as pool, ThreadPoolExecutor(1) as aside:
        begun = {
            name: pool.submit(_load_beside, loading, name)
            for name in _in_turn(loading, beside, awaited)
        }
        parts = [begun[name] for name in awaited if name in begun]
        done = aside.submit(_work_early, loading, early, parts) if early else None
        for name in order:
            yield name, first[name] if name in first else begun[name].result()
        if done:
            done.result()


def _unread(loaded: Mapping[str, _Loaded | UnreadableError], wanted: frozenset[str]) -> bool:
    return any(isinstance(loaded.get(name), UnreadableError) for name in wanted)


def _work_early(
    loading: Loading, early: Early, parts: Sequence[Future[_Loaded | UnreadableError]]
) -> None:
    if any(isinstance(part.result(), UnreadableError) for part in parts):
        return  # whoever asked for the work is told of the table instead
    with loading.session.fork() as session:
        early.work(session)


def _has_other_files(project: ProjectFolder) -> bool:
    paths = (source.path for source in project.settings.sources.values())
    return any(path and not path.lower().endswith(".parquet") for path in paths)


def _in_turn(loading: Loading, names: Sequence[str], awaited: frozenset[str]) -> list[str]:
    """Tables somebody waits for first, and large files first: no core waits for the last one."""
    root, sources = loading.project.root, loading.project.settings.sources

    def size(name: str) -> int:
        files = matching(root, sources[name].path or "")
        return sum(file.stat().st_size for file in files if file.is_file())

    return sorted(names, key=lambda name: (name not in awaited, -size(name)))


def _load_beside(loading: Loading, name: str) -> _Loaded | UnreadableError:
    with loading.session.fork() as session:
        return _load_one(
            replace(loading, session=session, rejects=loading.rejects.through(session)), name
        )


def _load_one(loading: Loading, name: str) -> _Loaded | UnreadableError:
    source = loading.project.settings.sources[name]
    try:
        read = _read(loading, TABLES[name], source)
        outcome = load_table(loading, TABLES[name], source, read)
    except UnreadableError as found:
        return found
    return _Loaded(outcome.table, outcome.problems, _rows_by_file(loading.session, outcome))


def _rows_by_file(session: Session, outcome: Outcome) -> dict[str, int]:
    """Rows read from each file, the rejected ones too."""
    if len(outcome.rows.files) <= 1:
        return {outcome.table.source: outcome.table.rows_read}
    grouped = f"SELECT {FILE}, count(*) FROM ({outcome.rows.sql}) GROUP BY ALL"
    counted = Counter(dict(session.raw.execute(grouped).fetchall()))
    return dict(counted + Counter(reject.source for reject in outcome.rows.rejects))


def _with_customers(tables: list[LoadedTable], added: int) -> tuple[LoadedTable, ...]:
    """A derived customers table is a table too; added ids are in no source and so not counted."""
    if not added or any(table.name == "customers" for table in tables):
        return tuple(tables)
    return LoadedTable("customers", "", added, added, 0, 0, ("customer_id",), None, None), *tables


def _read(loading: Loading, table: Table, source: Source) -> Rows:
    root = loading.project.root
    if source.url is not None:
        return read_database(loading.session, root, table.name, source, loading.environment)
    return read_files(loading.session, root, table.name, source)


@contextmanager
def _unchanged(project: ProjectFolder, into: Path) -> Iterator[Callable[[], list[Fingerprint]]]:
    """Hash the files beside the loading, and refuse what changed meanwhile."""
    before = [
        (file, stamp(file, source_name(project.root, file)))
        for source in project.settings.sources.values()
        if source.path is not None
        for file in matching(project.root, source.path)
    ]
    hashes: list[Future[str]] = []

    def done() -> list[Fingerprint]:
        stamped = [
            replace(seen, sha256=h.result()) for (_, seen), h in zip(before, hashes, strict=True)
        ]
        databases = [i for i in fingerprint_inputs(project) if i.kind is InputKind.DATABASE]
        return stamped + databases

    with ThreadPoolExecutor(1) as pool:
        hashes += [pool.submit(sha256, file) for file, _ in before]
        yield done
    if names := changed(before):
        shutil.rmtree(into, ignore_errors=True)
        raise SourceError(
            f"{', '.join(names)} changed while it was read; nothing of it was kept.",
            "Load again when the export has finished.",
        )
