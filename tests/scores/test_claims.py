"""Claims about engaged customers and complainers, held against the firm's own data."""

from datetime import date, datetime
from decimal import Decimal
from statistics import fmean

import numpy as np
import pytest
from tests.scores.conftest import AS_OF, START, context, months_ago

from tierwise.errors import MissingDataError
from tierwise.scores import claims
from tierwise.scores.claims import Verdict
from tierwise.scores.comparison import Cell, Stratum, compare, everybody
from tierwise.settings import ClaimSettings
from tierwise.value.summary import summarise

SPRING = datetime(2025, 4, 1)
ENGAGED, COMPLAINER = claims.claims(ClaimSettings())


def contact(customer, at=SPRING, **more):
    """A contact that says nothing special."""
    base = {"channel": "phone", "reason": "invoice", "is_public_complaint": False}
    return {"contact_id": "k", "customer_id": customer, "created_at": at, **base, **more}


def flagged(session, tables, **changes):
    """Flags by customer."""
    found = claims.flags(tables, ClaimSettings(**changes), START, AS_OF)
    return {r["customer_id"]: (r["engaged"], r["complainer"]) for r in session.rows(found)}


def test_who_is_engaged_and_who_complains(session, make):
    """Channels and surveys make engaged; public complaints and reasons make complainers."""
    contacts = make(
        "contacts",
        contact("plain"),
        contact("social", channel=" Social"),
        contact("angry", is_public_complaint=True),
        contact("unhappy", reason="Complaint"),
        contact("before", datetime(2024, 12, 31), channel="social"),
        contact("after", datetime(2026, 1, 1), channel="social"),
        contact(None, channel="social"),
        contact("odd", channel=None, reason=None, is_public_complaint=None),
    )
    surveys = make(
        "surveys", {"response_id": "1", "customer_id": "asked", "at": SPRING, "score": 1}
    )
    interactions = make(
        "interactions",
        {"interaction_id": "1", "customer_id": "met", "at": SPRING, "channel": "community"},
        {"interaction_id": "2", "customer_id": "mailed", "at": SPRING, "channel": "email"},
        {
            "interaction_id": "3",
            "customer_id": "spared",
            "at": SPRING,
            "channel": "community",
            "decision": "withheld",
        },
    )
    tables = {"contacts": contacts, "surveys": surveys, "interactions": interactions}
    found = flagged(session, tables)
    assert {name for name, (engaged, _) in found.items() if engaged} == {"social", "asked", "met"}
    assert {name for name, (_, complains) in found.items() if complains} == {"angry", "unhappy"}
    quiet = flagged(session, tables, surveys_engage=False, engaged_channels=())
    assert not any(engaged for engaged, _ in quiet.values())


def test_nobody_can_tell():
    """Without contacts, interactions and surveys the message says what to add."""
    with pytest.raises(MissingDataError, match="engaged"):
        claims.flags({}, ClaimSettings(), START, AS_OF)


def compared(ratio, spread, n=100):
    """A comparison with about this ratio and this relative half-width."""
    variance = (spread * 100 * ratio / 1.96) ** 2 * n
    return compare([Stratum(Cell(n, 100 * ratio, variance), Cell(n, 100, 0))], everybody)


@pytest.mark.parametrize(
    ("claim", "ratio", "spread", "said", "because"),
    [
        (ENGAGED, 1.4, 0.05, Verdict.HOLDS, "they spend more"),
        (ENGAGED, 1.2, 0.05, Verdict.HOLDS, "they spend more"),  # up to 40% is not 40%
        (ENGAGED, 2.0, 0.05, Verdict.FAILS, "they spend even more than claimed"),
        (ENGAGED, 1.01, 0.05, Verdict.FAILS, "no difference can be told"),
        (ENGAGED, 0.8, 0.05, Verdict.FAILS, "they spend less"),
        (ENGAGED, 1.2, 0.5, Verdict.TOO_FEW, "room for no difference as well as for the claim"),
        (COMPLAINER, 1.2, 0.05, Verdict.HOLDS, "they spend more"),
        (COMPLAINER, 1.1, 0.02, Verdict.FAILS, "they spend more, but less than claimed"),
        (COMPLAINER, 1.4, 0.02, Verdict.FAILS, "they spend even more than claimed"),
        (COMPLAINER, 1.15, 0.3, Verdict.TOO_FEW, "room for no difference as well as for the claim"),
    ],
)
def test_verdicts(claim, ratio, spread, said, because):
    """A claim holds where the interval agrees with it and leaves no room for no difference."""
    found = compared(ratio, spread)
    assert claims.verdict(claim, found, 30) == said
    assert claims.why(claim, found, 30) == because


