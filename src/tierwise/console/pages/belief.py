"""A received wisdom in, the measured figure out."""

from __future__ import annotations

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from tierwise.console.page import Content, Page
from tierwise.console.parts.figures import figure_row, notes, panel, stack
from tierwise.console.parts.messages import explained
from tierwise.console.view import View
from tierwise.errors import TierwiseError
from tierwise.results import Answer
from tierwise.workflows.value import Desk

EXAMPLES = (
    "80:20",
    "our top 40 bring 69%",
    "we lose about 1% a year",
    "10% of customers lose us money",
    "60% of customers buy again",
)


def fill(desk: Desk, view: View) -> Content:
    """Fill the page: the question, and its answer once one was asked."""
    text = view.get("text")
    context = desk.concentration(view.question()).context
    verdict: Component | None = None
    if text:
        try:
            answer = desk.belief(text, view.question())
            context, verdict = answer.context, _verdict(answer, view)
        except TierwiseError as error:
            verdict = explained(error)
    return Content(context, stack(_ask(text, view), verdict))


def _ask(text: str, view: View) -> Component:
    field = dmc.TextInput(
        id={"type": "ask", "name": "text"},
        label="What do people say here?",
        placeholder="80:20",
        value=text,
        debounce=True,
        size="md",
        w=460,
        description="Press Enter to check it.",
        inputWrapperOrder=["label", "input", "description"],
    )
    examples = [
        dcc.Link(
            one, href=view.href(view.path, text=one), className="tw-chip", title=f"Check: {one}"
        )
        for one in EXAMPLES
    ]
    return panel(
        "Is it really so here?",
        field,
        html.Div(examples, className="tw-chips"),
        hint="Type a belief; it is measured on this build's data.",
    )


def _verdict(answer: Answer, view: View) -> Component:
    holds = answer.extra["verdict"] == "holds"
    return html.Div(
        [
            html.Div(
                [
                    html.Span(
                        "Holds" if holds else "Does not hold",
                        className="tw-badge-good" if holds else "tw-badge-bad",
                    ),
                    html.H2(answer.title, className="tw-verdict-title"),
                ],
                className="tw-verdict",
            ),
            figure_row(answer.figures, answer.context, view),
            notes(answer.notes),
        ],
        className="tw-card tw-panel",
        role="status",
    )


PAGE = Page("/value/beliefs", "Belief checker", fill, section="Value", tab="Belief checker")
