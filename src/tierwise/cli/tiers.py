"""`tierwise tiers ...`: who is in which tier, why, and whether that is fair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tierwise.cli.asking import asks
from tierwise.cli.options import LimitOption
from tierwise.results import LISTED, Answer
from tierwise.settings import TierBasis, TierRule

if TYPE_CHECKING:
    from tierwise.workflows.question import Question
    from tierwise.workflows.tiers import Asked
    from tierwise.workflows.value import Desk

app = typer.Typer(
    no_args_is_help=True,
    help="Tiers of customers: rule, members, reasons, movers, audit, fairness.",
)

GoalOption = Annotated[
    str, typer.Option("--goal", metavar="TEXT", help="The goal they serve, where none is declared.")
]
RuleOption = Annotated[
    TierRule | None,
    typer.Option("--rule", metavar="RULE", help=f"How to cut: {', '.join(TierRule)}."),
]
BasisOption = Annotated[
    TierBasis | None,
    typer.Option("--basis", metavar="BASIS", help=f"Which value: {', '.join(TierBasis)}."),
]


def _asked(goal: str, rule: TierRule | None, basis: TierBasis | None) -> Asked:
    from tierwise.workflows.tiers import Asked

    return Asked(goal, rule, basis)


@asks(app)
def build(
    desk: Desk,
    question: Question,
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
) -> Answer:
    """Tiers side by side: sizes, boundaries, what they bring, how sure they are."""
    return desk.tiers.build(question, _asked(goal, rule, basis))


@asks(app)
def movers(
    desk: Desk,
    question: Question,
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
    limit: LimitOption = None,
) -> Answer:
    """Who moved at the last review, who is held, why, and decisions not in force."""
    return desk.tiers.movers(question, _asked(goal, rule, basis), limit=limit or LISTED)


@asks(app)
def sensitivity(
    desk: Desk,
    question: Question,
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
    limit: LimitOption = None,
) -> Answer:
    """Who would be in another tier under another sensible value."""
    return desk.tiers.sensitivity(question, _asked(goal, rule, basis), limit=limit or LISTED)


@asks(app)
def audit(
    desk: Desk,
    question: Question,
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
) -> Answer:
    """What each tier and band really received: waits, agents, effort, targets, perks."""
    return desk.tiers.audit(question, _asked(goal, rule, basis))


@asks(app)
def cliffs(
    desk: Desk,
    question: Question,
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
) -> Answer:
    """Customers alike in value on two sides of a boundary, and what each got."""
    return desk.tiers.cliffs(question, _asked(goal, rule, basis))


@asks(app)
def served(
    desk: Desk,
    question: Question,
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
    limit: LimitOption = None,
) -> Answer:
    """Who gets less service than the tier says, and who takes more."""
    return desk.tiers.served(question, _asked(goal, rule, basis), limit=limit or LISTED)


@asks(app)
def bottom(
    desk: Desk,
    question: Question,
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
    limit: LimitOption = None,
) -> Answer:
    """The last tier: who is there by nature of their need, and who may grow."""
    return desk.tiers.bottom(question, _asked(goal, rule, basis), limit=limit or LISTED)


@asks(app)
def satisfaction(
    desk: Desk,
    question: Question,
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
    limit: LimitOption = None,
) -> Answer:
    """Satisfaction and profit on one map; unhappy and profitable first."""
    return desk.tiers.satisfaction(question, _asked(goal, rule, basis), limit=limit or LISTED)


@asks(app)
def fit(
    desk: Desk,
    question: Question,
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
    limit: LimitOption = None,
) -> Answer:
    """What the best have in common, who is like them, whom to win."""
    return desk.tiers.fit(question, _asked(goal, rule, basis), limit=limit or LISTED)


@asks(app)
def fairness(
    desk: Desk,
    question: Question,
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
) -> Answer:
    """Whether tiers follow what must not decide, and what value explains of it."""
    return desk.tiers.fairness(question, _asked(goal, rule, basis))


@asks(app)
def members(
    desk: Desk,
    question: Question,
    tier: Annotated[str, typer.Argument(help="Name of the tier; none: all.")] = "",
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
    limit: LimitOption = None,
) -> Answer:
    """A tier's members, best first, each with why."""
    return desk.tiers.members(tier, question, _asked(goal, rule, basis), limit=limit or LISTED)


@asks(app, without=("where",))
def explain(
    desk: Desk,
    question: Question,
    customer_id: Annotated[str, typer.Argument(help="Id of the customer.")],
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
) -> Answer:
    """Why a customer is in this tier, and what would change it."""
    return desk.tiers.explain(customer_id, question, _asked(goal, rule, basis))


@asks(app)
def contexts(
    desk: Desk,
    question: Question,
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Dimension, such as channel.")
    ] = "",
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
    limit: LimitOption = None,
) -> Answer:
    """Tiers by channel, product line or site, and of parent accounts."""
    return desk.tiers.contexts(by, question, _asked(goal, rule, basis), limit=limit or LISTED)


@asks(app, without=("lens", "window", "where"))
def wording(
    desk: Desk,
    question: Question,
    files: Annotated[
        list[str] | None, typer.Argument(help="Texts for customers; none: as the project says.")
    ] = None,
    goal: GoalOption = "",
) -> Answer:
    """Words in texts for customers that say what they are worth, and where."""
    del question  # texts are read as they are
    return desk.tiers.wording(files or (), _asked(goal, None, None))


@asks(app)
def backtest(
    desk: Desk,
    question: Question,
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
    review_months: Annotated[
        int | None, typer.Option("--review-months", min=1, help="Months between reviews.")
    ] = None,
) -> Answer:
    """Build as of the middle of the data and score on the rest, beside the naive list."""
    asked = _asked(goal, rule, basis)
    return desk.tiers.backtest(question, asked, review_months=review_months)
