"""Charts of the report as pictures on a page: one for light, one for dark."""

from __future__ import annotations

from base64 import b64encode
from html import escape

from dash import html
from dash.development.base_component import Component

from tierwise.report import simulation_charts as charts
from tierwise.report.drawing import AT_NIGHT, Chart
from tierwise.results import Answer

_SEEN = {"waits": ("mean_wait_s", "Mean wait", "seconds", "~s"),
         "abandoned": ("share_abandoned", "Abandoned", "share", ".0%")}  # fmt: skip


def drawn(answer: Answer, what: str) -> list[Component]:
    """Pictures of a simulation: `waits`, `abandoned`, or `times` for one a class."""
    if what == "times":
        return [html.Div(_pictures(one, titled=True)) for one in charts.times(answer)]
    measure, title, axis, form = _SEEN[what]
    return _pictures(charts.waits(answer, measure, title, axis, form, what))


def _pictures(chart: Chart, *, titled: bool = False) -> list[Component]:
    day = str(chart.svg)
    night = day
    for light, dark in AT_NIGHT.items():
        night = night.replace(light, dark)
    found = [
        html.Img(src=_address(svg), alt=chart.says, className=f"tw-drawn tw-drawn-{name}")
        for svg, name in ((day, "day"), (night, "night"))
    ]
    return [html.P(escape(chart.title), className="tw-hint"), *found] if titled else [*found]


def _address(svg: str) -> str:
    if "xmlns=" not in svg[:400]:
        svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"
