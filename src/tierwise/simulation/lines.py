"""Which line of a scenario's text a problem is about."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PROBLEM = re.compile(r"^\s*- (?P<where>[^\s:=]+)")
_TOML = re.compile(r"line (\d+)")


def problems_by_line(text: str, message: str) -> list[tuple[int | None, str]]:
    """The problems that an error lists, each with its line counted from 1, None where unknown."""
    listed = [line.strip()[2:] for line in message.splitlines() if line.strip().startswith("- ")]
    if not listed:
        found = _TOML.search(message)
        return [(int(found[1]) if found else None, message.strip())]
    return [(line_of(text, _where(one)), one) for one in listed]


def _where(problem: str) -> list[str]:
    found = _PROBLEM.match(f"- {problem}")
    return found["where"].split(".") if found else []


def line_of(text: str, path: Sequence[str]) -> int | None:
    """Line of a setting such as classes.0.handle.mean_s, of a class or group by its name."""
    lines = text.splitlines()
    if not path:
        return None
    number = int(path[1]) if len(path) > 1 and path[1].isdigit() else 0
    start = _header(lines, path[0], number)
    if start is None:
        return _named(lines, path[0])
    found = start
    end = next((i for i in range(start + 1, len(lines)) if _is_array(lines[i])), len(lines))
    for key in (part for part in path[1:] if not part.isdigit()):
        place = next((i for i in range(found, end) if _has(lines[i], key)), None)
        found = place if place is not None else found
    return found + 1


def _header(lines: Sequence[str], name: str, number: int) -> int | None:
    """Line of the table, or of one of an array of tables; of a key that stands alone."""
    wanted = re.compile(rf"^\s*(\[\[?\s*{re.escape(name)}(ies)?\s*\]|{re.escape(name)}\s*=)")
    if name == "policy":
        wanted = re.compile(r"^\s*\[\[?\s*polic(y|ies)\s*\]")
    places = [i for i, line in enumerate(lines) if wanted.match(line)]
    return places[number] if number < len(places) else None


def _named(lines: Sequence[str], name: str) -> int | None:
    wanted = re.compile(rf"^\s*name\s*=\s*[\"']{re.escape(name)}[\"']")
    return next((i + 1 for i, line in enumerate(lines) if wanted.match(line)), None)


def _is_array(line: str) -> bool:
    return line.lstrip().startswith("[[")


def _has(line: str, key: str) -> bool:
    return re.search(rf"(^|[\s{{,.\[\"]){re.escape(key)}[\"]?\s*[=.\]]", line) is not None
