"""The same answers in plain Python: loops over lists, exact decimals, checkable by eye."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any

PLACES = Decimal("0.0001")
DRIVERS = ("order", "contact", "delivery", "return", "visit")


@dataclass(frozen=True)
class Line:
    """An order line."""

    header_id: str
    customer_id: str | None
    created_at: datetime
    total_amount: Decimal
    total_cost: Decimal | None = None
    unit_cost: Decimal | None = None
    quantity: float | None = None
    discount_amount: Decimal | None = None
    channel: str | None = None


@dataclass(frozen=True)
class Contact:
    """A service contact."""

    contact_id: str
    customer_id: str | None
    created_at: datetime
    handle_time_s: float | None = None
    assignee_id: str | None = None
    channel: str | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Agent:
    """An agent and the loaded hourly cost."""

    agent_id: str
    cost_per_hour: Decimal | None = None


@dataclass(frozen=True)
class Cost:
    """An entry of the cost ledger."""

    cost_date: date
    amount: Decimal
    customer_id: str | None = None
    driver: str | None = None
    driver_qty: float | None = None


@dataclass(frozen=True)
class Wallet:
    """What somebody thinks a customer spends with everybody."""

    customer_id: str
    asked_on: date
    wallet_amount: Decimal
    category: str | None = None
    low_amount: Decimal | None = None
    high_amount: Decimal | None = None
    source: str | None = None


@dataclass(frozen=True)
class Firm:
    """All tables of a small firm."""

    lines: Sequence[Line] = ()
    contacts: Sequence[Contact] = ()
    agents: Sequence[Agent] = ()
    costs: Sequence[Cost] = ()
    wallets: Sequence[Wallet] = ()

    def until(self, as_of: date) -> "Firm":
        """The firm as it was known at the end of a day."""
        return replace(
            self,
            lines=[row for row in self.lines if row.created_at.date() <= as_of],
            contacts=[row for row in self.contacts if row.created_at.date() <= as_of],
            costs=[row for row in self.costs if row.cost_date <= as_of],
        )


@dataclass
class Customer:
    """One row of the summary."""

    customer_id: str
    orders: int = 0
    purchases: int = 0
    lines: int = 0
    return_lines: int = 0
    revenue: Decimal = Decimal(0)
    revenue_before_returns: Decimal = Decimal(0)
    discount: Decimal | None = None
    goods_cost: Decimal | None = None
    contacts: int = 0
    handled_s: int = 0
    standard: Decimal = Decimal(0)  # contacts at the agents' hourly cost
    visits: int = 0  # in ten-thousandths
    first_order_at: datetime | None = None
    last_order_at: datetime | None = None
    cost: dict[str, Decimal] = field(default_factory=dict)  # driver, or "direct", to amount

    @property
    def cost_to_serve(self) -> Decimal:
        return sum(self.cost.values(), Decimal(0))

    @property
    def gross_profit(self) -> Decimal | None:
        if self.lines == 0:
            return self.revenue
        return None if self.goods_cost is None else self.revenue - self.goods_cost

    @property
    def profit(self) -> Decimal | None:
        return None if self.gross_profit is None else self.gross_profit - self.cost_to_serve


def inside(day: date, start: date | None, as_of: date) -> bool:
    """Whether a day is in the window."""
    return (start is None or day >= start) and day <= as_of


def plus(a: Decimal | None, b: Decimal | None) -> Decimal | None:
    """Sum that ignores what is not known."""
    if a is None or b is None:
        return b if a is None else a
    return a + b


def cost_of_goods(line: Line) -> Decimal | None:
    """Total cost of a line, else unit cost times quantity."""
    if line.total_cost is not None:
        return line.total_cost
    if line.unit_cost is None or line.quantity is None:
        return None
    return line.unit_cost * Decimal(line.quantity)


def share_out(pool: Decimal, quantity: Mapping[str, int]) -> dict[str, Decimal]:
    """Exact shares of a pool rounded by running totals, in the order of the keys."""
    total = sum(quantity.values())
    if not total:
        return dict.fromkeys(quantity, Decimal(0))
    parts, running, given = {}, 0, Decimal(0)
    for key in sorted(quantity):
        running += quantity[key]
        exact = Fraction(pool) * running / total
        until = (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(
            PLACES, ROUND_HALF_UP
        )
        parts[key], given = until - given, until
    return parts


def summary(firm: Firm, start: date | None, as_of: date) -> dict[str, Customer]:
    """One row a customer who ever ordered till then, or called or cost in the window."""
    rows: dict[str, Customer] = {}

    def row(customer_id: str) -> Customer:
        return rows.setdefault(customer_id, Customer(customer_id))

    read = [line for line in firm.lines if line.created_at.date() <= as_of]
    add_lines(read, start, as_of, row)
    add_contacts(firm, start, as_of, row)
    ledger = [c for c in firm.costs if inside(c.cost_date, start, as_of)]
    for entry in ledger:
        if entry.customer_id is not None:
            found = row(entry.customer_id)
            found.cost["direct"] = found.cost.get("direct", Decimal(0)) + entry.amount
            found.visits += (
                round((entry.driver_qty or 0) * 10_000) if entry.driver == "visit" else 0
            )
    for driver in DRIVERS:
        pool = sum(
            (c.amount for c in ledger if c.customer_id is None and c.driver == driver), Decimal(0)
        )
        for customer_id, amount in charged(driver, pool, rows).items():
            rows[customer_id].cost[driver] = amount
    return rows


def add_lines(lines: Iterable[Line], start: date | None, as_of: date, row: Any) -> None:
    orders: dict[str, dict[str, list[Line]]] = defaultdict(lambda: defaultdict(list))
    for line in lines:
        if line.customer_id is None:
            continue
        customer = row(line.customer_id)
        first, last = customer.first_order_at, customer.last_order_at
        customer.first_order_at = min(first or line.created_at, line.created_at)
        customer.last_order_at = max(last or line.created_at, line.created_at)
        if inside(line.created_at.date(), start, as_of):
            orders[line.customer_id][line.header_id].append(line)
    for customer_id, own in orders.items():
        customer = row(customer_id)
        customer.orders = len(own)
        customer.purchases = sum(any(x.total_amount > 0 for x in order) for order in own.values())
        for line in (line for order in own.values() for line in order):
            customer.lines += 1
            customer.revenue += line.total_amount
            customer.revenue_before_returns += max(line.total_amount, Decimal(0))
            customer.return_lines += line.total_amount < 0
            customer.discount = plus(customer.discount, line.discount_amount)
            customer.goods_cost = plus(customer.goods_cost, cost_of_goods(line))


def add_contacts(firm: Firm, start: date | None, as_of: date, row: Any) -> None:
    for contact in firm.contacts:
        if contact.customer_id is None or not inside(contact.created_at.date(), start, as_of):
            continue
        customer = row(contact.customer_id)
        customer.contacts += 1
        customer.handled_s += round(contact.handle_time_s or 0)
        customer.standard += standard_cost(contact, firm.agents)


def standard_cost(contact: Contact, agents: Sequence[Agent]) -> Decimal:
    """Seconds handled at the agent's hourly cost, at the mean of all agents' if that is unknown."""
    known = {a.agent_id: a.cost_per_hour for a in agents if a.cost_per_hour is not None}
    if not known:
        return Decimal(0)
    rate = known.get(contact.assignee_id or "", sum(known.values(), Decimal(0)) / len(known))
    seconds = round(contact.handle_time_s or 0)
    return (seconds * rate / 3600).quantize(PLACES, ROUND_HALF_UP)


def charged(driver: str, pool: Decimal, rows: Mapping[str, Customer]) -> dict[str, Decimal]:
    """What of a pool each customer is charged."""
    if driver == "contact":
        return charged_for_contacts(pool, rows)
    quantity = {
        key: {
            "order": customer.orders,
            "delivery": customer.purchases,
            "return": customer.return_lines,
            "visit": customer.visits,
        }[driver]
        for key, customer in rows.items()
    }
    return share_out(pool, quantity)


def charged_for_contacts(pool: Decimal, rows: Mapping[str, Customer]) -> dict[str, Decimal]:
    """At the agents' rates, but never more than the ledger paid; by time without rates."""
    standard = {key: customer.standard for key, customer in rows.items()}
    total = sum(standard.values(), Decimal(0))
    if total:
        if pool == 0 or total <= pool:
            return standard
        return share_out(pool, {key: int(amount / PLACES) for key, amount in standard.items()})
    timed = any(customer.handled_s for customer in rows.values())
    return share_out(pool, {key: c.handled_s if timed else c.contacts for key, c in rows.items()})


