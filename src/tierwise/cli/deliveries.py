"""`tierwise deliveries`: what other systems were told, and what they refused."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tierwise.cli.keys import live_store
from tierwise.cli.options import DemoOption, JsonOption, ProjectOption
from tierwise.cli.screen import say, show_json
from tierwise.errors import UsageError

STATES = ("due", "sent", "given_up")
DestinationOption = Annotated[
    str | None, typer.Option("--destination", metavar="NAME", help="Only this one.")
]

app = typer.Typer(
    name="deliveries",
    help="What other systems were told by the live router, and what they refused.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def listed(
    state: Annotated[
        str, typer.Option("--state", metavar="STATE", help="due, sent or given_up.")
    ] = "given_up",
    destination: DestinationOption = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="At most.")] = 100,
    project: ProjectOption = Path(),
    demo: DemoOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what was given up, or what is due or sent, oldest first."""
    from tierwise.workflows import deliver

    if state not in STATES:
        raise UsageError(f'There is no state "{state}".', f"States: {', '.join(STATES)}.")
    with live_store(project, demo) as store:
        found = deliver.listed(store, state, destination, limit)
    if as_json:
        show_json(
            [
                {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in one.items()}
                for one in found
            ]
        )
        return
    for one in found:
        error = f": {one['last_error']}" if one["last_error"] else ""
        typer.echo(
            f"{one['delivery_id']}  to {one['destination']}, {one['kind']} of contact"
            f" {one['contact_id']}, made {one['made_at']:%Y-%m-%d %H:%M}, tried"
            f" {one['tries']} times{error}"
        )
    if not found:
        say(f"There are none that are {state.replace('_', ' ')}.")


@app.command("send-again")
def send_again(
    delivery_id: Annotated[
        int | None, typer.Argument(metavar="ID", min=1, help="As `deliveries list` shows it.")
    ] = None,
    destination: DestinationOption = None,
    project: ProjectOption = Path(),
    demo: DemoOption = None,
) -> None:
    """Send once more what was given up: one, or all of a destination."""
    from tierwise.workflows import deliver

    if (delivery_id is None) == (destination is None):
        raise UsageError("Name a delivery or a destination.", "See: tierwise deliveries list")
    with live_store(project, demo) as store:
        number = deliver.send_again(store, delivery_id, destination)
    say(f"{number} will be sent again by the running server.")
