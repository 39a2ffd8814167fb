"""Promises made to customers and what became of them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tierwise.demo.columns import Flags, Ints, labels, numbered, table, times
from tierwise.demo.contacts import Cases, next_open
from tierwise.demo.days import DAY_S, END_S, draw_codes
from tierwise.demo.roster import Roster

COUNT = 1_500
LEVELS = ("commitment", "charter", "brand")
STATES = ("kept", "late", "broken", "renegotiated", "open")
KEPT, LATE, BROKEN, RENEGOTIATED, OPEN = range(5)
TEXTS = (
    "Call back with an answer",
    "Send the corrected invoice",
    "Deliver the missing part",
    "Engineer on site",
    "Send the quote",
    "Credit the return",
)
LEAD_HOURS = np.array([4, 24, 48, 72, 30, 120])
CHARTER_TEXT = "Every complaint has an owner within a day"
BRAND_TEXT = "A person answers, whoever you are"
CAUSES: tuple[str | None, ...] = (
    "supplier late",
    "no capacity",
    "handed over and forgotten",
    "part out of stock",
    "customer asked for another date",
    None,
)


def promise_table(rng: np.random.Generator, roster: Roster, cases: Cases) -> pa.Table:
    """The canonical table `promises`, most of them given in a contact of the last 18 months."""
    contact = _where_given(rng, cases)
    made = cases.first_reply[contact] + 60
    level = draw_codes(rng, np.array([0.86, 0.11, 0.03]), COUNT)
    what = rng.integers(0, len(TEXTS), COUNT)
    lead = LEAD_HOURS[what] * 3600 * rng.uniform(0.6, 1.6, COUNT)
    first_due = next_open(rng, made + lead.astype(np.int64))
    moved = rng.random(COUNT) < 0.06
    due = np.where(moved, first_due + rng.integers(1, 9, COUNT) * DAY_S, first_due)
    fate = draw_codes(rng, np.array([0.79, 0.13, 0.08]), COUNT)
    done = _fulfilled(rng, fate == KEPT, made, due)
    state = _states(rng, fate, due, done, moved)
    has_kept = (state == KEPT) | (state == LATE)
    said = np.where(level == 0, what, len(TEXTS) + level - 1)
    return table(
        promise_id=numbered("PR", np.arange(1, COUNT + 1), 4),
        customer_id=numbered("F", roster.number[cases.demand.customer[contact]], 5),
        made_at=times(made),
        made_by=numbered("A", cases.agent[contact] + 1, 2),
        level=labels(LEVELS, level),
        text=labels((*TEXTS, CHARTER_TEXT, BRAND_TEXT), said),
        due_at=times(due),
        original_due_at=times(first_due),
        kept_at=times(done, has_kept),
        state=labels(STATES, state),
        contact_id=numbered("C", contact + 1, 6, rng.random(COUNT) < 0.9),
        cause=labels(CAUSES, _causes(rng, state)),
    )


def _where_given(rng: np.random.Generator, cases: Cases) -> Ints:
    """Answered contacts, those of the last days certainly among them so that some are still due."""
    answered = (cases.agent >= 0) & (cases.first_reply >= 0) & (cases.first_reply < END_S - 60)
    age_days = (END_S - cases.demand.at) / DAY_S
    likely = np.where(age_days < 5, 12.0, 1.0) * answered * (age_days < 540)
    drawn = rng.choice(len(cases), COUNT, replace=False, p=likely / likely.sum())
    return np.sort(drawn)


def _fulfilled(rng: np.random.Generator, in_time: Flags, made: Ints, due: Ints) -> Ints:
    """When each promise is or would be fulfilled, in opening hours."""
    early = made + ((due - made) * rng.uniform(0.15, 0.99, COUNT)).astype(np.int64)
    late = due + rng.lognormal(10.8, 0.9, COUNT).astype(np.int64)
    done = next_open(rng, np.where(in_time, early, late))
    return np.where(in_time, np.minimum(done, due), done)


def _states(rng: np.random.Generator, fate: Ints, due: Ints, done: Ints, moved: Flags) -> Ints:
    """A promise is open while it is neither fulfilled nor given up by the as-of date."""
    not_yet = done > END_S
    given_up = (fate == BROKEN) & (due < END_S - 60 * DAY_S)
    settled = np.where(moved & (rng.random(len(due)) < 0.7), RENEGOTIATED, fate)
    overdue_or_due = not_yet | ((fate == BROKEN) & ~given_up)
    return np.where(overdue_or_due, OPEN, settled)


def _causes(rng: np.random.Generator, state: Ints) -> Ints:
    missed = (state == LATE) | (state == BROKEN)
    cause = np.where(state == RENEGOTIATED, 4, rng.integers(0, 4, len(state)))
    return np.where(missed | (state == RENEGOTIATED), cause, len(CAUSES) - 1)
