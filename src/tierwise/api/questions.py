"""Names of the questions under /value and the desk's methods that answer them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tierwise.errors import UsageError
from tierwise.results import Answer
from tierwise.settings import Period
from tierwise.workflows.value import Desk, Question


@dataclass(frozen=True, slots=True)
class Details:
    """Parameters that single questions take."""

    top_n: tuple[int, ...] = ()
    by: str = ""
    text: str = ""
    id: str = ""
    select: str = ""
    limit: int = 1000
    period: Period = Period.QUARTER


def needs(value: str, name: str, example: str) -> str:
    """A parameter that a question cannot do without; UsageError shows an example."""
    if not value:
        raise UsageError(f"This question needs the parameter {name}.", f"Add {name}={example}.")
    return value


Ask = Callable[[Desk, Question, Details], Answer]

QUESTIONS: Mapping[str, Ask] = MappingProxyType(
    {
        "today": lambda desk, q, _: desk.today(q),
        "concentration": lambda desk, q, d: desk.concentration(q, top_n=d.top_n),
        "whale": lambda desk, q, _: desk.whale(q),
        "bands": lambda desk, q, _: desk.bands(q),
        "demand": lambda desk, q, d: desk.demand(q, limit=d.limit),
        "population": lambda desk, q, _: desk.population(q),
        "movement": lambda desk, q, _: desk.movement(q),
        "dependency": lambda desk, q, _: desk.dependency(q),
        "margins": lambda desk, q, d: desk.margins(q, limit=d.limit),
        "wallet": lambda desk, q, _: desk.wallet(q),
        "contact-costs": lambda desk, q, _: desk.contact_costs(q),
        "lifetime-fit": lambda desk, q, _: desk.lifetime_fit(q),
        "lifetime": lambda desk, q, d: desk.lifetime(q, limit=d.limit),
        "tournament": lambda desk, q, _: desk.tournament(q),
        "contracts": lambda desk, q, d: desk.contracts(q, limit=d.limit),
        "slices": lambda desk, q, d: desk.slices(needs(d.by, "by", "country"), q),
        "belief": lambda desk, q, d: desk.belief(needs(d.text, "text", "80:20"), q),
        "customer": lambda desk, q, d: desk.customer(needs(d.id, "id", "C0001"), q, limit=d.limit),
        "members": lambda desk, q, d: desk.members(
            needs(d.select, "select", "rank:1-40"), q, limit=d.limit
        ),
        "referral": lambda desk, q, d: desk.referral(q, limit=d.limit),
        "referred": lambda desk, q, _: desk.referred(q),
        "influence": lambda desk, q, d: desk.influence(q, limit=d.limit),
        "strategic": lambda desk, q, _: desk.strategic(q),
        "claims": lambda desk, q, _: desk.claims(q),
        "retention": lambda desk, q, d: desk.retention(q, limit=d.limit),
        "cohorts": lambda desk, q, d: desk.cohorts(d.period, q),
        "vector": lambda desk, q, d: desk.vector(d.by, q, limit=d.limit),
        "scores": lambda desk, q, d: desk.scores_of(needs(d.id, "id", "C0001"), q, by=d.by),
        "accounts": lambda desk, q, d: desk.accounts(q, limit=d.limit),
        "drivers": lambda desk, q, d: desk.drivers(needs(d.id, "id", "C0001"), q),
    }
)
