"""Two received claims, put to the firm's own data.

"Engaged customers spend up to 40% more" is Bain & Company's (Barry et al. 2011,
Putting Social Media to Work: 20% to 40% more spend); that complainers bring an extra
20% is told beside it. Each is tested as a difference in mean spend at the same
tenure, for whoever buys longer has had more occasions to speak as well as to spend.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import reduce
from typing import Any

import ibis
import ibis.expr.types as ir

from tierwise.errors import EmptyWindowError, MissingDataError
from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.scores import tenure
from tierwise.scores.comparison import (
    Comparison,
    Stratum,
    cell_of,
    compare,
    everybody,
    moments,
)
from tierwise.settings import ClaimSettings
from tierwise.units import Unit
from tierwise.value.shares import Rows
from tierwise.value.windows import between

FLAGS = ("engaged", "complainer")


class Verdict(StrEnum):
    """What the firm's data say to a claim."""

    HOLDS = "holds"
    FAILS = "does not hold"
    TOO_FEW = "too few to say"


@dataclass(frozen=True, slots=True)
class Claim:
    """A share by which flagged customers are said to spend more."""

    flag: str  # column of the flag
    text: str  # the claim as it is told
    uplift: float  # 0.4: 40% more
    is_bound: bool  # True: "up to" the uplift; False: the uplift itself


def claims(settings: ClaimSettings) -> tuple[Claim, ...]:
    """The claims that are tested, with the project's figures."""
    engaged, complaining = settings.engaged_uplift, settings.complainer_uplift
    return (
        Claim("engaged", f"Engaged customers spend up to {engaged:.0%} more", engaged, True),
        Claim("complainer", f"Complainers spend an extra {complaining:.0%}", complaining, False),
    )


def flags(
    tables: Mapping[str, ir.Table], settings: ClaimSettings, start: date | None, as_of: date
) -> ir.Table:
    """One row a customer with a flag: `customer_id`, `engaged`, `complainer`, by what happened.

    Engaged: a contact or an interaction on one of the declared channels, or a survey
    response. Complainer: a public complaint, or a contact for one of the declared
    reasons. Raises MissingDataError where no table can tell either.
    """
    parts = [
        *_of_contacts(tables.get("contacts"), settings, start, as_of),
        *_of_interactions(tables.get("interactions"), settings, start, as_of),
        *_of_surveys(tables.get("surveys"), settings, start, as_of),
    ]
    if not parts:
        raise MissingDataError(
            "Nothing says who is engaged or who complains.",
            "Add [sources.contacts] with channel and reason, or [sources.surveys].",
        )
    told = reduce(lambda a, b: a.union(b), parts)
    return told.group_by("customer_id").aggregate(
        engaged=told.engaged.any(), complainer=told.complainer.any()
    )


def _of_contacts(
    contacts: ir.Table | None, settings: ClaimSettings, start: date | None, as_of: date
) -> list[ir.Table]:
    if contacts is None:
        return []
    inside = contacts.filter(
        contacts.customer_id.notnull() & between(contacts, "created_at", start, as_of)
    )
    complaint = _is_one_of(inside, "reason", settings.complaint_reasons)
    if "is_public_complaint" in inside.columns:
        complaint = complaint | inside.is_public_complaint.fill_null(False)
    engaged = _is_one_of(inside, "channel", settings.engaged_channels)
    return [inside.select("customer_id", engaged=engaged, complainer=complaint)]


def _of_interactions(
    interactions: ir.Table | None, settings: ClaimSettings, start: date | None, as_of: date
) -> list[ir.Table]:
    if interactions is None or not {"customer_id", "at", "channel"} <= set(interactions.columns):
        return []
    inside = interactions.filter(
        interactions.customer_id.notnull() & between(interactions, "at", start, as_of)
    )
    engaged = _is_one_of(inside, "channel", settings.engaged_channels)
    if "decision" in inside.columns:
        engaged = engaged & (inside.decision.fill_null("sent") != "withheld")
    return [inside.select("customer_id", engaged=engaged, complainer=ibis.literal(False))]


def _of_surveys(
    surveys: ir.Table | None, settings: ClaimSettings, start: date | None, as_of: date
) -> list[ir.Table]:
    if surveys is None or "customer_id" not in surveys.columns or not settings.surveys_engage:
        return []
    inside = surveys.filter(surveys.customer_id.notnull() & between(surveys, "at", start, as_of))
    both = {"engaged": ibis.literal(True), "complainer": ibis.literal(False)}
    return [inside.select("customer_id", **both)]


