"""Lifetime value and demand in the report: of Fairfield, and of a firm too small for a model."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pytest
from tests.report.conftest import HEAD, Made, Outline, make

from tierwise.report.asking import ask
from tierwise.report.render import document
from tierwise.results import Answer
from tierwise.units import Unit, format_value
from tierwise.workflows.build import build
from tierwise.workflows.demo import demo_project
from tierwise.workflows.question import Question
from tierwise.workflows.value import Desk

ORDER_LINES = """
[sources.order_lines]
path = "orders.csv"
[sources.order_lines.columns]
header_id = "order"
customer_id = "customer"
created_at = "date"
total_amount = "amount"
"""


@dataclass(frozen=True)
class Laid:
    """A report with the answers that it was laid out from."""

    answers: Mapping[str, Answer]
    html: str
    outline: Outline


@pytest.fixture(scope="module")
def fairfield(tmp_path_factory) -> Laid:
    project = demo_project("fairfield", tmp_path_factory.mktemp("fairfield"))
    made = build(project, today=date(2025, 12, 31))
    asked = ask(Desk(project, made), Question())
    html = document(asked, made.manifest)
    return Laid(asked.answers, html, Outline(html))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Made:
    """Thirty customers, of whom twelve bought twice."""
    lines = ["order,customer,date,amount"]
    lines += [f"{n},c{n},2025-0{1 + n % 5}-03,{20 + n}" for n in range(30)]
    lines += [f"{n + 30},c{n},2025-0{7 + n % 3}-09,{15 + n}" for n in range(12)]
    folder = tmp_path_factory.mktemp("tiny")
    (folder / "orders.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return make(folder, HEAD + ORDER_LINES)


def test_totals_and_the_best_customers_stand_with_their_intervals(fairfield: Laid):
    answer, text = fairfield.answers["lifetime"], fairfield.outline.text
    near = answer.figure("near_value")
    for value in (near.value, near.low, near.high, answer.figure("past_value").value):
        assert format_value(value, Unit.MONEY) in text
    for row in answer.grid("customers").rows:
        assert row["customer_id"] in text
        ends = (format_value(row[f"near_value_{end}"], Unit.MONEY) for end in ("low", "high"))
        assert " to ".join(ends) in text
        assert format_value(row["past_value"], Unit.MONEY) in text


def test_the_tournament_says_who_won_in_words(fairfield: Laid):
    verdict = fairfield.answers["tournament"].extra["verdict"]
    assert "past spend" in verdict.casefold()
    assert fairfield.outline.text.count(verdict) == 2  # in the summary and in its section


def test_parameters_stand_with_the_ends_of_their_intervals(fairfield: Laid):
    rows = fairfield.answers["lifetime_fit"].grid("parameters").rows
    assert len(rows) >= 4
    for row in rows:
        for name in ("value", "low", "high"):
            assert format_value(row[name], Unit.NUMBER) in fairfield.outline.text


def test_who_still_buys_is_drawn_and_tabled(fairfield: Laid):
    says = [attrs["aria-label"] for _, attrs in fairfield.outline.all("svg")]
    assert any("P(active)" in said for said in says)
    for row in fairfield.answers["lifetime"].grid("activity").rows:
        assert row["chance"] in fairfield.outline.text


def test_who_takes_more_than_it_brings_is_listed(fairfield: Laid):
    rows = fairfield.answers["demand"].grid("over_served").rows
    assert all(row["customer_id"] in fairfield.outline.text for row in rows[:20])
    assert "Over-served customers" in fairfield.outline.text


def test_the_report_with_everything_is_sound_and_small(fairfield: Laid):
    assert fairfield.outline.wrong == []
    assert not fairfield.outline.all("script", "link", "img", "iframe")
    assert len(fairfield.html.encode()) < 1_500_000


def test_few_repeat_buyers_are_told_that_nothing_was_fitted(tiny: Made):
    text = tiny.outline.text
    assert "No model was fitted: too few customers bought again." in text
    assert "only 12 of 30 customers bought again (a model needs 50)" in text
    assert "There was nothing to fit: too few customers bought again." in text
    assert "still active, expected" not in text.casefold()
