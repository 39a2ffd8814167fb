"""A boosted second stage: what trees make of the first stage's scores and simple covariates.

Trained on one period that was held out before the one to be predicted: features as they
stood at its beginning, what customers then brought as the target. So nothing of the
period that is scored is read. scikit-learn is needed only here (the extra `boost`).
Histogram gradient boosting: Friedman 2001, Annals of Statistics 29(5); Ke et al. 2017.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from importlib.util import find_spec
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
from dateutil.relativedelta import relativedelta

from tierwise.errors import RefusedError, UsageError
from tierwise.lifetime.heldout import NAIVE
from tierwise.lifetime.tenures import Array
from tierwise.value.windows import between

RULE = "boosted"
LABEL = "Boosted second stage"
SAMPLE = 200_000
"""Customers the trees are grown on at most."""
NEEDED = 500
"""Customers below which trees learn the noise."""
FEWEST_BUYERS = 100
"""The same of customers who bought in the period learnt from."""
FORESTS = 3
"""Fits whose mean is taken: each sets other customers aside to know when to stop."""
FLOOR = 0.05
"""Least exposure of a customer, as a share of the mean."""
CHANNELS = 6
"""Channels of contact that are counted one by one."""

_SCORES = ("x", "t_x_days", "T_days", "spend", "value", "purchases", "order_value", "near_value")


def require_package() -> None:
    """Refuse with the install command where scikit-learn is missing; UsageError."""
    if find_spec("sklearn") is None:
        raise UsageError(
            "The second stage needs scikit-learn, which is not installed.",
            'Run: pip install "tierwise[boost]", or ask without --second-stage.',
        )


@dataclass(frozen=True, slots=True)
class Known:
    """Tables that covariates are read from; None where the build has none of them."""

    lines: ir.Table
    contacts: ir.Table | None
    customers: ir.Table | None


def channels(contacts: ir.Table | None, known_on: date) -> ir.Table | None:
    """The most frequent channels of contact up to a day, as `channel`; None without any."""
    if contacts is None or "channel" not in contacts.columns:
        return None
    seen = contacts.filter(between(contacts, "created_at", None, known_on))
    seen = seen.filter(seen.channel.notnull())
    counted = seen.group_by("channel").aggregate(n=seen.count())
    return counted.order_by([ibis.desc("n"), ibis.asc("channel")]).limit(CHANNELS)


def features(
    scored: ir.Table, naive: ir.Table, known: Known, known_on: date, by_channel: Sequence[str]
) -> ir.Table:
    """One row a customer as known on a day: `row` from 0, `customer_id`, and numbers.

    `scored` as `scoring.scored`, `naive` as `heldout.naive`. Nothing dated after
    `known_on` is read. Columns are the same for any day, given the same tables.
    """
    table = scored.select(
        "customer_id",
        **{name: scored[name].cast("float64") for name in _SCORES},
        p_active=scored.p_active.cast("float64"),
        recency=(scored.T_days - scored.t_x_days).cast("float64"),
        mean_spend=scored.spend / (scored.x + 1),
    )
    beside = [(naive, {f"rule_{NAIVE}": 0.0}), (_returns(known.lines, known_on), {"returned": 0.0})]
    if known.contacts is not None:
        contacts = _contacts(known.contacts, known_on, by_channel)
        beside.append((contacts, dict.fromkeys(contacts.columns[1:], 0.0)))
    if known.customers is not None and "created_on" in known.customers.columns:
        beside.append((_since(known.customers, known_on), {}))
    for other, empty in beside:
        columns = [name for name in other.columns if name != "customer_id"]
        joined = table.left_join(other, "customer_id").select(*table.columns, *columns)
        table = joined.mutate(**{n: joined[n].fill_null(v) for n, v in empty.items()})
    order = ibis.row_number().over(order_by="customer_id")
    numbers = [name for name in table.columns if name != "customer_id"]
    return table.select("customer_id", *(table[n].cast("float64") for n in numbers), row=order)


def _returns(lines: ir.Table, known_on: date) -> ir.Table:
    """Share of what was bought that came back."""
    seen = lines.filter(between(lines, "created_at", None, known_on))
    amount = seen.total_amount.cast("float64")
    totals = seen.group_by("customer_id").aggregate(
        bought=amount.sum(where=amount > 0), back=-amount.sum(where=amount < 0)
    )
    return totals.select("customer_id", returned=totals.back / totals.bought.nullif(0.0))


def _contacts(contacts: ir.Table, known_on: date, by_channel: Sequence[str]) -> ir.Table:
    """Contacts of the year up to the day, in all and by channel."""
    start = known_on + relativedelta(days=1) - relativedelta(years=1)
    seen = contacts.filter(between(contacts, "created_at", start, known_on))
    each = {
        f"contacts_{i}": (seen.channel == name).sum().cast("float64")
        for i, name in enumerate(by_channel)
    }
    return seen.group_by("customer_id").aggregate(
        contacts_year=seen.count().cast("float64"), **each
    )


def _since(customers: ir.Table, known_on: date) -> ir.Table:
    """Days since the customer was entered; empty for who was entered later."""
    began = customers.created_on.cast("date")
    day = ibis.literal(known_on)
    known = customers.filter((began <= day).fill_null(False))
    began = known.created_on.cast("date")
    return known.select("customer_id", tenure=day.delta(began, unit="day").cast("float64"))


def sample(customers: int, generator: np.random.Generator) -> npt.NDArray[np.int64]:
    """Rows to train on, shape (rows,): all, or SAMPLE of them drawn without replacement."""
    if customers <= SAMPLE:
        return np.arange(customers, dtype=np.int64)
    drawn: npt.NDArray[np.int64] = generator.choice(customers, SAMPLE, replace=False)
    return np.sort(drawn)


@dataclass(frozen=True, slots=True)
class Trees:
    """Grown trees, the columns they read in order, and how the first stage enters."""

    columns: tuple[str, ...]
    grown: tuple[Any, ...]  # HistGradientBoostingRegressor, one a seed
    floor: float  # least that the first stage is taken to expect of anybody, money
    level: float  # factor that keeps the total at what the first stage expects

    def predict(self, columns: Mapping[str, Array]) -> Array:
        """Value of the period ahead, money, shape (customers,)."""
        read = _matrix(columns, self.columns)
        with _one_thread():
            factor = sum(np.asarray(one.predict(read)) for one in self.grown) / len(self.grown)
        said: Array = _expected(columns, self.floor) * factor * self.level
        return said


def grow(columns: Mapping[str, Array], brought: Array, seed: int) -> Trees:
    """Trees that say who brings more, and who less, than the first stage expects.

    `columns` are numbers of `features`, each (customers,); `brought` (customers,) money,
    of which losses count as nothing. Poisson boosting with the first stage as exposure:
    trees find factors on it. Its total stays, since trees that have seen one period
    cannot tell how the next one differs. Raises UsageError without scikit-learn,
    RefusedError for too few customers or buyers.
    """
    require_package()
    target = np.maximum(brought, 0.0)
    buyers = int(np.count_nonzero(target))
    if target.size < NEEDED or buyers < FEWEST_BUYERS:
        raise RefusedError(
            f"{target.size:,} customers, {buyers:,} of whom bought in the period before, are too"
            f" few to learn from ({NEEDED:,} and {FEWEST_BUYERS:,} are needed).",
            "Use the first stage alone.",
        )
    floor = FLOOR * float(np.nanmean(np.maximum(columns["near_value"], 0.0)))
    if not floor > 0:
        raise RefusedError(
            "The first stage expects nothing of anybody.", "Choose another lens or model."
        )
    exposure = _expected(columns, floor)
    names = tuple(sorted(columns))
    grown = tuple(
        _grown(_matrix(columns, names), target / exposure, exposure / exposure.mean(), seed + i)
        for i in range(FORESTS)
    )
    return Trees(names, grown, floor, float(exposure.sum() / target.sum()))


def _grown(read: Array, factor: Array, weight: Array, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor

    model = HistGradientBoostingRegressor(
        loss="poisson",
        learning_rate=0.05,
        max_iter=150,
        max_leaf_nodes=15,
        min_samples_leaf=max(20, factor.size // 200),
        l2_regularization=1.0,
        early_stopping=True,
        random_state=seed,
    )
    with _one_thread():
        return model.fit(read, factor, sample_weight=weight)


def _one_thread() -> AbstractContextManager[object]:
    """Keep OpenMP to one thread: a second one gains nothing on so few rows.

    Its threads wait for each other by spinning, which beside other work takes ten times as long.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1, "openmp")
    return limits


def _expected(columns: Mapping[str, Array], floor: float) -> Array:
    """What the first stage expects; of whom it expects nothing certain, purchases at their mean."""
    said = columns["near_value"]
    plain = columns["purchases"] * columns["mean_spend"]
    kept: Array = np.maximum(np.where(np.isnan(said), plain, said), floor)
    return kept


def _matrix(columns: Mapping[str, Array], names: Sequence[str]) -> Array:
    # Sums of the engine differ in their last digits from run to run; trees must not.
    read: Array = np.column_stack([columns[name].astype(np.float32) for name in names])
    return read
