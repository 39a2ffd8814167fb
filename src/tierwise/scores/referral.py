"""Referral value: what a customer is worth through the customers it brought.

The idea of crediting a share of the referred customer's value, since some would
have come anyway, is that of Kumar, Petersen & Leone 2010 (Journal of Marketing
74(5)); later generations count less by a factor each. Each referred customer has
one referrer, the first in time, and its shares over all generations add up to
one at most (`ReferralSettings` sees to it), so nothing is credited twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from tierwise.errors import MissingDataError
from tierwise.settings import ReferralSettings
from tierwise.units import AMOUNT_PLACES
from tierwise.value.shares import Rows

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


class LeftOut(StrEnum):
    """Why a referral does not count."""

    SELF = "refers to itself"
    LATER = "dated after the as-of date"
    TOO_LATE = "dated after the referred customer's first order"
    NOT_FIRST = "somebody referred the same customer before"
    CYCLE = "leads back to itself"


@dataclass(frozen=True, slots=True)
class Credit:
    """What one referrer is credited with; money in major units, four places."""

    customer_id: str
    value: Decimal
    low: Decimal  # at the lower end of the share
    high: Decimal  # at the upper end of the share
    brought: int  # customers it referred itself
    later: int  # customers that those brought, down to the last generation that counts
    last_at: datetime | None  # newest referral of its own; None where none is dated


@dataclass(frozen=True, slots=True)
class Network:
    """The referrals that count, and what is credited for them."""

    credits: tuple[Credit, ...]  # best first
    counted: int  # referrals that count, one for each referred customer
    left_out: Mapping[str, int]  # reason to number of referrals
    referred_value: Decimal  # value of all referred customers that are worth anything
    losing: int  # referred customers who are worth less than nothing; credited with zero
    unknown: int  # referred customers whose value is unknown, or who never ordered


def edges(
    referrals: ir.Table | None, customers: ir.Table | None, values: ir.Table, as_of: date
) -> ir.Table:
    """One row a pair: `referrer_id`, `referred_id`, `at`, `value` of the referred, `left_out`.

    `values` has one row a customer: `customer_id`, `value`, `first_order_at`.
    `left_out` is a reason of `LeftOut`, null for what counts; cycles are found
    later, in `network`. A day counts as a whole: referred and ordered on the same
    day is in time.
    """
    pairs = _pairs(referrals, customers)
    known = values.select(referred_id="customer_id", value="value", first_at="first_order_at")
    joined = pairs.left_join(known, "referred_id").drop("referred_id_right")
    day = joined.at.date()
    judged = joined.mutate(
        left_out=ibis.cases(
            (joined.referrer_id == joined.referred_id, str(LeftOut.SELF)),
            (day > as_of, str(LeftOut.LATER)),
            (day > joined.first_at.date(), str(LeftOut.TOO_LATE)),
            else_=ibis.null("string"),
        )
    )
    order = [ibis.asc("at", nulls_first=False), ibis.asc("told"), ibis.asc("referrer_id")]
    rivals = ibis.window(
        group_by=[judged.referred_id, judged.left_out.isnull()],
        order_by=order,
    )
    judged = judged.mutate(nth=ibis.row_number().over(rivals))
    second = judged.left_out.isnull() & (judged.nth > 0)
    judged = judged.mutate(left_out=second.ifelse(str(LeftOut.NOT_FIRST), judged.left_out))
    return judged.select("referrer_id", "referred_id", "at", "value", "left_out").order_by(
        "referred_id", "referrer_id"
    )


def _pairs(referrals: ir.Table | None, customers: ir.Table | None) -> ir.Table:
    """Each pair once, at its earliest date; the table of referrals speaks before customers do."""
    parts = []
    if referrals is not None:
        at = referrals.at if "at" in referrals.columns else ibis.null("timestamp(6)")
        told = referrals.select("referrer_id", "referred_id", at=at.cast("timestamp(6)"))
        parts.append(told.mutate(told=ibis.literal(0, "int8")))
    if customers is not None and "referred_by_id" in customers.columns:
        told = customers.filter(customers.referred_by_id.notnull()).select(
            referrer_id="referred_by_id",
            referred_id="customer_id",
            at=ibis.null("timestamp(6)"),
        )
        parts.append(told.mutate(told=ibis.literal(1, "int8")))
    if not parts:
        raise MissingDataError(
            "Nothing says who referred whom.",
            "Add [sources.referrals], or map referred_by_id in [sources.customers].",
        )
    both = parts[0] if len(parts) == 1 else ibis.union(*parts)
    return both.group_by("referrer_id", "referred_id").aggregate(
        at=both.at.min(), told=both.told.min()
    )


def without_cycles(rows: Rows) -> Rows:
    """Rows of `edges`, those on a cycle left out with their reason."""
    kept = [row for row in rows if row["left_out"] is None]
    ids, source, target = _graph(kept)
    on_cycle = in_cycle(source, target, len(ids))
    # Of the rows that are kept each customer was referred once.
    cyclic = {row["referred_id"] for row, bad in zip(kept, on_cycle, strict=True) if bad}
    return [
        {**row, "left_out": str(LeftOut.CYCLE)}
        if row["left_out"] is None and row["referred_id"] in cyclic
        else row
        for row in rows
    ]


def _graph(kept: Rows) -> tuple[list[str], Ints, Ints]:
    """Customers, and for each referral the places of its two ends among them."""
    ids = sorted({row[end] for row in kept for end in ("referrer_id", "referred_id")})
    place = {name: i for i, name in enumerate(ids)}
    source = np.array([place[row["referrer_id"]] for row in kept], dtype=np.int64)
    target = np.array([place[row["referred_id"]] for row in kept], dtype=np.int64)
    return ids, source, target


def network(rows: Rows, settings: ReferralSettings) -> Network:
    """Credit referrers with shares of what the customers they brought are worth.

    `rows` are those of `edges`. A referred customer who loses money is credited
    with zero, and one of unknown value too; both are counted.
    """
    rows = without_cycles(rows)
    counted = [row for row in rows if row["left_out"] is None]
    left_out = Counter(row["left_out"] for row in rows if row["left_out"] is not None)
    ids, source, target = _graph(counted)
    worth = np.array([_units(_worth(row["value"])) for row in counted], dtype=np.float64)
    return Network(
        credits=_credits(ids, source, target, worth, counted, settings),
        counted=len(counted),
        left_out=dict(left_out),
        referred_value=sum((_worth(row["value"]) for row in counted), Decimal(0)),
        losing=sum(row["value"] is not None and row["value"] < 0 for row in counted),
        unknown=sum(row["value"] is None for row in counted),
    )


def credited_to(rows: Rows, ids: Collection[str], settings: ReferralSettings) -> Network:
    """The part of the network that some referrers are credited for, as in the whole of it."""
    rows = without_cycles(rows)
    own = network([row for row in rows if row["referrer_id"] in ids], settings)
    credits = network(rows, settings).credits
    return replace(own, credits=tuple(credit for credit in credits if credit.customer_id in ids))


def _worth(value: Decimal | None) -> Decimal:
    return max(Decimal(0), value or Decimal(0))


def _units(amount: Decimal) -> int:
    return int(amount.scaleb(AMOUNT_PLACES))


def _amount(units: float) -> Decimal:
    return Decimal(int(units)).scaleb(-AMOUNT_PLACES)


def in_cycle(source: Ints, target: Ints, nodes: int) -> npt.NDArray[np.bool_]:
    """For each edge, whether it lies on a cycle: both ends in one strongly connected part."""
    if not len(source):
        return np.zeros(0, dtype=np.bool_)
    graph = sparse.coo_array((np.ones(len(source)), (source, target)), shape=(nodes, nodes))
    _, part = csgraph.connected_components(graph.tocsr(), connection="strong")
    same: npt.NDArray[np.bool_] = part[source] == part[target]
    return same


def shared(
    source: Ints, target: Ints, worth: Floats, nodes: int, share: float, settings: ReferralSettings
) -> tuple[Floats, Ints]:
    """Per node: units credited, and customers after the first generation.

    `worth` is in whole units of the last place, 0 or more, per edge. Each share is
    rounded down, so that what is credited never passes what there is.
    """
    parent = np.full(nodes, -1, dtype=np.int64)
    parent[target] = source
    credited, later = np.zeros(nodes), np.zeros(nodes, dtype=np.int64)
    above = source
    for generation in range(settings.generations):
        held = above >= 0
        part = np.floor(worth[held] * (share * settings.damping**generation))
        np.add.at(credited, above[held], part)
        if generation:
            np.add.at(later, above[held], 1)
        above = np.where(held, parent[above], -1)
    return credited, later


def _credits(
    ids: list[str],
    source: Ints,
    target: Ints,
    worth: Floats,
    counted: Rows,
    settings: ReferralSettings,
) -> tuple[Credit, ...]:
    middle, later = shared(source, target, worth, len(ids), settings.share, settings)
    low, _ = shared(source, target, worth, len(ids), settings.share_low, settings)
    high, _ = shared(source, target, worth, len(ids), settings.share_high, settings)
    brought = np.bincount(source, minlength=len(ids))
    newest: dict[str, datetime] = {}
    for row in counted:
        if row["at"] is not None:
            newest[row["referrer_id"]] = max(
                row["at"], newest.get(row["referrer_id"], datetime.min)
            )
    found = [
        Credit(
            ids[i],
            _amount(middle[i]),
            _amount(low[i]),
            _amount(high[i]),
            int(brought[i]),
            int(later[i]),
            newest.get(ids[i]),
        )
        for i in np.flatnonzero(brought)
    ]
    return tuple(sorted(found, key=lambda credit: (-credit.value, credit.customer_id)))
