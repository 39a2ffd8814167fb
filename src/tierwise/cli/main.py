"""`tierwise`: the commands, and the one place where errors become exit codes."""

from __future__ import annotations

import gc
import sys
from typing import Annotated, Any, NoReturn

import typer

from tierwise.cli import builds, deliveries, keys, project, publish, serving, simulate, tiers, worth
from tierwise.cli.failing import fail, wrong_use
from tierwise.cli.screen import say
from tierwise.errors import TierwiseError

INTERRUPTED = 130
"""Exit code after Ctrl+C."""

GARBAGE = 100_000
"""New objects after which cycles are looked for: expressions make many, and few in cycles."""

app = typer.Typer(
    name="tierwise",
    help="Which customers matter how much, and does each get the service that fits?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # the help alone would wait longer for colours than for itself
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(worth.app, name="value")  # with the questions of cli.value
app.add_typer(tiers.app, name="tiers")
app.add_typer(builds.app, name="builds")
app.add_typer(keys.app, name="keys")
app.add_typer(deliveries.app, name="deliveries")
project.register(app)
serving.register(app)
simulate.register(app)
publish.register(app)


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"tierwise {version('tierwise')}")
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", metavar="", callback=_version, is_eager=True, help="Say the version."
        ),
    ] = False,
) -> None:
    """Options that stand before the command."""


def main() -> None:
    """Run the command line; exit 0 done, 1 problems in the data, 2 wrong use."""
    gc.set_threshold(GARBAGE)
    try:
        code = app(prog_name="tierwise", standalone_mode=False)
    except TierwiseError as error:
        fail(error)
    except typer.Abort:
        say("Stopped.")
        sys.exit(1)
    except Exception as error:
        if not hasattr(error, "format_message"):  # not one of the parser's own
            raise
        _refuse(error)
    if code == INTERRUPTED:
        say("Stopped.")
    sys.exit(code if isinstance(code, int) else 0)


def _refuse(error: Any) -> NoReturn:
    """Without a command show the help; anything else the parser refused is wrong use."""
    if type(error).__name__ != "NoArgsIsHelpError":
        fail(wrong_use(error))
    error.show()
    sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
