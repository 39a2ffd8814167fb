"""Calibrate: a scenario from recorded contacts, with a report on what fits and what does not."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

import ibis.expr.types as ir

from tierwise.errors import UsageError
from tierwise.results import Answer
from tierwise.simulation.model import fit
from tierwise.simulation.section import read_scenario
from tierwise.simulation.written import scenario_text
from tierwise.workflows import fit_report
from tierwise.workflows.declared import tiers_built_with
from tierwise.workflows.fit_held import held_against
from tierwise.workflows.look import Look
from tierwise.workflows.question import Question
from tierwise.workflows.recorded import Recording, by_of, read_recorded
from tierwise.workflows.simulate import Progress
from tierwise.workflows.value import Desk

__all__ = ["Calibration", "SimulationDesk", "simulation_of"]

DEFAULT = Question()
WEEKS = 13
"""Last weeks that are read where nobody says more."""

RUNS = 20
"""Simulations of the whole time that the model is held against the records with."""

Open = Callable[[Question], AbstractContextManager[Look]]


@dataclass(frozen=True, slots=True)
class Calibration:
    """A scenario file and the report on it."""

    text: str
    answer: Answer


class SimulationDesk:
    """Questions about waiting, answered from the contacts of a desk's build."""

    def __init__(self, open_look: Open) -> None:
        self._open = open_look

    @contextmanager
    def recording(
        self,
        question: Question,
        by: Sequence[str],
        first: date | None,
        last: date | None,
        names: Collection[str] | None = None,
    ) -> Iterator[tuple[Look, Recording]]:
        """Recorded contacts of some days; None: the last 13 weeks.

        `names` are the classes; without them all with enough answers are.
        """
        by = by_of(by)
        with self._open(question) as look:
            end = min(last or look.as_of, look.as_of)
            start = first or end - timedelta(days=7 * WEEKS - 1)
            if start > end:
                raise UsageError(
                    f"The days {start} to {end} are none.",
                    f"Choose days up to {look.as_of}, the as-of date.",
                )
            tiers = _tiers(look) if "tier" in by else None
            yield look, read_recorded(look, tiers, by, start, end, names)

    def calibrate(
        self,
        question: Question = DEFAULT,
        *,
        by: Sequence[str] = (),
        first: date | None = None,
        last: date | None = None,
        workers: int = 1,
        progress: Progress | None = None,
    ) -> Calibration:
        """A scenario from the contacts of some days, and how well it fits them.

        Classes are named by channel, and by tier or reason where asked. MissingDataError
        without recorded waits.
        """
        with self.recording(question, by, first, last) as (look, recording):
            context = look.context(customers=look.caller_count())
            name, tiers = look.project.name, tiers_built_with(look.build).names
        model = fit(recording.calls)
        title = f"{name}, {recording.first} to {recording.last}"
        weeks = max(recording.calls.days // 7, 1)
        text = scenario_text(model, title, recording.by, recording.first, recording.last, tiers)
        asked = read_scenario(tomllib.loads(text))
        held = held_against(asked, recording, weeks, RUNS, workers, progress)
        return Calibration(text, fit_report.answer(context, recording, model, held))


def simulation_of(desk: Desk) -> SimulationDesk:
    """Questions about waiting of a desk."""
    return SimulationDesk(desk._open)


def _tiers(look: Look) -> ir.Table:
    """Each customer's tier as of the build, as the project declares tiers."""
    from tierwise.workflows.tier_snapshot import snapshot
    from tierwise.workflows.tiering import Tiering
    from tierwise.workflows.tiers import AS_DECLARED

    tiering = Tiering(look, AS_DECLARED.of(tiers_built_with(look.build)))
    return snapshot(tiering).select("customer_id", "tier")
