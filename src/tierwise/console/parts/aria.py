"""Attributes that say to assistive technology what the eye sees."""

from __future__ import annotations

from typing import Any


def aria(**names: str) -> dict[str, Any]:
    """`aria(label="Pages")` as keyword arguments of a component: `aria-label="Pages"`."""
    return {f"aria-{name}": value for name, value in names.items()}
