"""What the tournament says in words, from standings and coverage given by hand."""

from datetime import date

import pytest

from tierwise.lifetime.heldout import COVERED, Split
from tierwise.lifetime.tournament import Round, Standing, covered, naive_does_better, verdict


def standing(gain: tuple[float, float, float], closer: tuple[float, float, float]) -> Standing:
    return Standing("nbd", "NBD", 2, gain, closer)


NOTHING = (0.0, -0.01, 0.01)


@pytest.mark.parametrize(
    ("found", "better", "said"),
    [
        (standing(NOTHING, (-600.0, -1000.0, -200.0)), True, "Past spend does better"),
        (standing(NOTHING, (-600.0, -1000.0, 200.0)), False, "Past spend does as well"),
        (standing(NOTHING, (30.0, 20.0, 40.0)), False, "NBD is closer"),
        (standing((0.05, 0.02, 0.08), (-6.0, -10.0, -2.0)), False, "NBD finds the best 20% better"),
    ],
)
def test_the_verdict_gives_past_spend_its_due(found: Standing, better: bool, said: str):
    assert naive_does_better([found]) is better
    assert said in verdict([found])


def test_nothing_that_took_part_is_not_beaten():
    assert not naive_does_better([])


def round_with(inside: float, best: float) -> Round:
    shares = [inside, inside, inside, best]
    coverage = {"level": 0.9}
    for place in range(len(COVERED)):
        coverage |= {
            f"{place}_customers": 10,
            f"{place}_purchases_inside": shares[place],
            f"{place}_value_inside": shares[place],
            f"{place}_value_above": 1 - shares[place],
        }
    split = Split(date(2025, 1, 1), date(2025, 12, 31))
    return Round(split, {}, {}, {}, "NBD", [], coverage)


def test_intervals_that_held_are_told_without_a_warning():
    said = covered([round_with(0.91, 0.88), round_with(0.95, 0.92)])
    assert "the value of 91.0% to 95.0% of all customers" in said
    assert "88.0% to 92.0% of the best 1%" in said
    assert "Judge them" not in said


def test_intervals_that_hold_the_best_too_seldom_are_told_with_one():
    said = covered([round_with(0.91, 0.7)])
    assert "70.0% of the best 1% by past spend" in said
    assert said.endswith("Judge them by their own past.")


def test_rounds_without_a_fit_tell_nothing_of_intervals():
    bare = round_with(0.9, 0.9)
    assert covered([Round(bare.split, {}, {}, {}, "", [], {})]) == ""


def test_a_model_in_which_nobody_leaves_is_not_praised_for_who_is_still_there():
    """Where only NBD took part, the words say what it cannot tell."""
    even = (0.0, -0.1, 0.1)
    alone = verdict([Standing("nbd", "NBD", 2, even, even)])
    assert "who is still active it cannot tell" in alone
    beside = verdict(
        [Standing("nbd", "NBD", 2, even, even), Standing("bg_nbd", "B", 2, even, even)]
    )
    assert "who is still active and for intervals" in beside
