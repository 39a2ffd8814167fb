"""The members of a tier, best first, each with why."""

from __future__ import annotations

from tierwise.console.page import Content
from tierwise.console.parts.chapters import Chapter, Chapters
from tierwise.console.parts.columns import leading, told
from tierwise.console.parts.figures import figure_row, notes, stack
from tierwise.console.parts.tables import table
from tierwise.console.parts.tiered import LISTED, MEMBER_FIRST, WORKING, asked, choice, tier_page
from tierwise.console.view import View
from tierwise.workflows.declared import tiers_built_with
from tierwise.workflows.value import Desk


def _fill(desk: Desk, view: View) -> Content:
    tier = view.get("tier")
    answer = desk.tiers.members(tier, view.question(), asked(view), limit=LISTED)
    names = {"": "All", **{name: name for name in tiers_built_with(desk.build).names}}
    chosen = next((name for name in names if name.casefold() == tier.casefold()), tier)
    names |= {} if chosen in names else {chosen: "This list"}  # one behind a number
    body = stack(
        figure_row(answer.figures, answer.context, view),
        table(
            leading(told(answer.grid("members")), *MEMBER_FIRST),
            answer.context,
            view,
            id="tier-members",
            hint="A row opens the customer, and what would change the tier.",
            aside=choice("tier", "Tier", names, chosen),
            empty="Nobody is in this tier.",
        ),
        notes(answer.notes),
    )
    return Content(answer.context, body)


CHAPTERS = Chapters("Tier-members", {"list": Chapter("Members", _fill, WORKING)})

PAGE = tier_page("/tiers/members", "Members", CHAPTERS)
