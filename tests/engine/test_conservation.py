"""Whatever a file holds, every row of it is kept, rejected, or dated later."""

# Samples stand as the exports write them, one line a row.
# ruff: noqa: E501

import csv
import io
import tempfile
from datetime import date
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tierwise.engine.load import load
from tierwise.engine.project import open_project

TOML = """[sources.order_lines]
path = "o.csv"
columns = { header_id = "order", line_item_id = "line", customer_id = "customer", created_at = "date", total_amount = "amount" }
"""
HEADER = "order,line,customer,date,amount\n"
ids = st.sampled_from(["1", "2", "3", "", " 4 ", "NULL"])
days = st.sampled_from(
    ["2024-01-05", "2024-06-30", "2025-01-01", "2031-01-01", "", "soon", "2024-02-30"]
)
amounts = st.sampled_from(["1", "-2.5", "0", "x", "", "1e3", "99999999999999999", "0.123456"])
texts = st.text(alphabet="ab\",;\n'é", max_size=6)
fields = st.tuples(ids, ids, st.one_of(ids, texts), days, amounts)


def written(rows: list[tuple[str, ...]]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue()


def loaded(session, content: str):
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "tierwise.toml").write_text(TOML)
        (root / "o.csv").write_text(content, encoding="utf-8")
        report = load(
            session,
            open_project(root),
            root / "b",
            as_of=date(2024, 12, 31),
            today=date(2025, 6, 30),
            tell=str,
        )
        rejects = root / "b" / "rejects.parquet"
        count = (
            session.raw.execute(f"SELECT count(*) FROM '{rejects}'").fetchall()[0][0]
            if rejects.exists()
            else 0
        )
    return report, count


def conserved(report, rejects: int) -> None:
    for table in report.tables:
        assert table.rows_read == table.rows_kept + table.rows_rejected + table.rows_after_as_of
    assert rejects == sum(t.rows_rejected for t in report.tables)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(rows=st.lists(fields, min_size=1, max_size=20))
def test_well_formed_rows_are_conserved_and_all_read(session, rows):
    report, rejects = loaded(session, HEADER + written(rows))
    conserved(report, rejects)
    for table in report.tables:
        if table.name == "order_lines":
            assert table.rows_read == len(rows)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(lines=st.lists(st.text(alphabet='12,"x\n', max_size=14), min_size=1, max_size=20))
def test_any_lines_at_all_are_conserved(session, lines):
    report, rejects = loaded(session, HEADER + "\n".join(lines) + "\n")
    conserved(report, rejects)
