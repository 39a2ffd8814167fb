"""Commands that put one question to a desk: their shared options are declared here, once."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, get_type_hints

import typer

from tierwise.cli import STARTED, options
from tierwise.cli.screen import say, show
from tierwise.results import Answer
from tierwise.workflows.build import current_build
from tierwise.workflows.look import asked
from tierwise.workflows.value import Desk

Ask = Callable[..., Answer]

_SHARED: dict[str, tuple[Any, Any]] = {
    "project": (options.ProjectOption, Path()),
    "demo": (options.DemoOption, None),
    "as_of": (options.AsOfOption, None),
    "lens": (options.LensOption, None),
    "window": (options.WindowOption, None),
    "where": (options.WhereOption, None),
    "as_json": (options.JsonOption, False),
}
"""Name of each shared option, its declaration and its default, in the order of --help."""


def asks(
    app: typer.Typer, *, without: tuple[str, ...] = (), name: str = ""
) -> Callable[[Ask], Ask]:
    """Make a function of a desk, a question and its own options into a command of `app`.

    The command builds if needed, asks, prints, and says how long the user
    waited. `without` names shared options that the question has no use for.
    """

    def register(ask: Ask) -> Ask:
        shared = {key: value for key, value in _SHARED.items() if key not in without}

        def command(**given: Any) -> None:
            _run(ask, {key: given.pop(key, None) for key in _SHARED}, given)

        command.__doc__ = ask.__doc__
        command.__signature__ = _signature(ask, shared)  # type: ignore[attr-defined]
        app.command(name or ask.__name__.replace("_", "-"))(command)
        return ask

    return register


def _signature(ask: Ask, shared: dict[str, tuple[Any, Any]]) -> inspect.Signature:
    """The command's own options among the shared ones, before --json."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    common = [
        inspect.Parameter(name, keyword, default=default, annotation=kind)
        for name, (kind, default) in shared.items()
    ]
    hints = get_type_hints(ask, include_extras=True)
    own = [
        parameter.replace(kind=keyword, annotation=hints[name])
        for name, parameter in inspect.signature(ask).parameters.items()
        if name not in {"desk", "question"}
    ]
    return inspect.Signature([*common[:-1], *own, common[-1]])


def _run(ask: Ask, shared: dict[str, Any], own: dict[str, Any]) -> None:
    question = asked(shared["lens"], shared["window"], shared["where"])
    project = options.chosen_project(shared["project"], shared["demo"])
    began = time.perf_counter()
    as_of = options.day(shared["as_of"])
    build = current_build(project, today=options.today(), as_of=as_of, tell=say)
    found = ask(Desk(project, build), question, **own)
    done = time.perf_counter()
    show(found, as_json=shared["as_json"])
    say(
        f"Answered after {done - STARTED:.1f} s;"
        f" {done - began:.1f} s of it went into reading and reckoning."
    )
