"""`tierwise simulate` and `tierwise staff`: policies and shifts before they are switched on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from tierwise.cli import options
from tierwise.cli.options import CsvOption, JsonOption
from tierwise.cli.screen import say, show, write_csv
from tierwise.cli.waiting import progress_bar
from tierwise.errors import UsageError


def register(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    app.command()(simulate)
    app.command()(staff)


def simulate(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO.toml", help="Who comes, who serves, which policies.")
    ],
    seed: Annotated[
        int | None, typer.Option("--seed", help="Another stream of contacts.", min=0)
    ] = None,
    replications: Annotated[
        int | None, typer.Option("--replications", help="Independent runs of each policy.", min=2)
    ] = None,
    csv: CsvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Waits, abandonment and cost of each class under each policy, on the same contacts."""
    from tierwise.workflows.simulate import simulate as ask

    if csv is not None and as_json:
        raise UsageError("--csv and --json exclude each other.", "Leave one of them out.")
    with progress_bar("Simulating") as progress:
        found = ask(
            scenario,
            today=options.today(),
            seed=seed,
            replications=replications,
            workers=os.cpu_count() or 1,
            progress=progress,
        )
    if csv is not None:
        write_csv(found, csv)
        return
    contacts = f"{found.figure('contacts').value:,} contacts"
    show(found, as_json=as_json, heading=f"{contacts} in all replications and policies")
    if not as_json:
        say("Every measure with its interval: --json.")


def staff(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO.toml", help="A scenario with a [staffing] section.")
    ],
    csv: CsvOption = None,
    as_json: JsonOption = False,
) -> None:
    """How many agents over the day and in which shifts, checked by simulation."""
    from tierwise.workflows.staff import staff as ask

    if csv is not None and as_json:
        raise UsageError("--csv and --json exclude each other.", "Leave one of them out.")
    with progress_bar("Checking by simulation") as progress:
        found = ask(scenario, today=options.today(), workers=os.cpu_count() or 1, progress=progress)
    if csv is not None:
        write_csv(found, csv)
    else:
        show(found, as_json=as_json, heading="All classes in one pool")
