"""Erlang's formulas against published numbers, and against each other."""

import math

import pytest

from tierwise.errors import RefusedError, UsageError
from tierwise.staffing.erlang import (
    erlang_b,
    erlang_c,
    service_level,
    with_patience,
    without_patience,
)
from tierwise.staffing.priority import (
    accumulating_waits_general_s,
    accumulating_waits_s,
    strict_waits_general_s,
    strict_waits_s,
)

RATES = (2.0, 2.0, 2.5, 2.5)


@pytest.mark.parametrize(("agents", "load", "known"), [(10, 8, 0.121661), (20, 15, 0.045593)])
def test_erlang_b(agents, load, known):
    assert erlang_b(agents, load) == pytest.approx(known, abs=5e-7)


@pytest.mark.parametrize(("agents", "load", "known"), [(10, 8, 0.409180), (100, 90, 0.216940)])
def test_erlang_c(agents, load, known):
    assert erlang_c(agents, load) == pytest.approx(known, abs=5e-7)


def test_erlang_a():
    found = with_patience(50, 48 / 60, 60, 120)
    assert found.p_wait == pytest.approx(0.46777, abs=5e-6)
    assert found.p_abandon == pytest.approx(0.030912, abs=5e-7)
    assert found.mean_wait_s == pytest.approx(3.709, abs=5e-4)
    assert without_patience(50, 48 / 60, 60).mean_wait_s == pytest.approx(20.83, abs=5e-3)


def test_much_patience_comes_to_erlang_c():
    endless = without_patience(10, 8.0, 1.0)
    long = with_patience(10, 8.0, 1.0, 1e7)
    assert long.p_wait == pytest.approx(endless.p_wait, rel=1e-5)
    assert with_patience(10, 8.0, 1.0, math.inf) == endless


def test_patience_keeps_an_overloaded_queue_finite():
    found = with_patience(5, 10.0, 1.0, 2.0)
    assert found.p_abandon == pytest.approx(0.5, abs=0.01)
    with pytest.raises(RefusedError, match="without end"):
        without_patience(5, 10.0, 1.0)


def test_service_level_at_no_wait_is_who_does_not_wait():
    assert service_level(10, 8.0, 1.0, 0.0) == pytest.approx(1 - 0.409180, abs=1e-6)


def test_strict_priority_waits():
    known = (0.08359, 0.13932, 0.31844, 1.91066)
    assert strict_waits_s(RATES, 1.0, 10) == pytest.approx(known, abs=5e-6)


def test_accumulating_priority_waits():
    known = (0.23417, 0.39403, 0.68900, 1.21588)
    assert accumulating_waits_s(RATES, (8, 4, 2, 1), 1.0, 10) == pytest.approx(known, abs=5e-6)


def test_conservation_law():
    rates = [rate / 10 for rate in RATES]
    strict = strict_waits_s(RATES, 1.0, 10) @ rates
    assert accumulating_waits_s(RATES, (8, 4, 2, 1), 1.0, 10) @ rates == pytest.approx(strict)
    assert accumulating_waits_s(RATES, (1, 1, 1, 1), 1.0, 10) @ rates == pytest.approx(strict)


def test_one_agent_with_exponential_work_is_the_general_formula():
    rates, second = (0.2, 0.3, 0.3), (2.0, 2.0, 2.0)
    general = strict_waits_general_s(rates, (1, 1, 1), second)
    assert general == pytest.approx(strict_waits_s(rates, 1.0, 1))
    general = accumulating_waits_general_s(rates, (4, 2, 1), (1, 1, 1), second)
    assert general == pytest.approx(accumulating_waits_s(rates, (4, 2, 1), 1.0, 1))


def test_impossible_numbers_are_refused():
    with pytest.raises(UsageError, match="cannot be reckoned"):
        erlang_b(3, -1)
    with pytest.raises(UsageError, match="patience"):
        with_patience(3, 1, 1, 0)
    with pytest.raises(RefusedError, match="without end"):
        strict_waits_general_s((1.0,), (1.0,), (2.0,))
    with pytest.raises(UsageError, match="fall from class"):
        accumulating_waits_s((1.0, 1.0), (1, 2), 0.1, 1)
