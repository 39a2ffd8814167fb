"""The tables `customers` and `people`: invented firms and the people in them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from tierwise.demo import words
from tierwise.demo.columns import (
    Flags,
    Ints,
    dates,
    flags,
    labels,
    money,
    numbered,
    table,
    texts,
    times,
    whole,
)
from tierwise.demo.days import AS_OF_DAY, DAY_S, END_S, YEARS, draw_codes, year_days
from tierwise.demo.referrals import Referrals
from tierwise.demo.roster import Roster

GROUPS = 60
INDUSTRIES = (
    "Manufacturing",
    "Retail",
    "Logistics",
    "Healthcare",
    "Hospitality",
    "Professional services",
    "Construction",
    "Education",
    "Public sector",
)
SEGMENTS = ("enterprise", "mid-size", "small firm", "micro firm")
ACQUIRED_VIA = ("field sales", "web", "partner", "trade fair", "referral")
OWNERS = ("KAM01", "KAM02", "KAM03", "KAM04", "KAM05", "KAM06", "DESK")
ROLES = ("buyer", "user", "approver", "user")


@dataclass(frozen=True)
class Firms:
    """Names and places, one entry per customer of the roster."""

    name: list[str]
    domain: list[str]
    country: Ints
    is_person: Flags


@dataclass(frozen=True)
class People:
    """Who can be spoken to: people of customer c are start[c] .. start[c] + count[c] - 1."""

    customer: Ints
    start: Ints
    count: Ints

    def draw(self, rng: np.random.Generator, customer: Ints) -> Ints:
        """One person of each given customer."""
        return self.start[customer] + (rng.random(len(customer)) * self.count[customer]).astype(
            np.int64
        )


def make_firms(rng: np.random.Generator, roster: Roster) -> Firms:
    """Unique names and mail domains (all under .example) and a country for every customer."""
    count = len(roster)
    country = draw_codes(rng, np.array(words.COUNTRY_WEIGHTS), count)
    is_person = (roster.band >= 4) & (rng.random(count) < 0.07)
    pairs = rng.permutation(len(words.FIRST_WORDS) * len(words.SECOND_WORDS))[:count]
    first, second = np.divmod(pairs, len(words.SECOND_WORDS))
    given, family = np.divmod(pairs, len(words.FAMILY_NAMES))
    names, domains = [], []
    for i in range(count):
        a, b = words.FIRST_WORDS[first[i]], words.SECOND_WORDS[second[i]]
        form = words.LEGAL_FORMS[country[i]]
        person = (
            words.GIVEN_NAMES[given[i] % len(words.GIVEN_NAMES)],
            words.FAMILY_NAMES[family[i]],
        )
        names.append(" ".join(person) if is_person[i] else f"{a} {b} {form}")
        domains.append(f"{a}-{b}.example".lower())
    return Firms(names, domains, country, is_person)


def make_people(rng: np.random.Generator, roster: Roster, firms: Firms) -> People:
    """One to four people per customer, more at the top."""
    most = np.array([4, 4, 3, 2, 2, 1])[roster.band]
    least = np.array([3, 2, 1, 1, 1, 1])[roster.band]
    count = np.where(firms.is_person, 1, rng.integers(least, most + 1))
    # In order of customer id: a person's number must not tell the customer's rank either.
    by_id = np.argsort(roster.number)
    start = np.empty(len(roster), dtype=np.int64)
    start[by_id] = np.concatenate([[0], np.cumsum(count[by_id])[:-1]])
    return People(np.repeat(by_id, count[by_id]), start, count)


def customer_table(
    rng: np.random.Generator, roster: Roster, firms: Firms, referrals: Referrals
) -> pa.Table:
    """The canonical table `customers`."""
    count, band = len(roster), roster.band
    parent, has_parent = _parents(rng, roster, firms)
    via = np.where(
        referrals.was_referred, 4, draw_codes(rng, np.array([0.3, 0.42, 0.18, 0.1]), count)
    )
    has_cost = (roster.first_day >= year_days(YEARS[0])[0]) & ~roster.is_prospect
    spent = np.array([900_000, 240_000, 42_000, 9_000, 6_000, 5_000])[band] * rng.lognormal(
        0, 0.4, count
    )
    status = np.select([roster.is_prospect, ~roster.is_active], [2, 1], 0)
    columns = table(
        customer_id=numbered("F", roster.number, 5),
        name=texts(firms.name),
        parent_id=numbered("F", roster.number[parent], 5, has_parent),
        kind=labels(("organisation", "person"), firms.is_person.astype(np.int64)),
        created_on=dates(roster.first_day),
        segment=labels(SEGMENTS, _segment(rng, band)),
        industry=labels(INDUSTRIES, rng.integers(0, len(INDUSTRIES), count)),
        country=labels(words.COUNTRIES, firms.country),
        owner_id=labels(OWNERS, np.where(band <= 1, rng.integers(0, 6, count), 6)),
        domains=texts(
            [None if p else d for d, p in zip(firms.domain, firms.is_person, strict=True)]
        ),
        status=labels(("active", "lapsed", "prospect"), status),
        lifetime_source=labels(("direct", "partner"), (via == 2).astype(np.int64)),
        acquired_via=labels(ACQUIRED_VIA, via),
        acquisition_cost=money(np.round(spent).astype(np.int64), has_cost),
        referred_by_id=numbered("F", roster.number[referrals.referrer], 5, referrals.was_referred),
        fiscal_year_start_month=whole(np.array([1, 1, 1, 4, 7, 10])[rng.integers(0, 6, count)]),
    )
    return columns.take(whole(np.argsort(roster.number)))


def _segment(rng: np.random.Generator, band: Ints) -> Ints:
    """Size class of the firm: related to what it spends, far from the same thing."""
    likely = np.array([0, 1, 2, 2, 3, 3])[band]
    return np.clip(likely + rng.integers(-1, 2, len(band)), 0, 3)


def _parents(rng: np.random.Generator, roster: Roster, firms: Firms) -> tuple[Ints, Flags]:
    """About sixty groups: parents among the larger firms, each with one to four daughters."""
    parent = np.zeros(len(roster), dtype=np.int64)
    has_parent = np.zeros(len(roster), dtype=np.bool_)
    heads = rng.choice(600, GROUPS, replace=False)
    can_join = ~firms.is_person & roster.is_active
    can_join[heads] = False
    members = rng.permutation(np.flatnonzero(can_join))
    head_of = np.repeat(heads, rng.integers(1, 5, GROUPS))
    joined = members[: len(head_of)]
    parent[joined], has_parent[joined] = head_of, True
    return parent, has_parent


def people_table(
    rng: np.random.Generator, roster: Roster, firms: Firms, people: People
) -> pa.Table:
    """The canonical table `people`."""
    who, count = people.customer, len(people.customer)
    place = np.arange(count) - people.start[who]
    given, family = _person_names(rng, people)
    names = [
        firms.name[c] if firms.is_person[c] else f"{g} {f}"
        for c, g, f in zip(who, given, family, strict=True)
    ]
    emails = [
        f"{n.replace(' ', '.').lower()}@{firms.domain[c]}" for n, c in zip(names, who, strict=True)
    ]
    agreed = rng.random(count) < 0.63
    since = roster.first_day[who]
    agreed_at = (
        since + (rng.random(count) * (AS_OF_DAY - since)).astype(np.int64)
    ) * DAY_S + 36_000
    country = firms.country[who]
    return table(
        person_id=numbered("P", np.arange(1, count + 1), 5),
        customer_id=numbered("F", roster.number[who], 5),
        role=labels(ROLES, place),
        name=texts(names),
        email=texts(emails),
        phone=texts(_phones(rng, country)),
        locale=labels(words.LOCALES, country),
        time_zone=labels(words.TIME_ZONES, country),
        consent_marketing=flags(agreed),
        consent_at=times(np.minimum(agreed_at, END_S), agreed),
    )


def _person_names(rng: np.random.Generator, people: People) -> tuple[list[str], list[str]]:
    """Names, different within one customer."""
    count = len(people.customer)
    place = np.arange(count) - people.start[people.customer]
    first = rng.integers(0, len(words.GIVEN_NAMES), len(people.start))
    given = (first[people.customer] + 7 * place) % len(words.GIVEN_NAMES)
    family = rng.integers(0, len(words.FAMILY_NAMES), count)
    return [words.GIVEN_NAMES[i] for i in given], [words.FAMILY_NAMES[i] for i in family]


def _phones(rng: np.random.Generator, country: Ints) -> list[str | None]:
    """A number from the ranges kept for fiction, each used once; none when they run out."""
    free = {i: _numbers_of(rng, ranges) for i, ranges in enumerate(words.PHONE_RANGES)}
    return [free[code].pop() if free[code] else None for code in country.tolist()]


def _numbers_of(rng: np.random.Generator, ranges: tuple[tuple[str, int], ...]) -> list[str]:
    everything = [f"{start}{n:0{width}d}" for start, width in ranges for n in range(10**width)]
    return [everything[i] for i in rng.permutation(len(everything))]
