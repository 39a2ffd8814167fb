"""Slow, obvious twins of the rules: anybody can check them by eye."""

import math
from datetime import date, timedelta
from decimal import Decimal
from itertools import combinations, pairwise

from dateutil.relativedelta import relativedelta

from tierwise.settings import CapacitySettings, StabilitySettings, TierRule, TiersSettings


def in_order(rows: list[tuple[str, Decimal]]) -> list[tuple[str, Decimal]]:
    """Best first; equal values go by customer id."""
    return sorted(rows, key=lambda row: (-row[1], row[0]))


def tiers(rows: list[tuple[str, Decimal]], settings: TiersSettings) -> dict[str, int]:
    """Tier of every customer by rank, share or threshold."""
    ordered, last = in_order(rows), len(settings.names)
    total = sum((max(value, Decimal(0)) for _, value in rows), Decimal(0))
    before, found = Decimal(0), {}
    for place, (customer, value) in enumerate(ordered, 1):
        tier = 1
        for cut in settings.cuts[1]:
            if settings.rule is TierRule.RANK and settings.last_ranks:
                below = place > cut
            elif settings.rule is TierRule.RANK:
                below = place > max(1, math.ceil(cut * len(rows) - 1e-9))
            elif settings.rule is TierRule.SHARE:
                below = total == 0 or before >= total * Decimal(str(cut))
            else:
                below = value < Decimal(str(cut))
            tier += below
        found[customer] = tier if value > 0 else last
        before += max(value, Decimal(0))
    return found


def best_classes(values: list[float], counts: list[int], classes: int) -> float:
    """Least spread within classes, over every way to cut sorted values into runs."""

    def spread(first: int, end: int) -> float:
        n = sum(counts[first:end])
        mean = sum(v * c for v, c in zip(values[first:end], counts[first:end], strict=True)) / n
        return sum(
            c * (v - mean) ** 2 for v, c in zip(values[first:end], counts[first:end], strict=True)
        )

    best = math.inf
    for cuts in combinations(range(1, len(values)), classes - 1):
        ends = (0, *cuts, len(values))
        best = min(best, sum(spread(a, b) for a, b in pairwise(ends)))
    return best


def capacity(rows: list[tuple[Decimal, float]], settings: CapacitySettings) -> int:
    """Last rank of the best boundary; rows are value and minutes, best first."""
    best, chosen, value, minutes = -math.inf, 0, 0.0, 0.0
    for place, (worth, asked) in enumerate(rows, 1):
        if worth <= 0:
            break
        value, minutes = value + float(worth), minutes + asked
        need = place if settings.customers is not None else minutes
        room = settings.customers if settings.customers is not None else settings.minutes
        reached = min(1.0, room / need) if need else 1.0
        gain = value * settings.loss_prevented * reached - place * settings.cost_per_customer
        if gain > best + 1e-9 * abs(best if math.isfinite(best) else 1):
            best, chosen = gain, place
    return chosen


def review(
    row: dict, prior: dict | None, bounds: tuple[float, ...], rule: StabilitySettings, day: date
) -> tuple[int, date | None]:
    """Tier after one review, and since when a move down waits."""
    if prior is None:
        return row["rule_tier"], None
    was, value = prior["tier"], float(row["value"])
    up = [
        k
        for k in range(1, len(bounds) + 1)
        if row["rule_tier"] <= k < was
        and row[f"p_to_{k}"] >= rule.promote_at
        and value - bounds[k - 1] >= rule.switching_cost
    ]
    down = [
        k
        for k in range(2, len(bounds) + 2)
        if was < k <= row["rule_tier"]
        and 1 - row[f"p_to_{k - 1}"] >= rule.demote_at
        and bounds[k - 2] - value >= rule.switching_cost
    ]
    if up:
        return min(up), None
    if not down:
        return was, None
    waits = prior["waits_since"] or day
    begun = day - relativedelta(months=rule.grace_months)
    due = waits <= begun + timedelta(days=3 if rule.grace_months else 0)
    first = row["first_on"]
    young = first is not None and first > day - relativedelta(months=rule.young_months)
    return (max(down), None) if due and not young else (was, waits)
