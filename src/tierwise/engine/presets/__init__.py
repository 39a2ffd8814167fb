"""Mappings of known exports, one TOML file each: which table, which columns, how recognised."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from tierwise.settings.model import ColumnSource

Origin = str | tuple[str, ...] | ColumnSource  # a column, the first that exists of several, or SQL


@dataclass(frozen=True, slots=True)
class Preset:
    """How one known export maps onto one canonical table."""

    name: str
    title: str
    table: str
    header: tuple[str, ...]  # a file with all of these is this export; `a|b` means either
    columns: dict[str, Origin]
    currency: str = ""  # when the export has only one and does not say it
    sql: str = ""  # query over the rows `source`, run before the mapping
    notes: tuple[str, ...] = ()

    def recognises(self, header: tuple[str, ...]) -> bool:
        """Whether a file with these column names is this export; case does not matter."""
        present = {name.strip().casefold() for name in header}
        return all(
            any(either in present for either in name.casefold().split("|")) for name in self.header
        )


@cache
def preset_names() -> tuple[str, ...]:
    """Names of all presets, in alphabetical order."""
    found = (item.name for item in files("tierwise.engine.presets").iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in found if name.endswith(".toml")))


@cache
def read_preset(name: str) -> Preset:
    """The preset called `name`; FileNotFoundError when there is none."""
    file = files("tierwise.engine.presets") / f"{name}.toml"
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    return Preset(
        name=name,
        title=document["title"],
        table=document["table"],
        header=tuple(document["header"]),
        columns={column: _origin(origin) for column, origin in document["columns"].items()},
        currency=document.get("currency", ""),
        sql=document.get("sql", ""),
        notes=tuple(document.get("notes", ())),
    )


def _origin(value: object) -> Origin:
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return tuple(str(name) for name in value)
    return ColumnSource.model_validate(value)
