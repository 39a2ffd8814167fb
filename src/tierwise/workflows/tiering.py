"""Tiering: one population's tiers as of a day, review by review up to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.metadata import version
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
from dateutil.relativedelta import relativedelta
from pydantic import ValidationError

from tierwise.engine.derived import Derived, derived
from tierwise.errors import DataError, MissingDataError, SettingsError
from tierwise.lifetime import discounting
from tierwise.settings import Lens, TierBasis, TierRule, TiersSettings
from tierwise.tiers import breaks, chances, overrides, rules, stability, values
from tierwise.tiers.rules import Cuts
from tierwise.value import ranking, slices
from tierwise.value.windows import first_day
from tierwise.workflows.lifetime import Lifetime
from tierwise.workflows.look import Look

SHAPE = 1
"""Raised whenever members are made otherwise, so that none kept from before is read."""

WEEKS_PER_MONTH = 365.25 / 12 / 7


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is expected of buyers, and how it was found."""

    table: ir.Table  # of `chances.ahead`
    method: str  # words


class Moment:
    """The rule and the chances as of one day; nothing later is read.

    `like` is a moment of the same day, lens and horizon by another rule or basis: what is
    known and expected does not hang on these, and is taken from it.
    """

    def __init__(
        self,
        look: Look,
        settings: TiersSettings,
        lens: Lens,
        day: date,
        *,
        horizon_weeks: float | None = None,
        like: Moment | None = None,
    ) -> None:
        self._horizon_weeks = horizon_weeks
        self._like = like
        self.look = look
        self.settings = settings
        self.lens = lens
        self.day = day

    def _named(self, name: str) -> str:
        key = f"{self.lens}_{self.settings.basis}_{self.settings.rule}"
        return f"tiers_{name}_{key}_{self.day:%Y%m%d}"

    @cached_property
    def summary(self) -> ir.Table:
        """One row a customer known by the day."""
        if self._like is not None:
            return self._like.summary
        if self.day == self.look.as_of:
            return self.look.summary
        found = self.look.summary_of(first_day(self.day, self.look.window), self.day)
        # Who comes later stands in the ledger, in contacts or with an order, all dated later.
        return self.look.session.keep(f"tiers_summary_{self.day:%Y%m%d}", found)

    @cached_property
    def horizon_weeks(self) -> float:
        """Length of the window to come: that of the window behind, or of [value.lifetime]."""
        if self._horizon_weeks is not None:
            return self._horizon_weeks
        months = self.look.window.months
        if self.settings.basis is not TierBasis.WINDOW or months is None:
            months = self.look.settings.lifetime.horizon_months
        return months * WEEKS_PER_MONTH

    @cached_property
    def ahead(self) -> Ahead | None:
        """What is expected of each buyer; None where no expectation can be had."""
        try:
            return self._ahead
        except DataError:
            return None

    @cached_property
    def _ahead(self) -> Ahead:
        if self._like is not None:
            return self._like._ahead
        own = self.look.settings.lifetime
        life = Lifetime(self.look, own, lens=self.lens, known_on=self.day)
        bought = life.purchases()
        cells, weeks = life.cells, self.horizon_weeks
        per_week = discounting.weekly_rate(own.annual_discount_rate)
        if bought.fit is None:
            assert bought.rate is not None  # one of the two is there
            columns = chances.pooled_counts(cells, bought.rate.value, weeks)
        else:
            columns = chances.counts(bought.model, bought.fit.theta, cells, weeks, per_week)
        held = self.look.session.hold(self._named("cells"), columns)
        table = chances.ahead(life.histories, held, life.spending.orders)
        kept = self.look.session.keep(self._named("ahead"), table)
        return Ahead(kept, f"purchases by {bought.label}, orders by {life.spending.orders.label}")

    @cached_property
    def valued(self) -> ir.Table:
        """One row a customer: `customer_id`, `value`."""
        if self.settings.basis is TierBasis.WINDOW:
            return values.of_window(self.summary, self.lens)
        column = "near_value" if self.settings.basis is TierBasis.AHEAD else "ever_value"
        found = self._ahead  # its error says why there is none
        return values.of_expectation(self.summary, found.table, column)

    @cached_property
    def ordered(self) -> ir.Table:
        """Customers in order, with what rules need; MissingDataError where values are unknown."""
        table = values.in_order(self.valued)
        extra = self.summary.select("customer_id", "first_order_at", minutes="agent_minutes")
        joined = table.left_join(extra, "customer_id").drop("customer_id_right")
        joined = joined.mutate(first_on=joined.first_order_at.date()).drop("first_order_at")
        kept = self.look.session.keep(self._named("ordered"), joined)
        counts = kept.aggregate(n=kept.count(), unknown=kept.value.isnull().sum().fill_null(0))
        ranking.require_known(self.look.rows(counts)[0], self.lens)
        return kept

    @cached_property
    def cuts(self) -> Cuts:
        """Where the tiers are cut."""
        settings, rows = self.settings, self.look.rows
        at, note = self._places()
        row = rows(rules.cut_query(self.ordered, settings, at))[0]
        if not row["positive"]:
            raise MissingDataError(
                f"Nobody's {ranking.LABELS[self.lens]} is above zero, so there are no tiers.",
                "Widen --window, choose another --lens, or remove the slice.",
            )
        cuts = rules.cuts_of(row, len(settings.names), note)
        return rules.with_values(cuts, rows(rules.value_query(self.ordered, cuts)))

    def _places(self) -> tuple[tuple[float, ...], str]:
        """What rules need that look at all values at once, and what to know about it."""
        settings = self.settings
        if settings.rule is TierRule.NATURAL_BREAK:
            columns = self.look.session.columns(breaks.distinct(self.valued, settings.break_scale))
            found = breaks.natural_breaks(columns, len(settings.names))
            return found.values, breaks.words(found, settings.break_scale)
        if settings.rule is TierRule.CAPACITY:
            row = next(
                iter(self.look.rows(rules.capacity_query(self.ordered, settings.capacity))),
                {"rank": 0, "protected": 0.0},
            )
            return (float(row["rank"]),), rules.capacity_words(row, settings.capacity)
        return (), ""

    @cached_property
    def bounds_ahead(self) -> tuple[float, ...]:
        """Boundaries of the window to come, see `chances.boundaries`."""
        if self.settings.rule is TierRule.THRESHOLD:
            return self.settings.thresholds
        cuts = self.cuts
        assert self.ahead is not None  # asked for with chances alone
        joined = self.ordered.inner_join(self.ahead.table, "customer_id")
        query = chances.sample_query(joined, cuts.customers)
        sample = {k: v.astype(np.float64) for k, v in self.look.session.columns(query).items()}
        return chances.boundaries(sample, cuts.customers, cuts.last_ranks)

    @cached_property
    def placed(self) -> ir.Table:
        """Customers with `rule_tier` and `p_to_1`, ...; no expectation: the rule is certain."""
        cuts, table = self.cuts, self.ordered
        table = table.select(
            "customer_id",
            "value",
            "rank",
            "first_on",
            rule_tier=rules.tier_at(table["rank"], cuts),
        )
        tiers = range(1, len(self.settings.names))
        if self.ahead is None:
            sure = {f"p_to_{k}": (table.rule_tier <= k).cast("float64") for k in tiers}
            return table.mutate(
                p_active=ibis.null("float64"),
                order_value=ibis.null("float64"),
                near_value=ibis.null("float64"),
                **sure,
            )
        joined = table.left_join(self.ahead.table, "customer_id").drop("customer_id_right")
        found = chances.at_least(joined, self.bounds_ahead)
        return joined.select(*table.columns, "p_active", "order_value", "near_value", **found)


