"""One engine with a small firm's tables, refilled for every example."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import asdict
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest
from tests.value.naive import Firm

from tierwise.engine.connect import Session, open_session

MONEY = pa.decimal128(18, 4)
SCHEMAS = {
    "order_lines": pa.schema(
        {
            "header_id": pa.string(),
            "customer_id": pa.string(),
            "created_at": pa.timestamp("us"),
            "total_amount": MONEY,
            "total_cost": MONEY,
            "unit_cost": MONEY,
            "quantity": pa.float64(),
            "discount_amount": MONEY,
            "channel": pa.string(),
        }
    ),
    "contacts": pa.schema(
        {
            "contact_id": pa.string(),
            "customer_id": pa.string(),
            "created_at": pa.timestamp("us"),
            "handle_time_s": pa.float64(),
            "assignee_id": pa.string(),
            "channel": pa.string(),
            "reason": pa.string(),
        }
    ),
    "agents": pa.schema({"agent_id": pa.string(), "cost_per_hour": MONEY}),
    "costs": pa.schema(
        {
            "cost_date": pa.date32(),
            "amount": MONEY,
            "customer_id": pa.string(),
            "driver": pa.string(),
            "driver_qty": pa.float64(),
        }
    ),
    "wallets": pa.schema(
        {
            "customer_id": pa.string(),
            "asked_on": pa.date32(),
            "wallet_amount": MONEY,
            "category": pa.string(),
            "low_amount": MONEY,
            "high_amount": MONEY,
            "source": pa.string(),
        }
    ),
}
FIELDS = {
    "order_lines": "lines",
    "contacts": "contacts",
    "agents": "agents",
    "costs": "costs",
    "wallets": "wallets",
}

Rows = list[dict[str, Any]]


def to_arrow(name: str, rows: Sequence[Any]) -> pa.Table:
    """Rows of the naive twin as a canonical table."""
    return pa.Table.from_pylist([asdict(row) for row in rows], SCHEMAS[name])


class Bench:
    """Tables that are refilled, and expressions compiled once: an example takes milliseconds."""

    def __init__(self, session: Session) -> None:
        self.session = session
        for name, schema in SCHEMAS.items():
            session.backend.create_table(name, schema.empty_table())
        self.tables = {name: session.backend.table(name) for name in SCHEMAS}
        self._compiled: dict[Hashable, str] = {}

    def fill(self, firm: Firm) -> None:
        """Put the firm's rows in place of what was there."""
        for name, field in FIELDS.items():
            rows = to_arrow(name, getattr(firm, field))
            self.session.raw.execute(f"TRUNCATE {name}")
            if not rows:
                continue
            self.session.raw.register("incoming", rows)
            self.session.raw.execute(f"INSERT INTO {name} SELECT * FROM incoming")

    def ask(self, key: Hashable, make: Callable[[dict[str, ir.Table]], ir.Table]) -> Rows:
        """Rows of an expression over the tables; `key` names it, parameters included."""
        if key not in self._compiled:  # compiling takes ten times as long as running
            self._compiled[key] = self.session._sql(make(self.tables))
        return list(self.session.raw.execute(self._compiled[key]).to_arrow_table().to_pylist())


@pytest.fixture(scope="session")
def session() -> Iterator[Session]:
    """An open engine."""
    with open_session() as opened:
        yield opened


@pytest.fixture(scope="session")
def bench(session: Session) -> Bench:
    """Tables that every example refills."""
    return Bench(session)
