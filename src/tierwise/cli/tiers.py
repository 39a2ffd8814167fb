"""`tierwise tiers ...`: who is in which tier, why, and whether that is fair."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

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

_OTHERWISE: dict[str, tuple[str, Any]] = {
    "goal": ("GoalOption", ""),
    "rule": ("RuleOption", None),
    "basis": ("BasisOption", None),
}
"""Options of every question about tiers: name, declaration and default."""

AskTiers = Callable[..., Answer]


def _asked_otherwise(
    goal: str = "", rule: TierRule | None = None, basis: TierBasis | None = None
) -> Asked:
    from tierwise.workflows.tiers import Asked

    return Asked(goal, rule, basis)


def tier_asks(*, without: tuple[str, ...] = ()) -> Callable[[AskTiers], AskTiers]:
    """As `asks`, for a function that also takes how tiers are asked for."""

    def register(ask: AskTiers) -> AskTiers:
        def command(desk: Desk, question: Question, **own: Any) -> Answer:
            otherwise = {name: own.pop(name) for name in _OTHERWISE}
            return ask(desk, question, _asked_otherwise(**otherwise), **own)

        command.__name__, command.__doc__ = ask.__name__, ask.__doc__
        command.__signature__ = _with_otherwise(ask)  # type: ignore[attr-defined]
        asks(app, without=without)(command)
        return ask

    return register


def _with_otherwise(ask: AskTiers) -> inspect.Signature:
    """The signature of `ask` with the options in place of `asked`; arguments stand before them."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    own = [p.replace(kind=keyword) for p in inspect.signature(ask).parameters.values()]
    options = [
        inspect.Parameter(name, keyword, default=default, annotation=kind)
        for name, (kind, default) in _OTHERWISE.items()
    ]
    first = [p for p in own if p.name not in ("asked", "limit")]
    return inspect.Signature([*first, *options, *(p for p in own if p.name == "limit")])


@tier_asks()
def build(
    desk: Desk,
    question: Question,
    asked: Asked,
) -> Answer:
    """Tiers side by side: sizes, boundaries, what they bring, how sure they are."""
    return desk.tiers.build(question, asked)


@tier_asks()
def movers(
    desk: Desk,
    question: Question,
    asked: Asked,
    limit: LimitOption = None,
) -> Answer:
    """Who moved at the last review, who is held, why, and decisions not in force."""
    return desk.tiers.movers(question, asked, limit=limit or LISTED)


@tier_asks()
def sensitivity(
    desk: Desk,
    question: Question,
    asked: Asked,
    limit: LimitOption = None,
) -> Answer:
    """Who would be in another tier under another sensible value."""
    return desk.tiers.sensitivity(question, asked, limit=limit or LISTED)


@tier_asks()
def audit(
    desk: Desk,
    question: Question,
    asked: Asked,
) -> Answer:
    """What each tier and band really received: waits, agents, effort, targets, perks."""
    return desk.tiers.audit(question, asked)


@tier_asks()
def cliffs(
    desk: Desk,
    question: Question,
    asked: Asked,
) -> Answer:
    """Customers alike in value on two sides of a boundary, and what each got."""
    return desk.tiers.cliffs(question, asked)


@tier_asks()
def served(
    desk: Desk,
    question: Question,
    asked: Asked,
    limit: LimitOption = None,
) -> Answer:
    """Who gets less service than the tier says, and who takes more."""
    return desk.tiers.served(question, asked, limit=limit or LISTED)


@tier_asks()
def bottom(
    desk: Desk,
    question: Question,
    asked: Asked,
    limit: LimitOption = None,
) -> Answer:
    """The last tier: who is there by nature of their need, and who may grow."""
    return desk.tiers.bottom(question, asked, limit=limit or LISTED)


@tier_asks()
def satisfaction(
    desk: Desk,
    question: Question,
    asked: Asked,
    limit: LimitOption = None,
) -> Answer:
    """Satisfaction and profit on one map; unhappy and profitable first."""
    return desk.tiers.satisfaction(question, asked, limit=limit or LISTED)


@tier_asks()
def fit(
    desk: Desk,
    question: Question,
    asked: Asked,
    limit: LimitOption = None,
) -> Answer:
    """What the best have in common, who is like them, whom to win."""
    return desk.tiers.fit(question, asked, limit=limit or LISTED)


@tier_asks()
def fairness(
    desk: Desk,
    question: Question,
    asked: Asked,
) -> Answer:
    """Whether tiers follow what must not decide, and what value explains of it."""
    return desk.tiers.fairness(question, asked)


@tier_asks()
def members(
    desk: Desk,
    question: Question,
    asked: Asked,
    tier: Annotated[str, typer.Argument(help="Name of the tier; none: all.")] = "",
    limit: LimitOption = None,
) -> Answer:
    """A tier's members, best first, each with why."""
    return desk.tiers.members(tier, question, asked, limit=limit or LISTED)


@tier_asks(without=("where",))
def explain(
    desk: Desk,
    question: Question,
    asked: Asked,
    customer_id: Annotated[str, typer.Argument(help="Id of the customer.")],
) -> Answer:
    """Why a customer is in this tier, and what would change it."""
    return desk.tiers.explain(customer_id, question, asked)


@tier_asks()
def contexts(
    desk: Desk,
    question: Question,
    asked: Asked,
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Dimension, such as channel.")
    ] = "",
    limit: LimitOption = None,
) -> Answer:
    """Tiers by channel, product line or site, and of parent accounts."""
    return desk.tiers.contexts(by, question, asked, limit=limit or LISTED)


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
    return desk.tiers.wording(files or (), _asked_otherwise(goal))


@tier_asks()
def backtest(
    desk: Desk,
    question: Question,
    asked: Asked,
    review_months: Annotated[
        int | None, typer.Option("--review-months", min=1, help="Months between reviews.")
    ] = None,
) -> Answer:
    """Build as of the middle of the data and score on the rest, beside the naive list."""
    return desk.tiers.backtest(question, asked, review_months=review_months)
