"""Published and independently counted figures of real data, to the printed digit."""

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

Ask = Callable[[str], dict[str, Any]]

# Counted from the files with pandas, customer by customer; top k% is ceil(k% of n).
# CDNOW: master file of Fader & Hardie, cohort of the first quarter of 1997 (brucehardie.com).
# Online Retail: Chen 2012, UCI; identified customers, with and without cancellations.
# Superstore: Tableau's sample data, 9,994 lines. Helpdesk: Polato, 4TU, cases per customer.
CONCENTRATION = [
    # question,             n,      total,          top 1%,   top 5%,   top 20%,  Gini
    ("cdnow", 23_570, "2,500,315.63", "15.88%", "36.69%", "67.78%", ".6346"),
    ("online-retail net", 4_372, "8,300,065.81", "29.92%", "48.59%", "73.85%", ".7093"),
    ("online-retail positive", 4_338, "8,911,407.90", "32.00%", "50.38%", "74.62%", ".7151"),
    ("superstore", 793, "2,297,200.86", "5.64%", "19.02%", "48.15%", ".4413"),
    ("italian-helpdesk", 394, "4,580.00", "16.46%", "38.95%", "68.60%", ".6521"),
]

# Quarterly active customers. CDNOW 1997Q1-1998Q2, an order makes active (free CDs too);
# Online Retail 2010Q4-2011Q4, a positive line does.
POPULATION = [
    ("cdnow", "1997-Q1", [23_570, 5_376, 4_263, 4_221, 3_817, 3_317]),
    ("online-retail", "2010-Q4", [885, 1_776, 1_991, 2_161, 2_560]),
]

# Superstore's own profit column, added up per customer.
WHALE = [
    ("total_profit", "286,397.02"),
    ("peak_profit", "357,621.50"),
    ("profit_destroyed", "71,224.47"),
    ("customers_at_peak", "638.00"),
    ("counted", "793.00"),
    ("loss_makers", "155.00"),
]


@pytest.mark.parametrize(
    ("name", "n", "total", "top_1", "top_5", "top_20", "gini"),
    CONCENTRATION,
    ids=[row[0] for row in CONCENTRATION],
)
def test_concentration(
    ask: Ask, name: str, n: int, total: str, top_1: str, top_5: str, top_20: str, gini: str
):
    """Customers, total, top shares and Gini are the known ones to the printed digit."""
    found = ask(f"concentration: {name}")
    share = {row["label"]: f"{row['share']:.2%}" for row in found["top"]}
    assert found["counted"] == found["customers"] == n
    assert f"{found['total']:,.2f}" == total
    assert (share["top 1%"], share["top 5%"], share["top 20%"]) == (top_1, top_5, top_20)
    assert f"{found['gini']:.4f}" == f"0{gini}"
    assert found["top_fifth_share"] == next(
        row["share"] for row in found["top"] if row["label"] == "top 20%"
    )


@pytest.mark.parametrize(("name", "first", "active"), POPULATION, ids=["cdnow", "online-retail"])
def test_active_customers(ask: Ask, name: str, first: str, active: list[int]):
    """Active customers of each quarter are the known ones, and the flows add up to them."""
    periods = ask(f"population: {name}")["periods"]
    assert periods[0]["period"] == first
    assert [row["active"] for row in periods] == active
    for before, now in pairwise(periods):
        flow = now["new"] + now["reactivated"] - now["lost"]
        assert now["active"] == before["active"] + flow


def test_cohort_is_closed(ask: Ask):
    """Nobody of the CDNOW cohort is new after the quarter that defines it."""
    assert [row["new"] for row in ask("population: cdnow")["periods"]] == [23_570, 0, 0, 0, 0, 0]


@pytest.mark.parametrize(("figure", "value"), WHALE, ids=[row[0] for row in WHALE])
def test_whale_curve(ask: Ask, figure: str, value: str):
    """Superstore's profit, its peak and what is lost after it are the known ones."""
    found = ask("whale: superstore")
    amount = found["customers"] if figure == "counted" else found[figure]
    assert f"{amount:,.2f}" == value


def test_whale_peak_share(ask: Ask):
    """Superstore's curve peaks at 124.87% of its profit, and the peak is a point of the curve."""
    found = ask("whale: superstore")
    assert f"{found['peak_share']:.2%}" == "124.87%"
    assert max(point["cumulative"] for point in found["curve"]) == found["peak_profit"]


# IBM's sample company: customers and monthly charges of those who left, counted from the file.
CHURN = [("Month-to-month", "42.71%"), ("One year", "11.27%"), ("Two year", "2.83%")]


@pytest.mark.parametrize(("product", "lost"), CHURN)
def test_churn(ask: Ask, product: str, lost: str):
    """The share of contracts lost by kind of contract is the known one."""
    rows = {row["product"]: row for row in ask("contracts: telco")["products"]}
    assert f"{rows[product]['lost_share']:.2%}" == lost


def test_churn_in_money(ask: Ask):
    """Of 456,116.60 a month 139,130.85 were lost: 26.5% of customers, 30.5% of the money."""
    found = ask("contracts: telco")
    assert f"{found['monthly_amount']:,.2f}" == "456,116.60"
    assert f"{found['monthly_lost']:,.2f}" == "139,130.85"
    assert f"{found['lost_share']:.1%}" == "26.5%"
    assert f"{found['lost_money_share']:.1%}" == "30.5%"


def test_faces_agree(on_the_desk: Ask, command: Callable[[str], list[str]]):
    """The installed command prints the very document of the desk and nothing else."""
    for name in ("concentration: online-retail positive", "whale: superstore"):
        expected = on_the_desk(name)
        line = [sys.executable, "-m", "tierwise.cli.main", *command(name)]
        done = subprocess.run(line, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == expected
