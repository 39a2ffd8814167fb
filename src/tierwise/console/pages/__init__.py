"""The pages, one file each, in the order of the navigation and of the tabs."""

from tierwise.console.page import Page
from tierwise.console.pages import (
    bands,
    belief,
    concentration,
    contact_costs,
    customer,
    dependency,
    lifetime,
    live,
    margins,
    members,
    population,
    problems,
    search,
    slices,
    today,
    whale,
)

PAGES: tuple[Page, ...] = (
    today.PAGE,
    concentration.PAGE,
    whale.PAGE,
    bands.PAGE,
    population.PAGE,
    lifetime.PAGE,
    slices.PAGE,
    margins.PAGE,
    contact_costs.PAGE,
    dependency.PAGE,
    belief.PAGE,
    members.PAGE,
    customer.PAGE,
    search.PAGE,
    live.PAGE,
    problems.PAGE,
)
