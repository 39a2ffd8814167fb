"""Init: look at a folder's files and propose a tierwise.toml, with the reasons in it."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from tierwise.engine.connect import Session, open_session
from tierwise.engine.load import LoadReport, load
from tierwise.engine.numbers import SIGNS
from tierwise.engine.presets import read_preset
from tierwise.engine.project import SETTINGS_FILE, ProjectFolder
from tierwise.engine.readers.files import FORMATS, read_files, readable
from tierwise.engine.readers.rows import Rows, UnreadableError, identifier, keeping_order
from tierwise.engine.recognise import Guess, Match, NearMiss, last_day, recognise
from tierwise.engine.settings_text import quoted_toml, settings_comments
from tierwise.errors import SourceError, UsageError
from tierwise.settings.model import ColumnSource, Project, Settings, Source, ValueSettings
from tierwise.tables.problems import Problem
from tierwise.tables.schema import TABLES
from tierwise.units import number_of

_LATEST = date(9998, 12, 31)
_ACTIVITY = ("order_lines", "contacts")
FIRST = ("order_lines", "contracts", "contacts")
"""Tables of which one is enough for a first answer."""
_DEPTH = 2


@dataclass(frozen=True, slots=True)
class ProposedSource:
    """One file, or several alike, and the table it was taken for."""

    path: str  # file or glob, relative to the folder
    guess: Guess
    rows: int
    problems: tuple[Problem, ...] = ()  # what only the user can decide
    left_out: tuple[Problem, ...] = ()  # why some rows will not be read
    last_on: date | None = None  # last day up to today, where a decision keeps it from loading

    @property
    def source(self) -> Source:
        """The same as settings."""
        columns = {match.column: match.origin for match in self.guess.matches}
        return Source.model_validate(
            {"path": self.path, "preset": self.guess.preset or None, "columns": columns}
        )


@dataclass(frozen=True, slots=True)
class Proposal:
    """A tierwise.toml as it would be written, and why."""

    folder: Path
    sources: tuple[ProposedSource, ...]
    skipped: tuple[tuple[str, str], ...]  # file and why it is left out
    as_of: date | None
    as_of_reason: str
    currency: str
    currency_reason: str

    @property
    def lacks(self) -> str:
        """Why no question could be answered from it, in words; "" when one could."""
        if any(source.guess.table in FIRST for source in self.sources):
            return ""
        found = ", ".join(f"{s.path} ({s.guess.table})" for s in self.sources) or "no table"
        left = "".join(f"\n  - {name} {_because(why)}" for name, why in self.skipped)
        return (
            f"{self.folder} holds no {', '.join(FIRST[:-1])} or {FIRST[-1]}: found {found}.{left}"
        )

    @property
    def open_questions(self) -> tuple[Problem, ...]:
        """What has to be settled by hand before the tables load."""
        return tuple(problem for source in self.sources for problem in source.problems)

    def toml(self) -> str:
        """The text of tierwise.toml, every choice with its reason beside it."""
        parts = [_project(self), *(_source(source) for source in self.sources)]
        if self.skipped:
            listed = "\n".join(f"# {name}: {reason}" for name, reason in self.skipped)
            parts.append(f"# Not used:\n{listed}\n")
        parts.append(settings_comments("value", ValueSettings))
        return "\n".join(parts)

    def mapping(self) -> str:
        """The part of it that was found in the files; "" where no table was."""
        if not self.sources:
            return ""
        chosen = (_source(replace(source, problems=())) for source in self.sources)
        return "\n".join((_choices(self), *chosen))

    def reasons(self) -> tuple[str, ...]:
        """What the mapping does not say: files not used, rows that cannot be read, questions."""
        left = [f"{name}: not used, {reason}" for name, reason in self.skipped]
        rows = [str(problem) for source in self.sources for problem in source.left_out]
        asked = [f"Please decide: {problem}" for problem in self.open_questions]
        return (*left, *rows, *asked)

    def write(self) -> Path:
        """Write tierwise.toml; UsageError when there is one already."""
        path = self.folder / SETTINGS_FILE
        if path.exists():
            raise UsageError(f"{path} exists already.", "Move it away to have a new one proposed.")
        path.write_text(self.toml(), encoding="utf-8")
        return path


def _because(why: str) -> str:
    return why if why.startswith("looks like") else f"is not used: {why}"


def propose(folder: Path, *, today: date) -> Proposal:
    """Look at every file of a known kind in the folder and one below it.

    Days after today are typing errors or plans: none is proposed as as-of date.
    """
    skipped: list[tuple[str, str]] = []
    with open_session() as session, keeping_order(session):
        found = [
            s
            for path in _paths(session, folder)
            if (s := _proposed(session, folder, path, skipped))
        ]
        chosen = _one_a_table(found, skipped)
        loaded = [_tried(session, folder, source, today) for source in chosen]
        currency, why = _currency(session, folder, chosen, [report for _, report in loaded])
    sources = tuple(source for source, _ in loaded)
    as_of = _latest(sources, [report for _, report in loaded], today)
    return Proposal(folder, sources, tuple(skipped), *as_of, currency, why)


def _latest(
    sources: Sequence[ProposedSource], reports: Sequence[LoadReport], today: date
) -> tuple[date | None, str]:
    """The last day on which something happened, and how it was found."""
    days = [t.last_on for r in reports for t in r.tables if t.name in _ACTIVITY and t.last_on]
    open_days = [s.last_on for s in sources if s.last_on]
    later = sum(p.count for r in reports for p in r.problems if p.code == "in-the-future")
    if open_days:
        return max(
            days + open_days
        ), "the latest day as read so far; look again when all is decided"
    if not days:
        return None, "no table with dates was found"
    if not later:
        return max(days), "the latest day in the data"
    rows = "one row is" if later == 1 else f"{later:,} rows are"
    return max(days), f"the latest day in the data up to today, {today}; {rows} dated later"


def _paths(session: Session, folder: Path) -> list[str]:
    """Files, those that differ only by a number in their names as one glob."""
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}.", "Name the folder with your files.")
    files = [
        path.relative_to(folder)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and path.suffix.lower() in FORMATS
        and _looked_at(path.relative_to(folder))
    ]
    alike: dict[str, list[str]] = {}
    for file in files:
        alike.setdefault(re.sub(r"\d+", "*", file.as_posix()), []).append(file.as_posix())
    globs: list[str] = []
    for glob, names in alike.items():
        same = len(names) > 1 and _same_header(session, folder, names)
        globs += [glob] if same else names
    return globs


def _looked_at(path: Path) -> bool:
    hidden = any(part.startswith(".") or part == "builds" for part in path.parts[:-1])
    return len(path.parts) <= _DEPTH and not hidden


def _same_header(session: Session, folder: Path, names: Sequence[str]) -> bool:
    try:
        headers = {_read(session, folder, name).names for name in names}
    except (UnreadableError, SourceError):
        return False
    return len(headers) == 1


def _read(session: Session, folder: Path, path: str) -> Rows:
    return read_files(session, folder, "order_lines", Source.model_validate({"path": path}))


def _proposed(
    session: Session, folder: Path, path: str, skipped: list[tuple[str, str]]
) -> ProposedSource | None:
    try:
        rows = readable(session, _read(session, folder, path))
    except UnreadableError as found:
        skipped.append((path, found.problems[0].message))
        return None
    except SourceError as found:
        skipped.append((path, str(found)))
        return None
    guess = recognise(session, rows)
    if guess is None:
        listed = ", ".join(rows.names[:12])
        skipped.append((path, f"no table's required columns were found among {listed}"))
        return None
    if isinstance(guess, NearMiss):
        skipped.append((path, str(guess)))
        return None
    count = session.raw.execute(f"SELECT count(*) FROM ({rows.sql})").fetchall()[0][0]
    return ProposedSource(path, guess, int(count) + len(rows.rejects))


def _one_a_table(
    found: list[ProposedSource], skipped: list[tuple[str, str]]
) -> list[ProposedSource]:
    """The largest file for each table; the others are named."""
    chosen: dict[str, ProposedSource] = {}
    for source in sorted(found, key=lambda s: -s.rows):
        first = chosen.setdefault(source.guess.table, source)
        if first is not source:
            skipped.append(
                (source.path, f"looks like {source.guess.table} too, as {first.path} does")
            )
    return [chosen[name] for name in TABLES if name in chosen]


def _tried(
    session: Session, folder: Path, source: ProposedSource, today: date
) -> tuple[ProposedSource, LoadReport]:
    """Load it once: its last day and what would be asked show only then."""
    settings = Settings(project=Project(), sources={source.guess.table: source.source})
    with tempfile.TemporaryDirectory(prefix="tierwise-init-") as into:
        report = load(
            session,
            ProjectFolder(folder, settings),
            Path(into),
            as_of=_LATEST,
            today=today,
            tell=_quietly,
        )
    left_out = tuple(p for p in report.errors if p not in report.refused)
    if source.guess.table in {table.name for table in report.tables}:
        return replace(source, left_out=left_out), report
    # Rates, and the currency of most rows, are known only when every file was looked at.
    asked = tuple(p for p in report.refused if p.code != "several-currencies")
    day = _last_on(session, folder, source, today)
    return replace(source, problems=asked, left_out=left_out, last_on=day), report


def _last_on(session: Session, folder: Path, source: ProposedSource, today: date) -> date | None:
    """The last day of a table that cannot be loaded yet."""
    table = TABLES[source.guess.table]
    named = [m.origin for m in source.guess.matches if m.column == table.happened]
    if table.name not in _ACTIVITY or not named or not isinstance(named[0], str):
        return None
    return last_day(
        session, readable(session, _read(session, folder, source.path)), named[0], today
    )


def _quietly(_line: str) -> None:
    """Trial loads say nothing."""


def _currency(
    session: Session, folder: Path, sources: Sequence[ProposedSource], reports: Sequence[LoadReport]
) -> tuple[str, str]:
    """What most rows name, else the sign amounts carry, else the preset's, else EUR."""
    for source in sources:
        code = _most_frequent(session, folder, source)
        if code:
            return code, f"most rows of {source.path} are in it"
    for report in reports:
        for problem in report.problems:
            sign = next((s for s in SIGNS if s in problem.value), "")
            if problem.code == "currency-sign" and sign:
                return SIGNS[sign], f"amounts carry the sign {sign}"
    for source in sources:
        known = read_preset(source.guess.preset).currency if source.guess.preset else ""
        if known:
            return known, f"amounts of the preset {source.guess.preset} are in it"
    return "EUR", "nothing in the files tells; please check"


