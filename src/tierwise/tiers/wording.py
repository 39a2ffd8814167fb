"""The wording guard: no text for customers says what they are worth."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import Unit

LEAST_NAME = 3
"""Letters from which the name of a tier is a word of its own: "A" stands everywhere."""


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
    return re.compile(rf"(?<!\w){_phrase(word)}(?!\w)", re.IGNORECASE)


def _phrase(word: str) -> str:
    parts = [re.escape(part) for part in re.split(r"[\s-]+", word.strip()) if part]
    plural = r"s?" if parts[-1][-1:].isalpha() else ""
    return r"[\s-]+".join(parts) + plural


def in_engine(words: Sequence[str]) -> str:
    """The same as one regular expression of the engine: RE2 and Java's look around nothing."""
    phrases = [_phrase(word) for word in words if word.strip()]
    return rf"(?i)(?:^|[^\p{{L}}\p{{N}}_])(?:{'|'.join(phrases)})(?:$|[^\p{{L}}\p{{N}}_])"


def words_for_cards(words: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The listed words, and names of tiers that are words: a card shows what was written freely.

    >>> words_for_cards(["tier"], ["Gold", "B"])
    ('tier', 'Gold')
    """
    return (*words, *(name for name in names if len(name) >= LEAST_NAME))


def words_with_names(words: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """The listed words and `tier NAME` of every tier: names are for the house alone."""
    return (*words, *(f"tier {name}" for name in names if "tier" not in words))


def answer(context: Context, texts: int, on_cards: int, hits: Sequence[Hit]) -> Answer:
    """Where such words stand, or that there are none."""
    rows = tuple(
        {"source": h.source, "line": h.line, "column": h.column, "word": h.word, "text": h.text}
        for h in hits
    )
    says = ["No text says what a customer is worth."] if not hits else []
    if on_cards:
        says.append(
            "Promises and names of channels reach the cards of agents; one that holds such a"
            " word is left out of the card when tiers are published."
        )
    return Answer(
        kind="tier-wording",
        title="Words that no customer should read",
        context=context,
        figures=(
            Figure("texts_read", "Texts read", texts, Unit.COUNT),
            Figure("card_texts", "Texts that agents' cards may show", on_cards, Unit.COUNT),
            Figure("words_found", "Words found", len(hits), Unit.COUNT),
        ),
        grids=(Grid("hits", "Where they stand", _COLUMNS, rows),),
        notes=tuple(says),
    )


_COLUMNS = (
    Column("source", "Text"),
    Column("line", "Line", Unit.RANK),
    Column("column", "Column", Unit.RANK),
    Column("word", "Word"),
    Column("text", "Stands in"),
)
