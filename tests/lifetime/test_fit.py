"""The search for the maximum, and what a fit says about its own doubt."""

import math
from functools import partial

import numpy as np
import pytest
from scipy import optimize, stats

from tierwise.errors import FitError, UsageError
from tierwise.lifetime import models
from tierwise.lifetime.cells import Cells, count
from tierwise.lifetime.fit import Fit, maximise
from tierwise.lifetime.models import LEAVING
from tierwise.lifetime.profile import profile_interval

every_model = pytest.mark.parametrize("model", LEAVING.values(), ids=LEAVING)
THETA = {
    "bg_nbd": (0.8, 4.4, 0.8, 2.4),
    "mbg_nbd": (0.9, 6.2, 0.9, 1.6),
    "pareto_nbd": (0.9, 10.6, 0.8, 11.7),
}


def firm(model, customers, generator):
    """Histories of a firm that obeys the model."""
    T_days = generator.integers(150, 365, customers)
    return model.simulate(THETA[model.name], T_days, 0, generator).cells()


def bowl(centre):
    """A log-likelihood whose maximum is known."""

    def objective(logs):
        away = logs - np.log(centre)
        return -float(np.sum(away**2)) * 50, -100 * away, -100 * np.eye(len(centre))

    return objective


def test_the_maximum_of_a_bowl_is_its_middle():
    """A quadratic is solved exactly, and its curvature becomes the covariance."""
    fit = maximise("Bowl", ("p", "q"), bowl((3.0, 0.01)), [(1.0, 1.0)], 10)
    assert fit.theta == pytest.approx((3.0, 0.01))
    assert fit.log_errors == pytest.approx([0.1, 0.1])
    assert fit.standard_errors == pytest.approx((0.3, 0.001))


def test_a_hill_without_a_top_is_no_fit():
    """A likelihood that rises for ever is refused, saying which parameter ran off."""

    def slope(logs):
        return float(-np.exp(-logs[0])), np.exp(-logs), -np.exp(-logs)[:, None]

    with pytest.raises(FitError, match="q ran off towards infinity") as caught:
        maximise("Hill", ("q",), slope, [(1.0,)], 10)
    assert "Choose another model" in caught.value.remedy
    assert caught.value.exit_code == 1


def test_a_plain_is_no_fit():
    """A likelihood that hardly changes with a parameter does not tell it."""

    def plain(logs):
        return -1e-4 * float(logs @ logs), -2e-4 * logs, -2e-4 * np.eye(1)

    with pytest.raises(FitError, match="flat"):
        maximise("Plain", ("q",), plain, [(1.0,)], 10)


def test_a_second_start_is_tried():
    """A start on the wrong side of a ridge is given up for the next one."""

    def two_sides(logs):
        if logs[0] < 0:
            return bowl((1e-9,))(logs)
        return bowl((5.0,))(logs)

    assert maximise("Two", ("q",), two_sides, [(0.5,), (2.0,)], 10).theta == pytest.approx((5.0,))


def a_fit():
    """A fit with a covariance of its own."""
    covariance = np.array([[0.04, 0.01], [0.01, 0.09]])
    return Fit("Model", ("p", "q"), (2.0, 5.0), covariance, -100.0, 50, 7)


def test_intervals_are_normal_in_logs():
    """An interval multiplies and divides by the same factor."""
    low, high = a_fit().interval(0.9)[0]
    factor = math.exp(stats.norm.ppf(0.95) * 0.2)
    assert (low, high) == pytest.approx((2 / factor, 2 * factor))
    with pytest.raises(UsageError, match="level"):
        a_fit().interval(1.0)


def test_draws_have_the_covariance():
    """Parameters drawn have the fit's centre and covariance in logs."""
    logs = np.log(a_fit().draws(np.random.default_rng(1), 200_000))
    assert logs.mean(axis=0) == pytest.approx(np.log([2, 5]), abs=0.005)
    assert np.cov(logs.T) == pytest.approx(a_fit().covariance, abs=0.002)


def test_information_criteria_count_parameters():
    """AIC and BIC by their definitions."""
    assert a_fit().aic == pytest.approx(204)
    assert a_fit().bic == pytest.approx(200 + 2 * math.log(50))


@every_model
def test_the_fit_does_not_depend_on_the_start(model):
    """From far away the same maximum is found."""
    cells = firm(model, 3000, np.random.default_rng(2))
    fit = model.fit(cells)
    for start in [(5.0, 100.0, 5.0, 1.0), (0.05, 0.5, 0.05, 20.0)]:
        again = maximise(
            model.label,
            model.parameters,
            lambda logs: model.log_likelihood_hessian(tuple(np.exp(logs)), cells),
            [start],
            cells.customers,
        )
        assert again.theta == pytest.approx(fit.theta, rel=1e-5)


@every_model
def test_unobserved_customers_change_nothing(model):
    """Customers with T = 0 leave the parameters where they were."""
    cells = firm(model, 3000, np.random.default_rng(3))
    more = Cells(
        np.append(cells.x, 0), np.append(cells.t_x_days, 0), np.append(cells.T_days, 0),
        np.append(cells.n, 500),
    )  # fmt: skip
    assert model.fit(more).theta == pytest.approx(model.fit(cells).theta, rel=1e-6)


@every_model
def test_one_cohort_is_enough(model):
    """Customers who all joined on one day can be fitted."""
    T_days = np.full(5000, 300)
    cells = model.simulate(THETA[model.name], T_days, 0, np.random.default_rng(4)).cells()
    assert all(low < high for low, high in model.fit(cells).interval(0.9))


