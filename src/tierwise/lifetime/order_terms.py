"""What a future order is expected to bring, as expressions over purchase histories.

The same formulas as in `gamma_gamma` and `profit_per_order`, written for the
engine: nothing per customer passes through Python.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import ibis
import ibis.expr.types as ir

from tierwise.lifetime.estimate import Estimate
from tierwise.lifetime.profit_per_order import ProfitPerOrder


@dataclass(frozen=True, slots=True)
class OrderTerms:
    """Moments of a customer's future order; null where a moment does not exist."""

    mean: ir.FloatingValue  # money
    variance_of_mean: ir.FloatingValue  # of the customer's true mean; money squared
    variance_of_order: ir.FloatingValue  # of single orders about it; money squared


class OrderModel(Protocol):
    """Anything that says what an order of each customer is worth."""

    @property
    def label(self) -> str:
        """Name for people, within a sentence."""

    def terms(self, histories: ir.Table) -> OrderTerms:
        """Expressions over the columns of `histories`."""


@dataclass(frozen=True, slots=True)
class GammaGammaOrders:
    """Spend by Gamma-Gamma, of which a share stays after returns and cost of goods."""

    theta: tuple[float, ...]  # p, q and gamma (money)
    kept: float  # value through the lens over spend before returns, of all customers

    label = "Gamma-Gamma"

    def terms(self, histories: ir.Table) -> OrderTerms:
        """Note 025 eq. (5) and the variances of `gamma_gamma.order_value`, times the share kept."""
        p, q, gamma = self.theta
        shape = histories.x * p + q
        rate = histories.repeat_spend + gamma
        mean = ibis.ifelse(shape > 1, rate * (p * self.kept) / (shape - 1), None)
        second = ibis.ifelse(shape > 2, shape - 2, None)
        return OrderTerms(mean, mean * mean / second, mean * rate * self.kept / second)


@dataclass(frozen=True, slots=True)
class ProfitPerOrderOrders:
    """Value per order shrunken towards that of all customers; losses are allowed."""

    model: ProfitPerOrder

    label = "profit per order"

    def terms(self, histories: ir.Table) -> OrderTerms:
        """The posterior of `profit_per_order.order_value`, the first purchase counted too."""
        fitted = self.model
        orders = histories.x + 1
        whole = orders * fitted.between + fitted.within
        weight = (
            orders * fitted.between / whole if fitted.between > 0 else _constant(histories, 0.0)
        )
        rest = 1 - weight
        seen = histories.value / orders
        return OrderTerms(
            mean=weight * (seen - fitted.mean) + fitted.mean,
            variance_of_mean=rest * fitted.between + rest * rest * fitted.mean_variance,
            variance_of_order=_constant(histories, fitted.within),
        )


@dataclass(frozen=True, slots=True)
class OwnOrders:
    """Every customer's own mean, where customers differ so much that no mean of all is a guide.

    Orders of a customer spread in proportion to their size.
    """

    relative_variance: float  # of single orders about the customer's mean, over its square

    label = "own mean per order"

    def terms(self, histories: ir.Table) -> OrderTerms:
        """The mean of x + 1 orders, its variance, and that of one order."""
        mean = histories.value / (histories.x + 1)
        variance = mean * mean * self.relative_variance
        return OrderTerms(mean, variance / (histories.x + 1), variance)


@dataclass(frozen=True, slots=True)
class PooledOrders:
    """The same value per order for everybody, where there is too little to tell them apart."""

    per_order: Estimate  # money
    variance: float  # of single orders, money squared

    label = "mean of all customers"

    def terms(self, histories: ir.Table) -> OrderTerms:
        """Constants."""
        value, error = self.per_order.value, (self.per_order.high - self.per_order.low) / 2
        return OrderTerms(
            _constant(histories, value),
            _constant(histories, error * error),
            _constant(histories, self.variance),
        )


def _constant(histories: ir.Table, value: float) -> ir.FloatingValue:
    """The same for every customer, in floating point.

    An engine may read a bare literal as a decimal, and products of decimals overflow.
    """
    constant: ir.FloatingValue = histories.x.cast("float64") * 0.0 + value
    return constant
