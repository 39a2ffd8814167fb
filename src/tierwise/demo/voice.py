"""What customers say about it: surveys after contacts and about the relationship."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tierwise.demo.columns import Floats, Ints, labels, numbered, real, table, times, whole
from tierwise.demo.contacts import ABANDONED, Cases
from tierwise.demo.customers import People
from tierwise.demo.days import AS_OF_DAY, DAY_S, END_S, OPENS_S, year_days
from tierwise.demo.roster import Roster

INSTRUMENTS = ("csat", "ces", "nps", "happy")
CSAT, CES, NPS, HAPPY = range(4)
SCALE_MIN = np.array([1, 1, 0, 1])
SCALE_MAX = np.array([5, 7, 10, 5])
COUNTS = (2_600, 1_100, 900, 600)

_COMMENTS: tuple[str | None, ...] = (
    "Waited far too long to get through.",
    "Had to explain it twice.",
    "Still not fixed.",
    "It was all right.",
    "Nothing special, but it worked.",
    "Quick and friendly.",
    "Did what they said they would.",
    "Really happy, thank you!",
    None,
)


def survey_table(
    rng: np.random.Generator, roster: Roster, people: People, cases: Cases
) -> pa.Table:
    """The canonical table `surveys`; every score follows from waits and effort lived through."""
    contact = _rated_contacts(rng, cases)
    customer = np.concatenate([cases.demand.customer[contact], _asked(rng, roster)])
    linked = len(contact)
    instrument = np.repeat(np.arange(4), COUNTS)
    person = np.concatenate([cases.person[contact], people.draw(rng, customer[linked:])])
    invited = np.concatenate(
        [_end_of(cases, contact) + 1800, _moments(rng, len(customer) - linked)]
    )
    felt = np.concatenate(
        [_felt_contact(rng, cases, contact), _felt_overall(rng, cases, customer[linked:])]
    )
    at = np.minimum(invited + rng.integers(600, 4 * DAY_S, len(invited)), END_S)
    order = np.argsort(at, kind="stable")
    score = _on_scale(felt, instrument)[order]
    instrument, felt = instrument[order], felt[order]
    contact_of = np.concatenate([contact, np.full(len(customer) - linked, -1)])[order]
    return table(
        response_id=numbered("R", np.arange(1, len(order) + 1), 5),
        customer_id=numbered("F", roster.number[customer[order]], 5),
        person_id=numbered("P", person[order] + 1, 5),
        at=times(at[order]),
        instrument=labels(INSTRUMENTS, instrument),
        score=real(score),
        scale_min=whole(SCALE_MIN[instrument]),
        scale_max=whole(SCALE_MAX[instrument]),
        invited_at=times(np.minimum(invited, END_S)[order]),
        contact_id=numbered("C", contact_of + 1, 6, contact_of >= 0),
        comment=labels(_COMMENTS, _comment(rng, felt)),
    )


def _rated_contacts(rng: np.random.Generator, cases: Cases) -> Ints:
    """Contacts behind the csat and ces answers; csat ones are those rated in the case system."""
    over = np.maximum(cases.ended, cases.first_reply) + 1800 < END_S
    rated = rng.permutation(np.flatnonzero((cases.score > 0) & over))[: COUNTS[CSAT]]
    spoken = (cases.score == 0) & (cases.first_reply >= 0) & (cases.agent >= 0) & over
    asked = rng.permutation(np.flatnonzero(spoken))[: COUNTS[CES]]
    return np.concatenate([rated, asked])


def _end_of(cases: Cases, contact: Ints) -> Ints:
    return np.maximum(cases.ended[contact], cases.first_reply[contact])


def _asked(rng: np.random.Generator, roster: Roster) -> Ints:
    """Customers asked about the relationship: larger ones more often."""
    weight = np.array([10.0, 5.0, 1.5, 1.0, 1.0, 1.0])[roster.band] * roster.is_active
    return rng.choice(len(roster), COUNTS[NPS] + COUNTS[HAPPY], p=weight / weight.sum())


def _moments(rng: np.random.Generator, count: int) -> Ints:
    days = rng.integers(year_days(2024)[0] + 60, AS_OF_DAY - 3, count)
    return days * DAY_S + OPENS_S + rng.integers(0, 20_000, count)


def _felt_contact(rng: np.random.Generator, cases: Cases, contact: Ints) -> Floats:
    """0..1; answers that the case system holds too must say the same."""
    wait = np.maximum(cases.wait_s[contact], 0)
    effort = wait / 450 + 0.22 * cases.transfers[contact] + 0.2 * cases.reopens[contact]
    effort = effort + 0.18 * (cases.repeat_of[contact] >= 0)
    felt = np.clip(0.86 - effort + rng.normal(0, 0.14, len(contact)), 0, 1)
    stored = cases.score[contact]
    return np.where(stored > 0, (stored - 1) / 4, felt)


def _felt_overall(rng: np.random.Generator, cases: Cases, customer: Ints) -> Floats:
    """0..1 from the customer's mean wait and the share of calls given up."""
    size = int(max(cases.demand.customer.max(), customer.max())) + 1
    contacts = np.maximum(np.bincount(cases.demand.customer, minlength=size), 1)
    waited = np.bincount(cases.demand.customer, np.maximum(cases.wait_s, 0), minlength=size)
    lost = np.bincount(cases.demand.customer, cases.outcome == ABANDONED, minlength=size)
    strain = np.minimum(waited / contacts / 400 + lost / contacts * 0.8, 0.6)
    return np.clip(0.82 - strain[customer] + rng.normal(0, 0.16, len(customer)), 0, 1)


def _on_scale(felt: Floats, instrument: Ints) -> Floats:
    low, high = SCALE_MIN[instrument], SCALE_MAX[instrument]
    return np.asarray(np.round(low + felt * (high - low)), dtype=np.float64)


def _comment(rng: np.random.Generator, felt: Floats) -> Ints:
    """A sentence that fits the score, from a third of those who answer."""
    mood = np.clip((felt * 6).astype(np.int64) + rng.integers(0, 3, len(felt)), 0, 7)
    return np.where(rng.random(len(felt)) < 0.35, mood, len(_COMMENTS) - 1)
