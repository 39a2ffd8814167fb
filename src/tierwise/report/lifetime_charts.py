"""Charts of lifetime value: what lies ahead, who still buys, and whether the models hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt

from tierwise.report.drawing import ACCENT, DARK, PALE, SOFT, Chart, chart, data, percent, sized
from tierwise.results import Answer
from tierwise.results.answer import Row

Series = Mapping[str, tuple[str, str]]
"""Field to the word in the legend and its colour."""

SQUARE = 240  # height of a chart whose axes have one scale
DOTS = (DARK, ACCENT, SOFT)  # one colour a round


def ahead(answer: Answer) -> Chart:
    """What each band of customers brought, beside what it is expected to bring."""
    currency = answer.context.currency
    series = {"past_value": ("window behind us", PALE), "near_value": ("expected ahead", DARK)}
    axis = alt.Y("amount:Q", axis=alt.Axis(title=currency, format="~s"))
    says = "Bars by band of ranks: value of the window behind us beside the value expected ahead."
    title = "Behind us, and ahead"
    rows = answer.to_json()["bands"]
    drawn = _pairs(rows, "ranks", series, axis, "ranks by expected value, best first")
    return chart(title, says, drawn, "lifetime-ahead")


def activity(answer: Answer) -> Chart | None:
    """Customers, and the value expected of them, by how likely they still buy."""
    rows = answer.to_json()["activity"]
    if not rows:
        return None
    series = {"share": ("of customers", PALE), "near_share": ("of the value ahead", DARK)}
    axis = alt.Y(**percent("amount", "share of the total"))
    says = "Bars by P(active): share of customers beside share of the value expected ahead."
    title = "How likely they still buy"
    drawn = _pairs(rows, "chance", series, axis, "P(active), the likeliest first")
    return chart(title, says, drawn, "lifetime-activity")


def repeats(answer: Answer) -> Chart:
    """Customers by number of repeat purchases, seen and by the model."""
    series = {"seen": ("seen", PALE), "expected": ("by the model", DARK)}
    axis = alt.Y("amount:Q", axis=alt.Axis(title="customers", format="~s"))
    says = "Bars by number of repeat purchases: customers seen beside those the model expects."
    rows = answer.to_json()["repeats"]
    drawn = _pairs(rows, "repeats", series, axis, "repeat purchases")
    return chart(answer.grid("repeats").title, says, drawn, "lifetime-repeats")


def _pairs(rows: list[Row], key: str, series: Series, y: alt.Y, x_title: str) -> Any:
    """Two bars beside each other for every row."""
    bars = [
        {"key": row[key], "what": word, "amount": row[name]}
        for row in rows
        for name, (word, _) in series.items()
    ]
    words, colours = [word for word, _ in series.values()], [c for _, c in series.values()]
    drawn = (
        alt.Chart(data(bars))
        .mark_bar()
        .encode(
            x=alt.X("key:N", sort=None, axis=alt.Axis(title=x_title, labelAngle=0)),
            y=y,
            xOffset=alt.XOffset("what:N", sort=words),
            color=alt.Color("what:N", sort=words, scale=alt.Scale(domain=words, range=colours)),
        )
    )
    return sized(drawn)


def calibration(answer: Answer) -> Chart | None:
    """Expected probability to buy against the share who bought, by round."""
    rows = answer.to_json()["calibration"]
    if not rows:
        return None
    named = [{**row, "round": f"known up to {row['known_on']}"} for row in rows]
    rounds = list(dict.fromkeys(row["round"] for row in named))
    colours = [DOTS[place % len(DOTS)] for place in range(len(rounds))]
    points = (
        alt.Chart(data(named))
        .mark_point(filled=True, size=55, opacity=1)
        .encode(
            x=alt.X(**percent("expected", "probability to buy, as expected")),
            y=alt.Y(**percent("bought", "share who bought")),
            color=alt.Color("round:N", sort=rounds, scale=alt.Scale(domain=rounds, range=colours)),
        )
    )
    ends = [{"expected": end, "bought": end} for end in (0, 1)]
    line = alt.Chart(data(ends)).mark_line(color=SOFT, strokeDash=[4, 4], strokeWidth=1)
    equal = line.encode(x="expected:Q", y="bought:Q")
    says = (
        "Points: expected probability to buy against the share of customers who bought; on the"
        " dashed line as many bought as expected."
    )
    title = answer.grid("calibration").title
    return chart(title, says, sized(equal + points, SQUARE), "lifetime-calibration")
