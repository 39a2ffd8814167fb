"""`tierwise simulate` and `tierwise staff`: policies and shifts before they are switched on."""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from tierwise.cli import options
from tierwise.cli.options import AsOfOption, CsvOption, DemoOption, JsonOption, ProjectOption
from tierwise.cli.screen import say, show, write_csv
from tierwise.cli.waiting import progress_bar
from tierwise.errors import UsageError
from tierwise.results import Answer

if TYPE_CHECKING:
    from tierwise.routing.vendors import Vendor
    from tierwise.workflows.value import Desk


class _ScenarioFirst(TyperGroup):
    """`tierwise simulate SCENARIO.toml` runs it; any other first word names a command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in {*self.commands, "-h", "--help"}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=_ScenarioFirst,
    no_args_is_help=True,
    help="Policies on simulated or recorded contacts: tierwise simulate SCENARIO.toml.",
)


def register(main: typer.Typer) -> None:
    """Hang the commands into the application."""
    main.add_typer(app, name="simulate")
    main.command()(staff)


ScenarioArgument = Annotated[
    Path, typer.Argument(metavar="SCENARIO.toml", help="Who comes, who serves, which policies.")
]
SeedOption = Annotated[
    int | None, typer.Option("--seed", help="Another stream of contacts.", min=0)
]
ReplicationsOption = Annotated[
    int | None, typer.Option("--replications", help="Independent runs of each policy.", min=2)
]
HtmlOption = Annotated[
    Path | None, typer.Option("--html", metavar="FILE", help="Write a report with charts.")
]
ByOption = Annotated[
    list[str] | None,
    typer.Option("--by", metavar="NAME", help="Classes also by tier or reason; repeat for both."),
]
FromOption = Annotated[
    datetime | None,
    typer.Option("--from", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="First day."),
]
ToOption = Annotated[
    datetime | None,
    typer.Option("--to", formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Last day."),
]


@app.command()
def run(
    scenario: ScenarioArgument,
    seed: SeedOption = None,
    replications: ReplicationsOption = None,
    html: HtmlOption = None,
    csv: CsvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Waits, abandonment and cost of each class under each policy, on the same contacts."""
    _one_format(csv, as_json)
    with progress_bar("Simulating") as progress:
        from tierwise.workflows.simulate import simulate as ask

        found = ask(
            scenario,
            today=options.today(),
            seed=seed,
            replications=replications,
            workers=os.cpu_count() or 1,
            progress=progress,
        )
    contacts = f"{found.figure('contacts').value:,} contacts"
    _shown(found, csv, as_json, f"{contacts} in all replications and policies", html)
    if csv is None and not as_json:
        say("Every measure with its interval: --json.")


def _one_format(csv: str | None, as_json: bool) -> None:
    if csv is not None and as_json:
        raise UsageError("--csv and --json exclude each other.", "Leave one of them out.")


def _shown(
    found: Answer, csv: str | None, as_json: bool, heading: str, html: Path | None = None
) -> None:
    """As a table, a document or a file, and as a report where one is asked for."""
    if html is not None:
        from tierwise.report import render_simulation, write

        write(html, render_simulation(found))
        say(f"{html} ({html.stat().st_size / 1024:,.0f} KiB)")
    if csv is not None:
        write_csv(found, csv)
    else:
        show(found, as_json=as_json, heading=heading)


@app.command()
def calibrate(
    project: ProjectOption = Path(),
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    by: ByOption = None,
    first: FromOption = None,
    last: ToOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Scenario file to write.")
    ] = None,
    html: HtmlOption = None,
    csv: CsvOption = None,
    as_json: JsonOption = False,
) -> None:
    """A scenario from the recorded contacts of a project, and how well it fits them."""
    _one_format(csv, as_json)
    desk = _desk(project, demo, as_of)
    with progress_bar("Holding the scenario against the records") as progress:
        from tierwise.workflows.calibrate import simulation_of

        found = simulation_of(desk).calibrate(
            by=by or (),
            first=options.day(first),
            last=options.day(last),
            workers=os.cpu_count() or 1,
            progress=progress,
        )
    _shown(found.answer, csv, as_json, "Contacts with a recorded wait", html)
    if out is not None:
        from tierwise.report import write

        write(out, found.text)
        say(f"{out} written. Next: tierwise simulate {out}")
    elif not as_json and csv is None:
        say("Keep the scenario: --out FILE.")


