"""Commands that put one question to a desk: their shared options are declared here, once."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, get_type_hints

import typer

from tierwise.cli import STARTED, options
from tierwise.cli.screen import say, show, write_csv
from tierwise.errors import UsageError
from tierwise.results import LISTED, Answer

Ask = Callable[..., Answer]

WHOLE = 2**31 - 1
"""Limit of a list that is written, not looked at."""

_GIVEN = {"desk", "question"}
"""Parameters that are not options."""

_SHARED: dict[str, tuple[Any, Any]] = {
    "project": (options.ProjectOption, Path()),
    "demo": (options.DemoOption, None),
    "as_of": (options.AsOfOption, None),
    "lens": (options.LensOption, None),
    "window": (options.WindowOption, None),
    "where": (options.WhereOption, None),
    "csv": (options.CsvOption, None),
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
    """The command's own options among the shared ones, before --csv and --json."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    common = [
        inspect.Parameter(name, keyword, default=default, annotation=kind)
        for name, (kind, default) in shared.items()
    ]
    own = {n: p for n, p in inspect.signature(ask).parameters.items() if n not in _GIVEN}
    # Of these alone: the types of the others would bring the engine with them.
    kinds = SimpleNamespace(__annotations__={n: p.annotation for n, p in own.items()})
    hints = get_type_hints(kinds, ask.__globals__, include_extras=True)
    asked = [p.replace(kind=keyword, annotation=hints[n]) for n, p in own.items()]
    return inspect.Signature([*common[:-2], *asked, *common[-2:]])


def _run(ask: Ask, shared: dict[str, Any], own: dict[str, Any]) -> None:
    from tierwise.workflows.build import current_build
    from tierwise.workflows.question import asked
    from tierwise.workflows.value import Desk

    question = asked(shared["lens"], shared["window"], shared["where"])
    written = shared["csv"] is not None
    if written and shared["as_json"]:
        raise UsageError("--csv and --json exclude each other.", "Leave one of them out.")
    if "limit" in own:
        whole = written or shared["as_json"]
        own["limit"] = own["limit"] or (WHOLE if whole else LISTED)
    project = options.chosen_project(shared["project"], shared["demo"])
    began = time.perf_counter()
    as_of = options.day(shared["as_of"])
    build = current_build(project, today=options.today(project), as_of=as_of, tell=say)
    found = ask(Desk(project, build), question, **own)
    done = time.perf_counter()
    if written:
        write_csv(found, shared["csv"])
    else:
        show(found, as_json=shared["as_json"])
    say(
        f"Answered after {done - STARTED:.1f} s;"
        f" {done - began:.1f} s of it went into reading and reckoning."
    )
