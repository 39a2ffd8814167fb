"""Customers that somebody declared strategic, each with owner, reason, evidence and end."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa

from tierwise.demo.columns import constant, dates, money, numbered, table, texts
from tierwise.demo.days import day_number
from tierwise.demo.roster import Roster

_DECIDED: tuple[tuple[int, int, str, str, str, date, date], ...] = (
    # Rank by revenue, EUR, reason, owner, evidence, set on, expires on.
    (
        212,
        180_000,
        "Reference for hospitals",
        "KAM03",
        "Three tenders of 2023 name it",
        date(2023, 11, 6),
        date(2025, 6, 30),
    ),
    (
        57,
        420_000,
        "Opens the market in Austria",
        "KAM01",
        "Board paper of March 2024",
        date(2024, 3, 18),
        date(2026, 12, 31),
    ),
    (
        734,
        90_000,
        "Tests new equipment first",
        "KAM05",
        "Test agreement, two releases a year",
        date(2024, 9, 2),
        date(2026, 8, 31),
    ),
    (
        1_486,
        140_000,
        "Trains the electricians of the region",
        "KAM02",
        "Course lists of 2023 and 2024",
        date(2024, 10, 21),
        date(2026, 9, 30),
    ),
    (
        318,
        250_000,
        "Public network that others copy",
        "KAM04",
        "Framework contract of the county",
        date(2025, 2, 10),
        date(2027, 1, 31),
    ),
    # The renewed decision on rank 57: the newer row replaces the older one.
    (
        57,
        360_000,
        "Opens the market in Austria",
        "KAM01",
        "Board paper of May 2025",
        date(2025, 5, 12),
        date(2027, 4, 30),
    ),
    (
        2_903,
        60_000,
        "Writes the standard for the trade",
        "KAM06",
        "Seat in the standards committee",
        date(2025, 9, 15),
        date(2026, 9, 14),
    ),
)


def strategic_table(roster: Roster) -> pa.Table:
    """The canonical table `strategic`: seven decisions on six customers, one of them expired."""
    rank, euros, reason, owner, evidence, set_on, expires_on = zip(*_DECIDED, strict=True)
    return table(
        customer_id=numbered("F", roster.number[np.array(rank) - 1], 5),
        amount=money(np.array(euros) * 100),
        currency=constant("EUR", len(_DECIDED)),
        reason=texts(reason),
        owner=texts(owner),
        evidence=texts(evidence),
        set_on=dates(np.array([day_number(day) for day in set_on])),
        expires_on=dates(np.array([day_number(day) for day in expires_on])),
    )
