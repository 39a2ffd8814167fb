"""Build: read the tables, check them, and keep what every question starts from."""

from __future__ import annotations

import platform
import resource
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from tierwise.engine.builds import (
    Build,
    Staging,
    build_id,
    damages,
    list_builds,
    publish,
    read_build,
    remove_builds,
    staging,
)
from tierwise.engine.connect import Session, open_session
from tierwise.engine.load import Early, LoadedTable, LoadReport, fingerprint_inputs, load
from tierwise.engine.project import ProjectFolder, require_sources
from tierwise.errors import DataError, NotFoundError, UsageError
from tierwise.settings import Lens
from tierwise.value import contracts, orders
from tierwise.value.summary import SUMMARY_TABLES, summarise
from tierwise.value.windows import first_day

__all__ = [
    "Build",
    "build",
    "builds_of",
    "chosen_day",
    "current_build",
    "default_build",
    "find_build",
    "named_build",
    "remove_builds",
]

Tell = Callable[[str], None]


def silent(_: str) -> None:
    """Take a progress message and say nothing."""


def builds_folder(project: ProjectFolder) -> Path:
    """Where the builds of a project are."""
    return project.root / project.settings.project.builds


def builds_of(project: ProjectFolder) -> tuple[Build, ...]:
    """Finished builds, newest first."""
    return list_builds(builds_folder(project))


def damaged_builds(project: ProjectFolder) -> tuple[str, ...]:
    """What is wrong with each build that cannot be read, and what to do; they are not listed."""
    return tuple(str(damage) for damage in damages(builds_folder(project)))


def default_build(project: ProjectFolder) -> Build | None:
    """The build that answers where none is named: as of the project's own date, else the newest."""
    builds, own = builds_of(project), project.settings.project.as_of
    return next((b for b in builds if b.as_of == own), builds[0] if builds else None)


def find_build(project: ProjectFolder, name: str) -> Build:
    """The build whose id starts with `name`, the default one for ""; NotFoundError lists them.

    Raises BuildError when it is the id of a build that cannot be read.
    """
    default = None if name else default_build(project)
    if default is not None:
        return default
    builds = builds_of(project)
    found = [build for build in builds if build.id.startswith(name)]
    if found:
        return found[0]
    asked = builds_folder(project) / name
    if name and asked.is_dir():
        return read_build(asked)
    if not builds:
        raise NotFoundError(
            f"{project.name} has no build yet.", "Make one: `tierwise build`, or POST to /builds."
        )
    known = ", ".join(build.id for build in builds)
    raise NotFoundError(f'There is no build "{name}".', f"Builds: {known}.")


def named_build(project: ProjectFolder, name: str) -> Build:
    """The one build whose id starts with `name`; UsageError where several do."""
    found = [build for build in builds_of(project) if build.id.startswith(name)]
    exact = [build for build in found if build.id == name]
    if len(found) > 1 and not exact:
        listed = ", ".join(build.id for build in found)
        raise UsageError(f'"{name}" may be any of {listed}.', "Give more of the id.")
    return (exact or [find_build(project, name)])[0]


def build(
    project: ProjectFolder, *, today: date, as_of: date | None = None, tell: Tell = silent
) -> Build:
    """Make a build as of a date (the project's, else today), or return the same one made before.

    Raises UsageError for a date after today, DataError when a source could not be
    read as a table: every problem of every source is in the message. Bad rows alone
    never stop a build.
    """
    require_sources(project)
    day = chosen_day(project, today, as_of)
    name = _name(project, day)
    same = _finished(project, name)
    if same and not _has_databases(project):
        tell(f"Nothing changed since build {name}.")
        return same
    folder = builds_folder(project)
    with staging(folder, name) as staged:
        same = _finished(project, name)
        if same and not _has_databases(project):  # finished by somebody else meanwhile
            staged.discard()
            return same
        manifest = _write(project, staged, day, today, tell)
        return publish(staged, folder, name, manifest)


def chosen_day(project: ProjectFolder, today: date, as_of: date | None) -> date:
    """The as-of date: the one asked for, else the project's, else today; none after today."""
    day = as_of or project.settings.project.as_of or today
    if day > today:
        raise UsageError(
            f"The as-of date {day} is in the future; today is {today}"
            f" ({project.settings.project.time_zone}).",
            "Choose a day that has passed, such as the last one in the data."
            if as_of
            else "Correct as_of in tierwise.toml.",
        )
    return day


def current_build(
    project: ProjectFolder, *, today: date, as_of: date | None = None, tell: Tell = silent
) -> Build:
    """The build that answers for today's files and settings, made now if there is none.

    Databases are not asked whether they changed: what they held at the newest
    build of the same files, settings and date stands until the next `build`.
    """
    if not _has_databases(project):
        return build(project, today=today, as_of=as_of, tell=tell)
    name = _name(project, chosen_day(project, today, as_of))
    for made in builds_of(project):
        if made.id == name or made.id.startswith(f"{name}-"):
            tell(f"Databases are as build {made.id} read them; `tierwise build` reads them again.")
            return made
    return build(project, today=today, as_of=as_of, tell=tell)


def _finished(project: ProjectFolder, name: str) -> Build | None:
    """The build of this very id; BuildError when it cannot be read."""
    folder = builds_folder(project) / name
    return read_build(folder) if folder.is_dir() else None


def _name(project: ProjectFolder, day: date) -> str:
    return build_id(day, _ingredients(project, day))


