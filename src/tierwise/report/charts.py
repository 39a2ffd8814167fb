"""The charts of the report, drawn from the series and rows that answers carry."""

from __future__ import annotations

from typing import Any

import altair as alt

from tierwise.report.drawing import (
    ACCENT,
    DARK,
    LIGHT,
    MIDDLE,
    PALE,
    SOFT,
    Chart,
    chart,
    data,
    percent,
    sized,
)
from tierwise.results import Answer
from tierwise.results.answer import Row
from tierwise.units import Unit, format_value

BARS = 24  # more bars than this are drawn as a line
ROW = 22  # height of a row in a chart of slices
LABEL_WIDTH, LABEL_HEIGHT = 0.2, 0.07  # of the drawing, what a label takes up


def concentration(answer: Answer) -> Chart:
    """The curve of share against customers, best first, with the lists of the table marked."""
    said, of = answer.to_json(), answer.grid("needed").columns[0].label
    named = [{**row, "text": f"{row['label']}: {_percent(row['share'])}"} for row in said["top"]]
    curve = (
        alt.Chart(data(said["lorenz"]))
        .mark_line(color=DARK, strokeWidth=2.2)
        .encode(
            x=alt.X(**percent("share_of_customers", "share of customers, best first")),
            y=alt.Y(**percent("share", f"share {of}")),
        )
    )
    drawn = _equal() + curve + _marks([row for row in named if row["label"].endswith("%")])
    says = f"Curve of share {of} against customers, best first: "
    says += "; ".join(row["text"] for row in named) + "."
    return chart("Share of the best customers", says, sized(drawn), answer.extra["measure"])


def _percent(share: object) -> str:
    return format_value(share, Unit.SHARE)


def _equal() -> Any:
    """The line on which all customers would be equal."""
    ends = [{"share_of_customers": end, "share": end} for end in (0, 1)]
    line = alt.Chart(data(ends)).mark_line(color=SOFT, strokeDash=[4, 4], strokeWidth=1)
    return line.encode(x="share_of_customers:Q", y="share:Q")


def _marks(points: list[dict[str, Any]]) -> Any:
    dots = alt.Chart(data(points)).mark_point(filled=True, size=45, color=ACCENT, opacity=1)
    texts = alt.Chart(data(_apart(points))).mark_text(align="left", dx=7, dy=9)
    place = {"x": "share_of_customers:Q", "y": "share:Q"}
    return dots.encode(**place) + texts.encode(text="text:N", **place)


