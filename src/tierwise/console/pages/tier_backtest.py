"""Tiers as of the middle of the data, held against what happened then."""

from __future__ import annotations

from dash import html
from dash.development.base_component import Component

from tierwise.console.page import Content
from tierwise.console.parts.chapters import KEPT, Chapter, Chapters
from tierwise.console.parts.charts import calibration
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.sideways import lying_bars
from tierwise.console.parts.tables import table
from tierwise.console.parts.tiered import asked, choice, tier_page
from tierwise.console.parts.words import capital
from tierwise.console.view import View
from tierwise.results import Answer
from tierwise.units import Unit
from tierwise.workflows.value import Desk


def _fill(desk: Desk, view: View) -> Content:
    answer = desk.tiers.backtest(view.question(), asked(view))
    verdict, *rest = answer.notes
    body = stack(
        _verdict(answer, verdict),
        figure_row(answer.figures, answer.context, view),
        html.Div([_calibration(answer), _captured(answer, view)], className="tw-halves"),
        table(
            answer.grid("stability"),
            answer.context,
            view,
            hint="Value until the next review, captured by the lists that are held, by the rule,"
            " and by the rule cut as long.",
        ),
        table(answer.grid("captured"), answer.context, view, id="tier-captured"),
        table(answer.grid("calibration"), answer.context, view, id="tier-bins"),
        notes(rest),
    )
    return Content(answer.context, body)


def _verdict(answer: Answer, said: str) -> Component:
    holds = answer.extra["holds"]
    badge = html.Span(
        "Holds" if holds else "Falls short",
        className="tw-badge-good" if holds else "tw-badge-neutral",
    )
    head = html.Div(
        [badge, html.H2(answer.title, className="tw-verdict-title")], className="tw-verdict"
    )
    return html.Div(
        [head, html.P(said, className="tw-said")], className="tw-card tw-panel", role="status"
    )


def _calibration(answer: Answer) -> Component:
    chart = calibration(
        "tier-calibration",
        {"Customers and tiers": answer.to_json()["calibration"]},
        x="expected",
        y="came",
        axes=("P(tier), as expected", "Share that came true"),
        describes="Expected probability of the tier against the share that came true, in ten bins.",
        counted=("pairs", "Customers x tiers"),
        came="Came true",
    )
    return panel(
        "P(tier), and what came true",
        chart,
        hint="On the dashed line, as many came true as expected; below it the probability was"
        " too high.",
    )


def _captured(answer: Answer, view: View) -> Component:
    rows = answer.to_json()["captured"]
    lists = dict.fromkeys(str(row["tiers"]) for row in rows)
    wanted = view.get("upto")
    chosen = wanted if wanted in lists else next(iter(lists), "")
    shown = [
        {**row, "list": f"{row['rule']}, value {row['value'].rpartition(', ')[2]}"}
        for row in rows
        if row["tiers"] == chosen
    ]
    chart = lying_bars(
        "tier-captured-chart",
        shown,
        key="list",
        series=(
            ("captured", "This list", "--tw-c1"),
            ("naive", "Past spend, as many", "--tw-c4"),
        ),
        unit=Unit.SHARE,
        axis="Of all value that came",
        describes="Share of later value that lists by rule captured, beside past spend.",
        options={
            "extra": [
                {"label": "Customers", "name": "customers", "unit": "count"},
            ]
        },
    )
    return panel(
        "What the lists then brought",
        chart,
        hint="By rule and value, beside as many customers by past spend.",
        aside=choice("upto", "List", {one: capital(one) for one in lists}, chosen),
    )


CHAPTERS = Chapters(
    "Tier-backtest",
    {
        "scored": Chapter(
            "Backtest",
            _fill,
            "Making tiers as of the middle of the data, reviewing them every month and scoring"
            f" them on the rest, by every rule; half a minute or more. {KEPT}",
        )
    },
)

PAGE = tier_page("/tiers/backtest", "Backtest", CHAPTERS)
