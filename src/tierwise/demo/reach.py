"""Whose voice reaches how far: public complaints, and what the firm had measured."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tierwise.demo.columns import constant, labels, money, numbered, real, table, times, whole
from tierwise.demo.days import END_S, YEARS, draw_codes, office_seconds, year_days
from tierwise.demo.roster import Roster

SOURCES = ("media monitor", "sales survey", "partner panel")
MEDIA, SURVEY, PANEL = range(3)
SCALE_MAX = np.array([0, 10, 100])
OBSERVATIONS = 160
OBSERVED = 120  # customers

_TYPICAL_READERS = 900.0
_TYPICAL_AUDIENCE = 14_000.0


def with_reach(rng: np.random.Generator, contacts: pa.Table) -> pa.Table:
    """The contacts with `reach`: people who may have read a public complaint, else null."""
    public = contacts["is_public_complaint"].to_numpy()
    readers = np.round(_TYPICAL_READERS * rng.lognormal(0.0, 1.1, len(public))).astype(np.int64)
    return contacts.append_column("reach", whole(readers, public))


def influence_table(rng: np.random.Generator, roster: Roster) -> pa.Table:
    """The canonical table `influence`: reach in people, or a score; some of it years old."""
    weight = np.array([8.0, 4.0, 2.0, 1.0, 1.0, 1.0])[roster.band] * roster.is_active
    voices = rng.choice(len(roster), OBSERVED, replace=False, p=weight / weight.sum())
    customer = np.concatenate([voices, rng.choice(voices, OBSERVATIONS - OBSERVED)])
    day = np.sort(rng.integers(year_days(YEARS[0])[0], year_days(YEARS[-1])[1], OBSERVATIONS))
    source = draw_codes(rng, np.array([0.5, 0.3, 0.2]), OBSERVATIONS)
    people = np.round(_TYPICAL_AUDIENCE * rng.lognormal(0.0, 1.0, OBSERVATIONS)).astype(np.int64)
    graded = source != MEDIA
    score = np.round(rng.beta(2.0, 3.0, OBSERVATIONS) * SCALE_MAX[source])
    # Only half of the monitor's reports came with what an advertisement there would cost.
    priced = ~graded & (rng.random(OBSERVATIONS) < 0.5)
    return table(
        customer_id=numbered("F", roster.number[customer], 5),
        at=times(np.minimum(office_seconds(rng, day), END_S)),
        source=labels(SOURCES, source),
        reach=whole(people, ~graded),
        score=real(score, graded),
        scale_max=real(SCALE_MAX[source], graded),
        value_per_1000=money(rng.integers(600, 2400, OBSERVATIONS), priced),
        currency=constant("EUR", OBSERVATIONS),
    )
