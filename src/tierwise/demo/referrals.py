"""Who brought whom."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tierwise.demo.columns import Flags, Ints, labels, numbered, table, times
from tierwise.demo.days import DAY_S, OPENS_S, YEARS, year_days
from tierwise.demo.roster import Roster

REFERRED_SHARE = 0.24
KINDS = ("introduction", "reference call", "case study")
EVIDENCE = ("named on the order form", "introduced by e-mail", "asked at sign-up", "noted by sales")


@dataclass(frozen=True)
class Referrals:
    """For every customer: whether somebody referred it and who (index into the roster)."""

    was_referred: Flags
    referrer: Ints


def make_referrals(rng: np.random.Generator, roster: Roster) -> Referrals:
    """About a quarter of the customers won in the three years came through another one.

    A referrer was a customer before the one it brought; newly won customers
    refer too, so some chains have a second generation.
    """
    is_new = (roster.first_day >= year_days(YEARS[0])[0]) & ~roster.is_prospect
    was_referred = is_new & (rng.random(len(roster)) < REFERRED_SHARE)
    weight = (
        np.array([30.0, 9.0, 2.0, 1.0, 0.7, 0.2])[roster.band]
        * roster.is_active
        * np.where(is_new, 15.0, 1.0)
    )
    referrer = rng.choice(len(roster), len(roster), p=weight / weight.sum())
    too_late = roster.first_day[referrer] + 30 > roster.first_day
    # Whoever was drawn too late gives way to a customer of old.
    old = np.flatnonzero(~is_new & roster.is_active)
    old_weight = weight[old] / weight[old].sum()
    referrer[too_late] = rng.choice(old, int(too_late.sum()), p=old_weight)
    return Referrals(was_referred, referrer)


def referral_table(rng: np.random.Generator, roster: Roster, referrals: Referrals) -> pa.Table:
    """The canonical table `referrals`, one row per referred customer."""
    referred = np.flatnonzero(referrals.was_referred)
    referred = referred[np.argsort(roster.first_day[referred], kind="stable")]
    count = len(referred)
    days = roster.first_day[referred] - rng.integers(1, 25, count)
    return table(
        referrer_id=numbered("F", roster.number[referrals.referrer[referred]], 5),
        referred_id=numbered("F", roster.number[referred], 5),
        at=times(days * DAY_S + OPENS_S + rng.integers(0, 30_000, count)),
        kind=labels(KINDS, rng.choice(3, count, p=[0.7, 0.25, 0.05])),
        evidence=labels(EVIDENCE, rng.integers(0, len(EVIDENCE), count)),
    )
