"""P(tier): its parts against theory, simulation and each other."""

import ibis
import numpy as np
import pyarrow as pa
import pytest
from scipy.special import ndtr

from tierwise.lifetime.cells import Cells
from tierwise.lifetime.models import BG_NBD, MBG_NBD, NBD, PARETO_NBD
from tierwise.tiers import chances

CELLS = Cells(
    np.array([0, 0, 2, 5, 12]),
    np.array([0, 0, 100, 240, 250]),
    np.array([60, 260, 270, 270, 270]),
    np.ones(5),
)
THETA = {
    "mbg_nbd": (0.525, 6.183, 0.891, 1.614),
    "bg_nbd": (0.243, 4.414, 0.793, 2.426),
    "nbd": (0.385, 12.07),
    "pareto_nbd": (0.553, 10.578, 0.606, 11.669),
}


def test_the_normal_distribution_is_off_by_less_than_stated(session, hold):
    """Far tails included."""
    z = np.linspace(-12, 12, 4001)
    table = hold(pa.table({"z": z}))
    found = session.columns(table.select("z", p=chances.normal(table.z)))
    assert np.abs(found["p"] - ndtr(found["z"])).max() < 1e-7


@pytest.mark.parametrize("model", [MBG_NBD, BG_NBD, NBD, PARETO_NBD], ids=lambda m: m.name)
def test_the_chance_to_buy_is_that_of_simulated_futures(model):
    """P(some) and the mean agree with futures drawn from the model, within their errors."""
    theta, weeks, size = THETA[model.name], 39.0, 4000
    found = chances.counts(model, theta, CELLS, weeks, 0.002)
    draws = np.tile(np.array(theta), (size, 1))
    drawn = model.posterior_purchases(draws, CELLS, weeks, np.random.default_rng(5))
    some = (drawn > 0).mean(axis=0)
    error = np.sqrt(some * (1 - some) / size)
    # Pareto/NBD customers may leave unseen, which its formula here takes in roughly.
    slack = 0.06 if model is PARETO_NBD else 0.003
    assert np.all(np.abs(found["p_some"] - some) < 4 * error + slack)
    mean_error = drawn.std(axis=0) / np.sqrt(size)
    assert np.all(np.abs(found["count_mean"] - drawn.mean(axis=0)) < 4 * mean_error + 1e-3)


def test_pooled_counts_are_poisson():
    """At one rate for all, mean and variance are equal and nothing is known beyond."""
    found = chances.pooled_counts(CELLS, 0.1, 10.0)
    assert np.allclose(found["count_mean"], 1.0)
    assert np.allclose(found["count_variance"], 1.0)
    assert np.allclose(found["p_some"], 1 - np.exp(-1))
    assert np.isnan(found["ever_mean"]).all()


SAMPLE = {
    "p_some": np.array([0.9, 0.6, 0.5, 0.2]),
    "log_mean": np.array([5.0, 4.0, 3.0, 2.0]),
    "log_sd": np.array([1.0, 0.7, 1.2, 0.5]),
}


def test_as_many_are_expected_above_a_boundary_as_stand_there_now():
    """Chances to be above it add up to the number of customers above the cut."""
    bounds = chances.boundaries(SAMPLE, 4, (1, 2))
    for last, bound in zip((1, 2), bounds, strict=True):
        z = (SAMPLE["log_mean"] - np.log(bound)) / SAMPLE["log_sd"]
        assert SAMPLE["p_some"] @ ndtr(z) == pytest.approx(last, abs=1e-6)


def test_boundaries_at_the_ends():
    """Nobody above: infinite. More than are expected to buy: zero."""
    assert chances.boundaries(SAMPLE, 4, (0, 3)) == (float("inf"), 0.0)


def test_chances_of_all_tiers_add_up_to_one(session, hold):
    """And a better tier is never likelier than that tier or a better one."""
    table = hold(pa.table({**SAMPLE, "tier": [1, 2, 3, 4]}))
    told = table.mutate(**chances.at_least(table, chances.boundaries(SAMPLE, 4, (1, 2, 3))))
    each = {f"p_{k}": chances.p_of(told, ibis.literal(k), 4) for k in range(1, 5)}
    rows = session.rows(told.select("p_to_1", "p_to_2", "p_to_3", **each))
    for row in rows:
        assert sum(row[f"p_{k}"] for k in range(1, 5)) == pytest.approx(1)
        assert 0 <= row["p_to_1"] <= row["p_to_2"] <= row["p_to_3"] <= 1


def test_who_is_expected_to_bring_nothing_belongs_to_the_last_tier(session, hold):
    """Without history, or with losses to come, no better tier has a chance."""
    table = hold(
        pa.table(
            {
                "p_some": pa.array([None, 0.9]),
                "log_mean": pa.array([None, None]),
                "log_sd": pa.array([None, 1.0]),
            }
        )
    )
    table = table.cast({"log_mean": "float64"})
    rows = session.rows(table.select(**chances.at_least(table, (100.0, 10.0))))
    assert all(value == 0 for row in rows for value in row.values())