@dataclass(frozen=True, slots=True)
class Facts:
    """What members stand on, as it is noted down beside them."""

    cuts: Cuts
    days: tuple[date, ...]  # of the reviews, the last one the day itself
    method: str  # how expectations were found; "" where there are none
    weeks: float  # length of the window to come

    def written(self) -> dict[str, object]:
        """As JSON takes it."""
        values = [value if value != float("inf") else None for value in self.cuts.values]
        return {
            "last_ranks": list(self.cuts.last_ranks),
            "values": values,
            "customers": self.cuts.customers,
            "note": self.cuts.note,
            "days": [day.isoformat() for day in self.days],
            "method": self.method,
            "weeks": self.weeks,
        }

    @classmethod
    def read(cls, noted: Mapping[str, Any]) -> Facts:
        """From what `written` gave."""
        values = tuple(float("inf") if v is None else float(v) for v in noted["values"])
        cuts = Cuts(tuple(noted["last_ranks"]), values, noted["customers"], noted["note"])
        days = tuple(date.fromisoformat(day) for day in noted["days"])
        return cls(cuts, days, noted["method"], noted["weeks"])


class Tiering:
    """Tiers as of the build's day, after the reviews before it."""

    def __init__(
        self,
        look: Look,
        settings: TiersSettings,
        *,
        day: date | None = None,
    ) -> None:
        self.look = look
        self.settings = settings
        self.lens = look.question.lens or settings.lens or look.lens
        self.day = day or look.as_of

    @cached_property
    def now(self) -> Moment:
        """The rule as of the day."""
        return Moment(self.look, self.settings, self.lens, self.day)

    @cached_property
    def days(self) -> tuple[date, ...]:
        """Days of the reviews, the last one today; none before the data hold a whole window."""
        stable = self.settings.stability
        back = (
            relativedelta(months=stable.review_months * k) for k in range(stable.reviews, -1, -1)
        )
        first = self._first_full_day
        return tuple(d for step in back if (d := self.day - step) >= first or d == self.day)

    @cached_property
    def _first_full_day(self) -> date:
        """First day on which the data reach back over a whole window (half their span for all)."""
        lines = self.look.build.manifest["tables"]
        begins = {one["name"]: one["first_on"] for one in lines}.get("order_lines")
        if begins is None:
            return self.day
        first = date.fromisoformat(str(begins))
        months = self.look.window.months
        if months is None:
            return first + (self.day - first) / 2
        return first + relativedelta(months=months, days=-5)

    @cached_property
    def _kept(self) -> Derived:
        """Members and facts, made once for a build, a question and settings."""
        look = self.look
        key = {
            "shape": SHAPE,
            "version": version("tierwise"),
            "lens": self.lens,
            "window": str(look.window),
            "where": [(dimension.name, value) for dimension, value in look.where],
            "day": self.day,
            "settings": self.settings.model_dump(mode="json", exclude={"goal", "fairness"}),
        }
        return derived(look.session, look.build, "tiers", key, self._make)

    @cached_property
    def members(self) -> ir.Table:
        """One row a customer: tier, since, reason, chances, override, reviews."""
        return self.look.session.parquet(self._kept.path)

    @cached_property
    def facts(self) -> Facts:
        """What the members stand on."""
        return Facts.read(self._kept.facts)

    def _make(self) -> tuple[ir.Table, Mapping[str, object]]:
        prior: ir.Table | None = None
        reviewed: list[date] = []
        for day in self.days[:-1]:
            moment = Moment(self.look, self.settings, self.lens, day)
            try:
                prior = self._review(moment, prior, len(reviewed))
            except DataError:  # too early for tiers: nobody has any value yet
                continue
            reviewed.append(day)
        members = self._review(self.now, prior, len(reviewed))
        ahead = self.now.ahead
        facts = Facts(
            self.now.cuts,
            (*reviewed, self.day),
            ahead.method if ahead else "",
            self.now.horizon_weeks,
        )
        return self._decided(members), facts.written()

    def _review(self, moment: Moment, prior: ir.Table | None, number: int) -> ir.Table:
        placed = moment.placed
        if prior is None:
            found = stability.start(placed, moment.day)
        else:
            stable = self.settings.stability
            found = stability.review(placed, prior, moment.cuts.values, stable, moment.day)
        return self.look.session.keep(f"tiers_review_{self.day:%Y%m%d}_{number}", found)

    def _decided(self, table: ir.Table) -> ir.Table:
        """Overrides in force on top, and the chance of the tier that came of it."""
        rows = self.overrides
        held = self.look.session.hold_arrow("tiers_overrides", overrides.to_arrow(rows, self.day))
        found = overrides.applied(table, held)
        p = chances.p_of(found, found.tier, len(self.settings.names))
        return self._with_need(found.mutate(p_tier=p))

    def _with_need(self, table: ir.Table) -> ir.Table:
        """Members with what they need: tier says how much, need says what."""
        customers = self.look.whole.table("customers")
        known = {d.name for d in self.look.dimensions() if not d.of_line}
        if customers is None or self.settings.need_by not in known:
            return table.mutate(need=ibis.literal(""))
        value = slices.field(customers, self.settings.need_by).cast("string")
        need = customers.select("customer_id", need=value)
        joined = table.left_join(need, "customer_id").drop("customer_id_right")
        return joined.mutate(need=joined.need.fill_null(slices.NOT_GIVEN))

    @cached_property
    def overrides(self) -> tuple[overrides.Decision, ...]:
        """Decisions of tierwise.toml and of the table, in force or not."""
        table = self.look.whole.table("tier_overrides")
        rows = [] if table is None else self.look.rows(table)
        return overrides.decisions(self.settings, rows)

    def through(self, lens: Lens, basis: TierBasis) -> Moment:
        """The rule alone by another value."""
        settings = self.settings.model_copy(update={"basis": basis})
        return Moment(self.look, settings, lens, self.day)


def span_of(look: Look) -> tuple[date, date]:
    """First and last day of the order lines."""
    lines = look.lines()
    found = look.rows(lines.aggregate(a=lines.created_at.min(), z=lines.created_at.max()))[0]
    return found["a"].date(), found["z"].date()


def checked(settings: TiersSettings, changes: Mapping[str, object]) -> TiersSettings:
    """The settings with some changed; SettingsError where they do not fit together."""
    try:
        return TiersSettings.model_validate({**settings.model_dump(), **changes})
    except ValidationError as error:
        said = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise SettingsError(f"[tiers]: {said}.", "Correct tierwise.toml.") from None


def with_goal(settings: TiersSettings, goal: str) -> TiersSettings:
    """The settings with a goal; MissingDataError where none is declared."""
    chosen = replace_goal(settings, goal)
    if not chosen.goal.strip():
        raise MissingDataError(
            "No goal is declared that the tiers serve.",
            'Add goal = "..." under [tiers] in tierwise.toml, or give --goal.',
        )
    return chosen


def replace_goal(settings: TiersSettings, goal: str) -> TiersSettings:
    """The settings with another goal where one is given."""
    return settings.model_copy(update={"goal": goal}) if goal else settings
