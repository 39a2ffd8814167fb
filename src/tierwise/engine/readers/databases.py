"""Databases: read only, one table or query, copied once so that every pass sees the same rows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import duckdb
import ibis
import pyarrow.parquet as pq

from tierwise.engine.connect import Session, quoted
from tierwise.engine.extensions import load_extension
from tierwise.engine.project import nearest
from tierwise.engine.readers.rows import (
    InputKind,
    Rows,
    described,
    identifier,
    numbered,
    unreadable,
)
from tierwise.errors import SourceError
from tierwise.settings.model import Source
from tierwise.settings.variables import filled_url, unknown

_ATTACHED = {
    "postgres": ("postgres_scanner", "postgres"),
    "postgresql": ("postgres_scanner", "postgres"),
    "mysql": ("mysql_scanner", "mysql"),
    "mariadb": ("mysql_scanner", "mysql"),
    "sqlite": ("sqlite_scanner", "sqlite"),
}
_SIGNS = {"SQLite": (0, b"SQLite format 3"), "DuckDB": (8, b"DUCK")}
"""Where the first bytes of a database file say what it is."""

_HEAD = 100  # bytes of a file that tell it from text
_ALIAS = "attached_source"
_NO_DOWNLOADS: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}
_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^@\s]*@")


def read_database(
    session: Session, root: Path, table: str, source: Source, environment: Mapping[str, str]
) -> Rows:
    """Rows of the table or query that the source names."""
    name = source.table or f"{table} query"
    url = _resolved(table, source, environment, name)
    scheme = url.split(":", 1)[0].split("+")[0]
    target = session.scratch / f"{table}-database.parquet"
    try:
        if scheme in _ATTACHED:
            _copy_attached(session, root, source, scheme, url, target)
        elif scheme == "duckdb":
            _copy_duckdb(root, source, url, target)
        else:
            _copy_by_ibis(source, url, target)
    except (SourceError, duckdb.Error, OSError) as found:
        raise _failed(table, source, name, url, str(found)) from None
    sql = numbered(target, 1, name)
    return Rows(name, sql, described(session, sql), kind=InputKind.DATABASE)


def _resolved(table: str, source: Source, environment: Mapping[str, str], name: str) -> str:
    url = source.url or ""
    if missing := unknown(url, environment):
        raise unreadable(
            "missing-environment",
            table,
            name,
            f"The url needs {', '.join(missing)}, which the environment does not have.",
            f"Set it before you start tierwise: export {missing[0]}=...",
        )
    return filled_url(url, environment)


def _location(root: Path, url: str) -> Path:
    """The file of sqlite:///orders.db (relative to the project) or sqlite:////full/path.db."""
    return root / re.sub(r"^\w+:(///?)?", "", url)


def _copy_attached(
    session: Session, root: Path, source: Source, scheme: str, url: str, target: Path
) -> None:
    extension, kind = _ATTACHED[scheme]
    load_extension(session, extension)
    address = re.sub(
        r"^(postgres|mariadb)(\+\w+)?:",
        {"postgres": "postgresql:", "mysql": "mysql:"}.get(kind, ""),
        url,
    )
    if kind == "sqlite":
        address = str(_of_kind(_existing(_location(root, url)), "SQLite"))
        session.raw.execute("SET sqlite_all_varchar = true")  # any cell may hold any type
    session.raw.execute(f"ATTACH {quoted(address)} AS {_ALIAS} (TYPE {kind}, READ_ONLY)")
    try:
        rows = (
            f"{kind}_query({quoted(_ALIAS)}, {quoted(source.sql)})"
            if source.sql
            else _found(session, source)
        )
        session.raw.execute(f"COPY (SELECT * FROM {rows}) TO {quoted(target)} (FORMAT parquet)")
    finally:
        session.raw.execute(f"DETACH {_ALIAS}")


def _existing(path: Path) -> Path:
    if path.is_file():
        return path
    if path.is_dir():
        raise SourceError(f"{path} is a folder; the url must end in the database's file.")
    files = sorted(one.name for one in path.parent.glob("*") if one.is_file())
    raise SourceError(f"There is no file {path}.{nearest(path.name, files)}")


