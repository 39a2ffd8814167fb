"""Names under which the canonical columns are met in exports; the list is synonyms.toml."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files


@cache
def synonyms() -> dict[str, dict[str, tuple[str, ...]]]:
    """Other names by canonical table and column; the first table is the likeliest."""
    text = (files("tierwise.engine") / "synonyms.toml").read_text(encoding="utf-8")
    document = tomllib.loads(text)
    return {
        table: {column: tuple(names) for column, names in columns.items()}
        for table, columns in document.items()
    }
