"""`tierwise value ...`: what customers are worth beside their own spend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tierwise.cli.asking import asks
from tierwise.cli.options import LimitOption
from tierwise.cli.value import app
from tierwise.results import LISTED, Answer
from tierwise.settings import Period

if TYPE_CHECKING:
    from tierwise.workflows.question import Question
    from tierwise.workflows.value import Desk

__all__ = ["app"]

IdArgument = Annotated[str, typer.Argument(help="Id of the customer.")]
ByOption = Annotated[
    str, typer.Option("--by", help="Cut direct value by a dimension, such as channel.")
]


@asks(app)
def vector(desk: Desk, question: Question, by: ByOption = "", limit: LimitOption = None) -> Answer:
    """Direct, referral, influence and strategic value beside each other."""
    return desk.vector(by, question, limit=limit or LISTED)


@asks(app, without=("where",))
def scores(desk: Desk, question: Question, customer_id: IdArgument, by: ByOption = "") -> Answer:
    """One customer's components of worth, with interval, source, cap and end."""
    return desk.scores_of(customer_id, question, by=by)


@asks(app)
def accounts(desk: Desk, question: Question, limit: LimitOption = None) -> Answer:
    """What parent accounts are worth, their members taken together."""
    return desk.accounts(question, limit=limit or LISTED)


@asks(app)
def referral(desk: Desk, question: Question, limit: LimitOption = None) -> Answer:
    """Who brings customers, and what that is worth."""
    return desk.referral(question, limit=limit or LISTED)


@asks(app)
def referred(desk: Desk, question: Question) -> Answer:
    """What a referred customer is worth beside another of the same tenure."""
    return desk.referred(question)


@asks(app)
def influence(desk: Desk, question: Question, limit: LimitOption = None) -> Answer:
    """Whose voice counts today, and for how much."""
    return desk.influence(question, limit=limit or LISTED)


@asks(app)
def strategic(desk: Desk, question: Question) -> Answer:
    """Customers declared strategic: owner, reason, evidence, end, and what is over the cap."""
    return desk.strategic(question)


@asks(app, without=("lens",))
def claims(desk: Desk, question: Question) -> Answer:
    """Whether engaged customers and complainers spend more here."""
    return desk.claims(question)


@asks(app)
def retention(desk: Desk, question: Question, limit: LimitOption = None) -> Answer:
    """What keeping a customer is worth: margin kept, and a new one not to be won."""
    return desk.retention(question, limit=limit or LISTED)


@asks(app, without=("lens", "window"))
def cohorts(
    desk: Desk,
    question: Question,
    period: Annotated[
        Period, typer.Option("--period", help="Calendar period of a cohort.")
    ] = Period.QUARTER,
) -> Answer:
    """What newly won customers bring, month by month since their first order."""
    return desk.cohorts(period, question)


@asks(app)
def drivers(desk: Desk, question: Question, customer_id: IdArgument) -> Answer:
    """Why a customer is worth what it is, in steps from the average customer."""
    return desk.drivers(customer_id, question)
