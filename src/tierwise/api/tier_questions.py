"""Names of the questions under /tiers and the methods that answer them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from tierwise.api.questions import needs
from tierwise.results import Answer
from tierwise.workflows.question import Question
from tierwise.workflows.tiers import Asked, TierDesk


@dataclass(frozen=True, slots=True)
class TierDetails:
    """Parameters that single questions take."""

    by: str = ""  # dimension
    id: str = ""  # customer
    tier: str = ""  # name
    limit: int = 1000  # rows of a list
    review_months: int | None = None  # of the backtest


Ask = Callable[[TierDesk, Question, Asked, TierDetails], Answer]

TIER_QUESTIONS: Mapping[str, Ask] = MappingProxyType(
    {
        "build": lambda desk, q, a, _: desk.build(q, a),
        "members": lambda desk, q, a, d: desk.members(d.tier, q, a, limit=d.limit),
        "explain": lambda desk, q, a, d: desk.explain(needs(d.id, "id", "C0001"), q, a),
        "movers": lambda desk, q, a, d: desk.movers(q, a, limit=d.limit),
        "sensitivity": lambda desk, q, a, d: desk.sensitivity(q, a, limit=d.limit),
        "audit": lambda desk, q, a, _: desk.audit(q, a),
        "cliffs": lambda desk, q, a, _: desk.cliffs(q, a),
        "served": lambda desk, q, a, d: desk.served(q, a, limit=d.limit),
        "bottom": lambda desk, q, a, d: desk.bottom(q, a, limit=d.limit),
        "satisfaction": lambda desk, q, a, d: desk.satisfaction(q, a, limit=d.limit),
        "fit": lambda desk, q, a, d: desk.fit(q, a, limit=d.limit),
        "fairness": lambda desk, q, a, _: desk.fairness(q, a),
        "wording": lambda desk, _, a, __: desk.wording((), a),
        "contexts": lambda desk, q, a, d: desk.contexts(d.by, q, a, limit=d.limit),
        "backtest": lambda desk, q, a, d: desk.backtest(q, a, review_months=d.review_months),
    }
)
