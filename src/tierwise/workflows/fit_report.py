"""The fit report of a calibration: data beside model, and a verdict with its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tierwise.results import Answer, Context, Figure
from tierwise.simulation.fitted import MOST_GAP
from tierwise.simulation.model import Model
from tierwise.units import Unit
from tierwise.workflows import fit_curves, fit_grids
from tierwise.workflows.fit_held import Held
from tierwise.workflows.recorded import Recording


def answer(context: Context, recording: Recording, model: Model, held: Sequence[Held]) -> Answer:
    """Tables by part of the model, the worst verdict first said, and curves to draw."""
    context = replace(context, window="", window_from=recording.first,
                      lines=int(recording.calls.contacts.at_s.size))  # fmt: skip
    rows = [row for item in model.classes for row in fit_grids.class_rows(item)]
    misses = [row for row in rows if not row["fits"]]
    missed = [one for one in held if not one.fits]
    figures = (
        Figure("contacts", "Contacts read", int(recording.calls.contacts.at_s.size), Unit.COUNT),
        Figure("days", "Open days", model.open_days, Unit.COUNT,
               note=f"of {model.days}, {recording.first} to {recording.last}"),
        Figure("parts", "Parts of the model", len(rows), Unit.COUNT),
        Figure("misses", "Parts that do not fit", len(misses), Unit.COUNT,
               note="; ".join(f"{row['what']} of {row['class']}" for row in misses[:3])),
        Figure("waits_right", "Waits that come out", len(held) - len(missed), Unit.COUNT,
               note=f"of {len(held)} figures, simulated against recorded"),
    )  # fmt: skip
    grids = (
        fit_grids.held_grid(held),
        fit_grids.fit_grid(rows),
        fit_grids.patience_grid(model),
        fit_grids.retrial_grid(model),
        fit_grids.agent_grid(model),
    )
    return Answer(
        "calibration",
        "How the scenario fits the records",
        context,
        figures,
        grids,
        _notes(recording, model, missed),
        {"curves": fit_curves.curves(recording, model), "by": list(recording.by)},
    )


def _notes(recording: Recording, model: Model, missed: Sequence[Held]) -> tuple[str, ...]:
    told = [
        f"A model fits when it is wrong about at most {MOST_GAP:.0%} of contacts anywhere; where it"
        " does not, the scenario has the measured values.",
        f"Days and times of day are in {recording.zone}.",
    ]
    if missed:
        names = ", ".join(dict.fromkeys(one.name for one in missed))
        told.insert(
            0,
            f"The scenario does not give the recorded waits of {names}: something else than this"
            " queue makes them (other work of the agents, days that differ, a rule that is not"
            " first come, first served). Compare policies on recorded days: tierwise simulate"
            " replay.",
        )
    if any(item.patience.median_s != item.patience.median_answered_first_s
           for item in model.classes):  # fmt: skip
        told.append(
            "Clocks show whole seconds, so answers and people giving up fall together; the true"
            " median patience lies between the two."
        )
    little = [item.of.name for item in model.groups if item.seen_little]
    if little:
        told.append(
            f"{', '.join(little)}: seen too little in contacts to be counted, so there are as"
            " many as the square-root rule asks for. Put in who is really there."
        )
    if recording.callbacks:
        told.append(f"{recording.callbacks:,} who took a callback count as having given up.")
    told += [f"{n:,} contacts {why}: left out." for why, n in recording.left_out.items() if n]
    if "tier" in recording.by:
        told.append("Tiers are those of the build, not of the day of each contact.")
    return tuple(told)
