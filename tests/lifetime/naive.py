"""Slow obvious twins of the models, by numerical integration over what is hidden.

Each weighs every hidden rate and dropout by the likelihood of the history, as
the model is told in words; none uses a closed form of the paper.
"""

import numpy as np
from scipy import stats

LOGS = np.arange(-160.0, 36.0, 0.12)  # of rates, or of the odds of dropping out


def expectation(model, theta, of):
    """E[of(rate, hidden)] over the customers of a model; hidden: dropout chance or rate.

    Summed on a fine grid of logs: where densities fade on both sides, that is exact.
    """
    r, alpha, second, third = theta
    rate = np.exp(LOGS)[:, None]
    weight = stats.gamma.pdf(rate, r, scale=1 / alpha) * rate
    if model.name == "pareto_nbd":
        hidden = np.exp(LOGS)[None, :]
        weight = weight * stats.gamma.pdf(hidden, second, scale=1 / third) * hidden
    else:
        hidden = (1 / (1 + np.exp(-LOGS)))[None, :]
        weight = weight * stats.beta.pdf(hidden, second, third) * hidden / (1 + np.exp(LOGS))
    return (weight * of(rate, hidden)).sum() * (LOGS[1] - LOGS[0]) ** 2


def active_likelihood(model, history):
    """Likelihood of the history together with being active at T, given the hidden pair."""
    x, _, T = history
    coins = {"bg_nbd": x, "mbg_nbd": x + 1}
    if model.name == "pareto_nbd":
        return lambda rate, leaving: rate**x * np.exp(-(rate + leaving) * T)
    return lambda rate, p: rate**x * np.exp(-rate * T) * (1 - p) ** coins[model.name]


def gone_likelihood(model, history):
    """Likelihood of the history together with having left, given the hidden pair."""
    x, t_x, T = history
    if model.name == "pareto_nbd":
        return lambda rate, leaving: (
            rate**x
            * (leaving / (rate + leaving))
            * np.exp(-(rate + leaving) * t_x)
            * -np.expm1(-(rate + leaving) * (T - t_x))
        )
    before = x - 1 if model.name == "bg_nbd" else x
    if before < 0:
        return lambda rate, p: 0.0 * rate * p
    return lambda rate, p: rate**x * np.exp(-rate * t_x) * p * (1 - p) ** before


def discounted_given(model, weeks, discount):
    """Discounted purchases in the horizon of an active customer, given the hidden pair."""

    def of(rate, hidden):
        fading = discount + (hidden if model.name == "pareto_nbd" else rate * hidden)
        return rate * -np.expm1(-fading * weeks) / fading

    return of


def likelihood(model, theta, history):
    """Both ways to the history."""
    active, gone = active_likelihood(model, history), gone_likelihood(model, history)
    return expectation(model, theta, lambda u, v: active(u, v) + gone(u, v))


def p_active(model, theta, history):
    """Share of the likelihood in which the customer is active at T."""
    return expectation(model, theta, active_likelihood(model, history)) / likelihood(
        model, theta, history
    )


def discounted(model, theta, history, weeks, discount):
    """Expected discounted purchases given the history."""
    active = active_likelihood(model, history)
    given = discounted_given(model, weeks, discount)
    bought = expectation(model, theta, lambda u, v: active(u, v) * given(u, v))
    return bought / likelihood(model, theta, history)
