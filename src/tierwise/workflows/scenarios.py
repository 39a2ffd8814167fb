"""Scenario files to choose from: those of the project, and the examples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tierwise.engine.project import ProjectFolder
from tierwise.errors import NotFoundError, TierwiseError
from tierwise.simulation.arrays import problems
from tierwise.simulation.lines import problems_by_line
from tierwise.units import number_of
from tierwise.workflows.simulate import compared, parsed, text_of

FOLDER = "scenarios"
"""Where a project keeps its own, beside tierwise.toml."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One scenario file."""

    key: str  # such as project/calls.toml
    path: Path

    @property
    def label(self) -> str:
        """Name for people."""
        return self.path.stem.replace("-", " ").capitalize()


def choices(project: ProjectFolder) -> tuple[Choice, ...]:
    """The project's own first, then the examples."""
    return tuple(_found(project))


def _found(project: ProjectFolder) -> Iterator[Choice]:
    package = Path(__file__).parents[1]
    examples = (package / "examples" / FOLDER, package.parents[1] / "examples" / FOLDER)
    for kind, folders in (("project", (project.root / FOLDER,)), ("example", examples)):
        folder = next((one for one in folders if one.is_dir()), None)
        if folder is not None:
            yield from (
                Choice(f"{kind}/{path.name}", path) for path in sorted(folder.glob("*.toml"))
            )


def chosen_text(project: ProjectFolder, key: str) -> str:
    """The text of one of the choices; NotFoundError for anything else."""
    known = {choice.key: choice for choice in choices(project)}
    if key not in known:
        raise NotFoundError(f'There is no scenario "{key}".', f"Known: {', '.join(known)}.")
    return text_of(known[key].path)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a text reads as."""

    said: str  # for people; empty when something is wrong
    problems: tuple[tuple[int | None, str], ...]  # line counted from 1, and what is wrong


def reading(text: str) -> Reading:
    """Whether a scenario can be simulated, and what is wrong on which line when it cannot."""
    try:
        asked = parsed(text, "The scenario")
        policies = compared(asked)
        found = [
            one for policy in policies for one in problems(asked.scenario, asked.params(policy))
        ]
    except TierwiseError as error:
        return Reading("", tuple(problems_by_line(text, error.message)))
    if found:
        listed = "\n".join(f"- {one}" for one in dict.fromkeys(found))
        return Reading("", tuple(problems_by_line(text, listed)))
    size = asked.scenario
    parts = (
        number_of(len(size.classes), "class", "classes"),
        number_of(len(size.groups), "group"),
        number_of(len(policies), "policy", "policies"),
    )
    said = ", ".join(parts)
    return Reading(f"Reads well: {said}.", ())
