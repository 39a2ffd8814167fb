"""A project in a temporary folder, loaded for real."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tierwise.engine.connect import Session, open_session
from tierwise.engine.load import LoadReport, load
from tierwise.engine.project import open_project
from tierwise.tables.problems import Problem

AS_OF = date(2024, 12, 31)
TODAY = date(2025, 6, 30)
COLUMNS = (
    'header_id = "order", customer_id = "customer", created_at = "date", total_amount = "amount"'
)


@dataclass(frozen=True)
class Loaded:
    """What came of one load."""

    report: LoadReport
    folder: Path

    def rows(self, table: str = "order_lines") -> list[dict[str, Any]]:
        """The rows kept, in order of the source."""
        return self._read(self.folder / "tables" / f"{table}.parquet", "source_row")

    def rejects(self) -> list[dict[str, Any]]:
        """The rows left out; none when there is no file."""
        path = self.folder / "rejects.parquet"
        return self._read(path, "source, source_row") if path.exists() else []

    def problem(self, code: str) -> Problem:
        """The only problem with this code."""
        found = [p for p in self.report.problems if p.code == code]
        assert len(found) == 1, [str(p) for p in self.report.problems]
        return found[0]

    def codes(self) -> set[str]:
        """Codes of all problems."""
        return {p.code for p in self.report.problems}

    def table(self, name: str = "order_lines") -> Any:
        """The counts of one table."""
        return next(t for t in self.report.tables if t.name == name)

    def _read(self, path: Path, order: str) -> list[dict[str, Any]]:
        with duckdb.connect() as engine:
            found = engine.execute(f"SELECT * FROM read_parquet('{path}') ORDER BY {order}")
            names = [c[0] for c in found.description]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


@pytest.fixture(scope="session")
def session() -> Iterator[Session]:
    with open_session() as opened:
        yield opened


@pytest.fixture
def load_project(tmp_path: Path, session: Session) -> Callable[..., Loaded]:
    """Write tierwise.toml into the temporary folder and load it."""

    def run(
        toml: str, *, as_of: date = AS_OF, environment: Mapping[str, str] | None = None
    ) -> Loaded:
        (tmp_path / "tierwise.toml").write_text(toml, encoding="utf-8")
        into = tmp_path / "build"
        report = load(
            session,
            open_project(tmp_path),
            into,
            as_of=as_of,
            today=TODAY,
            tell=str,
            environment=environment or {},
        )
        return Loaded(report, into)

    return run


@pytest.fixture
def load_csv(tmp_path: Path, load_project: Callable[..., Loaded]) -> Callable[..., Loaded]:
    """Load one orders.csv with the usual four columns."""

    def run(content: str | bytes, *settings: str, columns: str = COLUMNS, **more: Any) -> Loaded:
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / "orders.csv").write_bytes(data)
        lines = "\n".join(settings)
        toml = f'[sources.order_lines]\npath = "orders.csv"\ncolumns = {{ {columns} }}\n{lines}\n'
        return load_project(toml, **more)

    return run


def toml(value: object) -> str:
    """A value as TOML."""
    return json.dumps(value)
