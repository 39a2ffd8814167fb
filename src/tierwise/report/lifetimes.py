"""Sections on lifetime value: what to expect, whether to believe it, and the models behind it."""

from __future__ import annotations

from dataclasses import replace

from tierwise.report import lifetime_charts as charts
from tierwise.report.layout import Lay, Section, section
from tierwise.report.tables import table
from tierwise.results import Answer

TOP = ("rank", "customer_id", "name", "p_active", "near_value", "purchases", "past_value")
STANDINGS = ("rule", "rounds", "gain", "lists", "closer", "predicts")
ROUNDS = ("known_on", "rule", "actual", "predicted", "bias", "error", "captured", "found")
MODELS = ("model", "log_likelihood", "aic", "bic", "said")


def _worth(answer: Answer) -> Section:
    if not answer.extra["fitted"]:
        return _pooled(answer)
    lead = (
        "What customers may still bring, beside what they brought. An interval of a total says how"
        " well the total is known, that of a customer what this one may do."
    )
    currency, top = answer.context.currency, answer.grid("customers")
    tables = (
        table(answer.grid("bands"), currency),
        table(answer.grid("activity"), currency),
        table(top, currency, TOP, "Customers by expected value, the best first"),
    )
    return section(answer, lead, (charts.ahead(answer), charts.activity(answer)), tables)


def _pooled(answer: Answer) -> Section:
    """Every customer is expected to do the same: a list of them would only seem to say more."""
    lead = "No model was fitted: too few customers bought again. All are taken to be alike."
    figures = tuple(f for f in answer.figures if f.name != "ever_value")
    bands = table(answer.grid("bands"), answer.context.currency)
    return section(replace(answer, figures=figures), lead, (), (bands,))


def _tournament(answer: Answer) -> Section:
    """The verdict first: whether to believe the section before."""
    verdict, currency = answer.extra["verdict"], answer.context.currency
    covered = answer.extra["covered"]
    notes = tuple(note for note in answer.notes if note not in (verdict, covered))
    tables = (
        table(answer.grid("standings"), currency, STANDINGS),
        table(answer.grid("rounds"), currency, ROUNDS),
        table(answer.grid("coverage"), currency),
    )
    drawn = (charts.calibration(answer),)
    return section(replace(answer, notes=notes), f"{verdict} {covered}", drawn, tables)


def _fit(answer: Answer) -> Section:
    if not answer.extra["fitted"]:
        return section(answer, "There was nothing to fit: too few customers bought again.", (), ())
    lead = "The models behind the expected value, and how well they tell what was seen."
    currency = answer.context.currency
    tables = (
        table(answer.grid("parameters"), currency),
        table(answer.grid("models"), currency, MODELS),
    )
    return section(answer, lead, (charts.repeats(answer),), tables)


LAYOUTS: dict[str, tuple[str, Lay]] = {
    "lifetime": ("What customers will be worth", _worth),
    "tournament": ("Models against past spend", _tournament),
    "lifetime_fit": ("How the models fit", _fit),
}
"""Reading order, with the title that a missing section goes by."""