def ranked(rows: Mapping[str, Customer], measure: str) -> list[tuple[str, Any]]:
    """Customers and values, best first, of those that the measure is about."""
    keep = {
        "revenue": lambda c: c.lines > 0,
        "revenue_before_returns": lambda c: c.purchases > 0,
        "gross_profit": lambda c: c.lines > 0,
        "profit": lambda c: c.lines > 0 or c.cost_to_serve != 0,
        "contacts": lambda c: c.contacts > 0,
    }[measure]
    values = [(key, getattr(c, measure)) for key, c in rows.items() if keep(c)]
    return sorted(values, key=lambda pair: (-pair[1], pair[0]))


def gini(values: Sequence[Any]) -> float:
    """Mean absolute difference of all pairs over twice the mean."""
    n, total = len(values), sum(values)
    return float(sum(abs(a - b) for a in values for b in values) / (2 * n * total))


def top(values: Sequence[Any], k: int) -> Any:
    """What the best k bring."""
    return sum(values[:k])


def needed(values: Sequence[Any], share: float) -> int:
    """How many of the best it takes to bring a share of the total."""
    running, total = Decimal(0), sum(values)
    for rank, value in enumerate(values, 1):
        running += value
        if float(running) >= float(total) * share - 1e-6:
            return rank
    raise AssertionError("nobody reaches the share")


