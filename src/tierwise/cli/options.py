"""Options that every command shares, and the project they lead to."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from tierwise.cli.screen import say
from tierwise.settings import Lens

if TYPE_CHECKING:
    from tierwise.engine.project import ProjectFolder

ProjectOption = Annotated[
    Path,
    typer.Option(
        "--project", "-p", metavar="DIR", help="Folder with tierwise.toml.", show_default="here"
    ),
]
DemoOption = Annotated[
    str | None,
    typer.Option("--demo", metavar="NAME", help="Use a demo instead: fairfield or online-retail."),
]
AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=["%Y-%m-%d"],
        metavar="YYYY-MM-DD",
        help="Read nothing dated later.",
        show_default="as the project says",
    ),
]
JsonOption = Annotated[
    bool, typer.Option("--json", metavar="", help="One JSON document on stdout.")
]
LensOption = Annotated[
    Lens | None,
    typer.Option(
        "--lens",
        metavar="LENS",
        help=f"What customers are ranked by: {', '.join(Lens)}.",
        show_default="as the project says",
    ),
]
WindowOption = Annotated[
    str | None,
    typer.Option(
        "--window", metavar="SPAN", help="12m, 2y or all.", show_default="as the project says"
    ),
]
WhereOption = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        "-w",
        metavar="NAME=VALUE",
        help="Only a slice, such as country=France; repeat to narrow.",
    ),
]
LimitOption = Annotated[
    int | None,
    typer.Option(
        "--limit",
        metavar="N",
        min=1,
        help="Longest list.",
        show_default="500, all with --json or --csv",
    ),
]
CsvOption = Annotated[
    str | None,
    typer.Option(
        "--csv", metavar="FILE", help="Write the main table whole into a CSV file; - for stdout."
    ),
]


def chosen_project(folder: Path, demo: str | None) -> ProjectFolder:
    """Open the demo that was named, else the project in the folder."""
    if demo is not None:
        from tierwise.workflows.demo import demo_home, demo_project

        return demo_project(demo, demo_home(os.environ), say)
    from tierwise.engine.project import open_project

    return open_project(folder)


def today(project: ProjectFolder | None = None) -> date:
    """The day it is in the project's time zone; the clock is read here and handed down."""
    zone = project.settings.project.time_zone if project else "UTC"
    return datetime.now(ZoneInfo(zone)).date()


def day(as_of: datetime | None) -> date | None:
    """Typer reads dates with a time of day; only the day counts."""
    return as_of.date() if as_of else None