def _of_kind(path: Path, kind: str) -> Path:
    """The file when its first bytes are those of the kind; SourceError says what it is instead."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise SourceError(f"{path.name} is empty: no table is in it.")
    found = next((name for name, (at, sign) in _SIGNS.items() if head[at:].startswith(sign)), None)
    if found == kind:
        return path
    if found:
        way = f"It is a {found} database: write {found.lower()}:/// instead."
    elif b"\0" not in head:
        way = "It looks like text, such as CSV: give it as path instead of url."
    else:
        way = ""
    raise SourceError(f"{path.name} is no {kind} database. {way}".strip())


def _found(session: Session, source: Source) -> str:
    """The table under its full name; near names are offered when there is none."""
    parts = str(source.table).split(".")
    listed = session.raw.execute(
        "SELECT table_schema, table_name FROM information_schema.tables"
        f" WHERE table_catalog = '{_ALIAS}'"
    ).fetchall()
    same = [(s, t) for s, t in listed if t == parts[-1] and parts[-2:-1] in ([], [s])]
    if not same:
        raise _no_table(source, [t for _, t in listed])
    return ".".join(identifier(part) for part in (_ALIAS, *same[0]))


def _no_table(source: Source, known: list[str]) -> SourceError:
    listed = ", ".join(sorted(known)[:20]) or "none"
    hint = nearest(str(source.table), known)
    return SourceError(f'There is no table "{source.table}" in it.{hint} Tables: {listed}.')


def _copy_duckdb(root: Path, source: Source, url: str, target: Path) -> None:
    path = _of_kind(_existing(_location(root, url)), "DuckDB")
    # Left alone, the engine would fetch extensions from the network for what it does not know.
    with duckdb.connect(str(path), read_only=True, config=_NO_DOWNLOADS) as other:
        query = source.sql.rstrip().rstrip(";") if source.sql else _whole_table(other, source)
        other.execute(f"COPY ({query}) TO {quoted(target)} (FORMAT parquet)")


def _whole_table(other: duckdb.DuckDBPyConnection, source: Source) -> str:
    """Everything in the table or view, which may stand in a schema; near names when it is not."""
    listed = other.execute(
        "SELECT table_schema, table_name FROM information_schema.tables"
    ).fetchall()
    known = [name if schema == "main" else f"{schema}.{name}" for schema, name in listed]
    if str(source.table).removeprefix("main.") not in known:
        raise _no_table(source, known)
    name = ".".join(identifier(part) for part in str(source.table).split("."))
    return f"SELECT * FROM {name}"


def _copy_by_ibis(source: Source, url: str, target: Path) -> None:
    """Any other engine that Ibis speaks, streamed in batches."""
    try:
        backend = ibis.connect(url)
    except (ImportError, ModuleNotFoundError) as found:
        extra = url.split(":", 1)[0]
        raise SourceError(f'{found} Run: pip install "ibis-framework[{extra}]".') from None
    except ValueError as found:
        raise SourceError(f"{found}.") from None
    try:
        table = backend.sql(source.sql) if source.sql else backend.table(str(source.table))
        batches = table.to_pyarrow_batches()
        with pq.ParquetWriter(target, batches.schema) as writer:
            for batch in batches:
                writer.write_batch(batch)
    except Exception as found:  # every backend has errors of its own
        raise SourceError(f"{type(found).__name__}: {found}") from None
    finally:
        backend.disconnect()


def _failed(table: str, source: Source, name: str, url: str, said: str) -> Exception:
    first = said.split("\n\n")[0].strip().replace("\n", " ")
    ended = first if first.endswith((".", "?", "!")) else f"{first}."
    return unreadable(
        "database-failed",
        table,
        name,
        f"Reading from {_safe(source.url or '')} failed: {_hidden(ended, url)}",
        f"Check url, table and sql in [sources.{table}]{_and_server(url)}.",
    )


def _and_server(url: str) -> str:
    """A file needs nobody who answers."""
    return "" if url.startswith(("sqlite", "duckdb")) else ", and that the database answers"


def _hidden(said: str, url: str) -> str:
    """A driver's message without the password, which some drivers repeat."""
    found = re.search(r"://[^:/@\s]*:([^@\s]+)@", url)
    if found:
        said = said.replace(found[1], "***")
    return _safe(said)


def _safe(url: str) -> str:
    return _PASSWORD.sub(r"\1***@", url)
