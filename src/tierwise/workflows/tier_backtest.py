"""Backtest: build tiers as of the middle of the data and score them on the rest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import ibis.expr.types as ir
from dateutil.relativedelta import relativedelta

from tierwise.errors import DataError, MissingDataError, RefusedError
from tierwise.lifetime import heldout
from tierwise.lifetime.heldout import Split
from tierwise.results import Answer
from tierwise.settings import Activity, Lens, TierBasis, TierRule, TiersSettings
from tierwise.tiers import backtest, stability
from tierwise.tiers.overview import RULES
from tierwise.units import number_of
from tierwise.value.ranking import LABELS
from tierwise.workflows.look import Look
from tierwise.workflows.tiering import Moment, span_of

COMPARED = (TierRule.RANK, TierRule.SHARE, TierRule.NATURAL_BREAK)
BASES = {
    TierBasis.WINDOW: "behind",
    TierBasis.AHEAD: "expected",
    TierBasis.EVER: "expected without end",
}
LEAST_DAYS = 56
"""Of half the data: less holds no reviews to speak of."""


class Backtest:
    """One population's tiers from the middle of its data on."""

    def __init__(
        self, look: Look, settings: TiersSettings, lens: Lens, review_months: int | None
    ) -> None:
        self.look = look
        # The ledger knows no cost of single weeks: what came after is told by lines.
        self.lens = Lens.GROSS_PROFIT if lens is Lens.PROFIT else lens
        self.settings = settings
        first, end = span_of(look)
        self.end = min(end, look.as_of)
        self.middle = first + (self.end - first) / 2
        if (self.end - self.middle).days < LEAST_DAYS:
            raise RefusedError(
                f"The order lines span {(self.end - first).days} days; half of that is too short"
                " to score tiers on.",
                "Load a longer history, at least four months.",
            )
        self.review_months = review_months or 1
        self._moments: dict[date, Moment] = {}

    @property
    def rest(self) -> Split:
        """The time that tiers as of the middle are scored on."""
        return Split(self.middle, self.end)

    def _moment(self, day: date, **changes: object) -> Moment:
        settings = self.settings.model_copy(update=changes)
        weeks, like = self.rest.weeks, self._moments.get(day)
        found = Moment(self.look, settings, self.lens, day, horizon_weeks=weeks, like=like)
        self._moments.setdefault(day, found)
        return found

    def by(self, rule: TierRule) -> Backtest:
        """The same by another rule; what each day knew and expected is taken over."""
        settings = self.settings.model_copy(update={"rule": rule})
        found = Backtest(self.look, settings, self.lens, self.review_months)
        found._moments = self._moments
        return found

    def _after(self, table: ir.Table, split: Split) -> ir.Table:
        event = self.look.settings.active.event
        bought = Activity.PURCHASE if event is Activity.CONTACT else event
        later = heldout.outcomes(self.look.lines(), split, self.lens, bought)
        return backtest.outcome(table, later)

    def days(self) -> tuple[date, ...]:
        """Days of reviews: the middle, then every so many months before the end."""
        found, k = [], 0
        while (day := self.middle + relativedelta(months=k)) + timedelta(days=7) < self.end:
            found.append(day)
            k += self.review_months
        return tuple(found)

    def intervals(self) -> list[tuple[date, dict[str, object]]]:
        """What reviews moved, and what each list brought until the next."""
        days = self.days()
        stable = self.settings.stability.model_copy(update={"review_months": self.review_months})
        prior: ir.Table | None = None
        found = []
        for number, day in enumerate(days):
            moment = self._moment(day)
            placed = moment.placed
            if prior is None:
                held = stability.start(placed, day)
            else:
                held = stability.review(placed, prior, moment.cuts.values, stable, day)
            upto = days[number + 1] if number + 1 < len(days) else self.end
            after = self._after(held, Split(day, upto))
            kept = self.look.session.keep(f"backtest_{number}", after)
            row = self.look.rows(backtest.interval(kept, prior, len(self.settings.names)))[0]
            found.append((day, row))
            prior = kept
        return found

    def bins(self) -> list[dict[str, object]]:
        """How P(tier) as of the middle came true."""
        moment = self._moment(self.middle)
        placed = self._after(moment.placed, self.rest)
        rows = self.look.rows(backtest.calibration(placed, moment.cuts, len(self.settings.names)))
        return [{**row, "bin": int(row["bin"]) + 1} for row in rows]

    def lists(
        self, rules: Sequence[TierRule] = COMPARED
    ) -> list[tuple[str, str, dict[str, object]]]:
        """Captured value by rule and value, beside the naive list."""
        found = []
        naive = heldout.naive(self.look.lines(), self.rest, Lens.REVENUE, Activity.PURCHASE)
        for rule in dict.fromkeys((self.settings.rule, *rules)):
            for basis, label in BASES.items():
                try:
                    # The declared cuts serve the declared rule, defaults the others.
                    placed = self._moment(self.middle, rule=rule, basis=basis).placed
                except DataError:
                    continue
                table = backtest.captured(
                    self._after(placed, self.rest), naive, len(self.settings.names)
                )
                value = f"{LABELS[self.lens]}, {label}"
                found.append((RULES[rule], value, self.look.rows(table)[0]))
        return found


def backtest_answer(
    look: Look, settings: TiersSettings, lens: Lens, review_months: int | None
) -> Answer:
    """Stability with and without holding, calibration of P(tier), captured value by rule."""
    if not look.has("order_lines"):
        raise MissingDataError("There are no order lines.", "Add [sources.order_lines].")
    return scored_answer(Backtest(look, settings, lens, review_months))


def scored_answer(test: Backtest, rules: Sequence[TierRule] = COMPARED) -> Answer:
    """The answer of a backtest, its lists by some rules."""
    intervals, names = test.intervals(), test.settings.names
    scored = backtest.Scored(
        test.middle, test.end, names, intervals, test.bins(), test.lists(rules)
    )
    customers = int(intervals[0][1]["customers"]) if intervals else 0  # type: ignore[call-overload]
    notes = (
        f"Reviews every {number_of(test.review_months, 'month')} from {test.middle} on;"
        " nothing dated after a review was read to make up its tiers.",
    )
    return backtest.answer(test.look.context(customers, test.lens), scored, notes)
