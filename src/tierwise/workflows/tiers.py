"""Tiers: every question about who is in which tier, why, and whether that is fair."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tierwise.results import Answer
from tierwise.settings import TierBasis, TierRule, TiersSettings
from tierwise.tiers import overview
from tierwise.workflows.look import Look
from tierwise.workflows.question import Question
from tierwise.workflows.tier_backtest import backtest_answer
from tierwise.workflows.tiering import Tiering, tiers_built_with, with_goal

DEFAULT = Question()

Open = Callable[[Question], AbstractContextManager[Look]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Tiers otherwise than the project declares them; None or "" as the project says."""

    goal: str = ""
    rule: TierRule | None = None
    basis: TierBasis | None = None

    def of(self, settings: TiersSettings) -> TiersSettings:
        """The settings with what is asked for; raises MissingDataError without a goal."""
        changed = {n: v for n in ("rule", "basis") if (v := getattr(self, n)) is not None}
        whole = TiersSettings.model_validate({**settings.model_dump(), **changed})
        return with_goal(whole, self.goal)


AS_DECLARED = Asked()


class TierDesk:
    """Questions about tiers, answered from the build of a desk."""

    def __init__(self, open_look: Open) -> None:
        self._open = open_look

    def _tiering(self, look: Look, asked: Asked) -> Tiering:
        return Tiering(look, asked.of(tiers_built_with(look.build)))

    def build(self, question: Question = DEFAULT, asked: Asked = AS_DECLARED) -> Answer:
        """Tiers side by side: sizes, boundaries, what they bring and ask, how sure they are."""
        with self._open(question) as look:
            found = self._tiering(look, asked)
            members = found.members
            rows = look.rows(overview.expression(members, found.now.summary))
            context = look.context(found.now.cuts.customers, found.lens)
            return overview.answer(context, rows, found.now.cuts, found.settings, ())

    def backtest(
        self,
        question: Question = DEFAULT,
        asked: Asked = AS_DECLARED,
        *,
        review_months: int | None = None,
    ) -> Answer:
        """Tiers as of the middle of the data, scored on the rest."""
        with self._open(question) as look:
            found = self._tiering(look, asked)
            return backtest_answer(look, found.settings, found.lens, review_months)
