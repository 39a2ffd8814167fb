"""`tierwise value ...`: every question about value."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from tierwise.cli import STARTED, options
from tierwise.cli.options import (
    AsOfOption,
    DemoOption,
    JsonOption,
    LensOption,
    LimitOption,
    ProjectOption,
    WhereOption,
    WindowOption,
)
from tierwise.cli.screen import say, show
from tierwise.results import Answer
from tierwise.settings import Activity, Lens, Period
from tierwise.workflows.build import current_build
from tierwise.workflows.look import Question
from tierwise.workflows.value import LISTED, Desk

app = typer.Typer(
    no_args_is_help=True,
    help="What customers are worth: concentration, profit, population, slices.",
)

Here = Path()


class Asked:
    """The options of one call, ready to put a question to a desk."""

    def __init__(
        self,
        project: Path,
        demo: str | None,
        as_of: datetime | None,
        as_json: bool,
        lens: Lens | None = None,
        window: str | None = None,
        where: list[str] | None = None,
    ) -> None:
        self.question = options.question(lens, window, where)
        self.project = options.chosen_project(project, demo)
        self.as_of = options.day(as_of)
        self.as_json = as_json

    def answer(self, ask: Callable[[Desk, Question], Answer]) -> None:
        """Build if needed, ask, print, and say how long the user waited."""
        began = time.perf_counter()
        build = current_build(self.project, today=options.today(), as_of=self.as_of, tell=say)
        found = ask(Desk(self.project, build), self.question)
        done = time.perf_counter()
        show(found, as_json=self.as_json)
        say(
            f"Answered after {done - STARTED:.1f} s;"
            f" {done - began:.1f} s of it went into reading and reckoning."
        )


@app.command()
def concentration(
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    lens: LensOption = None,
    window: WindowOption = None,
    where: WhereOption = None,
    measure: Annotated[str | None, typer.Option("--of", help="A lens, or contacts.")] = None,
    top: Annotated[
        list[int] | None, typer.Option("--top", min=1, help="List length; repeat for more.")
    ] = None,
    share: Annotated[
        list[float] | None,
        typer.Option("--share", min=0, max=1, help="Share of customers, 0..1; repeat for more."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """How few customers bring how much: top lists, Lorenz curve, Gini."""
    asked = Asked(project, demo, as_of, as_json, lens, window, where)
    asked.answer(
        lambda desk, q: desk.concentration(
            q, measure=measure, top_n=top or (), top_shares=share or ()
        )
    )


@app.command()
def whale(
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    lens: LensOption = None,
    window: WindowOption = None,
    where: WhereOption = None,
    as_json: JsonOption = False,
) -> None:
    """Cumulative profit, best customers first: the peak and what is lost after it."""
    Asked(project, demo, as_of, as_json, lens, window, where).answer(Desk.whale)


@app.command()
def bands(
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    lens: LensOption = None,
    window: WindowOption = None,
    where: WhereOption = None,
    last: Annotated[
        list[int] | None, typer.Option("--last", min=1, help="Last rank of a band; repeat.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """What each rank band brings beside what it takes: contacts, minutes, cost."""
    asked = Asked(project, demo, as_of, as_json, lens, window, where)
    asked.answer(lambda desk, q: desk.bands(q, last_ranks=sorted(set(last or ()))))


@app.command()
def population(
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    where: WhereOption = None,
    period: Annotated[Period | None, typer.Option("--period", help="Calendar period.")] = None,
    event: Annotated[
        Activity | None, typer.Option("--active-by", help="Event that makes a customer active.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Active, new, back again and lost customers by period."""
    asked = Asked(project, demo, as_of, as_json, where=where)
    asked.answer(lambda desk, q: desk.population(q, period=period, event=event))


@app.command()
def movement(
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    lens: LensOption = None,
    window: WindowOption = None,
    where: WhereOption = None,
    as_json: JsonOption = False,
) -> None:
    """Movement between deciles from the window before to this one."""
    Asked(project, demo, as_of, as_json, lens, window, where).answer(Desk.movement)


@app.command()
def dependency(
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    lens: LensOption = None,
    window: WindowOption = None,
    where: WhereOption = None,
    as_json: JsonOption = False,
) -> None:
    """Revenue and profit at risk if the best customers leave."""
    Asked(project, demo, as_of, as_json, lens, window, where).answer(Desk.dependency)


@app.command()
def margins(
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    lens: LensOption = None,
    window: WindowOption = None,
    where: WhereOption = None,
    limit: LimitOption = LISTED,
    as_json: JsonOption = False,
) -> None:
    """Gross margin, and discounts beyond the firm's own rate."""
    asked = Asked(project, demo, as_of, as_json, lens, window, where)
    asked.answer(lambda desk, q: desk.margins(q, limit=limit))


@app.command()
def slices(
    by: Annotated[str, typer.Option("--by", help="Dimension, such as country or channel.")],
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    window: WindowOption = None,
    where: WhereOption = None,
    as_json: JsonOption = False,
) -> None:
    """Value cut by any dimension; small slices are pooled."""
    asked = Asked(project, demo, as_of, as_json, None, window, where)
    asked.answer(lambda desk, q: desk.slices(by, q))


@app.command()
def contacts(
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    window: WindowOption = None,
    where: WhereOption = None,
    as_json: JsonOption = False,
) -> None:
    """What a contact costs, by channel, reason and month."""
    Asked(project, demo, as_of, as_json, None, window, where).answer(Desk.contact_costs)


@app.command()
def wallet(
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    window: WindowOption = None,
    where: WhereOption = None,
    as_json: JsonOption = False,
) -> None:
    """Share of wallet, where somebody estimated the wallet."""
    Asked(project, demo, as_of, as_json, None, window, where).answer(Desk.wallet)


@app.command()
def customer(
    customer_id: Annotated[str, typer.Argument(help="Id of the customer.")],
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    lens: LensOption = None,
    window: WindowOption = None,
    limit: LimitOption = LISTED,
    as_json: JsonOption = False,
) -> None:
    """One customer, from revenue to profit, down to order lines and contacts."""
    asked = Asked(project, demo, as_of, as_json, lens, window)
    asked.answer(lambda desk, q: desk.customer(customer_id, q, limit=limit))


@app.command()
def members(
    selector: Annotated[
        str, typer.Argument(help="rank:1-40, loss-makers, state:lost, slice:country=France.")
    ],
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    lens: LensOption = None,
    window: WindowOption = None,
    where: WhereOption = None,
    limit: LimitOption = LISTED,
    as_json: JsonOption = False,
) -> None:
    """The customers behind a figure; `opens` in the JSON of any answer says which."""
    asked = Asked(project, demo, as_of, as_json, lens, window, where)
    asked.answer(lambda desk, q: desk.members(selector, q, limit=limit))


@app.command()
def belief(
    text: Annotated[str, typer.Argument(help='Such as "80:20" or "we lose about 1% a year".')],
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    lens: LensOption = None,
    window: WindowOption = None,
    where: WhereOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check a received wisdom against the measured figure."""
    asked = Asked(project, demo, as_of, as_json, lens, window, where)
    asked.answer(lambda desk, q: desk.belief(text, q))