@app.command()
def replay(
    scenario: ScenarioArgument,
    project: ProjectOption = Path(),
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    first: FromOption = None,
    last: ToOption = None,
    replications: ReplicationsOption = None,
    html: HtmlOption = None,
    csv: CsvOption = None,
    as_json: JsonOption = False,
) -> None:
    """Recorded days under every policy of a calibrated scenario, beside what was recorded."""
    _one_format(csv, as_json)
    desk = _desk(project, demo, as_of)
    with progress_bar("Replaying") as progress:
        from tierwise.workflows.calibrate import simulation_of
        from tierwise.workflows.replay import replay as ask

        found = ask(
            simulation_of(desk),
            scenario,
            today=options.today(),
            first=options.day(first),
            last=options.day(last),
            replications=replications,
            workers=os.cpu_count() or 1,
            progress=progress,
        )
    _shown(found, csv, as_json, "Recorded days", html)


@app.command()
def vendors(csv: CsvOption = None, as_json: JsonOption = False) -> None:
    """Queue rules of products: which of ours each one is, and what is not replayed."""
    from tierwise.workflows.export import vendors as ask

    _one_format(csv, as_json)
    _shown(ask(options.today()), csv, as_json, "What each product serves first")


@app.command()
def export(
    scenario: ScenarioArgument,
    vendor: Annotated[
        str, typer.Option("--vendor", metavar="NAME", help="As `tierwise simulate vendors` lists.")
    ],
    policy: Annotated[
        str, typer.Option("--policy", metavar="NAME", help="This one, not the best that it can do.")
    ] = "",
    replications: ReplicationsOption = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="JSON file to write.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """The better policy in a product's own settings, and what it cannot be told."""
    chosen = _vendor(vendor)
    with progress_bar("Simulating") as progress:
        from tierwise.workflows.export import export as ask

        found = ask(
            scenario,
            chosen,
            today=options.today(),
            policy=policy,
            replications=replications,
            workers=os.cpu_count() or 1,
            progress=progress,
        )
    contacts = f"{found.context.customers:,} contacts simulated"
    show(found, as_json=as_json, heading=contacts)
    settings = json.dumps(found.extra["settings"], indent=2, ensure_ascii=False)
    if out is not None:
        from tierwise.report import write

        write(out, settings + "\n")
        say(f"{out} written.")
    elif not as_json:
        typer.echo(settings)


def _vendor(name: str) -> Vendor:
    from tierwise.routing.vendors import Vendor

    try:
        return Vendor(name)
    except ValueError:
        raise UsageError(
            f'--vendor says "{name}", which is no known product.', f"Known: {', '.join(Vendor)}."
        ) from None


def _desk(project: Path, demo: str | None, as_of: datetime | None) -> Desk:
    from tierwise.workflows.build import current_build
    from tierwise.workflows.value import Desk

    chosen = options.chosen_project(project, demo)
    made = current_build(chosen, today=options.today(), as_of=options.day(as_of), tell=say)
    return Desk(chosen, made)


def staff(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO.toml", help="A scenario with a [staffing] section.")
    ],
    csv: CsvOption = None,
    as_json: JsonOption = False,
) -> None:
    """How many agents over the day and in which shifts, checked by simulation."""
    _one_format(csv, as_json)
    with progress_bar("Checking by simulation") as progress:
        from tierwise.workflows.staff import staff as ask

        found = ask(scenario, today=options.today(), workers=os.cpu_count() or 1, progress=progress)
    _shown(found, csv, as_json, "All classes in one pool")