def _is_one_of(table: ir.Table, column: str, names: tuple[str, ...]) -> ir.BooleanValue:
    if column not in table.columns or not names:
        return ibis.literal(False)
    lowered = table[column].strip().lower()
    return lowered.isin([name.lower() for name in names]).fill_null(False)


def expression(
    summary: ir.Table, customers: ir.Table | None, flagged: ir.Table, as_of: date
) -> ir.Table:
    """One row a quarter of tenure: n, mean and variance of revenue, with and without each flag.

    Of customers who bought in the window; those who came at an unknown time are last.
    """
    table = tenure.since(summary.filter(summary.lines > 0), customers)
    table = table.left_join(flagged, "customer_id").drop("customer_id_right")
    last = ibis.literal(as_of).delta(table.since, unit="day")
    table = table.mutate(days=last.cast("float64"), quartile=tenure.quartile(table))
    parts: dict[str, ir.Scalar] = {"days": table.days.mean()}
    for name in FLAGS:
        has = table[name].fill_null(False)
        parts |= moments(name, table.revenue, has)
        parts |= moments(f"not_{name}", table.revenue, ~has)
    return table.group_by("quartile").aggregate(**parts).order_by("quartile")


def verdict(claim: Claim, found: Comparison | None, min_group: int) -> Verdict:
    """Hold the interval of the ratio against the claim.

    A claim holds where flagged customers surely spend more and the interval agrees
    with the figure: it reaches it, or for "up to" starts no higher. An interval that
    has room for no difference as well as for the claim is too wide to say.
    """
    if found is None or min(found.n_flagged, found.n_others) < min_group:
        return Verdict.TOO_FEW
    if found.ratio_low is None or found.ratio_high is None:
        return Verdict.FAILS
    low, high = found.ratio_low - 1, found.ratio_high - 1
    if _is_wide(claim, found):
        return Verdict.TOO_FEW
    reaches = claim.is_bound or claim.uplift <= high
    return Verdict.HOLDS if low > 0 and low <= claim.uplift and reaches else Verdict.FAILS


def _is_wide(claim: Claim, found: Comparison | None) -> bool:
    """Whether the interval has room for no difference as well as for the claim."""
    if found is None or found.ratio_low is None or found.ratio_high is None:
        return False
    return found.ratio_low <= 1 and 1 + claim.uplift <= found.ratio_high


def why(claim: Claim, found: Comparison | None, min_group: int) -> str:
    """What the verdict rests on, in words."""
    said = verdict(claim, found, min_group)
    if said is Verdict.TOO_FEW:
        few = min(found.n_flagged, found.n_others) < min_group if found else True
        return "too few customers" if few else "room for no difference as well as for the claim"
    if found is None or found.ratio is None or found.ratio_low is None or found.ratio_high is None:
        return "there is no spend to compare with"
    if found.ratio_high < 1:
        return "they spend less"
    if found.ratio_low <= 1:
        return "no difference can be told"
    if found.ratio_low - 1 > claim.uplift:
        return "they spend even more than claimed"
    return "they spend more" if said is Verdict.HOLDS else "they spend more, but less than claimed"


def answer(context: Context, rows: Rows, settings: ClaimSettings) -> Answer:
    """Each claim with its verdict, the difference and the ratio in their intervals, and n."""
    if not rows:
        raise EmptyWindowError("Nobody bought in this window.", "Widen --window.")
    tested = [(claim, compare(_strata(rows, claim), everybody)) for claim in claims(settings)]
    figures = [
        figure for claim, found in tested for figure in _figures(claim, found, settings.min_group)
    ]
    shown = tuple(_row(rows, claim, found, settings.min_group) for claim, found in tested)
    quarters = tuple(_quarter(row) for row in rows)
    return Answer(
        kind="claims",
        title="Do engaged customers and complainers spend more?",
        context=context,
        figures=tuple(figures),
        grids=(
            Grid("claims", "Claims", _CLAIMS, shown),
            Grid("quartiles", "By tenure, oldest quarter first", _QUARTERS, quarters),
        ),
        notes=(
            "An association, not a cause: who spends more has more to talk about.",
            "Compared within quarters of tenure and weighed alike; the ratio's 95% interval is by"
            " the delta method and rough where a few customers bring most of the revenue.",
        ),
    )