def _apart(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Points whose labels do not run into the one before."""
    kept: list[dict[str, Any]] = []
    for point in points:
        last = kept[-1] if kept else None
        if (
            last is None
            or point["share_of_customers"] - last["share_of_customers"] > LABEL_WIDTH
            or abs(point["share"] - last["share"]) > LABEL_HEIGHT
        ):
            kept.append(point)
    return kept


def whale(answer: Answer) -> Chart:
    """Cumulative profit with its peak marked; in money where shares would mislead."""
    figures = {figure.name: figure.value for figure in answer.figures}
    in_shares = figures["peak_share"] is not None
    field, points = "share" if in_shares else "cumulative", answer.to_json()["curve"]
    text = _peak_text(figures, in_shares, answer.context.currency)
    title = "share of total profit" if in_shares else f"profit, {answer.context.currency}"
    axis = alt.Axis(format="~%" if in_shares else "~s", title=title)
    base = alt.Chart(data(points)).encode(
        x=alt.X(**percent("share_of_customers", "share of customers, best first")),
        y=alt.Y(f"{field}:Q", axis=axis),
    )
    rule = alt.Chart(data(points[-1:])).mark_rule(color=SOFT, strokeDash=[4, 4])
    top = [point for point in points if point["rank"] == figures["customers_at_peak"]]
    drawn = base.mark_area(color=PALE, opacity=0.6) + rule.encode(y=f"{field}:Q")
    drawn += base.mark_line(color=DARK, strokeWidth=2.2)
    says = f"Cumulative profit from the best customer to the worst: {text} customers;"
    says += " the dashed line is the total."
    return chart(answer.title, says, sized(drawn + _peak(top, field, text)), "whale")


def _peak_text(figures: dict[str, Any], in_shares: bool, currency: str) -> str:
    unit, name = (Unit.SHARE, "peak_share") if in_shares else (Unit.MONEY, "peak_profit")
    best = format_value(figures["customers_at_peak"], Unit.COUNT)
    return f"peak {format_value(figures[name], unit, currency)} with the best {best}"


def _peak(points: list[dict[str, Any]], field: str, text: str) -> Any:
    place = {"x": "share_of_customers:Q", "y": f"{field}:Q"}
    base = alt.Chart(data([{**point, "text": text} for point in points])).encode(**place)
    left = any(point["share_of_customers"] < 0.5 for point in points)
    words = base.mark_text(align="left" if left else "right", dy=-9, fontWeight="bold")
    return base.mark_point(filled=True, size=70, color=ACCENT, opacity=1) + words.encode(
        text="text:N"
    )


_SIDES = {
    "share_of_customers": ("customers", PALE),
    "revenue_share": ("revenue", DARK),
    "contacts_share": ("contacts", LIGHT),
    "cost_share": ("cost to serve", MIDDLE),
}


def bands(answer: Answer) -> Chart:
    """Share of customers, revenue, contacts and cost side by side, band by band."""
    rows = answer.to_json()["bands"]
    known = {n: s for n, s in _SIDES.items() if any(row[n] is not None for row in rows)}
    bars = [
        {"band": row["band"], "what": word, "share": row[name]}
        for row in rows
        for name, (word, _) in known.items()
        if row[name] is not None
    ]
    words, colours = [word for word, _ in known.values()], [colour for _, colour in known.values()]
    drawn = (
        alt.Chart(data(bars))
        .mark_bar()
        .encode(
            x=alt.X("band:N", sort=None, axis=alt.Axis(title="ranks, best first", labelAngle=0)),
            xOffset=alt.XOffset("what:N", sort=words),
            y=alt.Y(**percent("share", "share of the total")),
            color=alt.Color("what:N", sort=words, scale=alt.Scale(domain=words, range=colours)),
        )
    )
    says = (
        f"Bars by band of ranks: share of {', '.join(words)}. The figures are in the tables below."
    )
    return chart("What each band brings beside what it takes", says, sized(drawn), "bands")


_STATES = {
    "retained": ("stayed", DARK),
    "reactivated": ("back again", MIDDLE),
    "new": ("new", LIGHT),
    "lost": ("lost", PALE),
}


def population(answer: Answer) -> Chart:
    """Active customers by what they were before; the lost stand below the line."""
    rows = answer.to_json()["periods"]
    bars = [
        {
            "period": row["period"],
            "state": word,
            "place": place,
            "customers": row[name],
            "side": name,
        }
        for row in rows
        for place, (name, (word, _)) in enumerate(_STATES.items())
    ]
    words, colours = (
        [word for word, _ in _STATES.values()],
        [colour for _, colour in _STATES.values()],
    )
    drawn = (
        alt.Chart(data(bars))
        .transform_calculate(drawn="datum.side === 'lost' ? -datum.customers : datum.customers")
        .mark_bar()
        .encode(
            x=alt.X(
                "period:N",
                sort=None,
                axis=alt.Axis(title=None, labelAngle=0 if len(rows) <= 12 else -45),
            ),
            y=alt.Y("drawn:Q", axis=alt.Axis(title="customers (lost below the line)", format="~s")),
            color=alt.Color("state:N", sort=words, scale=alt.Scale(domain=words, range=colours)),
            order="place:Q",
        )
    )
    ends = f"{rows[0]['period']} to {rows[-1]['period']}"
    says = f"Stacked bars by period, {ends}: customers who stayed, came back, are new;"
    says += " the lost stand below the line."
    return chart("Active customers by period", says, sized(drawn), "population")


def slices(answer: Answer) -> Chart | None:
    """Mean spend of each slice with its interval."""
    rows = [row for row in answer.to_json()["slices"] if row["revenue_per_customer"] is not None]
    if len(rows) < 2:
        return None
    label, currency = answer.grid("slices").columns[0].label, answer.context.currency
    base = alt.Chart(data(rows)).encode(
        y=alt.Y("slice:N", sort=None, axis=alt.Axis(title=None, labelLimit=180))
    )
    axis = alt.Axis(
        title=f"revenue per customer with its 95% interval, {currency}", format="~s", grid=True
    )
    spans = base.mark_rule(color=SOFT, strokeWidth=2.5).encode(
        x=alt.X("revenue_per_customer_low:Q", axis=axis, scale=alt.Scale(zero=False)),
        x2="revenue_per_customer_high:Q",
    )
    means = base.mark_point(filled=True, size=70, color=DARK, opacity=1).encode(
        x="revenue_per_customer:Q"
    )
    says = f"Mean revenue per customer by {label.lower()}, each with its 95% interval."
    height = max(90, ROW * len(rows))
    return chart(
        f"Revenue per customer by {label.lower()}", says, sized(spans + means, height), _id(label)
    )


def _id(label: str) -> str:
    return "slices-" + "".join(c if c.isascii() and c.isalnum() else "-" for c in label)


def contacts(answer: Answer) -> Chart | None:
    """Contacts by month, for as many months as a line needs."""
    rows: list[Row] = answer.to_json()["by_month"]
    if len(rows) < 2:
        return None
    base = alt.Chart(data(rows)).encode(
        x=alt.X("month:N", sort=None, axis=alt.Axis(title=None, labelAngle=0)),
        y=alt.Y("contacts:Q", axis=alt.Axis(title="contacts", format="~s")),
    )
    drawn = (
        base.mark_bar(color=DARK)
        if len(rows) <= BARS
        else base.mark_line(color=DARK, strokeWidth=2.2)
    )
    ends = f"{rows[0]['month']} to {rows[-1]['month']}"
    says = f"Contacts by month, {ends}; the figures are in the table."
    return chart("Contacts by month", says, sized(drawn, 160), "contacts-by-month")
