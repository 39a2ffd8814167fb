"""Questions about tables in memory."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pyarrow as pa
import pytest

import tierwise as tw

FRAME = pd.DataFrame(
    {
        "order": ["1", "2", "3"],
        "who": ["a", "a", "b"],
        "when": pd.to_datetime(["2025-01-02", "2025-02-03", "2025-03-04"]),
        "amount": [10.0, 20.0, 70.0],
    }
)
COLUMNS = {
    "order_lines": {
        "header_id": "order",
        "customer_id": "who",
        "created_at": "when",
        "total_amount": "amount",
    }
}


def ask(table, folder):
    return tw.desk_from_tables(
        {"order_lines": table}, folder, as_of=date(2025, 12, 31), columns=COLUMNS
    ).concentration(top_n=(1,))


@pytest.mark.parametrize("convert", [lambda f: f, pa.Table.from_pandas], ids=["pandas", "arrow"])
def test_a_frame_answers_like_a_file(tmp_path, convert):
    """Any table with Arrow batches is read, and gives the same figures."""
    answer = ask(convert(FRAME), tmp_path)
    assert answer.grid("top").rows[0]["share"] == pytest.approx(0.7)
    assert answer.figure("counted").value == 2


def test_a_list_is_refused_with_the_way_out(tmp_path):
    """Something that is no table is refused in words."""
    with pytest.raises(tw.UsageError, match="order_lines is a list") as refused:
        ask([1, 2], tmp_path)
    assert "data frame" in refused.value.remedy


def test_an_unknown_table_name_is_refused(tmp_path):
    """A table that is not canonical is refused with the names that are."""
    with pytest.raises(tw.UsageError, match='no table "orders"'):
        tw.desk_from_tables({"orders": FRAME}, tmp_path, as_of=date(2025, 1, 1))
