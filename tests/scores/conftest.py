"""One engine for all, tables made by hand, and Fairfield once."""

from collections.abc import Callable, Iterator
from datetime import date
from itertools import count
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pytest
from dateutil.relativedelta import relativedelta

from tierwise.demo import fairfield
from tierwise.engine.connect import Session, open_session
from tierwise.results import Context
from tierwise.tables import TABLES, Kind
from tierwise.value.summary import summarise

AS_OF = date(2025, 12, 31)
START = date(2025, 1, 1)
ARROW = {
    Kind.ID: pa.string(),
    Kind.TEXT: pa.string(),
    Kind.MONEY: pa.decimal128(18, 4),
    Kind.NUMBER: pa.float64(),
    Kind.INTEGER: pa.int64(),
    Kind.FLAG: pa.bool_(),
    Kind.DATE: pa.date32(),
    Kind.TIME: pa.timestamp("us"),
}
context = Context("Firm", "b", AS_OF, "profit", "12m", START, "EUR", 0, 0)

Rows = list[dict[str, Any]]
Make = Callable[..., ir.Table]
Hold = Callable[[pa.Table], ir.Table]

numbers = count()


@pytest.fixture(scope="session")
def session() -> Iterator[Session]:
    """An open engine."""
    with open_session() as opened:
        yield opened


@pytest.fixture(scope="session")
def hold(session: Session) -> Hold:
    """Put an Arrow table into the engine under a name of its own."""

    def held(table: pa.Table) -> ir.Table:
        return session.backend.create_table(f"held_{next(numbers)}", table, temp=True)

    return held


@pytest.fixture(scope="session")
def make(hold: Hold) -> Make:
    """Canonical rows as the engine sees them; only columns that some row has are there."""

    def made(name: str, *rows: dict[str, Any], columns: str = "") -> ir.Table:
        named = {key for row in rows for key in row} | set(columns.split())
        schema = pa.schema({c.name: ARROW[c.kind] for c in TABLES[name].columns if c.name in named})
        assert named <= set(schema.names)
        return hold(pa.Table.from_pylist([dict(row) for row in rows], schema))

    return made


@pytest.fixture(scope="session")
def demo(hold: Hold) -> dict[str, ir.Table]:
    """Fairfield's tables."""
    tables = fairfield.generate(np.random.default_rng(fairfield.SEED))
    return {name: hold(table) for name, table in tables.items()}


@pytest.fixture(scope="session")
def demo_summary(session: Session, demo: dict[str, ir.Table]) -> ir.Table:
    """Fairfield's customers over the year."""
    wanted = ("order_lines", "contacts", "agents", "costs")
    found = summarise({name: demo[name] for name in wanted}, START, AS_OF)
    return session.keep("demo_summary", found)


def months_ago(months: int) -> date:
    """A day so many months before the as-of date."""
    return AS_OF - relativedelta(months=months)
