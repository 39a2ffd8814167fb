"""Why nothing lies in a window, and the way out: the days that the data have are named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from tierwise.errors import EmptyWindowError, MissingDataError
from tierwise.workflows.look import Look

_CALLED = {"order_lines": "orders", "contacts": "contacts"}


def explained(look: Look, found: EmptyWindowError) -> MissingDataError:
    """The same error with what follows from the first and last day of its table.

    A table that the project does not have is what is missing, not a window.
    """
    if not look.has(found.table) and found.table == "contacts":
        return MissingDataError("There are no contacts.", "Add [sources.contacts].")
    said, remedy = _told(look, found)
    return EmptyWindowError(f"{found.message} {said}".strip(), remedy, found.table)


def _told(look: Look, found: EmptyWindowError) -> tuple[str, str]:
    what, facts = _CALLED.get(found.table, found.table), _facts(look, found.table)
    last, later = _day(facts.get("last_on")), _day(facts.get("first_later"))
    if last is None and later is not None:
        said = f"The first day with {what} is {later}, after the as-of date {look.as_of}."
        return said, f"Choose a later --as-of, or set as_of in [project]: {later} or after."
    if last is not None and look.start is not None and last < look.start:
        said = f"The last day with {what} is {last}, the window begins on {look.start}."
        return said, f"Choose --as-of {last}, set as_of = {last} in [project], or widen --window."
    if look.where and last is not None:
        first = _day(facts.get("first_on"))
        return f"There are {what} from {first} to {last}.", "Remove the slice, or widen --window."
    return "", found.remedy


def _facts(look: Look, table: str) -> Mapping[str, Any]:
    """What the build noted of a table when it was read."""
    listed = look.build.manifest["tables"]
    return next((facts for facts in listed if facts["name"] == table), {})


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)) if value else None
