"""Answers as JSON documents."""

import json
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from tierwise.results import Answer, Column, Context, Figure, Grid
from tierwise.units import Unit

CONTEXT = Context(
    "Firm", "2025-12-31-abc", date(2025, 12, 31), "revenue", "12m", date(2025, 1, 1), "EUR", 5, 12
)
ANSWER = Answer(
    kind="demo",
    title="A demo",
    context=CONTEXT,
    figures=(
        Figure("total", "Total", Decimal("12.3400"), Unit.MONEY),
        Figure("rate", "Rate", 0.5, Unit.SHARE, low=0.4, high=0.6),
        Figure("unknown", "Unknown", None, Unit.MONEY),
    ),
    grids=(
        Grid(
            "rows",
            "Rows",
            (Column("day", "Day", Unit.DATE),),
            ({"day": datetime(2025, 1, 2, 3, tzinfo=UTC), "deep": [{"n": Decimal("7.0000")}]},),
        ),
    ),
    notes=("A note.",),
    extra={"curve": ({"x": Decimal("0.5")},)},
)


def test_json_is_flat():
    """Context, figures, grids and extras stand side by side under their names."""
    assert ANSWER.to_json() == {
        "kind": "demo",
        "title": "A demo",
        "project": "Firm",
        "build": "2025-12-31-abc",
        "as_of": "2025-12-31",
        "lens": "revenue",
        "window": "12m",
        "window_from": "2025-01-01",
        "currency": "EUR",
        "customers": 5,
        "lines": 12,
        "slice": "",
        "total": 12.34,
        "rate": 0.5,
        "unknown": None,
        "intervals": {"rate": [0.4, 0.6]},
        "rows": [{"day": "2025-01-02T03:00:00+00:00", "deep": [{"n": 7}]}],
        "curve": [{"x": 0.5}],
        "notes": ["A note."],
    }


def test_json_has_plain_values():
    """The document survives writing and reading; whole amounts come as whole numbers."""
    document = ANSWER.to_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert isinstance(document["rows"][0]["deep"][0]["n"], int)


def test_no_intervals_where_nothing_is_estimated():
    """A document of exact counts has no intervals."""
    assert "intervals" not in Answer("demo", "A demo", CONTEXT).to_json()


def test_parts_by_name():
    """Figures and grids are found by name; a figure that is not there is a KeyError."""
    assert ANSWER.figure("rate").high == 0.6
    assert ANSWER.grid("rows").title == "Rows"
    with pytest.raises(KeyError):
        ANSWER.figure("nothing")


def test_answers_do_not_change():
    """Answers are values: nothing can be written into one."""
    with pytest.raises(FrozenInstanceError):
        ANSWER.title = "Another"
    with pytest.raises(FrozenInstanceError):
        ANSWER.figures[0].value = 0
