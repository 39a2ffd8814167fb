"""Work that begins while other tables are still loaded."""

from datetime import date
from pathlib import Path

import pytest

from tierwise.engine.connect import Session
from tierwise.engine.load import Early, load
from tierwise.engine.project import open_project

TOML = """[sources.order_lines]
path = "o.csv"
columns = { header_id = "order", customer_id = "customer", created_at = "date", total_amount = "amount" }
"""  # noqa: E501
CUSTOMERS = '[sources.customers]\npath = "c.csv"\ncolumns = { customer_id = "id" }\n'
LINES = "order,customer,date,amount\n1,a,2024-01-05,3\n2,b,2024-01-06,4\n"


def loaded(session: Session, root: Path, toml: str, lines: str, early: Early) -> None:
    (root / "tierwise.toml").write_text(toml)
    (root / "o.csv").write_text(lines)
    (root / "c.csv").write_text("id\na\nb\n")
    load(
        session,
        open_project(root),
        root / "into",
        as_of=date(2024, 12, 31),
        today=date(2025, 6, 30),
        tell=str,
        early=early,
    )


def counting(folder: Path, seen: list[int]) -> Early:
    """Count the rows of the order lines, which must be written by then."""

    def work(session: Session) -> None:
        lines = session.parquet(folder / "into" / "tables" / "order_lines.parquet")
        seen.append(session.rows(lines.aggregate(n=lines.count()))[0]["n"])

    return Early(frozenset({"order_lines", "contacts"}), work)


def test_finds_its_tables_written(session: Session, tmp_path: Path):
    """The work sees whole tables; a table the project does not have is not waited for."""
    seen: list[int] = []
    loaded(session, tmp_path, TOML + CUSTOMERS, LINES, counting(tmp_path, seen))
    assert seen == [2]


@pytest.mark.parametrize(
    ("toml", "lines"),
    [(TOML + CUSTOMERS, "order,customer\n"), (TOML, LINES)],
    ids=["unreadable", "nothing beside"],
)
def test_is_left_to_the_caller(session: Session, tmp_path: Path, toml: str, lines: str):
    """It is not begun where a table it needs cannot be read, nor where nothing runs beside it."""
    seen: list[int] = []
    loaded(session, tmp_path, toml, lines, counting(tmp_path, seen))
    assert not seen


def test_failing_work_fails_the_load(session: Session, tmp_path: Path):
    """What goes wrong in it reaches the caller."""

    def full(_: Session) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        loaded(session, tmp_path, TOML + CUSTOMERS, LINES, Early(frozenset({"order_lines"}), full))
