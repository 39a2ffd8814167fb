"""`tierwise tiers ...`: who is in which tier, why, and whether that is fair."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tierwise.cli.asking import asks
from tierwise.results import Answer
from tierwise.settings import TierBasis, TierRule

if TYPE_CHECKING:
    from tierwise.workflows.question import Question
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


@asks(app)
def build(
    desk: Desk,
    question: Question,
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
) -> Answer:
    """Tiers side by side: sizes, boundaries, what they bring, how sure they are."""
    from tierwise.workflows.tiers import Asked

    return desk.tiers.build(question, Asked(goal, rule, basis))


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
    from tierwise.workflows.tiers import Asked

    return desk.tiers.backtest(question, Asked(goal, rule, basis), review_months=review_months)
