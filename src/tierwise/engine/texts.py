"""Text files of a project, such as templates for customers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tierwise.errors import MissingDataError, SourceError


def read_texts(root: Path, patterns: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Name and text of every file that a path or glob, relative to `root`, leads to.

    Raises MissingDataError where no pattern is given or one leads to nothing,
    SourceError for a file that is not UTF-8 text.
    """
    if not patterns:
        raise MissingDataError(
            "No texts for customers are named.",
            'Name files, or add texts = ["texts/*.txt"] under [tiers.fairness].',
        )
    return tuple(_read(root, path) for pattern in patterns for path in _paths(root, pattern))


def _paths(root: Path, pattern: str) -> list[Path]:
    place = Path(pattern)
    base, inner = (
        (Path(place.anchor), place.relative_to(place.anchor)) if place.anchor else (root, place)
    )
    found = sorted(path for path in base.glob(str(inner)) if path.is_file())
    if not found:
        raise MissingDataError(
            f'No file is at "{pattern}" under {root}.', "Correct texts under [tiers.fairness]."
        )
    return found


def _read(root: Path, path: Path) -> tuple[str, str]:
    name = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    try:
        return name, path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(
            f"{path}: not UTF-8 (byte {error.start}).", "Save the file as UTF-8."
        ) from error
    except OSError as error:
        raise SourceError(
            f"{path}: cannot be read: {error.strerror}.", "Check its rights."
        ) from error
