"""Lifetime: what customers will be worth, fitted and scored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import Any

import ibis.expr.types as ir
import numpy as np

from tierwise.errors import EdgeError, FitError, MissingDataError
from tierwise.lifetime import (
    discounting,
    expected,
    fitted,
    gamma_gamma,
    pooled,
    scoring,
    spending,
)
from tierwise.lifetime import histories as purchase_histories
from tierwise.lifetime.cells import DAYS_PER_WEEK, Cells, of_numbers
from tierwise.lifetime.estimate import Estimate
from tierwise.lifetime.fit import Fit
from tierwise.lifetime.models import MODELS, NBD, PurchaseModel
from tierwise.lifetime.pooled import REPEAT_BUYERS_NEEDED
from tierwise.lifetime.spending import Evidence, Spending
from tierwise.results import Answer, Context
from tierwise.settings import Activity, Lens, LifetimeSettings, PurchaseModelName
from tierwise.workflows.histories import kept as kept_histories
from tierwise.workflows.kept import SCORES_KEPT, Kept
from tierwise.workflows.look import Look


@dataclass(frozen=True, slots=True)
class Purchases:
    """A fitted model of repeat purchase, or one rate for all where there are too few."""

    model: PurchaseModel
    fit: Fit | None
    rate: Estimate | None  # repeat purchases per customer and week, where there is no fit
    note: str  # what to know about it

    @property
    def label(self) -> str:
        """Name for people, within a sentence."""
        return self.model.label if self.fit else "one rate for all"


Scores = Kept[scoring.Columns]
"""Scores by history of the last questions about a build, which never changes: simulating
what every history may lead to takes seconds, and customers are looked at one by one."""


class Lifetime:
    """The models of one look, fitted once and kept in its session."""

    def __init__(
        self,
        look: Look,
        settings: LifetimeSettings,
        *,
        lens: Lens | None = None,
        known_on: date | None = None,
        kept: Scores | None = None,
    ) -> None:
        self.look = look
        self.settings = settings
        self.kept = kept or Kept(SCORES_KEPT)
        self.lines = look.lines()
        self.known_on = known_on or look.as_of  # nothing later is read
        # Cost to serve follows customers, not lines.
        by_line = look.by_line and look.lens is Lens.PROFIT
        self.lens = lens or (Lens.GROSS_PROFIT if by_line else look.lens)
        event = look.settings.active.event
        self.event = Activity.PURCHASE if event is Activity.CONTACT else event
        self._done: dict[tuple[str, scoring.Asked], ir.Table] = {}

    @property
    def asked(self) -> scoring.Asked:
        """Horizon and discount rate in weeks."""
        return scoring.Asked(
            discounting.weeks_in_months(self.settings.horizon_months),
            discounting.weekly_rate(self.settings.annual_discount_rate),
            self.settings.level,
        )

    @cached_property
    def histories(self) -> ir.Table:
        """One row a customer who ever bought, kept in the session."""
        look = self.look
        name = self._named("histories")
        found = kept_histories(look.session, name, self.lines, self.known_on, self.lens, self.event)
        if self.lens is not Lens.PROFIT:
            return found
        whole = look.summary_of(None, self.known_on)
        served = purchase_histories.after_cost_to_serve(found, whole)
        return look.session.keep(f"{name}_served", served)

    def _named(self, name: str) -> str:
        """A name in the session for what was known on that day."""
        return f"{name}_{self.known_on:%Y%m%d}"

    @cached_property
    def totals(self) -> dict[str, Any]:
        """Customers, repeat buyers, money; MissingDataError when nobody ever bought."""
        row = self.look.rows(purchase_histories.totals(self.histories))[0]
        if not row["customers"]:
            raise MissingDataError(
                "Nobody bought anything up to the as-of date.", "Choose a later --as-of."
            )
        return row

    @cached_property
    def cells(self) -> Cells:
        """Distinct histories, and how many customers share each."""
        numbers = self.histories.select(number=purchase_histories.number(self.histories))
        return of_numbers(self.look.session.columns(numbers)["number"])

    def purchases(self, model: PurchaseModel | None = None) -> Purchases:
        """The model of the settings (or another), or one rate for all below fifty repeat buyers.

        FitError when the histories cannot tell the parameters.
        """
        chosen = model or MODELS[self.settings.model]
        repeat_buyers = self.totals["repeat_buyers"]
        if repeat_buyers >= REPEAT_BUYERS_NEEDED:
            return self._fitted(chosen)
        cells, level = self.cells, self.settings.level
        weeks = float(cells.n @ cells.T_days) / DAYS_PER_WEEK
        rate = pooled.event_rate(float(cells.n @ cells.x), weeks, level)
        return Purchases(chosen, None, rate, pooled.words(repeat_buyers, cells.customers))

    def _fitted(self, model: PurchaseModel) -> Purchases:
        """The model, or NBD where the data show no sign that anybody leaves."""
        try:
            return Purchases(model, model.fit(self.cells), None, "")
        except EdgeError as error:
            if model is NBD:
                raise
            left = "Nobody is seen to leave, so NBD is used, in which customers never do."
            return Purchases(NBD, NBD.fit(self.cells), None, f"{left} {error.message}")

    @cached_property
    def _spend_cells(self) -> dict[str, Any]:
        return self.look.session.columns(purchase_histories.spend_cells(self.histories))

    @cached_property
    def spending(self) -> Spending:
        """What an order is worth."""
        spend = self._spend_cells
        stats = self.look.session.columns(purchase_histories.order_statistics(self.histories))
        totals = self.totals
        kept = totals["value_of_spenders"] / totals["spend"] if totals["spend"] else 0.0
        evidence = Evidence(
            spend["x"],
            spend["mean_spend"],
            spend["n"],
            stats["x"],
            stats["mean"],
            stats["squares"],
            kept,
            by_line=self.lens is not Lens.PROFIT,
        )
        return spending.choose(self.settings.spend, evidence)

    def ranged(self, purchases: Purchases) -> tuple[fitted.Ranged, ...]:
        """The fits of purchases and of spend, as far as there are any, with their intervals."""
        model, bought, spent = purchases.model, purchases.fit, self.spending.fit
        found = []
        if bought is not None:
            ends = partial(model.profile_interval, bought, self.cells)
            found.append(fitted.ranged(bought, ends, self.settings.level))
        if spent is not None:
            seen = self._spend_cells
            cells = gamma_gamma.spend_cells(seen["x"], seen["mean_spend"], seen["n"])
            ends = partial(gamma_gamma.profile_interval, spent, cells)
            found.append(fitted.ranged(spent, ends, self.settings.level))
        return tuple(found)

    def doubt(self, purchases: Purchases, size: int = 50) -> tuple[float, float]:
        """Relative standard errors of all purchases, near and ever, from the parameters' doubt."""
        if purchases.fit is None:
            assert purchases.rate is not None  # one of the two is there
            rate = purchases.rate
            wide = (rate.high - rate.low) / (2 * 1.645 * rate.value) if rate.value else 0.0
            return wide, wide
        asked, cells, model = self.asked, self.cells, purchases.model
        draws = purchases.fit.draws(np.random.default_rng(self.settings.seed), size)
        sums = np.array(
            [
                [
                    cells.n @ model.discounted_purchases(tuple(theta), cells, horizon, rate)
                    for horizon in (asked.horizon_weeks, np.inf)
                ]
                for theta in draws
                for rate in (asked.discount_per_week,)
            ]
        )
        near, ever = sums.std(axis=0, ddof=1) / sums.mean(axis=0)
        return float(near), float(ever)

    def _columns(self, purchases: Purchases, asked: scoring.Asked) -> scoring.Columns:
        """Scores of every distinct history."""
        cells, generator = self.cells, np.random.default_rng(self.settings.seed)
        if purchases.fit is None:
            assert purchases.rate is not None  # one of the two is there
            return scoring.pooled_scores(cells, purchases.rate.value, asked)
        draws = purchases.fit.draws(generator, self.settings.draws)
        return scoring.cell_scores(
            purchases.model, purchases.fit.theta, draws, cells, asked, generator
        )

    def scored(self, purchases: Purchases, asked: scoring.Asked | None = None) -> ir.Table:
        """One row a customer with what is expected of them, kept in the session."""
        asked = asked or self.asked
        done = purchases.model.name, asked
        if done not in self._done:
            self._done[done] = self._scored(purchases, asked)
        return self._done[done]

    def _scored(self, purchases: Purchases, asked: scoring.Asked) -> ir.Table:
        # The names of earlier scores stay theirs: whoever holds one of them reads on.
        name = self._named(f"scored_{purchases.model.name}_{len(self._done)}")
        key = (purchases.model.name, self.known_on, self.look.where, self.lens, self.event, asked)
        columns = self.kept.get(key, lambda: self._columns(purchases, asked))
        table = self.look.session.hold(f"{name}_cells", columns)
        losses = self.spending.losses and self.lens not in purchase_histories.REVENUES
        found = scoring.scored(
            self.histories, table, self.spending.orders, asked.level, losses=losses
        )
        return self.look.session.keep(name, found)


