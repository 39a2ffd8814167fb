"""Spend and tenures of the real data sets, read as their papers read them."""

from pathlib import Path

import duckdb
import numpy as np
from numpy.typing import NDArray

CDNOW = """
    WITH days AS (
        SELECT sample_id, date, sum(dollar_value) AS spend
        FROM '{folder}/cdnow/cdnow_sample.parquet' WHERE date <= DATE '1997-09-30'
        GROUP BY ALL
    ), repeats AS (
        SELECT *, min(date) OVER (PARTITION BY sample_id) AS first FROM days
    )
    SELECT count(*)::DOUBLE AS x, avg(spend) AS mean FROM repeats
    WHERE date > first GROUP BY sample_id ORDER BY sample_id
"""


def cdnow_repeat_spend(folder: Path) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Repeat days and mean spend per repeat day of the 1/10 sample, first 39 weeks.

    Lines of one day are one order; the first order is left out (note 025, section 5).
    """
    found = duckdb.sql(CDNOW.format(folder=folder)).fetchnumpy()
    return found["x"], found["mean"]


def telco(folder: Path) -> dict[str, NDArray]:
    """Tenure in months, churn, contract and monthly charges of the fictional telco."""
    return duckdb.sql(
        "SELECT tenure, Churn = 'Yes' AS lost, Contract AS contract, MonthlyCharges AS charges"
        f" FROM '{folder}/telco_churn_ibm/telco_customer_churn.parquet'"
    ).fetchnumpy()
