"""Settings as text for tierwise.toml: values quoted, defaults and help as comments."""

from __future__ import annotations

import json
from enum import Enum

from pydantic import BaseModel
from pydantic.fields import FieldInfo


def quoted_toml(text: str) -> str:
    """Text as a TOML string; JSON's escapes are among TOML's."""
    return json.dumps(text, ensure_ascii=False)


def settings_comments(section: str, model: type[BaseModel]) -> str:
    """Every setting of a section with its default and its help, all commented out."""
    lines = [f"# [{section}]"]
    inner: list[str] = []
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel) and field.description is None:
            inner.append(settings_comments(f"{section}.{name}", kind))
            continue
        lines.append(
            f"# {name} = {_default(field)}".rstrip() + f"  # {field.description or ''}".rstrip(" #")
        )
    return "\n".join(lines) + "\n" + "".join(f"\n{text}" for text in inner)


def _default(field: FieldInfo) -> str:
    return _text(field.default)


def _text(value: object) -> str:
    if value is None or value is Ellipsis:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, tuple | list):
        return "[" + ", ".join(map(_text, value)) + "]"
    return quoted_toml(str(value.value if isinstance(value, Enum) else value))
