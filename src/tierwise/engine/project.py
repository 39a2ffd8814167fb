"""A project: a folder with tierwise.toml, read once at the edge."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from tierwise.engine.presets import preset_names, read_preset
from tierwise.errors import DataError, SettingsError
from tierwise.settings.model import Settings, Source
from tierwise.tables.schema import TABLES

SETTINGS_FILE = "tierwise.toml"


@dataclass(frozen=True, slots=True)
class ProjectFolder:
    """A folder and what its tierwise.toml says; every path in it is relative to `root`."""

    root: Path
    settings: Settings

    @property
    def name(self) -> str:
        """What the project is called on every page."""
        return self.settings.project.name or self.root.resolve().name


def open_project(folder: Path) -> ProjectFolder:
    """Read tierwise.toml; SettingsError lists every problem in it, not the first alone."""
    path = folder / SETTINGS_FILE
    document = _read_toml(path)
    try:
        settings = Settings.model_validate(document)
    except ValidationError as found:
        raise _refused(path, [_say(error) for error in found.errors()]) from None
    unknown = [
        line for name, source in settings.sources.items() for line in _unknown_names(name, source)
    ]
    if unknown:
        raise _refused(path, unknown)
    return ProjectFolder(folder, settings)


def require_sources(project: ProjectFolder) -> None:
    """DataError where tierwise.toml names nothing to read."""
    if not project.settings.sources:
        raise DataError(
            f"{project.root / SETTINGS_FILE} names no sources.",
            "Run `tierwise init` or add [sources.order_lines].",
        )


def nearest(name: str, known: Sequence[str]) -> str:
    """` Did you mean "x"?`, or nothing when no known name is near."""
    folded = {item.casefold(): item for item in known}
    found = difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6)
    return f' Did you mean "{folded[found[0]]}"?' if found else ""


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise SettingsError(
            f"There is no {SETTINGS_FILE} in the folder {path.parent.resolve()}.",
            "Run `tierwise init` in the folder with your files; it writes one for you."
            " Or name another folder with --project DIR, or look at an example: --demo fairfield.",
        ) from None
    except tomllib.TOMLDecodeError as found:
        raise SettingsError(f"{path}: not valid TOML: {found}.", "Correct this line.") from None
    except UnicodeDecodeError as found:
        raise SettingsError(
            f"{path}: not UTF-8 (byte {found.start}).", "Save the file as UTF-8."
        ) from None
    except OSError as found:
        raise SettingsError(
            f"{path}: cannot be read: {found.strerror}.", "Check its rights."
        ) from None


def _refused(path: Path, lines: Sequence[str]) -> SettingsError:
    count = "one problem" if len(lines) == 1 else f"{len(lines)} problems"
    listed = "\n".join(f"  - {line}" for line in lines)
    return SettingsError(
        f"{path} has {count}:\n{listed}\n", "docs/reference/settings.md lists every setting."
    )


def _say(error: Mapping[str, Any]) -> str:
    """One line for one error of the model: key, what was found, what is allowed."""
    where = [str(part) for part in error["loc"] if not str(part).startswith(("function-", "str"))]
    key = ".".join(part for part in where if part not in {"ColumnSource", "int", "float", "bool"})
    found = error.get("input")
    if error["type"] == "extra_forbidden":
        allowed = _settings_beside(where)
        listed = ", ".join(allowed)
        hint = nearest(where[-1], allowed)
        return f"{key} = {_short(found)}: there is no such setting.{hint} Known here: {listed}."
    message = str(error["msg"]).removeprefix("Value error, ")
    return f"{key} = {_short(found)}: {message}." if where else f"{message}."


def _short(value: object) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _settings_beside(where: Sequence[str]) -> list[str]:
    """Names of the settings in the section that the last part of `where` was found in."""
    model: type[BaseModel] = Settings
    for part in where[:-1]:
        field = model.model_fields.get(part)
        if field is None:  # a table's name under [sources]
            continue
        kind = field.annotation
        model = kind if isinstance(kind, type) and issubclass(kind, BaseModel) else Source
    return list(model.model_fields)


def _unknown_names(name: str, source: Source) -> list[str]:
    """Tables, columns and presets that do not exist; paths are looked at when loading."""
    if name not in TABLES:
        known = ", ".join(TABLES)
        return [
            f"sources.{name}: there is no table of this name.{nearest(name, list(TABLES))}"
            f" Tables: {known}."
        ]
    columns = [column.name for column in TABLES[name].columns]
    lines = [
        f"sources.{name}.columns.{column}: {name} has no such column."
        f"{nearest(column, columns)} Its columns: {', '.join(columns)}."
        for column in source.columns
        if column not in columns
    ]
    return lines + _unknown_preset(name, source)


def _unknown_preset(name: str, source: Source) -> list[str]:
    if source.preset is None:
        return []
    key = f'sources.{name}.preset = "{source.preset}"'
    if source.preset not in preset_names():
        hint = nearest(source.preset, preset_names())
        return [f"{key}: there is no such preset.{hint} Presets: {', '.join(preset_names())}."]
    table = read_preset(source.preset).table
    return [] if table == name else [f"{key}: this preset fills {table}, not {name}."]
