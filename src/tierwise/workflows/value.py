"""Value: every question about what customers are worth, answered from one build."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import ibis.expr.types as ir

from tierwise.engine.builds import Build
from tierwise.engine.connect import open_session
from tierwise.engine.project import ProjectFolder
from tierwise.errors import DataError, EmptyWindowError, MissingDataError, RefusedError, UsageError
from tierwise.results import LISTED, Answer, Context
from tierwise.settings import ActiveRule, Activity, Lens, Period, PurchaseModelName
from tierwise.tiers.selecting import is_selector
from tierwise.value import (
    bands,
    belief,
    concentration,
    contact_costs,
    customer,
    demand,
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
from tierwise.value.members import Picks, Selector
from tierwise.value.windows import earlier, first_day
from tierwise.workflows.attention import attention
from tierwise.workflows.beliefs import measured
from tierwise.workflows.emptiness import explained
from tierwise.workflows.kept import SCORES_KEPT, Kept
from tierwise.workflows.look import Dimension, Look, built_with
from tierwise.workflows.question import Question
from tierwise.workflows.rejects import rejects

if TYPE_CHECKING:
    from tierwise.workflows.lifetime import Scores
    from tierwise.workflows.tiers import TierDesk

# Models are imported where they are asked: SciPy takes two seconds, and most questions need none.

__all__ = ["DEFAULT", "LISTED", "Desk", "Dimension", "Question"]

DEFAULT = Question()


class Desk:
    """A project and one of its builds, open for questions; nothing stays open in between."""

    def __init__(self, project: ProjectFolder, build: Build) -> None:
        self.project = project
        self.build = build
        self.settings = built_with(build)
        self._scores: Scores = Kept(SCORES_KEPT)

    @property
    def tiers(self) -> TierDesk:
        """Questions about tiers."""
        from tierwise.workflows.tiers import TierDesk

        return TierDesk(self._open)

    def today(self, question: Question = DEFAULT) -> Answer:
        """The first panel: customers, what they spend, and what deserves a look."""
        headline, curve = _quietly(self.concentration, question), _quietly(self.whale, question)
        with self._open(question) as look:
            row = look.rows(standing.expression(look.happenings(), look.as_of, look.window))[0]
            profit = curve.figure("total_profit").value if curve else None
            context = look.context(customers=int(row["active"] or 0))
            why = look.uncompared(table=look.activity_table)
            known = {**row, "lost": 0} if why else row
            listed = attention(known, headline, curve, self.build, context.currency)
            nobody = standing.Unattributed(**look.unattributed(), **look.contacts_of_nobody())
            found = standing.answer(
                context, row, profit, nobody, headline, listed, why, look.settings.active.event
            )
            return _told(look, found)

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
            of = ranking.measure_of(measure or look.lens)
            own = not (top_n or top_shares)  # lists that were asked for stand alone
            asked = (
                self.settings.top_n if own else tuple(top_n),
                self.settings.top_shares if own else tuple(top_shares),
                self.settings.revenue_shares,
            )
            rows = look.rows(concentration.expression(look.summary, of, *asked))
            answer = concentration.answer(_context(look, rows, of), rows, of, *asked)
            notes = (
                look.contact_notes(look.start)
                if of in (ranking.Demand.CONTACTS, Lens.PROFIT)
                else ()
            )
            money = look.revenue_notes() if of is not ranking.Demand.CONTACTS else ()
            return self._opening(question, _told(look, answer, money, notes))

    def whale(self, question: Question = DEFAULT) -> Answer:
        """Cumulative profit, best customers first; a revenue lens is read as profit."""
        with self._open(_profit_question(question, self)) as look:
            rows = look.rows(whale.expression(look.summary, look.lens))
            answer = whale.answer(_context(look, rows), rows, look.lens)
            notes = look.contact_notes(look.start) if look.lens is Lens.PROFIT else ()
            return self._opening(question, _told(look, answer, look.cost_notes(), notes))

    def bands(self, question: Question = DEFAULT, *, last_ranks: Sequence[int] = ()) -> Answer:
        """What each rank band brings and takes, and the ledger that costs reconcile to."""
        with self._open(question) as look:
            chosen = tuple(last_ranks or self.settings.bands)
            rows = look.rows(bands.expression(look.summary, look.lens, chosen))
            cut = look.where[0][0].label if look.by_line else ""
            answer = bands.answer(_context(look, rows), rows, look.lens, *look.ledger(), cut)
            notes = look.revenue_notes(), look.contact_notes(look.start)
            return _told(look, answer, look.cost_notes(), *notes)

    def demand(self, question: Question = DEFAULT, *, limit: int = LISTED) -> Answer:
        """Who asks for more than they bring: demand to spend by customer, and the over-served."""
        with self._open(question) as look:
            look.refuse_lines("What customers ask of service")
            rows = look.rows(demand.expression(look.summary, look.lens, limit))
            answer = demand.answer(_context(look, rows), rows, look.lens, look.names(rows), limit)
            notes = look.revenue_notes(), look.contact_notes(look.start)
            return _told(look, answer, look.cost_notes(), *notes)

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
            context = replace(context, window="all", window_from=None)
            called = rule.event is Activity.CONTACT
            ever = look.contact_notes(None) if called else ()
            return _told(look, population.answer(context, rows, rule, event), ever)

    def movement(self, question: Question = DEFAULT) -> Answer:
        """Movement between deciles from the window before to this one."""
        with self._open(question) as look:
            if look.window.months is None:
                raise UsageError("All history has no window before it.", "Use --window 12m.")
            if why := look.uncompared():
                raise RefusedError(why, "Use a shorter window, such as --window 3m.")
            look.require_known(look.lens)
            last = earlier(look.as_of, look.window)
            before = look.summary_of(first_day(last, look.window), last)
            rows = look.rows(movement.expression(before, look.summary, look.lens))
            here = sum(int(row["customers"]) for row in rows if row["to_decile"] is not None)
            return _told(look, movement.answer(look.context(customers=here), rows, look.lens))

    def dependency(self, question: Question = DEFAULT) -> Answer:
        """Revenue and profit at risk if the best customers leave."""
        with self._open(question) as look:
            top_n = (*self.settings.top_n, 1, 5, 10)
            rows = look.rows(dependency.expression(look.summary, look.lens, top_n))
            names = look.names(rows)
            answer = dependency.answer(_context(look, rows), rows, look.lens, top_n, names)
            return _told(look, answer)

    def margins(self, question: Question = DEFAULT, *, limit: int = LISTED) -> Answer:
        """Gross margin, and discounts beyond the firm's own rate."""
        with self._open(question) as look:
            rows = look.rows(margins.expression(look.summary, look.lens, limit))
            answer = margins.answer(_context(look, rows), rows, look.lens, look.names(rows))
            return _told(look, answer)

    def slices(self, by: str, question: Question = DEFAULT) -> Answer:
        """Value cut by a dimension, small cells pooled, each mean with its interval."""
        with self._open(question) as look:
            dimension = look.dimension(by)
            customers = look.table("customers")
            by = dimension.name
            lines = slices.labelled(look.lines(), customers, by, of_line=dimension.of_line)
            served = None if dimension.of_line or look.by_line else look.summary
            cell = self.settings.min_cell
            rows = look.rows(slices.expression(lines, served, look.as_of, look.window, cell))
            context = look.context(customers=look.buyer_count())
            return _told(look, slices.answer(context, rows, by, cell, look.window))

    def contact_costs(self, question: Question = DEFAULT) -> Answer:
        """Cost per contact by channel, reason and month."""
        with self._open(question) as look:
            look.refuse_lines("The cost of contacts")
            contacts = look.table("contacts")
            if contacts is None:
                raise MissingDataError("There are no contacts.", "Add [sources.contacts].")
            asked = contact_costs.expression(contacts, look.table("agents"), look.start, look.as_of)
            context = look.context(customers=look.caller_count())
            answer = contact_costs.answer(context, look.rows(asked))
            return _told(look, answer, look.contact_notes(look.start, "Counted here"))

    def wallet(self, question: Question = DEFAULT) -> Answer:
        """Share of wallet where somebody estimated the wallet."""
        with self._open(question) as look:
            look.refuse_lines("The wallet")
            wallets = look.table("wallets")
            if wallets is None:
                raise MissingDataError("No wallet estimates are known.", "Add [sources.wallets].")
            rows = look.rows(wallet.expression(look.summary, wallets))
            context = look.context(customers=len(rows))
            return _told(look, wallet.answer(context, rows, look.names(rows)))

    def customer(
        self,
        customer_id: str,
        question: Question = DEFAULT,
        *,
        limit: int = LISTED,
        order: str = "",
    ) -> Answer:
        """One customer, down to order lines and contacts; NotFoundError suggests near ids.

        With `order`, the lines are those of that order alone.
        """
        with self._open(replace(question, where=())) as look:
            row = look.customer_row(customer_id)
            customer_id = row["customer_id"]  # as the data write it
            lines = look.rows_of("order_lines", customer_id, limit, order=order)
            contacts = look.rows_of("contacts", customer_id, limit)
            orders = (
                look.listed(customer.orders(look.lines(), customer_id), limit)
                if look.has("order_lines")
                else customer.Listed([], 0)
            )
            context, profile = look.context(customers=1), look.profile(customer_id)
            return customer.answer(context, row, profile, look.lens, orders, lines, contacts)

    def members(
        self, selector: str, question: Question = DEFAULT, *, limit: int = LISTED
    ) -> Answer:
        """The customers behind a figure: rank:1-40, loss-makers, state:lost, slice:country=UK.

        `tier:A` and others of tiers list members, `find:text` looks for ids and names instead.
        """
        if is_selector(selector):
            return self.tiers.members(selector, question, limit=limit)
        chosen = member_lists.parse(selector)
        with self._open(self._narrowed(question, chosen)) as look:
            measure = chosen.measure or look.lens
            if chosen.picks in (Picks.RANK, Picks.LOSS_MAKERS, Picks.OVER_SERVED):
                look.require_known(measure)
            ids = self._ids(look, chosen)
            rows = look.rows(member_lists.expression(look.summary, measure, chosen, ids, limit))
            context = look.context(int(rows[0]["found"]) if rows else 0, measure)
            title = member_lists.title(chosen, measure)
            return member_lists.answer(context, rows, title, look.names(rows))

    def lifetime_fit(
        self, question: Question = DEFAULT, *, model: PurchaseModelName | None = None
    ) -> Answer:
        """The models of what customers will buy and spend: parameters, gate, model beside data."""
        from tierwise.workflows import lifetime

        with self._open(question) as look:
            return lifetime.fit_answer(look, self.settings.lifetime, model)

    def lifetime(self, question: Question = DEFAULT, *, limit: int = LISTED) -> Answer:
        """What customers will be worth, the year ahead and without end, with intervals."""
        from tierwise.workflows import lifetime

        with self._open(question) as look:
            return lifetime.worth_answer(look, self.settings.lifetime, limit, self._scores)

    def lifetime_of(self, customer_id: str, question: Question = DEFAULT) -> Answer:
        """What one customer may be worth, judged beside all customers."""
        from tierwise.workflows import lifetime

        with self._open(replace(question, where=())) as look:
            settings = self.settings.lifetime
            return lifetime.customer_answer(look, settings, customer_id, self._scores)

    def tournament(
        self,
        question: Question = DEFAULT,
        *,
        holdout_weeks: int | None = None,
        second_stage: bool | None = None,
    ) -> Answer:
        """Every model against past spend, on periods held out; None: as the project says."""
        from tierwise.workflows import tournament

        own = self.settings.lifetime
        entered = own.second_stage if second_stage is None else second_stage
        settings = own.model_copy(update={"second_stage": entered})
        with self._open(question) as look:
            return tournament.answered(look, settings, holdout_weeks)

    def contracts(self, question: Question = DEFAULT, *, limit: int = LISTED) -> Answer:
        """How long contracts last, what share was lost, and what they will still bring."""
        from tierwise.workflows import contracts

        with self._open(question) as look:
            return contracts.contracts_answer_of(look, self.settings.lifetime, limit)

    def belief(self, text: str, question: Question = DEFAULT) -> Answer:
        """Check a received wisdom against the measured figure."""
        said = belief.read(text)
        with self._open(question) as look:
            return self._opening(question, _told(look, measured(look, said)))

    def rejects(self, *, limit: int = LISTED) -> Answer:
        """Rows that the build left out because they cannot be read or used, with the reason."""
        with self._open(DEFAULT) as look:
            whole = replace(
                look.context(customers=int(self.build.manifest["customers"])), window=""
            )
            return rejects(look.session, self.build, whole, limit)

    def dimensions(self) -> tuple[Dimension, ...]:
        """What customers and lines can be sliced by."""
        with self._open(DEFAULT) as look:
            return look.dimensions()

    def dimension_values(self, name: str, limit: int = 200) -> tuple[str, ...]:
        """The values of a dimension, most frequent first."""
        with self._open(DEFAULT) as look:
            return look.values(look.dimension(name), limit)

    # --- worth beside spend

    def referral(self, question: Question = DEFAULT, *, limit: int = LISTED) -> Answer:
        """Who brings customers, what that is worth, and which referrals do not count."""
        from tierwise.workflows import worth

        with self._open(question) as look:
            return worth.referral_answer(look, limit)

    def referred(self, question: Question = DEFAULT) -> Answer:
        """What a referred customer is worth beside another of the same tenure."""
        from tierwise.workflows import worth

        with self._open(question) as look:
            return worth.referred_answer(look)

    def influence(self, question: Question = DEFAULT, *, limit: int = LISTED) -> Answer:
        """Whose voice counts today, for how much, and what is old, unpriced or capped."""
        from tierwise.workflows import worth

        with self._open(question) as look:
            return worth.influence_answer(look, limit)

    def strategic(self, question: Question = DEFAULT) -> Answer:
        """Which customers count as strategic, by whose decision, and which do not and why."""
        from tierwise.workflows import worth

        with self._open(question) as look:
            return worth.strategic_answer(look)

    def claims(self, question: Question = DEFAULT) -> Answer:
        """Whether engaged customers and complainers spend more here, at the same tenure."""
        from tierwise.workflows import worth_groups

        with self._open(question) as look:
            return worth_groups.claims_answer(look)

    def retention(self, question: Question = DEFAULT, *, limit: int = LISTED) -> Answer:
        """What keeping each customer is worth; a revenue lens is read as profit."""
        from tierwise.workflows import worth_groups

        with self._open(_profit_question(question, self)) as look:
            return worth_groups.retention_answer(look, limit)

    def cohorts(self, period: Period = Period.QUARTER, question: Question = DEFAULT) -> Answer:
        """What newly won customers brought since, by the period they were won in."""
        from tierwise.workflows import worth_groups

        with self._open(question) as look:
            return worth_groups.cohorts_answer(look, period)

    def vector(self, by: str = "", question: Question = DEFAULT, *, limit: int = LISTED) -> Answer:
        """Components of worth beside each other, best first; `by` cuts direct value up."""
        from tierwise.workflows import worth

        with self._open(question) as look:
            return worth.vector_answer(look, by, limit)

    def scores_of(self, customer_id: str, question: Question = DEFAULT, *, by: str = "") -> Answer:
        """One customer's components of worth, each with interval, source, cap and end."""
        from tierwise.workflows import worth

        with self._open(replace(question, where=())) as look:
            return worth.customer_answer(look, customer_id, by)

    def accounts(self, question: Question = DEFAULT, *, limit: int = LISTED) -> Answer:
        """What parent accounts are worth, their members taken together."""
        from tierwise.workflows import worth

        with self._open(question) as look:
            return worth.accounts_answer(look, limit)

    def drivers(self, customer_id: str, question: Question = DEFAULT) -> Answer:
        """Why a customer is worth what it is, in steps from the average customer."""
        from tierwise.workflows import worth_groups

        with self._open(question) as look:
            return worth_groups.drivers_answer(look, customer_id)

    def rule(self, period: Period | None = None, event: Activity | None = None) -> ActiveRule:
        """The project's definition of active, with another period or event where one is given."""
        own = self.settings.active
        months = own.months if period in (None, own.period) else None
        return ActiveRule(event=event or own.event, months=months, period=period or own.period)

    @contextmanager
    def _open(self, question: Question) -> Iterator[Look]:
        with open_session() as session:
            look = Look(self.project, self.build, session, question)
            try:
                yield look
            except EmptyWindowError as empty:
                raise explained(look, empty) from None

    def _opening(self, question: Question, answer: Answer) -> Answer:
        """The answer with its measure in what it opens, where the question's lens is another."""
        measure = ranking.measure_of(answer.context.lens)
        own = measure is self._lens(question)
        return answer if own else member_lists.by_measure(answer, measure)

    def _lens(self, question: Question) -> Lens:
        return question.lens or self.settings.lens or Lens(self.build.manifest["lens"])

    def _narrowed(self, question: Question, chosen: Selector) -> Question:
        """The question with the slice or the lens that a selector names."""
        if chosen.picks is Picks.SLICE:
            name, _, value = chosen.value.partition("=")
            return replace(question, where=(*question.where, (name, value)))
        if isinstance(chosen.measure, Lens):
            return replace(question, lens=chosen.measure)
        return _profit_question(question, self) if chosen.picks is Picks.LOSS_MAKERS else question

    def _ids(self, look: Look, chosen: Selector) -> ir.Table | None:
        """Customers that a selector names otherwise than by rank; None for the others."""
        if chosen.picks is Picks.FIND:
            return look.find(chosen.value)
        if chosen.picks is Picks.OVER_SERVED:
            look.refuse_lines("What customers ask of service")
            return demand.over_served(look.summary, look.lens)
        return self._in_state(look, chosen) if chosen.picks is Picks.STATE else None

    def _in_state(self, look: Look, chosen: Selector) -> ir.Table:
        """Customers in a state of the whole window, or of the period that the selector names."""
        if not chosen.period:
            happened = look.happenings(chosen.event)
            flags = standing.flags(happened, look.as_of, chosen.span or look.window)
            return standing.members(flags, chosen.value)
        period = member_lists.period_of(chosen.period)
        rule = self.rule(period, chosen.event)
        if rule.event is Activity.CONTACT:
            look.refuse_lines("Activity by contact")
        lines = look.lines() if look.has("order_lines") else None
        happened = population.events(lines, look.table("contacts"), rule)
        present = population.active(happened, rule, population.index_of(look.as_of, period))
        index = population.index_from_label(chosen.period, period)
        return population.members(population.states(present), chosen.value, index)


def _told(look: Look, answer: Answer, *notes: tuple[str, ...]) -> Answer:
    """The answer with what has to be said beside its own notes."""
    said = dict.fromkeys(note for part in (answer.notes, *notes) for note in part)
    return replace(answer, notes=(*said, *look.cell_notes(answer.context.customers)))


def _context(look: Look, rows: list[dict[str, Any]], lens: str | None = None) -> Context:
    return look.context(customers=int(rows[0]["n"]) if rows else 0, lens=lens)


def _profit_question(question: Question, desk: Desk) -> Question:
    """The same question through a profit lens, where its own is revenue."""
    lens = desk._lens(question)
    return replace(question, lens=lens if lens in (Lens.PROFIT, Lens.GROSS_PROFIT) else Lens.PROFIT)


def _quietly(ask: Callable[[Question], Answer], question: Question) -> Answer | None:
    """The answer, or None where the data cannot give one: the first panel shows what there is."""
    try:
        return ask(question)
    except DataError:
        return None
