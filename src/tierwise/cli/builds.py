"""`tierwise builds`: list the builds of a project, and remove some."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tierwise.cli import options
from tierwise.cli.options import DemoOption, JsonOption, ProjectOption
from tierwise.cli.screen import say, show_json
from tierwise.errors import UsageError
from tierwise.units import number_of

if TYPE_CHECKING:
    from tierwise.engine.project import ProjectFolder

app = typer.Typer(invoke_without_command=True, help="List the builds of a project; remove some.")

Here = Path()


@app.callback()
def builds(
    context: typer.Context,
    project: ProjectOption = Here,
    demo: DemoOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the builds of a project, newest first; `remove` deletes some."""
    context.obj = (project, demo)
    if context.invoked_subcommand is None:
        _list(options.chosen_project(project, demo), as_json)


def _list(project: ProjectFolder, as_json: bool) -> None:
    from tierwise.workflows.build import builds_of, damaged_builds, default_build

    found, default = builds_of(project), default_build(project)
    if as_json:
        show_json([dict(made.manifest) for made in found])
        return
    for made in found:
        mark = "  answers by default" if made == default else ""
        typer.echo(
            f"{made.id}  {made.manifest['created_at']}"
            f"  {number_of(made.manifest['customers'], 'known customer')}{mark}"
        )
    for damage in damaged_builds(project):
        say(damage)
    if not found:
        say("No builds yet: run tierwise build.")


@app.command()
def remove(
    context: typer.Context,
    ids: Annotated[list[str], typer.Argument(help="Ids of builds, or how they start.")],
    project: ProjectOption = Here,
    demo: DemoOption = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", metavar="", help="Remove without asking.")
    ] = False,
) -> None:
    """Delete builds for good."""
    from tierwise.workflows.build import named_build, remove_builds

    above = context.obj  # `builds --demo x remove` means the same as `builds remove --demo x`
    chosen = options.chosen_project(project if project != Here else above[0], demo or above[1])
    found = {made.id: made for made in (named_build(chosen, one) for one in ids)}
    if not yes and not _agreed(list(found)):
        say("Nothing was removed.")
        return
    remove_builds(list(found.values()))
    for name in found:
        typer.echo(f"Removed {name}")


def _agreed(ids: list[str]) -> bool:
    try:
        return typer.confirm(f"Remove {', '.join(ids)} for good?", err=True)
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        raise UsageError(
            "Nothing was removed: nobody answered, there is no terminal to ask in.",
            "Add --yes to remove without asking.",
        ) from None