def fit_answer(look: Look, settings: LifetimeSettings, model: PurchaseModelName | None) -> Answer:
    """The fitted models, with every other model beside the one that was chosen."""
    chosen = settings.model_copy(update={"model": model}) if model else settings
    life = Lifetime(look, chosen)
    purchases = life.purchases()
    own = fitted.Contender(purchases.model, purchases.fit, purchases.note)
    few = purchases.fit is None
    others = [own if m is own.model else _contender(life, m, few) for m in MODELS.values()]
    counted = None
    if purchases.fit is not None:
        generator = np.random.default_rng(chosen.seed)
        counted = fitted.repeats(purchases.model, purchases.fit, life.cells, generator)
    counts = {name: int(life.totals[name]) for name in ("customers", "repeat_buyers")}
    counts["cells"] = life.cells.size
    notes = (purchases.note,) if purchases.note else ()
    return fitted.answer(
        whole_context(look, life),
        own,
        purchases.rate,
        others,
        life.spending,
        life.ranged(purchases),
        counted,
        counts,
        notes,
    )


def _contender(life: Lifetime, model: PurchaseModel, few: bool) -> fitted.Contender:
    if few:
        return fitted.Contender(model, None, "too few repeat buyers")
    try:
        return fitted.Contender(model, model.fit(life.cells), "")
    except FitError as error:
        return fitted.Contender(model, None, error.message)


