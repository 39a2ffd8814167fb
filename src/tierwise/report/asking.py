"""All questions of the report, put to the desk once each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from tierwise.errors import TierwiseError
from tierwise.results import Answer, Context
from tierwise.workflows.look import Dimension, currency_of
from tierwise.workflows.question import Question
from tierwise.workflows.value import Desk

TOP_LEAKS = 20  # customers in the list of discounts
TOP_CUSTOMERS = 20  # in the lists of expected value and of demand
SLICINGS = 2  # dimensions that value is cut by
VALUES = range(2, 31)  # how many values make a dimension worth a table

SENSIBLE = (
    "segment", "country", "channel", "region", "industry", "market", "category",
    "customer segment", "sales channel", "source", "size", "plan", "state", "ship mode",
)  # fmt: skip
"""Dimensions that people know their customers by, the best first."""

Ask = Callable[[], Answer]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the desk said, by kind of question."""

    context: Context  # of the first answer; what the title block shows
    answers: Mapping[str, Answer]
    slices: tuple[Answer, ...]
    refusals: Mapping[str, TierwiseError]  # questions that the data cannot answer


def ask(desk: Desk, question: Question) -> Asked:
    """Put every question; one that the data cannot answer is kept with its reason."""
    answers: dict[str, Answer] = {}
    refusals: dict[str, TierwiseError] = {}
    for kind, put in _questions(desk, question).items():
        try:
            answers[kind] = put()
        except TierwiseError as refusal:
            refusals[kind] = refusal
    slices = []
    for dimension in _dimensions(desk, question):
        try:
            slices.append(desk.slices(dimension.name, question))
        except TierwiseError as refusal:
            refusals["slices"] = refusal
    if not slices and "slices" not in refusals:
        refusals["slices"] = _NO_DIMENSION
    return Asked(_context(desk, answers), answers, tuple(slices), refusals)


def _questions(desk: Desk, question: Question) -> dict[str, Ask]:
    return {
        "concentration": partial(desk.concentration, question),
        "contact_concentration": partial(desk.concentration, question, measure="contacts"),
        "today": partial(desk.today, question),
        "whale": partial(desk.whale, question),
        "bands": partial(desk.bands, question),
        "population": partial(desk.population, question),
        "movement": partial(desk.movement, question),
        "dependency": partial(desk.dependency, question),
        "margins": partial(desk.margins, question, limit=TOP_LEAKS),
        "contact_costs": partial(desk.contact_costs, question),
        "wallet": partial(desk.wallet, question),
        "demand": partial(desk.demand, question, limit=TOP_CUSTOMERS),
        "lifetime": partial(desk.lifetime, question, limit=TOP_CUSTOMERS),
        "tournament": partial(desk.tournament, question),
        "lifetime_fit": partial(desk.lifetime_fit, question),
    }


def _dimensions(desk: Desk, question: Question) -> list[Dimension]:
    """The first dimensions with few enough values, known names before others."""
    taken = {name for name, _ in question.where}
    free = [d for d in desk.dimensions() if d.name not in taken]
    known = [d for name in SENSIBLE for d in free if d.label.casefold() == name]
    others = [d for d in free if not d.of_line and d not in known]
    found: list[Dimension] = []
    for dimension in [*known, *others]:
        if len(desk.dimension_values(dimension.name, VALUES.stop)) in VALUES:
            found.append(dimension)
        if len(found) == SLICINGS:
            break
    return found


def _context(desk: Desk, answers: Mapping[str, Answer]) -> Context:
    """The first answer's context; with no answer at all, what the build says of itself."""
    for answer in answers.values():
        return answer.context
    manifest = desk.build.manifest
    return Context(
        project=desk.project.name,
        build=desk.build.id,
        as_of=desk.build.as_of,
        lens=str(manifest["lens"]),
        window=str(manifest["window"]),
        window_from=None,
        currency=currency_of(desk.build),
        customers=int(manifest["customers"]),
        lines=0,
    )


_NO_DIMENSION = TierwiseError(
    f"No dimension of customers has {VALUES.start} to {VALUES.stop - 1} values.",
    "Map segment, country or channel in [sources.customers].",
)
