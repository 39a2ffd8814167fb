"""`tierwise publish`: the tiers of a build into the operational store, and back."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tierwise.cli import options
from tierwise.cli.options import (
    AsOfOption,
    DemoOption,
    JsonOption,
    LensOption,
    ProjectOption,
    WindowOption,
)
from tierwise.cli.screen import say, show_json
from tierwise.cli.tiers import BasisOption, GoalOption, RuleOption
from tierwise.errors import UsageError
from tierwise.units import number_of

if TYPE_CHECKING:
    from tierwise.engine.project import ProjectFolder


def register(app: typer.Typer) -> None:
    """Hang the command into the application."""
    app.command()(publish)


def publish(
    project: ProjectOption = Path(),
    demo: DemoOption = None,
    as_of: AsOfOption = None,
    lens: LensOption = None,
    window: WindowOption = None,
    goal: GoalOption = "",
    rule: RuleOption = None,
    basis: BasisOption = None,
    undo: Annotated[
        bool, typer.Option("--undo", metavar="", help="Go back to the snapshot before.")
    ] = False,
    listed: Annotated[
        bool, typer.Option("--list", metavar="", help="List what was published, newest first.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Put the tiers of a build into the operational store, as one snapshot, at once."""
    if undo and listed:
        raise UsageError("--undo and --list exclude each other.", "Leave one of them out.")
    chosen = options.chosen_project(project, demo)
    if listed:
        _list(chosen, as_json)
    elif undo:
        _undo(chosen, as_json)
    else:
        from tierwise.workflows.build import current_build
        from tierwise.workflows.publish import publish as put
        from tierwise.workflows.question import asked
        from tierwise.workflows.tiers import Asked
        from tierwise.workflows.value import Desk

        day, question = options.day(as_of), asked(lens, window, None)
        desk = Desk(chosen, current_build(chosen, today=options.today(chosen), as_of=day, tell=say))
        otherwise = Asked(goal, rule, basis)
        _show(put(desk, question, otherwise, os.environ, by=who(), tell=say), as_json)


def who() -> str:
    """Name of whoever is at the keyboard, as the system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user id without a name
        return f"user {os.getuid()}"


def _show(found: Mapping[str, Any], as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    done = "Nothing was done: current is already" if found["was_current"] else "Published"
    typer.echo(f"{done} {_line(found)}")
    _show_tiers(found["tiers"])


def _show_tiers(tiers: Sequence[Mapping[str, Any]]) -> None:
    for tier in tiers:
        typer.echo(f"  {tier['name']}: {number_of(tier['customers'], 'customer')}")


def _line(found: Mapping[str, Any]) -> str:
    return (
        f"snapshot {found['snapshot_id']}: {number_of(found['customers'], 'customer')} as of"
        f" {found['as_of']}, build {found['build_id']}"
    )


def _undo(project: ProjectFolder, as_json: bool) -> None:
    from tierwise.workflows.publish import undo

    found = undo(project, os.environ, by=who(), tell=say)
    if as_json:
        show_json(found)
        return
    typer.echo(f"Undone: snapshot {found['undone']['snapshot_id']}.")
    typer.echo(f"Current is {_line(found['current'])}")
    _show_tiers(found["current"]["tiers"])


def _list(project: ProjectFolder, as_json: bool) -> None:
    from tierwise.workflows.publish import published

    found = published(project, os.environ)
    if as_json:
        show_json(found)
        return
    for one in found:
        when = f"published {one['published_at']} by {one['published_by']}"
        typer.echo(f"{one['state']:8} {_line(one)}, {when}")
    if not found:
        say("Nothing is published yet: run tierwise publish.")
