"""What every reader gives back: rows to select from, and what could not be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha1
from pathlib import Path

from tierwise.engine.connect import Session, quoted
from tierwise.tables.problems import Problem, Severity

ROW = "__row"  # line of the text file, else row number, counted from 1
FILE = "__file"  # the file a row came from, as the project names it


class InputKind(StrEnum):
    """What an input is; what a database holds cannot be fingerprinted."""

    FILE = "file"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class SourceColumn:
    """One column as the source has it."""

    name: str
    type: str  # DuckDB's name of the type


@dataclass(frozen=True, slots=True)
class Reject:
    """One row that could not be read at all."""

    source: str
    row: int
    code: str
    reason: str
    raw: str  # the line as it stands in the file
    column: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """A source's rows: `sql` selects its columns, `__row` and `__file`."""

    source: str
    sql: str
    columns: tuple[SourceColumn, ...]
    files: tuple[Path, ...] = ()
    kind: InputKind = InputKind.FILE
    excel: bool = False  # times may stand as day numbers
    rejects: tuple[Reject, ...] = ()
    problems: tuple[Problem, ...] = ()
    expected: int = 0  # rows that `sql` must give where it reads straight from the file
    reread: Callable[[], Rows] | None = None  # the same with care; None where that was done

    @property
    def is_straight(self) -> bool:
        """Whether `sql` reads the file itself, and nobody has seen yet whether it can."""
        return self.reread is not None

    def settled(self) -> Rows:
        """The rows as a careful reader found them, kept beside the file."""
        return self.reread() if self.reread else self

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the source's columns, in its order."""
        return tuple(column.name for column in self.columns)


class NotPlainError(Exception):
    """Rows read straight from a file are not what they were taken for; read them with care."""


class UnreadableError(Exception):
    """A source that gives no rows at all; carries what the user is told. Never leaves `load`.

    `problems` leave the table out; `beside` was found in its rows meanwhile.
    """

    def __init__(self, *problems: Problem, beside: Sequence[Problem] = ()) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems
        self.beside = tuple(beside)


def unreadable(
    code: str,
    table: str,
    source: str,
    message: str,
    remedy: str,
    *,
    row: int | None = None,
    value: str = "",
) -> UnreadableError:
    """The one error that leaves a whole table out."""
    problem = Problem(code, Severity.ERROR, table, message, remedy, source, row, value=value)
    return UnreadableError(problem)


def identifier(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def keeping_order(session: Session) -> Iterator[None]:
    """Let copies keep the order of their source, for every thread: the setting is the engine's."""
    session.raw.execute("SET preserve_insertion_order = true")
    try:
        yield
    finally:
        session.raw.execute("SET preserve_insertion_order = false")


def in_order(session: Session, query: str, target: Path) -> int:
    """Copy to Parquet so that a row's place in the file is its place in the source.

    Holds only inside `keeping_order`, which `load` sees to.
    """
    done = session.raw.execute(
        f"COPY ({query}) TO {quoted(target)} (FORMAT parquet, COMPRESSION uncompressed)"
    ).fetchall()
    return int(done[0][0])


def scratch_file(session: Session, path: Path) -> Path:
    """Where the rows of one file are kept while they are worked on."""
    name = sha1(str(path).encode(), usedforsecurity=False).hexdigest()
    return session.scratch / f"{name}.parquet"


def numbered(parquet: Path, first: int, source: str) -> str:
    """SQL for a Parquet file's rows; the first one has the number `first`."""
    return (
        f"SELECT * EXCLUDE (file_row_number), file_row_number + {first} AS {ROW},"
        f" {quoted(source)} AS {FILE} FROM read_parquet({quoted(parquet)}, file_row_number = true)"
    )


def described(session: Session, sql: str) -> tuple[SourceColumn, ...]:
    """Names and types of a query's columns, without those the reader adds."""
    rows = session.raw.execute(f"DESCRIBE {sql}").fetchall()
    return tuple(SourceColumn(str(r[0]), str(r[1])) for r in rows if r[0] not in {ROW, FILE})


def stacked(session: Session, parts: Sequence[Rows], source: str) -> Rows:
    """Several files of one table as one: columns by name, those that a file lacks are empty."""
    if len(parts) == 1:
        return parts[0]
    parts = [part.settled() for part in parts]
    sql = " UNION ALL BY NAME ".join(f"({part.sql})" for part in parts)
    return replace(
        parts[0],
        source=source,
        sql=f"SELECT * FROM ({sql})",
        columns=described(session, f"SELECT * FROM ({sql})"),
        files=tuple(file for part in parts for file in part.files),
        rejects=tuple(reject for part in parts for reject in part.rejects),
        problems=tuple(problem for part in parts for problem in part.problems),
    )
