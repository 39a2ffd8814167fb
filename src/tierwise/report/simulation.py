"""The report of a simulation, a replay or a calibration as one HTML document."""

from __future__ import annotations

from tierwise.report import simulation_charts as charts
from tierwise.report.drawing import AT_NIGHT, Chart
from tierwise.report.layout import Section
from tierwise.report.render import template
from tierwise.report.tables import card, table
from tierwise.results import Answer
from tierwise.units import Unit, format_value

LONG = {"time_of_day"}
"""Grids that are drawn and not printed: the command line writes them with --json."""


def render_simulation(answer: Answer) -> str:
    """One answer of `tierwise simulate` with its charts; no script, no network, no file beside."""
    context = answer.context
    day = format_value(context.as_of, Unit.DATE)
    facts = [("Made", day)]
    if context.project != answer.title:
        facts.insert(0, ("Of", context.project))
    if context.build:
        facts.append(("Build", context.build))
    section = Section(
        id="result",
        title="Results",
        basis=answer.notes[0] if answer.notes else "",
        cards=tuple(card(f, context.currency) for f in answer.figures if f.value is not None),
        charts=_drawn(answer),
        tables=tuple(
            table(grid, context.currency)
            for grid in answer.grids
            if grid.rows and grid.name not in LONG
        ),
        notes=answer.notes[1:],
    )
    return template("simulation.html.jinja").render(
        title=answer.title,
        context=context,
        facts=facts,
        sections=(section,),
        colours=AT_NIGHT,
    )


def _drawn(answer: Answer) -> tuple[Chart, ...]:
    names = {grid.name for grid in answer.grids if grid.rows}
    found: list[Chart] = []
    if "classes" in names:
        found.append(
            charts.waits(answer, "mean_wait_s", "Mean wait", "seconds, with its 95% interval",
                         "~s", "waits")
        )  # fmt: skip
        found.append(
            charts.waits(answer, "share_abandoned", "Abandoned", "share, with its 95% interval",
                         ".0%", "abandoned")
        )  # fmt: skip
    if "time_of_day" in names:
        found += charts.times(answer)
    if answer.kind == "calibration":
        found += charts.fits(answer)
    return tuple(found)
