"""What the pickers ask and a page does not answer: nothing that is picked is passed over."""

from __future__ import annotations

from collections.abc import Sequence

from tierwise.console.parts.words import LENS_NAMES, window_name
from tierwise.console.view import View
from tierwise.errors import UsageError
from tierwise.results import Context
from tierwise.settings import Lens, Window
from tierwise.workflows.value import Desk

PICKERS = {"lens": "“Ranked by”", "window": "“Over”", "slice": "“Only where”"}
"""Names of what can be picked, as they stand above a page."""


def ignored(names: Sequence[str]) -> str:
    """`“Ranked by” and “Over” make no difference here.`, or "" when all of them count."""
    if not names:
        return ""
    *others, last = (PICKERS[name] for name in names)
    if not others:
        return f"{last} makes no difference here."
    return f"{', '.join(others)} and {last} make no difference here."


def departures(context: Context, view: View, desk: Desk, names: Sequence[str]) -> list[str]:
    """Where an answer stands on something else than was picked; `names` are told otherwise."""
    said = {
        "lens": _other_lens(context, view, desk),
        "window": _other_window(context, view, desk),
        "slice": "All customers are shown: “Only where” does not apply here."
        if view.where and not context.slice
        else "",
    }
    return [text for name, text in said.items() if text and name not in names]


def _other_lens(context: Context, view: View, desk: Desk) -> str:
    asked = view.question().lens or desk.settings.lens or desk.build.manifest["lens"]
    if context.lens not in LENS_NAMES or str(asked) == context.lens:
        return ""
    return (
        f"“Ranked by” says {LENS_NAMES[asked]}; this is about {LENS_NAMES[context.lens]} instead."
    )


def _other_window(context: Context, view: View, desk: Desk) -> str:
    asked = str(view.question().window or desk.build.manifest["window"])
    if not context.window or asked == context.window:
        return ""
    return f"“Over” says {window_name(asked)}; this is about {window_name(context.window)} instead."


def unknown(view: View, projects: Sequence[str]) -> dict[str, str]:
    """What stands in a picker whose address says something that does not exist."""
    found = {}
    if view.project and view.project not in projects:
        found["project"] = f"no project “{view.project}”"
    if view.get("lens") and view.get("lens") not in list(Lens):
        found["lens"] = f"“{view.get('lens')}” is none"
    try:
        Window.parse(view.get("window", "all"))
    except (ValueError, UsageError):
        found["window"] = f"“{view.get('window')}” is none"
    return found
