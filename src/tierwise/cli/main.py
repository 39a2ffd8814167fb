"""`tierwise`: the commands, and the one place where errors become exit codes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from tierwise.cli import project, serving, worth
from tierwise.cli.screen import say, show_error
from tierwise.errors import TierwiseError

app = typer.Typer(
    name="tierwise",
    help="Which customers matter how much, and does each get the service that fits?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(worth.app, name="value")  # with the questions of cli.value
project.register(app)
serving.register(app)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"tierwise {version('tierwise')}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    """Options that stand before the command."""


def main() -> None:
    """Run the command line; exit 0 done, 1 problems in the data, 2 wrong use."""
    try:
        app()
    except TierwiseError as error:
        show_error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        say("Stopped.")
        sys.exit(130)


if __name__ == "__main__":
    main()
