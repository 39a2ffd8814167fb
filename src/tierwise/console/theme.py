"""Colours, type and radii that Mantine's own parts take; the rest is in assets/style.css."""

from __future__ import annotations

from typing import Any

# Ten steps from the lightest to the darkest, as Mantine wants them.
_TEAL = (
    "#eef7f7", "#d8ecec", "#b2d9da", "#88c4c6", "#5fadb0",
    "#3b9498", "#1f7d82", "#10686d", "#0b5459", "#063f43",
)  # fmt: skip
_DARK = (
    "#e6edef", "#c3d0d5", "#a3b3ba", "#6d7f87", "#3d4c54",
    "#2f3c43", "#1d282e", "#182126", "#121a1e", "#0c1215",
)  # fmt: skip

THEME: dict[str, Any] = {
    "primaryColor": "teal",
    "primaryShade": {"light": 7, "dark": 4},
    "colors": {"teal": list(_TEAL), "dark": list(_DARK)},
    "fontFamily": "Inter, ui-sans-serif, system-ui, 'Segoe UI', Roboto, Arial, sans-serif",
    "defaultRadius": "sm",
    "autoContrast": True,
    "cursorType": "pointer",
    "focusRing": "auto",
    "headings": {"fontWeight": "600"},
}
