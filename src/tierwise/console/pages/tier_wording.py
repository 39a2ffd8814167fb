"""Words that no customer, and no agent, should read: where they stand."""

from __future__ import annotations

from tierwise.console.page import Content
from tierwise.console.parts.chapters import Chapter, Chapters
from tierwise.console.parts.figures import figure_row, notes, stack
from tierwise.console.parts.tables import table
from tierwise.console.parts.tiered import asked, tier_page
from tierwise.console.view import View
from tierwise.workflows.value import Desk


def _fill(desk: Desk, view: View) -> Content:
    answer = desk.tiers.wording((), asked(view))
    body = stack(
        figure_row(answer.figures, answer.context, view),
        table(
            answer.grid("hits"),
            answer.context,
            view,
            id="tier-wording",
            hint="Change the text, or the list of words under [tiers.fairness].",
            empty="None of the listed words stands in any of these texts.",
        ),
        notes(answer.notes),
    )
    return Content(answer.context, body)


CHAPTERS = Chapters(
    "Tier-wording",
    {"hits": Chapter("Wording", _fill, "Reading texts for customers and texts on cards.")},
)

PAGE = tier_page("/tiers/wording", "Wording", CHAPTERS)