def _has_databases(project: ProjectFolder) -> bool:
    return any(source.url for source in project.settings.sources.values())


def _ingredients(project: ProjectFolder, day: date) -> dict[str, Any]:
    return {
        "as_of": day,
        "settings": project.settings.model_dump(mode="json"),
        "inputs": [asdict(found) for found in fingerprint_inputs(project)],
        "version": version("tierwise"),
    }


def _write(
    project: ProjectFolder, staged: Staging, day: date, today: date, tell: Tell
) -> dict[str, Any]:
    """Take every step that an earlier run had not finished, and return the manifest."""
    started = time.perf_counter()
    # What a database held when an earlier run was killed says nothing about now.
    notes = None if _has_databases(project) else staged.step("load")
    if notes is None:
        staged.clear()  # half a load would be taken for sources, or outlive its rows
    with open_session(scratch=staged.scratch()) as session:
        if notes is None:
            notes = _load(project, session, staged, day, today, tell)
        loaded = time.perf_counter()
        tell("Adding up customers")
        facts = staged.step("summary") or _write_summary(project, session, staged, day)
    timings = {
        "load_s": round(loaded - started, 3),
        "summarise_s": round(time.perf_counter() - loaded, 3),
    }
    return _manifest(project, day) | notes | facts | {"timings": timings}


def _manifest(project: ProjectFolder, day: date) -> dict[str, Any]:
    return {
        "project": project.name,
        "created_at": datetime.now(UTC).isoformat(timespec="microseconds"),
        "as_of": day,
        "time_zone": project.settings.project.time_zone,
        "settings": project.settings.model_dump(mode="json"),
        "versions": {
            "tierwise": version("tierwise"),
            "python": platform.python_version(),
            **{package: version(package) for package in ("duckdb", "ibis-framework")},
        },
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def _load(
    project: ProjectFolder, session: Session, staged: Staging, day: date, today: date, tell: Tell
) -> dict[str, Any]:
    early = None
    if "order_lines" in project.settings.sources:  # else contracts may still bill some
        early = Early(
            frozenset(SUMMARY_TABLES), lambda beside: _write_summary(project, beside, staged, day)
        )
    report = load(session, project, staged.folder, as_of=day, today=today, tell=tell, early=early)
    _refuse_unread(project, report)
    tables = [asdict(table) for table in report.tables]
    if "order_lines" not in project.settings.sources:
        tables += _lines_of_contracts(session, staged, day)
    notes = {
        "inputs": [asdict(found) for found in report.inputs],
        "tables": tables,
        "problems": [asdict(problem) for problem in report.problems],
        "rejects": sum(table.rows_rejected for table in report.tables),
    }
    staged.finish("load", notes)
    return notes


def _lines_of_contracts(session: Session, staged: Staging, day: date) -> list[dict[str, Any]]:
    """Write order lines that contracts billed, where there are no others; empty when none did."""
    path = staged.folder / "tables" / "contracts.parquet"
    if not path.exists() or not contracts.can_bill(session.parquet(path)):
        return []
    target = path.with_name("order_lines.parquet")
    session.write_parquet(contracts.as_lines(session.parquet(path), day), target)
    lines = session.parquet(target)
    days = lines.aggregate(
        n=lines.count(), first=lines.created_at.min(), last=lines.created_at.max()
    )
    found = session.rows(days)[0]
    derived = LoadedTable(
        "order_lines",
        "months of [sources.contracts]",
        found["n"],
        found["n"],
        0,
        0,
        tuple(lines.columns),
        found["first"] and found["first"].date(),
        found["last"] and found["last"].date(),
    )
    return [asdict(derived)]


def _refuse_unread(project: ProjectFolder, report: LoadReport) -> None:
    read = {table.name for table in report.tables}
    unread = [name for name in project.settings.sources if name not in read]
    if not unread:
        return
    listed = "\n".join(f"  - {problem}" for problem in report.refused)
    raise DataError(
        f"No build was made: {', '.join(unread)} could not be read.\n{listed}\n",
        "`tierwise check` shows every problem in all tables.",
    )


def _write_summary(
    project: ProjectFolder, session: Session, staged: Staging, day: date
) -> dict[str, Any]:
    tables = {
        name: session.parquet(path)
        for name in SUMMARY_TABLES
        if (path := staged.folder / "tables" / f"{name}.parquet").exists()
    }
    window = project.settings.value.window
    (staged.folder / "value").mkdir(exist_ok=True)
    target = staged.folder / "value" / "customers.parquet"
    session.write_parquet(summarise(tables, first_day(day, window), day), target)
    lines = tables.get("order_lines")
    uncosted_on, lens = _costed(session, lines, day, first_day(day, window))
    facts = {
        "lens": project.settings.value.lens or lens,
        "uncosted_on": uncosted_on,
        "window": str(window),
        "customers": _count(session, target),
    }
    staged.finish("summary", facts)
    return facts


def _costed(
    session: Session, lines: ir.Table | None, day: date, start: date | None
) -> tuple[date | None, Lens]:
    """Day of the last line without a cost where others have one, and the lens that follows."""
    if lines is None or not orders.has_goods_cost(lines):
        return None, Lens.REVENUE
    found = session.rows(orders.last_uncosted(lines, day))[0]["at"]
    uncosted_on = found and found.date()
    return uncosted_on, orders.costed_lens(uncosted_on, start)


def _count(session: Session, path: Path) -> int:
    table = session.parquet(path)
    return int(session.rows(table.aggregate(customers=table.count()))[0]["customers"])