def _strata(rows: Rows, claim: Claim) -> list[Stratum]:
    return [Stratum(cell_of(row, claim.flag), cell_of(row, f"not_{claim.flag}")) for row in rows]


def _figures(claim: Claim, found: Comparison | None, min_group: int) -> list[Figure]:
    said = verdict(claim, found, min_group)
    reason = why(claim, found, min_group)
    figures = [Figure(f"{claim.flag}_claim", claim.text, str(said), Unit.TEXT, note=reason)]
    if found is None or said is Verdict.TOO_FEW or found.ratio is None:
        return figures
    low, high = found.ratio_low, found.ratio_high
    return [
        *figures,
        Figure(
            f"{claim.flag}_uplift",
            "They spend more by",
            found.ratio - 1,
            Unit.SHARE,
            low=None if low is None else low - 1,
            high=None if high is None else high - 1,
            note="at the same tenure",
        ),
    ]


def _row(rows: Rows, claim: Claim, found: Comparison | None, min_group: int) -> dict[str, Any]:
    numbers = (
        {
            "difference": found.difference,
            "difference_low": found.low,
            "difference_high": found.high,
            "ratio": found.ratio,
            "ratio_low": found.ratio_low,
            "ratio_high": found.ratio_high,
            "mean_flagged": found.mean_flagged,
            "mean_others": found.mean_others,
        }
        if found is not None
        else {}
    )
    return {
        "claim": claim.text,
        "verdict": str(verdict(claim, found, min_group)),
        "why": why(claim, found, min_group),
        "flagged": sum(int(row[f"{claim.flag}_n"]) for row in rows),
        "others": sum(int(row[f"not_{claim.flag}_n"]) for row in rows),
        **{name: numbers.get(name) for name in _NUMBERS},
        "unadjusted_ratio": _plain_ratio(rows, claim),
    }


def _plain_ratio(rows: Rows, claim: Claim) -> float | None:
    """Ratio of the means as they are, with tenure in it."""
    one, two = (_overall(rows, name) for name in (claim.flag, f"not_{claim.flag}"))
    return one / two if one is not None and two is not None and two > 0 else None


def _overall(rows: Rows, name: str) -> float | None:
    cells = [cell_of(row, name) for row in rows]
    n = sum(cell.n for cell in cells)
    return sum(cell.n * cell.mean for cell in cells) / n if n else None


def _quarter(row: dict[str, Any]) -> dict[str, Any]:
    days = row["days"]
    return {
        **{column.name: row.get(column.name) for column in _QUARTERS},
        "quartile": int(row["quartile"]) + 1,
        "years": None if days is None else days / tenure.DAYS_A_YEAR,
    }


_NUMBERS = (
    "mean_flagged",
    "mean_others",
    "difference",
    "difference_low",
    "difference_high",
    "ratio",
    "ratio_low",
    "ratio_high",
)
_CLAIMS = (
    Column("claim", "Claim"),
    Column("verdict", "Here"),
    Column("why", "Because"),
    Column("flagged", "Such customers", Unit.COUNT),
    Column("others", "Others", Unit.COUNT),
    Column("mean_flagged", "They spend", Unit.MONEY, "Mean at the firm's mix of tenures"),
    Column("mean_others", "Others spend", Unit.MONEY, "Mean at the firm's mix of tenures"),
    Column("difference", "Difference", Unit.MONEY),
    Column("difference_low", "from", Unit.MONEY),
    Column("difference_high", "to", Unit.MONEY),
    Column("ratio", "Ratio", Unit.RATIO),
    Column("ratio_low", "from", Unit.RATIO),
    Column("ratio_high", "to", Unit.RATIO),
    Column("unadjusted_ratio", "Ratio as it is", Unit.RATIO, "Without regard to tenure"),
)
_QUARTERS = (
    Column("quartile", "Quarter", Unit.RANK),
    Column("years", "Mean years a customer", Unit.RATIO),
    Column("engaged_n", "Engaged", Unit.COUNT),
    Column("engaged_mean", "They spend", Unit.MONEY),
    Column("not_engaged_mean", "Not engaged", Unit.MONEY),
    Column("complainer_n", "Complainers", Unit.COUNT),
    Column("complainer_mean", "They spend", Unit.MONEY),
    Column("not_complainer_mean", "No complaint", Unit.MONEY),
)
