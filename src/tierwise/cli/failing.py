"""How a command ends that could not do what was asked: words on stderr, or a document on stdout."""

from __future__ import annotations

import re
import sys
from typing import Any, NoReturn

from tierwise.errors import TierwiseError, UsageError

_KINDS = {
    "int_parsing": "which is not a whole number",
    "int_from_float": "which is not a whole number",
    "float_parsing": "which is not a number",
}
_BOUNDS = {
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "greater_than": "must be more than {gt:g}",
    "less_than": "must be less than {lt:g}",
}


def fail(error: TierwiseError) -> NoReturn:
    """Say what was found and what to do, and exit; with --json as a document on stdout."""
    from tierwise.cli.screen import show_error, show_json

    if "--json" in sys.argv[1:]:
        show_json({"error": document(error)})
    else:
        show_error(error)
    sys.exit(error.exit_code)


def document(error: TierwiseError) -> dict[str, object]:
    """An error as JSON: its kind in the tree of errors, message, remedy, exit code."""
    return {
        "kind": type(error).__name__,
        "message": error.message,
        "remedy": error.remedy,
        "exit_code": error.exit_code,
    }


def wrong_use(error: Any) -> UsageError:
    """What the parser of the command line complained about, in our words."""
    help_line = "Options: `tierwise --help`."
    if error.ctx is not None:
        help_line = f"Options: `{error.ctx.command_path} --help`."
    option = _option(error)
    problems: list[Any] = getattr(error.__cause__, "errors", list)()
    if not option or not problems:
        return UsageError(_sentence(error.format_message()), help_line)
    return _wrong_value(option, problems[0], help_line)


def _option(error: Any) -> str:
    """`--share`, or the name of an argument."""
    param = getattr(error, "param", None)
    if param is None:
        return ""
    long = [name for name in param.opts if name.startswith("--")]
    return str(long[0] if long else param.name.upper())


def _wrong_value(option: str, problem: dict[str, Any], help_line: str) -> UsageError:
    """One value that an option does not take: what it said, and what would do."""
    kind, found, said = problem["type"], problem["input"], str(problem["msg"])
    if kind in _KINDS:
        return UsageError(f'{option} says "{found}", {_KINDS[kind]}.', help_line)
    if kind in _BOUNDS:
        bound = _BOUNDS[kind].format(**problem["ctx"])
        return UsageError(f"{option} says {found}; it {bound}.", _percent(problem) or help_line)
    known = re.findall(r"'([^']*)'", said.partition(" is not one of ")[2])
    if known:
        from tierwise.engine.project import nearest

        near = nearest(str(found), known).strip()
        return UsageError(f'{option} says "{found}".', f"{near} Known: {', '.join(known)}.".strip())
    if "%Y-%m-%d" in said:
        return UsageError(f'{option} says "{found}", which is no day.', "Write it as 2025-06-30.")
    return UsageError(f"{option}: {_sentence(said.removeprefix('Value error, '))}", help_line)


def _percent(problem: dict[str, Any]) -> str:
    """The remedy for a share that was given in percent."""
    try:
        share = float(problem["input"]) / 100
    except (TypeError, ValueError):
        return ""
    if problem["ctx"].get("le") == 1 and 0 < share <= 1:
        return f"Shares are 0..1: write {share * 100:g}% as {share:g}."
    return ""


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
