"""Tiers: every question about who is in which tier, why, and whether that is fair."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tierwise.engine.builds import Build
from tierwise.errors import SettingsError
from tierwise.results import LISTED, Answer
from tierwise.settings import Lens, TierBasis, TierRule, TiersSettings
from tierwise.workflows import tier_lists
from tierwise.workflows import tier_reports as reports
from tierwise.workflows.declared import tiers_built_with
from tierwise.workflows.look import Look
from tierwise.workflows.question import Question
from tierwise.workflows.tier_backtest import backtest_answer
from tierwise.workflows.tier_snapshot import snapshot
from tierwise.workflows.tiering import Tiering, checked, with_goal

__all__ = [
    "AS_DECLARED",
    "Asked",
    "Declared",
    "TierDesk",
    "rules_that_fit",
]

DEFAULT = Question()

Open = Callable[[Question], AbstractContextManager[Look]]


@dataclass(frozen=True, slots=True)
class Asked:
    """Tiers otherwise than the project declares them; None or "" as the project says."""

    goal: str = ""
    rule: TierRule | None = None
    basis: TierBasis | None = None

    def of(self, settings: TiersSettings) -> TiersSettings:
        """The settings with what is asked for.

        Raises MissingDataError without a goal, SettingsError for a rule that the
        settings give no cuts for.
        """
        changed = {n: v for n in ("rule", "basis") if (v := getattr(self, n)) is not None}
        return with_goal(checked(settings, changed), self.goal)


AS_DECLARED = Asked()


def rules_that_fit(build: Build) -> tuple[TierRule, ...]:
    """The rules that the settings of a build give cuts for."""

    def fits(rule: TierRule) -> bool:
        try:
            checked(tiers_built_with(build), {"rule": rule})
        except SettingsError:
            return False
        return True

    return tuple(rule for rule in TierRule if fits(rule))


@dataclass(frozen=True, slots=True)
class Declared:
    """What tiers stand on."""

    goal: str  # that they serve, in a sentence
    lens: Lens
    window: str  # such as "12m"
    rule: TierRule
    basis: TierBasis
    names: tuple[str, ...]  # of the tiers, best first


class TierDesk:
    """Questions about tiers, answered from the build of a desk.

    `tierwise.workflows.value.Desk.tiers` gives one. Every method takes a question (lens,
    window, slice) and what is asked otherwise than declared.
    """

    def __init__(self, open_look: Open) -> None:
        self._open = open_look

    @contextmanager
    def _tiering(self, question: Question, asked: Asked) -> Iterator[Tiering]:
        with self._open(question) as look:
            yield Tiering(look, asked.of(tiers_built_with(look.build)))

    def build(self, question: Question = DEFAULT, asked: Asked = AS_DECLARED) -> Answer:
        """Tiers side by side: sizes, boundaries, what they bring and ask, how sure they are."""
        with self._tiering(question, asked) as found:
            return reports.overview_answer(found)

    def members(
        self,
        tier: str = "",
        question: Question = DEFAULT,
        asked: Asked = AS_DECLARED,
        *,
        limit: int = LISTED,
    ) -> Answer:
        """A tier's members, best first, each with why; everybody for "".

        Instead of a tier it may be the selector that stands behind a number of any answer
        about tiers, such as `reason:held_up` or `move:A>B`.
        """
        with self._tiering(question, asked) as found:
            return tier_lists.members_answer(found, tier, limit)

    def explain(
        self, customer_id: str, question: Question = DEFAULT, asked: Asked = AS_DECLARED
    ) -> Answer:
        """Why a customer is in this tier, and what would change it."""
        with self._tiering(replace(question, where=()), asked) as found:
            return reports.explain_answer(found, customer_id)

    def movers(
        self, question: Question = DEFAULT, asked: Asked = AS_DECLARED, *, limit: int = LISTED
    ) -> Answer:
        """Who moved at the last review, who is held, why, and decisions not in force."""
        with self._tiering(question, asked) as found:
            return reports.movers_answer(found, limit)

    def sensitivity(
        self, question: Question = DEFAULT, asked: Asked = AS_DECLARED, *, limit: int = LISTED
    ) -> Answer:
        """Who would be in another tier under every other value that the data allow."""
        with self._tiering(question, asked) as found:
            return reports.sensitivity_answer(found, limit)

    def audit(self, question: Question = DEFAULT, asked: Asked = AS_DECLARED) -> Answer:
        """What each tier and each band of value really received, with intervals."""
        with self._tiering(question, asked) as found:
            return reports.audit_answer(found)

    def cliffs(self, question: Question = DEFAULT, asked: Asked = AS_DECLARED) -> Answer:
        """Customers alike in value on two sides of a boundary, and what each got."""
        with self._tiering(question, asked) as found:
            return reports.cliffs_answer(found)

    def served(
        self, question: Question = DEFAULT, asked: Asked = AS_DECLARED, *, limit: int = LISTED
    ) -> Answer:
        """Who gets less service than the tier says, and who takes more."""
        with self._tiering(question, asked) as found:
            return reports.served_answer(found, limit)

    def bottom(
        self, question: Question = DEFAULT, asked: Asked = AS_DECLARED, *, limit: int = LISTED
    ) -> Answer:
        """The last tier: who is there by nature of their need, and who may grow."""
        with self._tiering(question, asked) as found:
            return reports.bottom_answer(found, limit)

    def satisfaction(
        self, question: Question = DEFAULT, asked: Asked = AS_DECLARED, *, limit: int = LISTED
    ) -> Answer:
        """Satisfaction and profit on one map; unhappy and profitable first."""
        with self._tiering(question, asked) as found:
            return reports.satisfaction_answer(found, limit)

    def fit(
        self, question: Question = DEFAULT, asked: Asked = AS_DECLARED, *, limit: int = LISTED
    ) -> Answer:
        """What the best have in common, who else is like them, whom to win."""
        with self._tiering(question, asked) as found:
            return reports.fit_answer(found, limit)

    def fairness(self, question: Question = DEFAULT, asked: Asked = AS_DECLARED) -> Answer:
        """Whether tiers follow what must not decide, and what value explains of it."""
        with self._tiering(question, asked) as found:
            return reports.fairness_answer(found)

    def wording(self, files: Sequence[str] = (), asked: Asked = AS_DECLARED) -> Answer:
        """Words in texts for customers that say what they are worth, and where."""
        with self._tiering(DEFAULT, asked) as found:
            return reports.wording_answer(found, files)

    def contexts(
        self,
        by: str = "",
        question: Question = DEFAULT,
        asked: Asked = AS_DECLARED,
        *,
        limit: int = LISTED,
    ) -> Answer:
        """Tiers by a dimension such as channel, and of parent accounts."""
        with self._tiering(question, asked) as found:
            return reports.contexts_answer(found, by, limit)

    def backtest(
        self,
        question: Question = DEFAULT,
        asked: Asked = AS_DECLARED,
        *,
        review_months: int | None = None,
    ) -> Answer:
        """Tiers as of the middle of the data, scored on the rest."""
        with self._tiering(question, asked) as found:
            return backtest_answer(found.look, found.settings, found.lens, review_months)

    def write_snapshot(
        self, path: Path, question: Question = DEFAULT, asked: Asked = AS_DECLARED
    ) -> int:
        """Write one row a customer to a Parquet file, as it is published; returns their number.

        They are in the order of their ids, so that equal snapshots are equal files.
        """
        with self._tiering(question, asked) as found:
            rows = snapshot(found).order_by("customer_id")
            found.look.session.write_parquet(rows, path)
            return found.facts.cuts.customers

    def declared(self, question: Question = DEFAULT, asked: Asked = AS_DECLARED) -> Declared:
        """What a snapshot of these tiers would stand on; nothing is reckoned for it.

        Raises MissingDataError without a goal, SettingsError for a rule without cuts.
        """
        with self._tiering(question, asked) as found:
            settings, window = found.settings, str(found.look.window)
            return Declared(
                settings.goal, found.lens, window, settings.rule, settings.basis, settings.names
            )
