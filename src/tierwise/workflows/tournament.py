"""The tournament: every model and past spend, fitted on what was known, against what happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import cache
from typing import Any

import ibis.expr.types as ir

from tierwise.errors import DataError
from tierwise.lifetime import discounting, heldout, scoring, second_stage, tournament
from tierwise.lifetime.cells import DAYS_PER_WEEK
from tierwise.lifetime.models import MODELS, NBD
from tierwise.results import Answer
from tierwise.settings import Lens, LifetimeSettings
from tierwise.value.shares import Rows
from tierwise.workflows import boosting
from tierwise.workflows.lifetime import Lifetime, whole_context
from tierwise.workflows.look import Look


def answered(look: Look, settings: LifetimeSettings, holdout_weeks: int | None = None) -> Answer:
    """Every model against past spend on periods held out."""
    if settings.second_stage:
        second_stage.require_package()
    lens = Lens.GROSS_PROFIT if look.lens is Lens.PROFIT else look.lens
    notes = ("Cost to serve is left out: the lines tell what customers brought.",)
    whole = Lifetime(look, settings, lens=lens)
    months = discounting.weeks_in_months(settings.horizon_months)
    days = round((holdout_weeks or months) * DAYS_PER_WEEK)
    asked = holdout_weeks is not None
    splits = heldout.splits(whole.totals["first_on"], look.as_of, days, exactly=asked)
    # The period before a split is where the trees of the second stage learn.
    known_on = cache(lambda day: Lifetime(look, settings, lens=lens, known_on=day))
    rounds = [_round(known_on, split, whole) for split in splits]
    context = whole_context(look, whole)
    told = notes if look.lens is Lens.PROFIT else ()
    return tournament.answer(context, rounds, told)


def _round(
    known_on: Callable[[date], Lifetime], split: heldout.Split, whole: Lifetime
) -> tournament.Round:
    """Fit on what was known, predict, and look at what happened."""
    life = known_on(split.known_on)
    look, settings, lens, event = life.look, life.settings, life.lens, life.event
    asked = scoring.Asked(split.weeks, life.asked.discount_per_week, settings.level)
    labels, refused, predictions = {heldout.NAIVE: "Past spend"}, {}, []
    scored_default: ir.Table | None = None
    said_by = ""
    for model in MODELS.values():
        try:
            found = life.purchases(model)
            if found.model is not model:
                refused[model.label] = found.note
                continue
            scored = life.scored(found, asked)
        except DataError as error:
            refused[model.label] = error.message
            continue
        labels[model.name] = model.label
        predictions.append(heldout.prediction(scored, model.name))
        # Where the model of the settings took no part, NBD stands in for it.
        if model.name == settings.model or (model is NBD and scored_default is None):
            scored_default, said_by = scored, model.label
    if settings.second_stage:
        try:
            before = known_on(boosting.period_before(split, whole.totals["first_on"]))
            predictions.append(boosting.prediction(before, life, split))
            labels[second_stage.RULE] = second_stage.LABEL
        except DataError as error:
            refused[second_stage.LABEL] = error.message
    known = life.histories.select("customer_id")
    outcomes = heldout.outcomes(life.lines, split, lens, event)
    naive = heldout.naive(life.lines, split, lens, event)
    table = heldout.beside(known, outcomes, naive, *predictions)
    table = look.session.keep(f"round_{split.known_on:%Y%m%d}", table)
    return tournament.Round(
        split,
        look.rows(heldout.comparison(table, tuple(labels)))[0],
        labels,
        refused,
        said_by,
        *_trust(look, table, scored_default, settings.level),
    )


def _trust(
    look: Look, table: ir.Table, scored: ir.Table | None, level: float
) -> tuple[Rows, dict[str, Any]]:
    """Calibration and coverage of the default model; empty where it had no fit."""
    if scored is None:
        return [], {}
    promised = heldout.promises(table, scored)
    return look.rows(heldout.calibration(promised)), look.rows(heldout.coverage(promised))[0] | {
        "level": level
    }
