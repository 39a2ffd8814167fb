"""Measure what a belief claims."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tierwise.errors import RefusedError
from tierwise.results import Answer, Figure
from tierwise.settings import Lens, Window
from tierwise.units import Unit
from tierwise.value import belief, concentration, ranking, standing, whale
from tierwise.value.belief import Belief, Claim
from tierwise.value.shares import share
from tierwise.value.windows import first_day
from tierwise.workflows.look import NO_PROFIT, Look

WILSON = "95% interval"


def measured(look: Look, said: Belief) -> Answer:
    """Answer a belief with the figure that it is about."""
    return _MEASURES[said.claim](look, said)


def _concentration(look: Look, said: Belief) -> Answer:
    """The share that so many customers bring; for a ratio also how many bring the claimed share."""
    lens = Lens.REVENUE if look.by_line or look.lens is Lens.PROFIT else look.lens
    by_share = said.claim is Claim.PARETO
    top_n = () if by_share else (int(said.customers),)
    top_shares = (float(said.customers),) if by_share else ()
    asked = (top_n, top_shares, (said.claimed,))
    rows = look.rows(concentration.expression(look.summary, lens, *asked))
    n = int(ranking.require_customers(rows, lens)["n"])
    context = look.context(customers=n, lens=lens)
    found = concentration.answer(context, rows, lens, *asked)
    top, needed = found.grid("top").rows[0], found.grid("needed").rows[0]
    figures = (
        Figure(
            "measured",
            f"of {lens} comes from {top['label']}",
            top["share"],
            Unit.SHARE,
            opens=top["opens"],
        ),
        Figure(
            "customers_counted",
            "Customers in that list",
            top["customers"],
            Unit.COUNT,
            opens=top["opens"],
        ),
        Figure(
            "share_needed",
            f"of customers bring {said.claimed:.0%}",
            needed["share_of_customers"],
            Unit.SHARE,
            opens=needed["opens"],
        ),
    )
    return belief.answer(context, said, figures)


def _loss(look: Look, said: Belief) -> Answer:
    """Customers of the span before who did not come again, by number and by what they spent."""
    span = Window(months=said.months)
    if why := look.uncompared(span, look.activity_table):
        shorter = 'Ask about a shorter time, such as "we lose 1% a quarter".'
        raise RefusedError(why, shorter if said.months > 1 else "Wait for more data.")
    row = look.rows(standing.expression(look.happenings(), look.as_of, span))[0]
    before, lost = int(row["before"]), int(row["lost"])
    context = look.context(customers=before)
    context = replace(context, window=str(span), window_from=first_day(look.as_of, span))
    opens = f"state:lost:{span}"
    rate, low, high = proportion(lost, before)
    weighted = share(row["revenue_lost"], row["revenue_before"])
    figures = (
        Figure(
            "measured",
            f"of customers of the {said.months} months before were lost",
            rate,
            Unit.SHARE,
            low,
            high,
            opens=opens,
        ),
        Figure(
            "value_weighted",
            "of the revenue of those months was theirs",
            weighted,
            Unit.SHARE,
            opens=opens,
        ),
        Figure("lost", "Customers lost", lost, Unit.COUNT, opens=opens),
        Figure("customers_before", "Customers in the months before", before, Unit.COUNT),
    )
    event = look.settings.active.event
    note = f"Lost: active ({event}) in the {said.months} months before the last, not since."
    return belief.answer(context, said, figures, (note,))


def _loss_makers(look: Look, said: Belief) -> Answer:
    """Customers whose profit after cost to serve is below zero."""
    look.refuse_lines("Cost to serve", NO_PROFIT)
    rows = look.rows(whale.expression(look.summary, Lens.PROFIT))
    first = ranking.require_customers(rows, Lens.PROFIT, ranking.ALWAYS_NEEDS_COST)
    n, losing = int(first["n"]), int(first["loss_makers"])
    rate, low, high = proportion(losing, n)
    figures = (
        Figure(
            "measured", "of customers lose money", rate, Unit.SHARE, low, high, opens="loss-makers"
        ),
        Figure(
            "lost_on_them",
            "Lost on them",
            -(first["destroyed"] or 0),
            Unit.MONEY,
            opens="loss-makers",
        ),
    )
    return belief.answer(
        look.context(customers=n, lens=Lens.PROFIT), said, figures, look.cost_notes()
    )


def _repeat(look: Look, said: Belief) -> Answer:
    """Customers with more than one purchase in the window."""
    summary = look.summary
    buyers = summary.filter(summary.purchases > 0)
    again = buyers.purchases > 1
    row = look.rows(
        buyers.aggregate(
            n=buyers.count(),
            again=again.sum(),
            all_revenue=buyers.revenue.sum(),
            again_revenue=buyers.revenue.sum(where=again),
        )
    )[0]
    n = int(row["n"] or 0)
    rate, low, high = proportion(int(row["again"] or 0), n)
    weighted = share(row["again_revenue"], row["all_revenue"])
    figures = (
        Figure(
            "measured", "of buyers bought more than once", rate, Unit.SHARE, low, high, note=WILSON
        ),
        Figure("value_weighted", "of revenue is theirs", weighted, Unit.SHARE),
    )
    return belief.answer(look.context(customers=n), said, figures)


def proportion(part: int, whole: int) -> tuple[float | None, float | None, float | None]:
    """A share with its 95% Wilson interval (Wilson 1927, JASA 22); None where there is nobody."""
    if not whole:
        return None, None, None
    from scipy.stats import binomtest  # a second to import, and only beliefs need it

    found: Any = binomtest(part, whole).proportion_ci(0.95, method="wilson")
    return part / whole, float(found.low), float(found.high)


_MEASURES = {
    Claim.PARETO: _concentration,
    Claim.TOP_N: _concentration,
    Claim.LOSS: _loss,
    Claim.LOSS_MAKERS: _loss_makers,
    Claim.REPEAT: _repeat,
}