def _most_frequent(session: Session, folder: Path, source: ProposedSource) -> str:
    rows = readable(session, _read(session, folder, source.path))
    named = [m.origin for m in source.guess.matches if m.column == "currency"]
    column = named[0] if named else next((n for n in rows.names if n.casefold() == "currency"), "")
    if not isinstance(column, str) or not column:
        return ""
    name = identifier(column)
    sql = (
        f"SELECT c, count(*) FROM (SELECT upper(trim({name})) AS c FROM ({rows.sql}))"
        " WHERE regexp_full_match(c, '[A-Z]{3}') GROUP BY c ORDER BY 2 DESC, c LIMIT 1"
    )
    found = session.raw.execute(sql).fetchall()
    return str(found[0][0]) if found else ""


def _project(proposal: Proposal) -> str:
    return (
        "# Proposed by `tierwise init` from the files beside it. Every line may be changed;\n"
        "# `tierwise check` says what is wrong with the data.\n\n" + _choices(proposal)
    )


def _choices(proposal: Proposal) -> str:
    as_of = f"as_of = {proposal.as_of}" if proposal.as_of else "# as_of ="
    return (
        "[project]\n"
        f"name = {quoted_toml(proposal.folder.resolve().name)}\n"
        f"currency = {quoted_toml(proposal.currency)}  # {proposal.currency_reason}\n"
        f"{as_of}  # {proposal.as_of_reason}\n"
    )


