"""Mappings of known exports, one TOML file each: which table, which columns, how recognised."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tierwise.settings.model import ColumnSource


@dataclass(frozen=True, slots=True)
class Preset:
    """How one known export maps onto one canonical table."""

    name: str
    title: str
    table: str
    header: tuple[str, ...]  # a file with all of these columns is this export
    columns: dict[str, str | ColumnSource]
    optional: frozenset[str]  # canonical columns left out when the export lacks theirs
    sql: str = ""  # query over the rows `source`, run before the mapping
    notes: tuple[str, ...] = ()

    def recognises(self, header: tuple[str, ...]) -> bool:
        """Whether a file with these column names is this export; case does not matter."""
        present = {name.strip().casefold() for name in header}
        return all(name.casefold() in present for name in self.header)


@cache
def preset_names() -> tuple[str, ...]:
    """Names of all presets, in alphabetical order."""
    found = (item.name for item in files("tierwise.engine.presets").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


@cache
def read_preset(name: str) -> Preset:
    """The preset called `name`; FileNotFoundError when there is none."""
    document = tomllib.loads((files("tierwise.engine.presets") / f"{name}.toml").read_text(encoding="utf-8"))
    columns = {
        column: origin if isinstance(origin, str) else ColumnSource.model_validate(origin)
        for column, origin in document["columns"].items()
    }
    return Preset(
        name=name,
        title=document["title"],
        table=document["table"],
        header=tuple(document["header"]),
        columns=columns,
        optional=frozenset(document.get("optional", ())),
        sql=document.get("sql", ""),
        notes=tuple(document.get("notes", ())),
    )
