"""Commands that serve the console: demo and serve."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tierwise.cli import options
from tierwise.cli.options import DemoOption, JsonOption, ProjectOption
from tierwise.cli.screen import say, show_json
from tierwise.units import Unit, format_value, number_of

if TYPE_CHECKING:
    from tierwise.engine.project import ProjectFolder
    from tierwise.workflows.live import Live

HostOption = Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Address to listen on.")]
PortOption = Annotated[
    int, typer.Option("--port", metavar="N", min=0, max=65535, help="Port to listen on.")
]
LOCAL, PORT = "127.0.0.1", 8765


def register(app: typer.Typer) -> None:
    """Hang the commands into the application."""
    app.command()(demo)
    app.command()(serve)


def demo(
    serve_too: Annotated[
        bool, typer.Option("--serve", metavar="", help="Then serve the console.")
    ] = False,
    host: HostOption = LOCAL,
    port: PortOption = PORT,
    as_json: JsonOption = False,
) -> None:
    """Write and build both demo projects and print their headline figures."""
    from tierwise.workflows.demo import NAMES, demo_home, demo_project

    projects = [demo_project(name, demo_home(os.environ), say) for name in NAMES]
    headlines = [_headline(project) for project in projects]
    if as_json:
        show_json(headlines)
    else:
        for headline in headlines:
            typer.echo(headline["text"])
    if serve_too:
        _serve(projects, host, port)


def _headline(project: ProjectFolder) -> dict[str, object]:
    """What a newcomer should know first: how concentrated this firm is."""
    from tierwise.workflows.build import current_build
    from tierwise.workflows.value import Desk

    desk = Desk(project, current_build(project, today=options.today(project), tell=say))
    answer = desk.concentration(top_n=(40, 250))
    total = format_value(answer.figure("total").value, Unit.MONEY, answer.context.currency)
    counts = {row["customers"]: row for row in answer.grid("top").rows}
    shares = "; ".join(
        f"{k} customers bring {counts[k]['share']:.1%}" for k in (40, 250) if k in counts
    )
    customers = number_of(answer.context.customers, "customer")
    nobody = "".join(f" {note}" for note in answer.notes if note.startswith("Not counted"))
    text = f"{project.name}: {customers}, {total} revenue; {shares}.{nobody}"
    return {"project": project.name, "text": text, "folder": str(project.root), **answer.to_json()}


def serve(
    project: ProjectOption = Path(),
    demo_name: DemoOption = None,
    host: HostOption = LOCAL,
    port: PortOption = PORT,
    live: Annotated[
        bool, typer.Option("--live", metavar="", help="Route contacts too, by HTTP and webhooks.")
    ] = False,
) -> None:
    """Serve the console for a project, and with --live the router."""
    chosen = options.chosen_project(project, demo_name)
    if not live:
        _serve([chosen], host, port)
        return
    from tierwise.workflows.live import open_live

    opened = open_live(chosen, os.environ, say)
    try:
        say(f"Routing at {opened.store.place}; API described at /api/v1/openapi.json")
        _say_keys(opened, host)
        _serve([chosen], host, port, opened)
    finally:
        opened.close()


def _say_keys(live: Live, host: str) -> None:
    from tierwise.server import is_local
    from tierwise.workflows import keys

    if not is_local(host) and not any(not one["revoked_at"] for one in keys.listed(live.store)):
        say("The API asks for keys here, and there are none: tierwise keys add --scope route")


def _serve(projects: list[ProjectFolder], host: str, port: int, live: Live | None = None) -> None:
    from tierwise.server import serve as run

    typer.echo(f"Console: http://{host}:{port}/ (Ctrl+C stops it)")
    run(projects, host, port, live=live)
