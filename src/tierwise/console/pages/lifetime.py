"""What customers will be worth, how the models fit, and whether they beat past spend."""

from __future__ import annotations

from tierwise.console.page import Content, Page
from tierwise.console.parts.chapters import KEPT, Chapter, Chapters
from tierwise.console.parts.fits import fill_fit
from tierwise.console.parts.tournaments import fill_tournament
from tierwise.console.parts.worth import fill_worth
from tierwise.console.view import View
from tierwise.workflows.value import Desk

CHAPTERS = Chapters(
    "Lifetime",
    {
        "worth": Chapter(
            "What they will be worth",
            fill_worth,
            f"Fitting the models and scoring every customer; some seconds. {KEPT}",
        ),
        "fit": Chapter(
            "How the models fit",
            fill_fit,
            f"Fitting every model beside each other; some seconds. {KEPT}",
        ),
        "tournament": Chapter(
            "Models against past spend",
            fill_tournament,
            "Holding periods out and fitting every model on what was known before each;"
            f" 5 to 30 seconds. {KEPT}",
        ),
    },
)


def fill(desk: Desk, view: View) -> Content:
    """Fill the frame of the page; the part in it follows."""
    view.question()  # refuses what cannot be asked before anything is worked out
    return Content(None, CHAPTERS.component(desk, view))


PAGE = Page(
    "/value/lifetime",
    "Lifetime",
    fill,
    section="Value",
    tab="Lifetime",
    connect=CHAPTERS.connect,
)
