"""`tierwise keys`: who may use the API of the live router, and for what."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tierwise.cli import options
from tierwise.cli.options import DemoOption, JsonOption, ProjectOption
from tierwise.cli.publish import who
from tierwise.cli.screen import say, show_json
from tierwise.errors import UsageError

if TYPE_CHECKING:
    from tierwise.store.connect import Store

app = typer.Typer(
    name="keys",
    help="Who may use the API of the live router, and for what.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def add(
    scope: Annotated[
        list[str],
        typer.Option(
            "--scope",
            metavar="SCOPE",
            help="route, agent, watch, manage or console; repeat for more.",
        ),
    ],
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Who has the key.")] = "",
    project: ProjectOption = Path(),
    demo: DemoOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a key. It is shown once and kept as a hash."""
    from tierwise.workflows import keys

    unknown = [one for one in scope if one not in set(keys.Scope)]
    if unknown:
        raise UsageError(f'There is no scope "{unknown[0]}".', f"Scopes: {', '.join(keys.Scope)}.")
    with live_store(project, demo) as store:
        text = keys.add(store, name or who(), [keys.Scope(one) for one in scope], who())
    if as_json:
        show_json({"key": text, "scopes": scope})
    else:
        typer.echo(text)
        say("Keep it now: it cannot be shown again. Send it as Authorization: Bearer KEY.")


@app.command("list")
def listed(
    project: ProjectOption = Path(), demo: DemoOption = None, as_json: JsonOption = False
) -> None:
    """List the keys that were made, without their secrets."""
    from tierwise.workflows import keys

    with live_store(project, demo) as store:
        found = keys.listed(store)
    if as_json:
        show_json(
            [
                {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in one.items()}
                for one in found
            ]
        )
        return
    for one in found:
        state = f"revoked {one['revoked_at']:%Y-%m-%d}" if one["revoked_at"] else "valid"
        scopes = ", ".join(one["scopes"])
        made = f"made {one['made_at']:%Y-%m-%d} by {one['made_by']}"
        typer.echo(f"{one['key_id']}  {state}: {one['name']}, may {scopes}; {made}")
    if not found:
        say("There are no keys yet: tierwise keys add --scope route")


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="As `tierwise keys list` shows it.")],
    project: ProjectOption = Path(),
    demo: DemoOption = None,
) -> None:
    """Make a key useless from now on."""
    from tierwise.workflows import keys

    with live_store(project, demo) as store:
        keys.revoke(store, key_id)
    say(f"Key {key_id} is revoked.")


@contextmanager
def live_store(project: Path, demo: str | None) -> Iterator[Store]:
    """The store of a project, its tables brought up to date."""
    from tierwise.store import migrate
    from tierwise.store.connect import said_plainly
    from tierwise.workflows.publish import store_of

    with store_of(options.chosen_project(project, demo), os.environ) as store:
        migrate.upgrade(store, say)
        with said_plainly(store.place):
            yield store
