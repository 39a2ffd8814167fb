"""From an Altair chart to an SVG that fits the page: the page's own colours and font."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import vl_convert
from altair.utils.schemapi import debug_mode
from markupsafe import Markup, escape

WIDTH, HEIGHT = 560, 240

INK, SOFT, LINE = "#17242b", "#53636b", "#d5dde0"
DARK, LIGHT, PALE, MIDDLE = "#0b5459", "#f0b35a", "#d6dcdf", "#a8501f"
"""Series colours, far enough apart in lightness to be told in grey."""

ACCENT = "#c2571a"

AT_NIGHT = {
    INK: "#e6edef",
    SOFT: "#a3b3ba",
    LINE: "#2f3c43",
    DARK: "#5fb9bc",
    LIGHT: "#b9822c",
    PALE: "#3d4c54",
    MIDDLE: "#f2a878",
    ACCENT: "#ef9a5f",
}
"""The same colours on a dark page."""

Points = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing with its heading and the sentence that is said instead of it."""

    title: str
    says: str
    svg: Markup


def chart(title: str, says: str, drawing: alt.Chart | alt.LayerChart, name: str) -> Chart:
    """Draw; `name` keeps ids of several drawings on one page apart."""
    with debug_mode(False):  # checking each part against the schema takes longer than drawing it
        spec = drawing.configure(**_CONFIG).to_dict(validate=False)
    return Chart(title, says, _fitted(vl_convert.vegalite_to_svg(spec), says, name))


def data(points: Points) -> alt.InlineData:
    """Rows of an answer as they are, for a chart.

    As one text: Altair copies its charts, and lists of points cell by cell.
    """
    return alt.InlineData(values=json.dumps([*points]), format=alt.JsonDataFormat(type="json"))


def warm_up() -> None:
    """Start the drawing engine, which takes a second, so that it can be done beside the asking."""
    vl_convert.vegalite_to_svg({"data": {"values": [{}]}, "mark": "point"})


def percent(field: str, title: str, **options: Any) -> dict[str, Any]:
    """Keywords of an axis of shares."""
    return {"shorthand": f"{field}:Q", "axis": alt.Axis(format="~%", title=title, **options)}


def sized(drawing: Any, height: int = HEIGHT) -> Any:
    """The one width that fills A4 between its margins and the column on a screen."""
    return drawing.properties(width=WIDTH, height=height)


def _fitted(svg: str, says: str, name: str) -> Markup:
    """Let the page set size and font, keep ids apart, and say the drawing as one image."""
    svg = re.sub(r' (width|height)="[\d.]+"(?=[^>]*viewBox)', "", svg, count=2)
    svg = re.sub(r' (aria-[a-z]+|role|pointer-events)="[^"]*"', "", svg)
    svg = re.sub(r' xmlns:xlink="[^"]*"', "", svg)
    svg = re.sub(r'(id="|url\(#)(clip\d+)', rf"\1{name}-\2", svg)
    label = f'<svg role="img" aria-label="{escape(says)}"'
    return Markup(svg.replace("<svg", label, 1))


_CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": "Arial",
    "padding": 4,
    "view": {"stroke": None},
    "axis": {
        "labelColor": SOFT,
        "titleColor": SOFT,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "gridColor": LINE,
        "domainColor": SOFT,
        "tickColor": SOFT,
        "labelOverlap": True,
    },
    "axisX": {"grid": False},
    "legend": {"labelColor": INK, "labelFontSize": 11, "orient": "top", "title": None,
               "symbolType": "square", "symbolStrokeColor": SOFT},
    "bar": {"stroke": SOFT, "strokeWidth": 0.6},
    "text": {"color": INK, "fontSize": 11},
}  # fmt: skip
