"""One engine for the tests of tiers, and tables of customers made of plain rows."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count

import ibis.expr.types as ir
import pyarrow as pa
import pytest

from tierwise.engine.connect import Session, open_session

Values = list[tuple[str, Decimal]]
Hold = Callable[[pa.Table], ir.Table]


@pytest.fixture(scope="session")
def session() -> Iterator[Session]:
    """An open engine."""
    with open_session() as opened:
        yield opened


@pytest.fixture(scope="session")
def hold(session: Session) -> Hold:
    """Put an Arrow table into the engine under a name of its own."""
    numbers = count()

    def put(table: pa.Table) -> ir.Table:
        return session.hold_arrow(f"test_{next(numbers)}", table)

    return put


def valued(rows: Values) -> pa.Table:
    """Customers with their values."""
    return pa.table(
        {
            "customer_id": pa.array([name for name, _ in rows], pa.string()),
            "value": pa.array([value for _, value in rows], pa.decimal128(38, 4)),
        }
    )
