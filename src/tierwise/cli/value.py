"""`tierwise value ...`: every question about value."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from tierwise.cli.asking import asks
from tierwise.cli.options import LimitOption
from tierwise.results import LISTED, Answer
from tierwise.settings import Activity, Period, PurchaseModelName

if TYPE_CHECKING:
    from tierwise.workflows.question import Question
    from tierwise.workflows.value import Desk

app = typer.Typer(
    no_args_is_help=True,
    help="What customers are worth: concentration, profit, population, slices.",
)


@asks(app)
def concentration(
    desk: Desk,
    question: Question,
    measure: Annotated[
        str | None, typer.Option("--of", metavar="MEASURE", help="A lens, or contacts.")
    ] = None,
    top: Annotated[
        list[int] | None,
        typer.Option("--top", metavar="N", min=1, help="List length; repeat for more."),
    ] = None,
    share: Annotated[
        list[float] | None,
        typer.Option(
            "--share",
            metavar="SHARE",
            min=0,
            max=1,
            help="Such as 0.05 for 5% of customers; repeat for more.",
        ),
    ] = None,
) -> Answer:
    """How few customers bring how much: top lists, Lorenz curve, Gini."""
    return desk.concentration(question, measure=measure, top_n=top or (), top_shares=share or ())


@asks(app)
def whale(desk: Desk, question: Question) -> Answer:
    """Cumulative profit, best customers first: the peak and what is lost after it."""
    return desk.whale(question)


@asks(app)
def bands(
    desk: Desk,
    question: Question,
    last: Annotated[
        list[int] | None,
        typer.Option("--last", metavar="RANK", min=1, help="Last rank of a band; repeat."),
    ] = None,
) -> Answer:
    """What each rank band brings beside what it takes: contacts, minutes, cost."""
    return desk.bands(question, last_ranks=sorted(set(last or ())))


@asks(app)
def demand(desk: Desk, question: Question, limit: LimitOption = None) -> Answer:
    """Demand to spend by customer, and who is over-served."""
    return desk.demand(question, limit=limit or LISTED)


@asks(app, without=("lens", "window"))
def population(
    desk: Desk,
    question: Question,
    period: Annotated[
        Period | None,
        typer.Option("--period", metavar="PERIOD", help=f"Calendar period: {', '.join(Period)}."),
    ] = None,
    event: Annotated[
        Activity | None,
        typer.Option(
            "--active-by",
            metavar="EVENT",
            help=f"Event that makes a customer active: {', '.join(Activity)}.",
        ),
    ] = None,
) -> Answer:
    """Active, new, back again and lost customers by period."""
    return desk.population(question, period=period, event=event)


@asks(app)
def movement(desk: Desk, question: Question) -> Answer:
    """Movement between deciles from the window before to this one."""
    return desk.movement(question)


@asks(app)
def dependency(desk: Desk, question: Question) -> Answer:
    """Revenue and profit at risk if the best customers leave."""
    return desk.dependency(question)


@asks(app)
def margins(desk: Desk, question: Question, limit: LimitOption = None) -> Answer:
    """Gross margin, and discounts beyond the firm's own rate."""
    return desk.margins(question, limit=limit or LISTED)


@asks(app, without=("lens",))
def slices(
    desk: Desk,
    question: Question,
    by: Annotated[
        str, typer.Option("--by", metavar="NAME", help="Dimension, such as country or channel.")
    ],
) -> Answer:
    """Value cut by any dimension; small slices are pooled."""
    return desk.slices(by, question)


@asks(app, without=("lens",))
def contacts(desk: Desk, question: Question) -> Answer:
    """What a contact costs, by channel, reason, product, location, campaign and month."""
    return desk.contact_costs(question)


@asks(app, without=("lens",))
def wallet(desk: Desk, question: Question) -> Answer:
    """Share of wallet, where somebody estimated the wallet."""
    return desk.wallet(question)


@asks(app, without=("where",))
def customer(
    desk: Desk,
    question: Question,
    customer_id: Annotated[str, typer.Argument(help="Id of the customer.")],
    order: Annotated[
        str, typer.Option("--order", metavar="ID", help="Lines of this order alone.")
    ] = "",
    limit: LimitOption = None,
) -> Answer:
    """One customer, from revenue to profit, down to order lines and contacts."""
    return desk.customer(customer_id, question, limit=limit or LISTED, order=order)


@asks(app)
def members(
    desk: Desk,
    question: Question,
    selector: Annotated[
        str, typer.Argument(help="rank:1-40, loss-makers, state:lost, slice:country=France.")
    ],
    limit: LimitOption = None,
) -> Answer:
    """The customers behind a figure; `opens` in the JSON of any answer says which."""
    return desk.members(selector, question, limit=limit or LISTED)


@asks(app, without=("window",))
def fit(
    desk: Desk,
    question: Question,
    model: Annotated[
        PurchaseModelName | None, typer.Option("--model", help="Model of repeat purchase.")
    ] = None,
) -> Answer:
    """Fit what customers will buy and spend: parameters, gate, models side by side."""
    return desk.lifetime_fit(question, model=model)


@asks(app)
def lifetime(desk: Desk, question: Question, limit: LimitOption = None) -> Answer:
    """What customers will be worth: the year ahead and without end, with intervals."""
    return desk.lifetime(question, limit=limit or LISTED)


@asks(app, without=("window",))
def tournament(
    desk: Desk,
    question: Question,
    holdout_weeks: Annotated[
        int | None, typer.Option("--holdout-weeks", min=1, help="Length of a period held out.")
    ] = None,
    second_stage: Annotated[
        bool | None,
        typer.Option("--second-stage/--no-second-stage", help="Enter boosted trees too."),
    ] = None,
) -> Answer:
    """Hold periods out and score every model on them beside past spend."""
    return desk.tournament(question, holdout_weeks=holdout_weeks, second_stage=second_stage)


@asks(app, without=("window",))
def contracts(desk: Desk, question: Question, limit: LimitOption = None) -> Answer:
    """How long contracts last: renewals, survival curves, value still to come."""
    return desk.contracts(question, limit=limit or LISTED)


@asks(app)
def belief(
    desk: Desk,
    question: Question,
    text: Annotated[str, typer.Argument(help='Such as "80:20" or "we lose about 1% a year".')],
) -> Answer:
    """Check a received wisdom against the measured figure."""
    return desk.belief(text, question)
