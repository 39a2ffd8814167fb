"""Charts of simulations: waits by class under each policy, by time of day, data against model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from tierwise.report.drawing import ACCENT, DARK, LIGHT, MIDDLE, SOFT, Chart, chart, data, sized
from tierwise.results import Answer
from tierwise.results.answer import Row

COLOURS = (DARK, ACCENT, LIGHT, SOFT, MIDDLE)
ROW = 20  # height of a class under one policy
MOST_CLASSES = 6
"""Classes drawn by time of day, those with most contacts."""


def _scale(policies: Sequence[str]) -> alt.Scale:
    colours = [COLOURS[place % len(COLOURS)] for place in range(len(policies))]
    return alt.Scale(domain=list(policies), range=colours)


def waits(answer: Answer, measure: str, title: str, axis: str, form: str, name: str) -> Chart:
    """One measure by class, a mark a policy, with its interval where it has one."""
    rows = [row for row in answer.to_json()["classes"] if row.get(measure) is not None]
    policies = list(dict.fromkeys(str(row["policy"]) for row in rows))
    classes = list(dict.fromkeys(str(row["class"]) for row in rows))
    base = alt.Chart(data(rows)).encode(
        y=alt.Y("class:N", sort=classes, axis=alt.Axis(title=None, labelLimit=180)),
        yOffset=alt.YOffset("policy:N", sort=policies),
        color=alt.Color(
            "policy:N", sort=policies, scale=_scale(policies), legend=alt.Legend(labelLimit=300)
        ),
    )
    most = max((row.get(f"{measure}_high") or row[measure] for row in rows), default=0.0)
    scale = alt.Scale(domain=[0, most]) if most > 0 else alt.Scale(domain=[0, 0.01])
    x = alt.X(f"{measure}:Q", scale=scale, axis=alt.Axis(title=axis, format=form, grid=True))
    points = base.mark_point(filled=True, size=60, opacity=1).encode(x=x)
    spans = base.mark_rule(strokeWidth=2.5).encode(x=f"{measure}_low:Q", x2=f"{measure}_high:Q")
    says = f"{title} by class under {', '.join(policies)}; the figures are in the table."
    height = max(120, ROW * len(classes) * len(policies))
    return chart(title, says, sized(spans + points, height), name)


def times(answer: Answer) -> list[Chart]:
    """Mean wait by time of day for the classes with most contacts."""
    rows = answer.to_json()["time_of_day"]
    offered: dict[str, float] = {}
    for row in rows:
        offered[row["class"]] = offered.get(row["class"], 0.0) + row["offered"]
    chosen = sorted(offered, key=lambda name: -offered[name])[:MOST_CLASSES]
    return [
        _time_of_day([row for row in rows if row["class"] == name], name, place)
        for place, name in enumerate(chosen)
    ]


def _time_of_day(rows: Sequence[Row], name: str, place: int) -> Chart:
    policies = list(dict.fromkeys(str(row["policy"]) for row in rows))
    drawn = (
        alt.Chart(data(rows))
        .mark_line(strokeWidth=2.2, interpolate="step-after")
        .encode(
            x=alt.X("hour:Q", axis=alt.Axis(title="hour of the day", values=[*range(0, 25, 2)])),
            y=alt.Y("mean_wait_s:Q", axis=alt.Axis(title="mean wait, s")),
            color=alt.Color(
                "policy:N", sort=policies, scale=_scale(policies), legend=alt.Legend(labelLimit=300)
            ),
        )
    )
    title = f"Mean wait of {name} by time of day"
    return chart(title, f"{title}, a line for each policy.", sized(drawn), f"time-{place}")


_AXES = {
    "arrivals": ("hour of the week, from Monday", "contacts an hour"),
    "patience": ("seconds waited", "share that would stay longer"),
}


def fits(answer: Answer) -> list[Chart]:
    """Data against model for every part of a calibration."""
    return [_fit(curve, place) for place, curve in enumerate(answer.extra["curves"])]


def _fit(curve: Mapping[str, Any], place: int) -> Chart:
    named = {"data": "recorded", "model": "model"}
    points = [
        {"x": point["x"], "y": point[key], "of": word}
        for key, word in named.items()
        for point in curve["points"]
    ]
    x, y = _AXES.get(curve["what"], ("seconds", "share that takes longer"))
    form = ".0%" if curve["what"] != "arrivals" else "~g"
    drawn = (
        alt.Chart(data(points))
        .mark_line(strokeWidth=1.8)
        .encode(
            x=alt.X("x:Q", axis=alt.Axis(title=x, **_week(curve["what"]))),
            y=alt.Y("y:Q", axis=alt.Axis(title=y, format=form)),
            color=alt.Color(
                "of:N",
                sort=[*named.values()],
                scale=alt.Scale(domain=[*named.values()], range=[DARK, ACCENT]),
            ),
            strokeDash=alt.StrokeDash(
                "of:N",
                scale=alt.Scale(domain=[*named.values()], range=[[1, 0], [5, 3]]),
                legend=None,
            ),
        )
    )
    title = f"{curve['what'].capitalize()} of {curve['class']}: recorded and model"
    return chart(title, f"{title}, two lines.", sized(drawn, 180), f"fit-{place}")


def _week(what: str) -> dict[str, Any]:
    return {"values": [*range(0, 169, 24)]} if what == "arrivals" else {}
