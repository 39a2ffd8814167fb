"""The pages, one file each, in the order of the navigation."""

from tierwise.console.page import Page
from tierwise.console.pages import concentration, today

PAGES: tuple[Page, ...] = (
    today.PAGE,
    concentration.PAGE,
)
