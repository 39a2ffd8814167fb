"""Product-limit curves against SciPy's, and against sums anyone can do."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from tests.lifetime.real_spend import telco

from tierwise.errors import RefusedError
from tierwise.lifetime.kaplan_meier import kaplan_meier, median_tenure, restricted_mean_tenure
from tierwise.lifetime.tenures import Tenures, tenures_from_contracts, tenures_from_survivors

contracts = st.lists(st.tuples(st.integers(1, 9), st.booleans()), min_size=2, max_size=40)


@given(contracts.filter(lambda pairs: any(gone for _, gone in pairs)))
@settings(max_examples=50, deadline=None)
def test_survival_and_interval_are_scipys(pairs):
    """scipy.stats.ecdf gives the same curve and, inside 0..1, the same log-log interval."""
    tenure, lost = (np.array(column) for column in zip(*pairs, strict=True))
    curve = kaplan_meier(tenures_from_contracts(tenure, lost), level=0.9)
    sample = stats.CensoredData(uncensored=tenure[lost], right=tenure[~lost])
    oracle = stats.ecdf(sample).sf
    at = curve.tenures.renewals
    np.testing.assert_allclose(curve.survival, oracle.evaluate(at), atol=1e-12)
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy warns where the interval has no formula
        band = oracle.confidence_interval(0.9, method="log-log")
    inside = (curve.survival > 0) & (curve.survival < 1)
    np.testing.assert_allclose(curve.low[inside], band.low.evaluate(at)[inside], atol=1e-9)
    np.testing.assert_allclose(curve.high[inside], band.high.evaluate(at)[inside], atol=1e-9)
    assert (curve.low <= curve.survival + 1e-12).all()
    assert (curve.survival <= curve.high + 1e-12).all()


def test_without_censoring_the_variance_is_the_binomials():
    """All tenures known: Greenwood's variance is S (1 - S) / n."""
    curve = kaplan_meier(tenures_from_survivors([50, 40, 30, 25]))
    share = np.array([0.8, 0.6, 0.5])
    np.testing.assert_allclose(curve.survival, share)
    np.testing.assert_allclose(curve.variance, share * (1 - share) / 50)


def test_median_is_the_first_renewal_with_half_left():
    """50, 40, 30, 25: half are left after the third; the upper end is not bounded yet."""
    median = median_tenure(kaplan_meier(tenures_from_survivors([50, 40, 30, 25])))
    assert (median.value, median.low, median.high) == (3.0, 2.0, np.inf)


def test_a_median_that_was_not_reached_is_unknown():
    """With 90% left there is no median yet, and the figure says so."""
    median = median_tenure(kaplan_meier(tenures_from_survivors([100, 95, 90])))
    assert np.isnan(median.value)
    assert median.high == np.inf


def test_restricted_mean_is_the_area_and_its_error_the_samples():
    """Uncensored, the mean of min(tenure, 3) with its standard error, by plain arithmetic."""
    tenure = np.repeat([1, 2, 3, 4], [10, 10, 5, 25])
    curve = kaplan_meier(tenures_from_contracts(tenure, np.ones(50, dtype=bool)), level=0.95)
    found = restricted_mean_tenure(curve, 3)
    within = np.minimum(tenure, 3)
    assert found.value == pytest.approx(within.mean())
    half = 1.959964 * within.std() / 50**0.5
    assert (found.low, found.high) == pytest.approx((found.value - half, found.value + half))


def test_intervals_hold_the_truth_as_often_as_they_say():
    """95% intervals of survival and restricted mean over 400 censored samples: exact binomial."""
    generator, hits = np.random.default_rng(6), np.zeros(2)
    truth = 0.8 ** np.arange(5)
    for _ in range(400):
        end, seen = generator.geometric(0.2, 300), generator.integers(4, 12, 300)
        lost = end <= seen
        curve = kaplan_meier(tenures_from_contracts(np.minimum(end, seen), lost), level=0.95)
        area = restricted_mean_tenure(curve, 4)
        hits += [
            curve.low[3] <= truth[4] <= curve.high[3],
            area.low <= truth[:4].sum() <= area.high,
        ]
    low, high = stats.binom.ppf([0.0005, 0.9995], 400, 0.95)
    assert ((low <= hits) & (hits <= high)).all()


def test_nobody_lost_yet_still_leaves_doubt():
    """Ten of ten renewed: survival is 1, but the exact bound says no more than 69%."""
    curve = kaplan_meier(tenures_from_survivors([10, 10]), level=0.95)
    assert (curve.survival[0], curve.high[0]) == (1.0, 1.0)
    assert curve.low[0] == pytest.approx(0.025**0.1)


def test_everybody_lost_at_once_is_an_answer():
    """Survival 0 after the first renewal; the median is that renewal."""
    curve = kaplan_meier(tenures_from_survivors([10, 0]))
    assert (curve.survival[0], curve.low[0], curve.high[0]) == (0.0, 0.0, 1.0)
    assert median_tenure(curve).value == 1.0
    assert restricted_mean_tenure(curve, 1).value == 1.0


def test_what_was_not_seen_is_refused():
    """No contract at all, a gap before the first entry, or a horizon past the data."""
    with pytest.raises(RefusedError):
        kaplan_meier(Tenures(np.array([]), np.array([])))
    with pytest.raises(RefusedError):
        kaplan_meier(tenures_from_contracts([3], [True], entered=[1]))
    curve = kaplan_meier(tenures_from_survivors([10, 5, 2]))
    for horizon in (0, 3):
        with pytest.raises(RefusedError):
            restricted_mean_tenure(curve, horizon)


def test_telco_loses_more_of_the_money_than_of_the_customers(shared_data):
    """Known counts: churn 42.71 / 11.27 / 2.83% by contract, 139,130.85 of 456,116.60 a month."""
    rows = telco(shared_data)
    churn = {
        name: f"{rows['lost'][rows['contract'] == name].mean():.2%}"
        for name in ("Month-to-month", "One year", "Two year")
    }
    assert churn == {"Month-to-month": "42.71%", "One year": "11.27%", "Two year": "2.83%"}
    lost = rows["charges"][rows["lost"]].sum()
    assert (round(rows["charges"].sum(), 2), round(lost, 2)) == (456_116.60, 139_130.85)
    assert f"{lost / rows['charges'].sum():.1%}" == "30.5%"
    assert f"{rows['lost'].mean():.1%}" == "26.5%"


def test_telco_survival_by_contract(shared_data):
    """Losses counted in the curves are the churners; longer contracts last longer."""
    rows, kept = telco(shared_data), {}
    for name in ("Month-to-month", "One year", "Two year"):
        of = rows["contract"] == name
        tenures = tenures_from_contracts(rows["tenure"][of], rows["lost"][of])
        assert tenures.lost.sum() == rows["lost"][of].sum()
        kept[name] = restricted_mean_tenure(kaplan_meier(tenures), 60)
    assert kept["Month-to-month"].high < kept["One year"].low
    assert kept["One year"].high < kept["Two year"].low
