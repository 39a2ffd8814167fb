"""The glossary: what the words of the report mean."""

from __future__ import annotations

from collections.abc import Iterable

from tierwise.report import quality
from tierwise.results import Answer

WORDS = {
    "As of": "The day the figures stand on; nothing dated later was read.",
    "Build": "The tables as they were read, kept unchanged; its figures never change.",
    "Decile": "A tenth of the customers in order of worth; decile 1 is the best tenth.",
    "Interval": "Where an estimate may lie: 95% unless said otherwise. Counts and sums have none.",
    "Rank": "Place in order of worth; 1 is the best. Equal customers stand in order of ids.",
    "Slice": "A part of the customers or of their orders, such as one country.",
    "Window": "The days that are counted, up to the as-of day.",
}
"""Words of the report itself."""


def terms(answers: Iterable[Answer]) -> list[tuple[str, str]]:
    """Words of the report, and columns and figures that explain themselves, by alphabet."""
    found = dict(WORDS)
    for answer in answers:
        columns = [column for grid in answer.grids for column in grid.columns]
        found |= {
            c.label: c.help for c in columns if c.help and not c.name.endswith(("_low", "_high"))
        }
        found |= {figure.label: figure.note for figure in answer.figures if figure.note}
    found |= {column.label: column.help for column in quality.COLUMNS if column.help}
    return sorted(
        ((word, _sentence(text)) for word, text in found.items()), key=lambda t: t[0].casefold()
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
