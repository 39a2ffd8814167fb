"""Commands about the project itself: init, check, build, rejects, report."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tierwise.cli import options
from tierwise.cli.asking import asks
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
from tierwise.cli.screen import say, show, show_json, show_problems
from tierwise.errors import MissingDataError, UsageError
from tierwise.results import LISTED, Answer
from tierwise.units import number_of

if TYPE_CHECKING:
    from tierwise.workflows.question import Question
    from tierwise.workflows.value import Desk

Here = Path()


def register(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    for command in (init, check, build, report):
        app.command()(command)
    asks(app, without=("lens", "window", "where"))(rejects)


def init(
    folder: Annotated[Path, typer.Argument(help="Folder with your files.")] = Here,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", metavar="", help="Write the proposal without asking.")
    ] = False,
) -> None:
    """Look at files and propose a tierwise.toml, with reasons."""
    from tierwise.workflows.init import propose

    proposal = propose(folder, today=options.today())
    if proposal.lacks and not proposal.sources:
        raise MissingDataError(
            f"Nothing was written. {proposal.lacks}\n",
            "Correct the files, or map them by hand: docs/reference/tables.md lists the columns.",
        )
    typer.echo(proposal.mapping())
    for line in proposal.reasons():
        say(line)
    if (folder / "tierwise.toml").exists():
        raise UsageError(
            f"{folder / 'tierwise.toml'} exists and was left alone.",
            "Compare the proposal above, or move it away first.",
        )
    if yes or _agreed(folder):
        proposal.write()
        if proposal.lacks:
            raise MissingDataError(
                f"Written, but {proposal.lacks}\n",
                "Correct the files or complete [sources] in tierwise.toml, then: tierwise check.",
            )
        say(
            "Written, with every other setting as a comment."
            " Next: tierwise check, then tierwise value concentration."
        )


def _agreed(folder: Path) -> bool:
    """Ask; without anybody to ask, say how to do without."""
    try:
        return typer.confirm(f"Write this to {folder / 'tierwise.toml'}?", err=True)
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        raise UsageError(
            "Nothing was written: nobody answered, there is no terminal to ask in.",
            f"Write the proposal with: tierwise init {folder} --yes",
        ) from None


def check(
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read everything once and explain every problem; exit 1 when there are errors."""
    from tierwise.workflows.check import check as check_project

    chosen = options.chosen_project(project, demo)
    found = check_project(
        chosen,
        as_of=options.day(as_of),
        today=options.today(chosen),
        tell=say,
    )
    if as_json:
        show(found.answer, as_json=True)
    else:
        tables_only = tuple(grid for grid in found.answer.grids if grid.name == "tables")
        show(replace(found.answer, grids=tables_only), as_json=False)
        show_problems(found.problems)
    if found.errors:
        raise typer.Exit(1)


def build(
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the tables and keep a build that every question is answered from."""
    from tierwise.workflows.build import build as make_build

    chosen = options.chosen_project(project, demo)
    made = make_build(chosen, today=options.today(chosen), as_of=options.day(as_of), tell=say)
    if as_json:
        show_json(dict(made.manifest))
        return
    typer.echo(f"Build {made.id}")
    for table in made.manifest["tables"]:
        typer.echo(f"  {table['name']}: {_rows_of(table)}")
    known = number_of(made.manifest["customers"], "known customer")
    typer.echo(f"  {known}, lens {made.manifest['lens']}")
    timings = made.manifest["timings"]
    say(
        f"Read in {timings['load_s']:.1f} s, added up in {timings['summarise_s']:.1f} s."
        f" {made.folder}"
    )


def _rows_of(table: dict[str, Any]) -> str:
    """What became of a table's rows; a table without a source was read from no file."""
    if not table["source"]:
        return f"{number_of(table['rows_kept'], 'row')} derived from other tables"
    kept, later = table["rows_kept"], table["rows_after_as_of"]
    said = f"{number_of(kept, 'row')} kept, {table['rows_rejected']:,} left out"
    return f"{said}, {later:,} dated after the as-of date" if later else said


def rejects(
    desk: Desk,
    question: Question,  # noqa: ARG001 - the build as a whole is asked
    limit: LimitOption = None,
) -> Answer:
    """List the rows that were left out: file, line, what was found there, and why."""
    return desk.rejects(limit=limit or LISTED)


def report(
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="HTML file to write.")
    ] = Path("tierwise-report.html"),
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    lens: LensOption = None,
    window: WindowOption = None,
    where: WhereOption = None,
) -> None:
    """Write everything into one HTML file that needs no network and prints well."""
    from tierwise.report import render, write
    from tierwise.workflows.build import current_build
    from tierwise.workflows.question import asked
    from tierwise.workflows.value import Desk

    question = asked(lens, window, where)
    chosen = options.chosen_project(project, demo)
    made = current_build(chosen, today=options.today(chosen), as_of=options.day(as_of), tell=say)
    say("Drawing the report")
    write(out, render(Desk(chosen, made), question))
    typer.echo(f"{out} ({out.stat().st_size / 1024:,.0f} KiB)")
