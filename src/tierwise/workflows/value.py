"""Value: every question about what customers are worth, answered from one build."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import ibis.expr.types as ir

from tierwise.engine.builds import Build
from tierwise.engine.connect import open_session
from tierwise.engine.project import ProjectFolder
from tierwise.errors import DataError, MissingDataError, UsageError
from tierwise.results import Answer, Context
from tierwise.settings import ActiveRule, Activity, Lens, Period, PurchaseModelName
from tierwise.value import (
    bands,
    belief,
    concentration,
    contact_costs,
    customer,
    dependency,
    margins,
    movement,
    population,
    ranking,
    slices,
    standing,
    wallet,
    whale,
)
from tierwise.value import members as member_lists
from tierwise.value.windows import earlier, first_day
from tierwise.workflows import contracts, lifetime
from tierwise.workflows.attention import attention
from tierwise.workflows.beliefs import measured
from tierwise.workflows.look import Dimension, Look, Question

LISTED = 500
"""Rows that a list shows before it is cut and says so."""

__all__ = ["DEFAULT", "Desk", "Dimension", "Question"]

DEFAULT = Question()


class Desk:
    """A project and one of its builds, open for questions; nothing stays open in between."""

    def __init__(self, project: ProjectFolder, build: Build) -> None:
        self.project = project
        self.build = build
        self.settings = project.settings.value

    def today(self, question: Question = DEFAULT) -> Answer:
        """The first panel: customers, what they spend, and what deserves a look."""
        headline, curve = _quietly(self.concentration, question), _quietly(self.whale, question)
        with self._open(question) as look:
            row = look.rows(standing.expression(look.happenings(), look.as_of, look.window))[0]
            profit = curve.figure("total_profit").value if curve else None
            context = look.context(customers=int(row["active"] or 0))
            listed = attention(row, headline, curve, self.build, context.currency)
            nobody = look.unattributed()
            return standing.answer(context, row, profit, nobody, headline, listed)

    def concentration(
        self,
        question: Question = DEFAULT,
        *,
        measure: str | None = None,
        top_n: Sequence[int] = (),
        top_shares: Sequence[float] = (),
    ) -> Answer:
        """How few customers bring how much of the lens, or of `measure` (also: contacts)."""
        with self._open(question) as look:
            of = _measure(measure or look.lens)
            own = not (top_n or top_shares)  # lists that were asked for stand alone
            asked = (
                self.settings.top_n if own else tuple(top_n),
                self.settings.top_shares if own else tuple(top_shares),
                self.settings.revenue_shares,
            )
            rows = look.rows(concentration.expression(look.summary, of, *asked))
            answer = concentration.answer(_context(look, rows, of), rows, of, *asked)
            return replace(answer, notes=(*answer.notes, *look.revenue_notes()))

    def whale(self, question: Question = DEFAULT) -> Answer:
        """Cumulative profit, best customers first; a revenue lens is read as profit."""
        with self._open(_profit_question(question, self)) as look:
            rows = look.rows(whale.expression(look.summary, look.lens))
            answer = whale.answer(_context(look, rows), rows, look.lens)
            return replace(answer, notes=(*answer.notes, *look.cost_notes()))

    def bands(self, question: Question = DEFAULT, *, last_ranks: Sequence[int] = ()) -> Answer:
        """What each rank band brings and takes, and the ledger that costs reconcile to."""
        with self._open(question) as look:
            chosen = tuple(last_ranks or self.settings.bands)
            rows = look.rows(bands.expression(look.summary, look.lens, chosen))
            answer = bands.answer(_context(look, rows), rows, look.lens, *look.ledger())
            notes = (*answer.notes, *look.cost_notes(), *look.revenue_notes())
            return replace(answer, notes=notes)

    def population(
        self,
        question: Question = DEFAULT,
        *,
        period: Period | None = None,
        event: Activity | None = None,
    ) -> Answer:
        """Active, new, back again and lost, period by period over all history."""
        rule = self.rule(period, event)
        with self._open(question) as look:
            if rule.event is Activity.CONTACT:
                look.refuse_lines("Activity by contact")
            tables = look.lines() if look.has("order_lines") else None, look.table("contacts")
            rows = look.rows(population.expression(*tables, rule, look.as_of))
            context = look.context(customers=int(rows[-1]["active"]) if rows else 0)
            return population.answer(replace(context, window="all", window_from=None), rows, rule)

    def movement(self, question: Question = DEFAULT) -> Answer:
        """Movement between deciles from the window before to this one."""
        with self._open(question) as look:
            if look.window.months is None:
                raise UsageError("All history has no window before it.", "Use --window 12m.")
            look.require_known()
            last = earlier(look.as_of, look.window)
            before = look.summary_of(first_day(last, look.window), last)
            rows = look.rows(movement.expression(before, look.summary, look.lens))
            here = sum(int(row["customers"]) for row in rows if row["to_decile"] is not None)
            return movement.answer(look.context(customers=here), rows, look.lens)

    def dependency(self, question: Question = DEFAULT) -> Answer:
        """Revenue and profit at risk if the best customers leave."""
        with self._open(question) as look:
            top_n = (*self.settings.top_n, 1, 5, 10)
            rows = look.rows(dependency.expression(look.summary, look.lens, top_n))
            return dependency.answer(_context(look, rows), rows, look.lens, top_n, look.names(rows))

    def margins(self, question: Question = DEFAULT, *, limit: int = LISTED) -> Answer:
        """Gross margin, and discounts beyond the firm's own rate."""
        with self._open(question) as look:
            rows = look.rows(margins.expression(look.summary, look.lens, limit))
            return margins.answer(_context(look, rows), rows, look.names(rows))

    def slices(self, by: str, question: Question = DEFAULT) -> Answer:
        """Value cut by a dimension, small cells pooled, each mean with its interval."""
        with self._open(question) as look:
            dimension = look.dimension(by)
            customers = look.table("customers")
            lines = slices.labelled(look.lines(), customers, by, of_line=dimension.of_line)
            served = None if dimension.of_line or look.by_line else look.summary
            cell = self.settings.min_cell
            rows = look.rows(slices.expression(lines, served, look.as_of, look.window, cell))
            context = look.context(customers=look.buyer_count())
            return slices.answer(context, rows, by, cell, look.window)

    def contact_costs(self, question: Question = DEFAULT) -> Answer:
        """Cost per contact by channel, reason and month."""
        with self._open(question) as look:
            look.refuse_lines("The cost of contacts")
            contacts = look.table("contacts")
            if contacts is None:
                raise MissingDataError("There are no contacts.", "Add [sources.contacts].")
            asked = contact_costs.expression(contacts, look.table("agents"), look.start, look.as_of)
            return contact_costs.answer(
                look.context(customers=look.caller_count()), look.rows(asked)
            )

    def wallet(self, question: Question = DEFAULT) -> Answer:
        """Share of wallet where somebody estimated the wallet."""
        with self._open(question) as look:
            look.refuse_lines("The wallet")
            wallets = look.table("wallets")
            if wallets is None:
                raise MissingDataError("No wallet estimates are known.", "Add [sources.wallets].")
            rows = look.rows(wallet.expression(look.summary, wallets))
            return wallet.answer(look.context(customers=len(rows)), rows, look.names(rows))

    def customer(
        self, customer_id: str, question: Question = DEFAULT, *, limit: int = LISTED
    ) -> Answer:
        """One customer, down to order lines and contacts; UsageError suggests near ids."""
        with self._open(replace(question, where=())) as look:
            row = look.customer_row(customer_id)
            lines = look.rows_of("order_lines", customer_id, limit)
            contacts = look.rows_of("contacts", customer_id, limit)
            orders = (
                look.rows(customer.orders(look.lines(), customer_id).limit(limit)) if lines else []
            )
            context, profile = look.context(customers=1), look.profile(customer_id)
            return customer.answer(context, row, profile, look.lens, orders, lines, contacts)

    def members(
        self, selector: str, question: Question = DEFAULT, *, limit: int = LISTED
    ) -> Answer:
        """The customers behind a figure: rank:1-40, loss-makers, state:lost, slice:country=UK.

        `find:text` looks for ids and names instead.
        """
        chosen = member_lists.parse(selector)
        if chosen.kind == "slice":
            name, _, value = chosen.value.partition("=")
            question = replace(question, where=(*question.where, (name, value)))
        if chosen.kind == "loss-makers":
            question = _profit_question(question, self)
        with self._open(question) as look:
            if chosen.kind in ("rank", "loss-makers"):
                look.require_known()
            ids = self._ids(look, chosen)
            rows = look.rows(member_lists.expression(look.summary, look.lens, chosen, ids, limit))
            context = look.context(customers=int(rows[0]["found"]) if rows else 0)
            return member_lists.answer(
                context, rows, member_lists.title(chosen, look.lens), look.names(rows)
            )

    def lifetime_fit(
        self, question: Question = DEFAULT, *, model: PurchaseModelName | None = None
    ) -> Answer:
        """The models of what customers will buy and spend: parameters, gate, model beside data."""
        with self._open(question) as look:
            return lifetime.fit_answer(look, self.settings.lifetime, model)

    def lifetime(self, question: Question = DEFAULT, *, limit: int = LISTED) -> Answer:
        """What customers will be worth, the year ahead and without end, with intervals."""
        with self._open(question) as look:
            return lifetime.worth_answer(look, self.settings.lifetime, limit)

    def tournament(
        self,
        question: Question = DEFAULT,
        *,
        holdout_weeks: int | None = None,
        second_stage: bool | None = None,
    ) -> Answer:
        """Every model against past spend, on periods held out; None: as the project says."""
        own = self.settings.lifetime
        entered = own.second_stage if second_stage is None else second_stage
        settings = own.model_copy(update={"second_stage": entered})
        with self._open(question) as look:
            return lifetime.tournament_answer(look, settings, holdout_weeks)

    def contracts(self, question: Question = DEFAULT, *, limit: int = LISTED) -> Answer:
        """How long contracts last, what share was lost, and what they will still bring."""
        with self._open(question) as look:
            return contracts.contracts_answer_of(look, self.settings.lifetime, limit)

    def belief(self, text: str, question: Question = DEFAULT) -> Answer:
        """Check a received wisdom against the measured figure."""
        said = belief.read(text)
        with self._open(question) as look:
            return measured(look, said)

    def dimensions(self) -> tuple[Dimension, ...]:
        """What customers and lines can be sliced by."""
        with self._open(DEFAULT) as look:
            return look.dimensions()

    def dimension_values(self, name: str, limit: int = 200) -> tuple[str, ...]:
        """The values of a dimension, most frequent first."""
        with self._open(DEFAULT) as look:
            return look.values(look.dimension(name), limit)

    def rule(self, period: Period | None = None, event: Activity | None = None) -> ActiveRule:
        """The project's definition of active, with another period or event where one is given."""
        own = self.settings.active
        months = own.months if period in (None, own.period) else None
        return ActiveRule(event=event or own.event, months=months, period=period or own.period)

    @contextmanager
    def _open(self, question: Question) -> Iterator[Look]:
        with open_session() as session:
            yield Look(self.project, self.build, session, question)

    def _ids(self, look: Look, chosen: member_lists.Selector) -> ir.Table | None:
        """Customers that a selector names otherwise than by rank; None for the others."""
        if chosen.kind == "find":
            return look.find(chosen.value)
        return self._in_state(look, chosen) if chosen.kind == "state" else None

    def _in_state(self, look: Look, chosen: member_lists.Selector) -> ir.Table:
        """Customers in a state of the whole window, or of the period that the selector names."""
        lines = look.lines() if look.has("order_lines") else None
        if not chosen.period:
            flags = standing.flags(look.happenings(), look.as_of, look.window)
            return standing.members(flags, chosen.value)
        period = member_lists.period_of(chosen.period)
        rule = self.rule(period)
        happened = population.events(lines, look.table("contacts"), rule)
        present = population.active(happened, rule, population.index_of(look.as_of, period))
        index = population.index_from_label(chosen.period, period)
        return population.members(population.states(present), chosen.value, index)


def _measure(name: str) -> str:
    if name in ranking.MEASURES:
        return str(name)
    raise UsageError(f'There is no measure "{name}".', f"Known: {', '.join(ranking.MEASURES)}.")


def _context(look: Look, rows: list[dict[str, Any]], lens: str | None = None) -> Context:
    return look.context(customers=int(rows[0]["n"]) if rows else 0, lens=lens)


def _profit_question(question: Question, desk: Desk) -> Question:
    """The same question through a profit lens, where its own is revenue."""
    lens = question.lens or desk.settings.lens or Lens(desk.build.manifest["lens"])
    return replace(question, lens=lens if lens in (Lens.PROFIT, Lens.GROSS_PROFIT) else Lens.PROFIT)


def _quietly(ask: Callable[[Question], Answer], question: Question) -> Answer | None:
    """The answer, or None where the data cannot give one: the first panel shows what there is."""
    try:
        return ask(question)
    except DataError:
        return None
