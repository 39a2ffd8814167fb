"""Lifetime: what customers will be worth, fitted, scored and held against what happened."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ibis.expr.types as ir
import numpy as np

from tierwise.errors import MissingDataError
from tierwise.lifetime import discounting, pooled, scoring, spending
from tierwise.lifetime import histories as purchase_histories
from tierwise.lifetime.cells import DAYS_PER_WEEK, Cells
from tierwise.lifetime.estimate import Estimate
from tierwise.lifetime.fit import Fit
from tierwise.lifetime.models import MODELS, PurchaseModel
from tierwise.lifetime.pooled import REPEAT_BUYERS_NEEDED
from tierwise.lifetime.spending import Evidence, Spending
from tierwise.settings import Activity, Lens, LifetimeSettings
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
        """Name for people."""
        return self.model.label if self.fit else "One rate for all"


class Lifetime:
    """The models of one look, fitted once and kept in its session."""

    def __init__(
        self, look: Look, settings: LifetimeSettings, lines: ir.Table | None = None
    ) -> None:
        self.look = look
        self.settings = settings
        self.lines = look.lines() if lines is None else lines
        # Cost to serve follows customers, not lines.
        self.lens = Lens.GROSS_PROFIT if look.by_line and look.lens is Lens.PROFIT else look.lens
        event = look.settings.active.event
        self.event = Activity.PURCHASE if event is Activity.CONTACT else event

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
        found = purchase_histories.histories(self.lines, look.as_of, self.lens, self.event)
        if self.lens is Lens.PROFIT:
            whole = look.summary_of(None, look.as_of)
            found = purchase_histories.after_cost_to_serve(found, whole)
        return look.session.keep("histories", found)

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
        """Distinct histories, counted by the engine."""
        found = self.look.session.columns(purchase_histories.cells(self.histories))
        return Cells(found["x"], found["t_x_days"], found["T_days"], found["n"])

    def purchases(self, model: PurchaseModel | None = None) -> Purchases:
        """The model of the settings (or another), or one rate for all below fifty repeat buyers.

        FitError when the histories cannot tell the parameters.
        """
        chosen = model or MODELS[self.settings.model]
        repeat_buyers = self.totals["repeat_buyers"]
        if repeat_buyers >= REPEAT_BUYERS_NEEDED:
            return Purchases(chosen, chosen.fit(self.cells), None, "")
        cells, level = self.cells, self.settings.level
        weeks = float(cells.n @ cells.T_days) / DAYS_PER_WEEK
        rate = pooled.event_rate(float(cells.n @ cells.x), weeks, level)
        return Purchases(chosen, None, rate, pooled.words(repeat_buyers, cells.customers))

    @cached_property
    def _spend_cells(self) -> dict[str, Any]:
        return self.look.session.columns(purchase_histories.spend_cells(self.histories))

    @cached_property
    def spending(self) -> Spending:
        """What an order is worth."""
        spend = self._spend_cells
        stats = self.look.session.columns(purchase_histories.order_statistics(self.histories))
        totals = self.totals
        kept = totals["value"] / totals["spend"] if totals["spend"] else 0.0
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

    def scored(self, purchases: Purchases, name: str = "lifetime") -> ir.Table:
        """One row a customer with what is expected of them, kept in the session."""
        asked, cells = self.asked, self.cells
        generator = np.random.default_rng(self.settings.seed)
        if purchases.fit is None:
            assert purchases.rate is not None  # one of the two is there
            columns = scoring.pooled_scores(cells, purchases.rate.value, asked)
        else:
            draws = purchases.fit.draws(generator, self.settings.draws)
            columns = scoring.cell_scores(
                purchases.model, purchases.fit.theta, draws, cells, asked, generator
            )
        table = self.look.session.hold(f"{name}_cells", columns)
        found = scoring.scored(
            self.histories, table, self.spending.orders, self.spending.losses
        )
        return self.look.session.keep(name, found)