def period_of(day: date, months: int) -> int:
    """Periods of so many months since the year 0."""
    return (day.year * 12 + day.month - 1) // months


def active_sets(
    firm: Firm, event: str, period_months: int, active_months: int, as_of: date
) -> dict[int, set[str]]:
    """Customers that are active in each period, from the first with an event to that of as-of."""
    happened: set[tuple[str, int]] = set()
    if event == "contact":
        happened = {
            (c.customer_id, period_of(c.created_at.date(), period_months))
            for c in firm.contacts
            if c.customer_id is not None
        }
    else:
        happened = {
            (line.customer_id, period_of(line.created_at.date(), period_months))
            for line in firm.lines
            if line.customer_id is not None and (event == "order" or line.total_amount > 0)
        }
    if not happened:
        return {}
    first = min(period for _, period in happened)
    last = period_of(as_of, period_months)
    span = active_months // period_months
    return {
        period: {who for who, when in happened if period - span < when <= period}
        for period in range(first, last + 1)
    }


def deciles(values: Sequence[tuple[str, Any]]) -> dict[str, int]:
    """Tenths of a ranking; the first ones take the remainder."""
    n = len(values)
    found, start = {}, 0
    for decile in range(1, 11):
        size = n // 10 + (decile <= n % 10)
        found |= dict.fromkeys((key for key, _ in values[start : start + size]), decile)
        start += size
    return found


def day_before(day: date) -> date:
    """Yesterday."""
    return day - timedelta(days=1)


def over_served(rows: Mapping[str, Customer]) -> dict[str, float]:
    """Customers who take three times their share of revenue, and by how much more of all."""
    some = {k: c for k, c in rows.items() if c.lines or c.contacts or c.cost_to_serve}
    revenue = float(sum(c.revenue for c in some.values()))
    taken = {
        "contacts": {k: float(c.contacts) for k, c in some.items()},
        "minutes": {k: c.handled_s / 60 for k, c in some.items()},
        "cost": {k: float(c.cost_to_serve) for k, c in some.items()},
    }
    found: dict[str, float] = {}
    for amounts in taken.values():
        everything = sum(amounts.values())
        for key, amount in amounts.items():
            if not everything:
                continue
            brought, part = float(some[key].revenue) / revenue, amount / everything
            if part >= 3 * brought and part > 1 / len(some):
                found[key] = max(found.get(key, 0.0), part - brought)
    return found
