"""How a question looks at a build: lens, window and slice, as every face is asked for them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tierwise.errors import UsageError
from tierwise.settings import Lens, Window


@dataclass(frozen=True, slots=True)
class Question:
    """How to look: lens, window and slice. None means as the project says."""

    lens: Lens | None = None
    window: Window | None = None
    where: tuple[tuple[str, str], ...] = ()  # dimension and value; all of them must hold


def asked(lens: Lens | None, window: str | None, where: Sequence[str] | None) -> Question:
    """Read what every face is asked with; UsageError says which part of it is wrong."""
    try:
        span = Window.parse(window) if window else None
    except ValueError as error:
        raise UsageError(f"The window: {error}.", "Use 12m, 2y or all.") from error
    return Question(lens, span, tuple(_pair(text) for text in where or ()))


def _pair(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name or not value:
        raise UsageError(
            f'The slice "{text}" is not of the form dimension=value.', "Example: country=France."
        )
    return name, value
