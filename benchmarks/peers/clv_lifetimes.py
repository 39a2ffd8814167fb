"""Order lines to lifetime values with lifetimes: run by benchmarks/clv.py in its own environment.

    python clv_lifetimes.py LINES.parquet

Prints the seconds of each step, the total value and peak memory as JSON.
"""

import json
import resource
import sys
import time
import warnings

import pandas as pd
from lifetimes import BetaGeoFitter, GammaGammaFitter
from lifetimes.utils import summary_data_from_transaction_data

warnings.simplefilter("ignore")
MONTHLY_RATE = 1.1 ** (1 / 12) - 1
seconds = {}
began = time.perf_counter()


def lap(name: str) -> None:
    """Note the seconds since the last step."""
    global began
    seconds[name] = time.perf_counter() - began
    began = time.perf_counter()


lines = pd.read_parquet(sys.argv[1], columns=["customer_id", "created_at", "total_amount"])
lines["total_amount"] = lines["total_amount"].astype(float)
summary = summary_data_from_transaction_data(
    lines,
    "customer_id",
    "created_at",
    monetary_value_col="total_amount",
    observation_period_end="2025-12-31",
    freq="D",
)
del lines
lap("summary")
x, t_x, T = summary["frequency"], summary["recency"] / 7, summary["T"] / 7
purchases = BetaGeoFitter(penalizer_coef=0.0).fit(x, t_x, T)
lap("fit")
repeat = summary[x > 0]
spend = GammaGammaFitter(penalizer_coef=0.0).fit(repeat["frequency"], repeat["monetary_value"])
lap("fit_spend")
purchases.conditional_probability_alive(x, t_x, T)
purchases.conditional_expected_number_of_purchases_up_to_time(365.25 / 7, x, t_x, T)
value = spend.customer_lifetime_value(
    purchases, x, t_x, T, summary["monetary_value"], time=12, freq="W", discount_rate=MONTHLY_RATE
)
lap("expectation_and_value")
print(
    json.dumps(
        {
            "seconds": seconds,
            "total_s": sum(seconds.values()),
            "customers": len(summary),
            "value": float(value.sum()),
            "theta": [float(v) for v in purchases.params_.values],
            "spend": [float(v) for v in spend.params_.values],
            "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }
    )
)
