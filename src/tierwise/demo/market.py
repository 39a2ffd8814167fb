"""The outside view: competitors, customers' wallets, what we sent, and next year's plan."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tierwise.demo.columns import (
    Flags,
    Floats,
    Ints,
    constant,
    dates,
    labels,
    money,
    numbered,
    table,
    texts,
    times,
    whole,
)
from tierwise.demo.contacts import ON_HOLD, OPEN, Cases
from tierwise.demo.days import AS_OF_DAY, YEARS, draw_codes, office_seconds, year_days
from tierwise.demo.roster import Roster

WALLETS = 300
INTERACTIONS = 9_000
COMPETITOR_EVENTS = 170
EVENT_KINDS = ("approach", "quote", "rebid", "lost", "won_back")
COMPETITORS = ("Northline", "Halden Supply", "Voxa", "Corvus Networks")
PURPOSES = ("marketing", "service", "thanks", "review", "offer")
CAMPAIGNS: tuple[str | None, ...] = ("spring-range", "network-check", None)
WITHHELD_FOR = ("", "open_issue", "no_consent", "frequency_cap")


def wallet_table(rng: np.random.Generator, roster: Roster) -> pa.Table:
    """What about 300 customers spend a year with all suppliers, as asked or estimated (EUR)."""
    others = rng.choice(np.arange(250, 2500), WALLETS - 250, replace=False)
    customer = np.concatenate([np.arange(250), others])
    customer = customer[np.argsort(roster.number[customer])]
    own = roster.net_cents[customer, 2]
    share = np.clip(rng.beta(2.6, 2.2, WALLETS), 0.15, 0.97)
    gap = np.round(own * (1 / share - 1)).astype(np.int64)
    asked = np.minimum(AS_OF_DAY - rng.integers(5, 420, WALLETS), AS_OF_DAY)
    return table(
        customer_id=numbered("F", roster.number[customer], 5),
        asked_on=dates(asked),
        category=constant("Connectivity, equipment and supplies", WALLETS),
        wallet_amount=money(own + gap),
        low_amount=money(own + np.round(gap * rng.uniform(0.55, 0.85, WALLETS)).astype(np.int64)),
        high_amount=money(own + np.round(gap * rng.uniform(1.15, 1.7, WALLETS)).astype(np.int64)),
        currency=constant("EUR", WALLETS),
        source=labels(
            ("account manager", "customer panel", "annual report"), rng.integers(0, 3, WALLETS)
        ),
    )


def competitor_table(rng: np.random.Generator, roster: Roster) -> pa.Table:
    """The canonical table `competitor_events`; prices are EUR a month for the same need."""
    left = np.flatnonzero(~roster.is_active & ~roster.is_prospect)[:60]
    weight = np.array([40.0, 10.0, 1.0, 0.3, 0.1, 0.05])[roster.band] * roster.is_active
    stayed = rng.choice(len(roster), COMPETITOR_EVENTS - len(left), p=weight / weight.sum())
    customer = np.concatenate([left, stayed])
    kind = np.concatenate(
        [
            np.full(len(left), 3),
            np.array([0, 1, 2, 4])[draw_codes(rng, np.array([5.0, 3.0, 1.5, 0.5]), len(stayed))],
        ]
    )
    days = rng.integers(year_days(YEARS[0])[0], AS_OF_DAY, len(customer))
    days[: len(left)] = roster.last_day[left]
    days = np.maximum(days, roster.first_day[customer])
    old = roster.net_cents[customer].max(axis=1) // 12
    new = np.round(old * rng.uniform(0.48, 0.97, len(customer))).astype(np.int64)
    order = np.argsort(days, kind="stable")
    at = office_seconds(rng, days[order])
    return table(
        customer_id=numbered("F", roster.number[customer[order]], 5),
        at=times(at),
        kind=labels(EVENT_KINDS, kind[order]),
        old_price=money(old[order], kind[order] > 0),
        new_price=money(new[order], kind[order] > 0),
        competitor=labels(COMPETITORS, rng.integers(0, len(COMPETITORS), len(order))),
    )


def interaction_table(rng: np.random.Generator, roster: Roster, cases: Cases) -> pa.Table:
    """The canonical table `interactions`: outbound messages of the last six months."""
    weight = np.array([6.0, 4.0, 2.0, 1.0, 1.0, 1.0])[roster.band] * roster.is_active
    customer = rng.choice(len(roster), INTERACTIONS, p=weight / weight.sum())
    day = np.sort(rng.integers(AS_OF_DAY - 183, AS_OF_DAY + 1, INTERACTIONS))
    purpose = draw_codes(rng, np.array([0.62, 0.22, 0.04, 0.03, 0.09]), INTERACTIONS)
    sells = (purpose == 0) | (purpose == 4)
    why = _withheld(rng, sells & _open_issue(cases, len(roster))[customer], sells)
    campaign = np.where(purpose == 0, rng.integers(0, 2, INTERACTIONS), len(CAMPAIGNS) - 1)
    return table(
        interaction_id=numbered("I", np.arange(1, INTERACTIONS + 1), 5),
        customer_id=numbered("F", roster.number[customer], 5),
        at=times(office_seconds(rng, day)),
        purpose=labels(PURPOSES, purpose),
        channel=labels(
            ("email", "phone", "letter"), draw_codes(rng, np.array([0.85, 0.1, 0.05]), INTERACTIONS)
        ),
        campaign=labels(CAMPAIGNS, campaign),
        content_id=numbered("CT", purpose * 10 + rng.integers(1, 6, INTERACTIONS), 2),
        decision=labels(("sent", "withheld"), (why > 0).astype(np.int64)),
        reasons=labels(WITHHELD_FOR, why, why > 0),
    )


def _open_issue(cases: Cases, customers: int) -> Flags:
    stuck = (cases.status >= OPEN) & (cases.status <= ON_HOLD)
    found = np.bincount(cases.demand.customer[stuck], minlength=customers) > 0
    return np.asarray(found)


def _withheld(rng: np.random.Generator, has_issue: Flags, sells: Flags) -> Ints:
    """Index into WITHHELD_FOR; the firm catches most, not all, of its open issues."""
    mark: Floats = rng.random(len(sells))
    return np.select(
        [has_issue & (mark < 0.7), sells & (mark > 0.88), sells & (mark > 0.84)], [1, 2, 3], 0
    )


_PLAN: tuple[tuple[str | None, str | None, int | None, int, str | None, str | None, str], ...] = (
    (
        "enterprise",
        "win",
        2,
        1_400_000,
        "Two named pursuits, both in second talks",
        "KAM01",
        "Win two chains",
    ),
    (
        "mid-size",
        "win",
        12,
        420_000,
        "Named list of 40, first talks held with 15",
        "KAM03",
        "Mid-size programme",
    ),
    (
        "small firm",
        "win",
        260,
        60_000,
        "New web customers per quarter of 2025",
        "DESK",
        "Web shop",
    ),
    (
        None,
        "win",
        40,
        210_000,
        "Referral register of 2025",
        "KAM02",
        "Ask the happy to refer",
    ),
    (
        "enterprise",
        "keep",
        0,
        0,
        "Nobody above 1% of revenue left in 2025",
        "KAM01",
        "Review the top ten",
    ),
    (
        "mid-size",
        "keep",
        6,
        240_000,
        "Exit talks with those who left in 2024",
        "KAM04",
        "Fault owner",
    ),
    (
        "enterprise",
        "grow",
        0,
        900_000,
        "Wallet asked of the top 250",
        "KAM02",
        "Second site links",
    ),
    (
        "mid-size",
        "grow",
        0,
        310_000,
        "Usage above contract, list by customer",
        "KAM05",
        "Right-size upwards",
    ),
    (
        "small firm",
        "reactivate",
        60,
        14_000,
        "Call list of the lapsed, trial of October",
        "DESK",
        "Call the lapsed",
    ),
    (
        "micro firm",
        "lose",
        -180,
        -22_000,
        "Small drop orders moved to partners",
        "KAM06",
        "Partner hand-over",
    ),
    (
        "enterprise",
        "lose",
        0,
        -650_000,
        "Four old contracts re-priced in the open",
        "KAM01",
        "Honest offer",
    ),
    (None, "grow", None, 5_000_000, None, None, "10% uplift"),
)


def plan_table() -> pa.Table:
    """The canonical table `plan_lines` for 2026; the last line is a bare uplift."""
    segment, lever, customers, euros, evidence, owner, note = zip(*_PLAN, strict=True)
    count = len(_PLAN)
    known = np.array([c is not None for c in customers])
    return table(
        plan_id=numbered("PL", np.arange(1, count + 1), 2),
        period=constant("2026", count),
        segment=texts(segment),
        lever=texts(lever),
        customers_delta=whole(np.array([c or 0 for c in customers]), known),
        spend_delta=money(np.array(euros) * 100),
        evidence=texts(evidence),
        owner=texts(owner),
        note=texts(note),
    )
