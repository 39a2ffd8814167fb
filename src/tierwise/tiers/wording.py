"""The wording guard: no text for customers says what they are worth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import Unit


@dataclass(frozen=True, slots=True)
class Hit:
    """A word that must not be there, and where it is."""

    source: str  # file or name of the text
    line: int  # counted from 1
    column: int  # counted from 1
    word: str  # as the settings list it
    text: str  # the line


def found_in(source: str, text: str, words: Sequence[str]) -> tuple[Hit, ...]:
    """Every listed word in a text, whole words in any case, spaces and hyphens alike.

    >>> [hit.word for hit in found_in("mail", "You are a low - value client.", ["low-value"])]
    ['low-value']
    """
    patterns = [(word, _pattern(word)) for word in words if word.strip()]
    hits = [
        Hit(source, number, match.start() + 1, word, line.strip())
        for number, line in enumerate(text.splitlines(), 1)
        for word, pattern in patterns
        for match in pattern.finditer(line)
    ]
    return tuple(sorted(hits, key=lambda hit: (hit.line, hit.column, hit.word)))


def _pattern(word: str) -> re.Pattern[str]:
    parts = [re.escape(part) for part in re.split(r"[\s-]+", word.strip()) if part]
    plural = r"s?" if parts[-1][-1:].isalpha() else ""
    phrase = r"[\s-]+".join(parts)
    return re.compile(rf"(?<!\w){phrase}{plural}(?!\w)", re.IGNORECASE)


def words_with_names(words: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The listed words and `tier NAME` of every tier: names are for the house alone."""
    return (*words, *(f"tier {name}" for name in names if "tier" not in words))


def answer(context: Context, texts: int, hits: Sequence[Hit]) -> Answer:
    """Where such words stand, or that there are none."""
    rows = tuple(
        {"source": h.source, "line": h.line, "column": h.column, "word": h.word, "text": h.text}
        for h in hits
    )
    says = "No text says what a customer is worth." if not hits else ""
    return Answer(
        kind="tier-wording",
        title="Words that no customer should read",
        context=context,
        figures=(
            Figure("texts_read", "Texts read", texts, Unit.COUNT),
            Figure("words_found", "Words found", len(hits), Unit.COUNT),
        ),
        grids=(Grid("hits", "Where they stand", _COLUMNS, rows),),
        notes=(says,) if says else (),
    )


_COLUMNS = (
    Column("source", "Text"),
    Column("line", "Line", Unit.RANK),
    Column("column", "Column", Unit.RANK),
    Column("word", "Word"),
    Column("text", "Stands in"),
)