@every_model
def test_very_frequent_buyers_can_be_fitted(model):
    """Histories with thousands of purchases overflow nothing."""
    _, *others = THETA[model.name]
    theta = (1.5, 0.01, others[1], 60.0 if model.name == "pareto_nbd" else 2000.0)
    T_days = np.full(2000, 350)
    cells = model.simulate(theta, T_days, 0, np.random.default_rng(6)).cells()
    assert cells.x.max() > 2000
    fit = model.fit(cells)
    assert (np.abs(np.log(fit.theta) - np.log(theta)) < 4 * fit.log_errors).all()


@every_model
@pytest.mark.parametrize(
    ("columns", "what"),
    [
        (([0, 0, 0], [0, 0, 0], [10, 20, 30]), "nobody bought twice"),
        (([0, 0, 0], [0, 0, 0], [0, 0, 0]), "T is 0 for all"),
        (([3] * 50, [90] * 50, [100] * 50), "ran off"),
        (([1], [30], [100]), "no maximum"),
    ],
)
def test_histories_that_tell_nothing_are_refused(model, columns, what):
    """No repeat buyers, no time, identical or single customers: words instead of a number."""
    with pytest.raises(FitError, match=what) as caught:
        model.fit(count(*columns))
    assert model.label in caught.value.message
    assert caught.value.remedy


@every_model
def test_intervals_cover_the_truth_about_as_often_as_they_say(model):
    """Of 40 firms at 90%, no parameter is missed more often than chance allows.

    benchmarks/coverage_counts.py measures the same on 1,000 firms.
    """
    generator, firms = np.random.default_rng(8), 40
    covered = np.zeros(4)
    for _ in range(firms):
        ends = np.array(model.fit(firm(model, 3000, generator)).interval(0.9)).T
        covered += (ends[0] <= THETA[model.name]) & (THETA[model.name] <= ends[1])
    low, high = stats.binom.interval(0.9998, firms, 0.9)
    assert ((low <= covered) & (covered <= high)).all()


def test_the_profile_of_a_bowl_is_its_parabola():
    """Where the likelihood is a parabola in logs, both intervals are one."""
    tilted = np.array([[30.0, 12.0], [12.0, 20.0]])

    def objective(logs):
        away = logs - np.log([3.0, 0.5])
        return -0.5 * float(away @ tilted @ away), -tilted @ away, -tilted

    fit = maximise("Bowl", ("p", "q"), objective, [(1.0, 1.0)], 10)
    assert np.array(profile_interval(fit, objective, 0.8)) == pytest.approx(
        np.array(fit.interval(0.8)), rel=1e-6
    )


@every_model
def test_profile_intervals_end_where_the_best_of_the_others_has_fallen(model):
    """At an end, refitting all other parameters by hand gives up chi2 / 2 of log-likelihood."""
    cells = firm(model, 2500, np.random.default_rng(10))
    fit = model.fit(cells)
    fall = stats.chi2.ppf(0.9, 1) / 2
    for k, ends in enumerate(model.profile_interval(fit, cells, 0.9)):
        for end in ends:
            held = partial(best_of_others, model, cells, k, end)
            start = np.delete(np.log(fit.theta), k)
            found = optimize.minimize(held, start, jac=True, method="BFGS", options={"gtol": 1e-4})
            assert -found.fun == pytest.approx(fit.log_likelihood - fall, abs=1e-4)


def best_of_others(model, cells, k, end, others):
    """Negative log-likelihood and slope with the k-th parameter held at `end`."""
    theta = np.exp(np.insert(others, k, np.log(end)))
    value, gradient = model.log_likelihood(theta, cells)
    return -value, -np.delete(gradient, k)


def test_profile_intervals_follow_a_bend_and_have_no_end_where_there_is_none():
    """A likelihood that levels off on one side has no end there."""

    def levelling(logs):
        fade = np.exp(-logs[0])
        value = -20 * (fade - 0.2) ** 2
        slope = 40 * (fade - 0.2) * fade
        return float(value), np.array([slope]), np.array([[-40 * fade * (2 * fade - 0.2)]])

    fit = maximise("Bent", ("q",), levelling, [(3.0,)], 10)
    assert fit.theta == pytest.approx((5.0,))
    ((low, high),) = profile_interval(fit, levelling)
    assert 0 < low < 5
    assert high == math.inf
    with pytest.raises(UsageError, match="level"):
        profile_interval(fit, levelling, 0.0)


@every_model
def test_a_search_begun_on_a_sample_ends_at_the_same_maximum(model, monkeypatch):
    """Large fits begin on a part of the cells; parameters and likelihood are those of all."""
    cells = firm(model, 4_000, np.random.default_rng(11))
    straight = model.fit(cells)
    monkeypatch.setattr(models, "SAMPLED_FROM", cells.size // 2)
    monkeypatch.setattr(models, "SAMPLE", cells.size // 8)
    begun = model.fit(cells)
    assert begun.iterations < straight.iterations
    assert begun.theta == pytest.approx(straight.theta, rel=1e-8)
    assert begun.log_likelihood == pytest.approx(straight.log_likelihood, rel=1e-13)


def test_a_sample_without_a_maximum_is_no_start(monkeypatch):
    """Where the part says nothing, the search on all cells goes on as ever."""
    model = LEAVING["mbg_nbd"]
    cells = firm(model, 4_000, np.random.default_rng(11))
    straight = model.fit(cells)
    monkeypatch.setattr(models, "SAMPLED_FROM", cells.size)
    monkeypatch.setattr(models, "SAMPLE", 1)
    assert model.fit(cells).theta == straight.theta