def worth_answer(look: Look, settings: LifetimeSettings, limit: int, kept: Scores) -> Answer:
    """What customers will be worth, in total, by band and one by one."""
    life = Lifetime(look, settings, kept=kept)
    purchases = life.purchases()
    scored = life.scored(purchases)
    table = look.session.keep("ranked_worth", expected.ranked(scored, _past(look, life)))
    rows = look.rows(expected.listed(table, limit))
    return expected.answer(
        whole_context(look, life),
        look.rows(expected.totals(table))[0],
        look.rows(expected.bands(table)),
        look.rows(expected.activity(table)),
        rows,
        look.names(rows),
        life.doubt(purchases),
        settings.level,
        settings.horizon_months,
        _notes(life, purchases),
        by_model=purchases.fit is not None,
    )


def customer_answer(
    look: Look, settings: LifetimeSettings, customer_id: str, kept: Scores
) -> Answer:
    """What one customer may be worth.

    Raises MissingDataError for one who never bought, UsageError for one there is not.
    """
    life = Lifetime(look, settings, kept=kept)
    purchases = life.purchases()
    table = expected.ranked(life.scored(purchases), _past(look, life))
    rows = look.rows(table.filter(table.customer_id == customer_id))
    if not rows:
        look.customer_row(customer_id)  # says so where there is no such customer
        raise MissingDataError(
            f"{customer_id} never bought anything up to the as-of date.",
            "Nothing can be expected of a customer before a first purchase.",
        )
    return expected.customer_answer(
        replace(whole_context(look, life), customers=1),
        rows[0],
        look.names(rows).get(customer_id, ""),
        settings.level,
        settings.horizon_months,
        _method(life, purchases),
    )


def _method(life: Lifetime, purchases: Purchases) -> str:
    return (
        f"Purchases by {purchases.label}, orders by {life.spending.orders.label}; discounted at"
        f" {life.settings.annual_discount_rate:.0%} a year."
    )


def _past(look: Look, life: Lifetime) -> ir.Table:
    """What customers brought in the window, through the lens of the estimate."""
    summary = look.summary
    return summary.select("customer_id", past_value=summary[life.lens].cast("float64"))


def _notes(life: Lifetime, purchases: Purchases) -> tuple[str, ...]:
    totals = life.totals
    weeks = (life.known_on - totals["first_on"]).days / DAYS_PER_WEEK
    notes = [purchases.note] if purchases.note else []
    notes.append(
        f"{_method(life, purchases)} The interval of a customer says what that one may do, not"
        " how well the average is known."
    )
    notes.append(
        f"The data look back {weeks:,.0f} weeks. Value without end looks further than that and"
        " trusts that customers go on leaving and buying as they did."
    )
    notes.append(
        "The tournament, models against past spend on periods held out, says how often such"
        " intervals held what then happened."
    )
    notes.append(
        "The top of a list is partly luck: those who stand out by chance will come closer to"
        " the rest."
    )
    return (*notes, *life.spending.notes)


def whole_context(look: Look, life: Lifetime) -> Context:
    """The context of answers about all history."""
    context = look.context(customers=int(life.totals["customers"]), lens=life.lens)
    return replace(context, window="all", window_from=None)