def _source(source: ProposedSource) -> str:
    lines = [
        f"[sources.{source.guess.table}]",
        f"path = {quoted_toml(source.path)}  # {number_of(source.rows, 'row')}",
    ]
    if source.guess.preset:
        lines.append(f"preset = {quoted_toml(source.guess.preset)}")
    lines += [f"# {reason}" for reason in source.guess.reasons]
    for problem in source.problems:
        lines += _asked(problem)
    if source.guess.matches:
        lines += [
            "",
            f"[sources.{source.guess.table}.columns]",
            *map(_column, source.guess.matches),
        ]
    for column, name in source.guess.unconfirmed.items():
        lines.append(
            f"# {column} = {quoted_toml(name)}  # by its name, but its values are of another kind"
        )
    if source.guess.unmapped:
        lines.append(f"# Kept as attributes: {', '.join(source.guess.unmapped)}")
    return "\n".join(lines) + "\n"


def _asked(problem: Problem) -> list[str]:
    """A question in the file, with the line to take the comment sign from."""
    lines = [f"# PLEASE DECIDE: {problem}".replace("\n", " ")]
    setting = re.search(r'(date_format|decimal) = "([^"]+)"', problem.remedy)
    return [*lines, f"# {setting[0]}"] if setting else lines


def _column(match: Match) -> str:
    origin = match.origin
    if isinstance(origin, ColumnSource):
        return f"{match.column} = {{ sql = {quoted_toml(str(origin.sql))} }}  # {match.reason}"
    return f"{match.column} = {quoted_toml(origin)}  # {match.reason}"