def test_verdict_needs_enough_customers_and_a_ratio():
    """Few customers, or nobody to compare with, give no verdict; a loss to compare with fails."""
    assert claims.verdict(ENGAGED, compared(1.2, 0.01, 29), 30) is Verdict.TOO_FEW
    assert claims.verdict(ENGAGED, None, 30) is Verdict.TOO_FEW
    loss = compare([Stratum(Cell(99, 5, 1), Cell(99, -5, 1))], everybody)
    assert claims.verdict(ENGAGED, loss, 30) is Verdict.FAILS
    assert claims.why(ENGAGED, loss, 30) == "there is no spend to compare with"
    assert claims.why(ENGAGED, None, 30) == "too few customers"


def test_tenure_is_taken_out(session, make):
    """Engaged customers spend 30% more in each quarter of tenure; the raw ratio says less.

    240 customers in four quarters of 60; the longer they are here the more they
    spend, and the engaged are mostly new.
    """
    rng = np.random.default_rng(7)
    people, lines, surveys = [], [], []
    for number in range(240):
        quarter, place = divmod(number, 60)  # quarter 0 came first
        name = f"c{number:03}"
        engaged = place < 6 + 12 * quarter
        spend = (400 - 100 * quarter) * (1.3 if engaged else 1) * rng.uniform(0.95, 1.05)
        people.append({"customer_id": name, "created_on": months_ago(250 - number)})
        lines.append(
            {
                "customer_id": name,
                "header_id": name,
                "created_at": SPRING,
                "total_amount": Decimal(f"{spend:.2f}"),
            }
        )
        if engaged:
            surveys.append({"response_id": name, "customer_id": name, "at": SPRING, "score": 1})
    summary = summarise({"order_lines": make("order_lines", *lines)}, START, AS_OF)
    marks = claims.flags({"surveys": make("surveys", *surveys)}, ClaimSettings(), START, AS_OF)
    rows = session.rows(claims.expression(summary, make("customers", *people), marks, AS_OF))
    found = claims.answer(context, rows, ClaimSettings())
    row = found.grid("claims").rows[0]
    assert row["ratio"] == pytest.approx(1.3, abs=0.01)
    assert row["ratio_low"] < 1.3 < row["ratio_high"]
    assert row["unadjusted_ratio"] < 1
    assert (row["flagged"], row["others"], row["verdict"]) == (96, 144, "holds")
    assert found.figure("engaged_claim").value == "holds"
    assert found.figure("engaged_uplift").value == pytest.approx(0.3, abs=0.01)
    complaint = found.grid("claims").rows[1]
    assert (complaint["verdict"], complaint["flagged"]) == ("too few to say", 0)
    assert "not a cause" in found.notes[0]
    spent = {line["customer_id"]: float(line["total_amount"]) for line in lines}
    first = [spent[f"c{i:03}"] for i in range(60)]
    quarter = found.grid("quartiles").rows[0]
    assert quarter["engaged_mean"] == pytest.approx(fmean(first[:6]))
    assert quarter["not_engaged_mean"] == pytest.approx(fmean(first[6:]))
    assert quarter["years"] > found.grid("quartiles").rows[3]["years"]


def test_nobody_bought(session, make, demo_summary):
    """An empty window is an error that says what to do."""
    surveys = make("surveys", {"response_id": "1", "customer_id": "a", "at": SPRING, "score": 1})
    marks = claims.flags({"surveys": surveys}, ClaimSettings(), START, AS_OF)
    nobody = demo_summary.filter(demo_summary.customer_id == "nobody")
    rows = session.rows(claims.expression(nobody, None, marks, AS_OF))
    with pytest.raises(MissingDataError, match="Nobody"):
        claims.answer(context, rows, ClaimSettings())


def test_fairfield(session, demo, demo_summary):
    """Every buyer of the case study is on one side of each claim; both get a verdict."""
    marks = claims.flags(demo, ClaimSettings(), START, AS_OF)
    rows = session.rows(claims.expression(demo_summary, demo["customers"], marks, AS_OF))
    found = claims.answer(context, rows, ClaimSettings())
    for row in found.grid("claims").rows:
        assert row["flagged"] + row["others"] == 5000
        assert row["verdict"] in set(Verdict)
    assert [row["quartile"] for row in found.grid("quartiles").rows] == [1, 2, 3, 4]
    assert date.fromisoformat(found.to_json()["as_of"]) == AS_OF
