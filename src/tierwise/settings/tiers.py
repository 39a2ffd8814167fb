"""Settings of [tiers]: the rule, what keeps members in place, overrides, fairness."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from tierwise.settings.base import SettingsModel
from tierwise.settings.names import BreakScale, Lens, TierBasis, TierRule

Share = Annotated[float, Field(gt=0, lt=1)]
Chance = Annotated[float, Field(ge=0, le=1)]

WORDS = (
    "low-value",
    "low value",
    "high-value",
    "high value",
    "worthless",
    "unprofitable",
    "loss-maker",
    "loss maker",
    "bottom tier",
    "lower tier",
    "top tier",
    "tier",
    "second-class",
    "unimportant",
)
"""What no customer should read about themselves."""


class CapacitySettings(SettingsModel):
    """What the best service can take on, and what it protects: rule = "capacity"."""

    customers: int | None = Field(None, ge=1, description="customers that can be served so")
    minutes: float | None = Field(
        None, gt=0, description="agent minutes of the window that there are for them"
    )
    loss_prevented: float = Field(
        0.1, gt=0, le=1, description="share of a customer's value that such service protects"
    )
    cost_per_customer: float = Field(
        0.0, ge=0, description="money that it costs more for each of them"
    )


class StabilitySettings(SettingsModel):
    """What keeps a customer's tier from moving with every swing of value."""

    promote_at: Chance = Field(
        0.3, description="probability to be in the better tier next window, to move up"
    )
    demote_at: Chance = Field(
        0.7, description="probability to be in a worse tier next window, to move down"
    )
    grace_months: int = Field(3, ge=0, description="reviews of so many months must agree on down")
    review_months: int = Field(3, ge=1, le=24, description="months from one review to the next")
    reviews: int = Field(4, ge=0, le=40, description="reviews before the as-of date that count")
    young_months: int = Field(6, ge=0, description="a customer younger than that is not moved down")
    switching_cost: float = Field(
        0.0, ge=0, description="money that value must lie past a boundary for a move to pay"
    )


class TierOverride(SettingsModel):
    """One customer's tier by decision: with owner, reason and end."""

    customer_id: str = Field(min_length=1, description="whom it is about")
    tier: str = Field(description="name of the tier")
    owner: str = Field(min_length=1, description="who decided")
    reason: str = Field(min_length=1, description="why")
    set_on: date | None = Field(None, description="from when on; unset: always")
    expires_on: date = Field(description="last day on which it holds")


class FairnessSettings(SettingsModel):
    """What tiers are tested for, and what customers must not read."""

    protected: tuple[str, ...] = Field(
        (), description="dimensions of customers that must not decide, such as attributes.gender"
    )
    proxies: tuple[str, ...] = Field(
        (), description="dimensions that may stand for them, such as country"
    )
    min_group: int = Field(30, ge=2, description="groups of fewer customers are pooled")
    words: tuple[str, ...] = Field(WORDS, description="words no text for customers may hold")
    texts: tuple[str, ...] = Field(
        (), description="files or globs with texts for customers, relative to tierwise.toml"
    )


class ServiceTargets(SettingsModel):
    """What the service policy promises a tier; unset: nothing about it."""

    wait_s: float | None = Field(None, ge=0, description="mean wait, seconds at most")
    abandoned: Chance | None = Field(None, description="share of contacts abandoned, at most")
    effort: float | None = Field(
        None, ge=0, description="transfers, reopenings and repeats of a contact, at most"
    )
    handle_time_s: float | None = Field(None, ge=0, description="mean, seconds at most")
    rating: float | None = Field(None, ge=0, description="mean rating of the agents, at least")
    agent_years: float | None = Field(None, ge=0, description="mean years of the agents, at least")
    first_time: Chance | None = Field(None, description="share solved the first time, at least")
    within_sla: Chance | None = Field(None, description="share within their target, at least")
    satisfaction: float | None = Field(None, ge=0, description="mean score, at least")
    perks_each: float | None = Field(None, ge=0, description="perks a customer, at least")
    owned: Chance | None = Field(None, description="share with a named manager, at least")


class TiersSettings(SettingsModel):
    """How customers are put into tiers."""

    goal: str = Field("", description="the business goal that the tiers serve, in a sentence")
    lens: Lens | None = Field(None, description="unset: the lens of [value]")
    basis: TierBasis = Field(TierBasis.WINDOW, description="window, ahead or ever")
    rule: TierRule = Field(
        TierRule.RANK, description="rank, share, threshold, natural_break or capacity"
    )
    names: tuple[str, ...] = Field(("A", "B", "C", "D"), description="names of tiers, best first")
    last_ranks: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (), description="rule rank: last rank of each tier but the last"
    )
    customer_shares: tuple[Share, ...] = Field(
        (0.01, 0.05, 0.2), description="rule rank without last_ranks: shares of customers"
    )
    value_shares: tuple[Share, ...] = Field(
        (0.5, 0.8, 0.95), description="rules share and capacity: shares of the value reached"
    )
    thresholds: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (), description="rule threshold: least value of each tier but the last"
    )
    break_scale: BreakScale = Field(BreakScale.LOG, description="rule natural_break: log or money")
    need_by: str = Field(
        "segment", description="dimension of customers that says what they need; ignored if absent"
    )
    capacity: CapacitySettings = CapacitySettings()
    stability: StabilitySettings = StabilitySettings()
    fairness: FairnessSettings = FairnessSettings()
    service: dict[str, ServiceTargets] = Field(
        {}, description="what each tier is promised, by name of the tier"
    )
    overrides: tuple[TierOverride, ...] = Field((), description="tiers by decision, see below")

    @field_validator("names")
    @classmethod
    def _names_differ(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not 2 <= len(value) <= 10 or len(set(value)) < len(value) or not all(value):
            raise ValueError("give 2 to 10 different names, the best tier first")
        return value

    @model_validator(mode="after")
    def _cuts_fit(self) -> TiersSettings:
        name, cuts, rising = self.cuts
        if not name:
            return self
        ordered = sorted(set(cuts), reverse=not rising)
        if list(cuts) != ordered:
            order = "ascending" if rising else "descending"
            raise ValueError(f"{name} must be in {order} order, the best tier first")
        if len(cuts) != len(self.names) - 1:
            raise ValueError(
                f'rule = "{self.rule}" cuts {len(self.names)} tiers at {len(self.names) - 1}'
                f" places, but {name} has {len(cuts)}; change {name} or names"
            )
        return self

    @model_validator(mode="after")
    def _capacity_given(self) -> TiersSettings:
        asked = self.capacity.customers is not None, self.capacity.minutes is not None
        if self.rule is TierRule.CAPACITY and sum(asked) != 1:
            raise ValueError(
                'rule = "capacity" needs either customers or minutes under [tiers.capacity]'
            )
        return self

    @model_validator(mode="after")
    def _overrides_named(self) -> TiersSettings:
        for one in self.overrides:
            if one.tier not in self.names:
                raise ValueError(
                    f'the override of {one.customer_id} names the tier "{one.tier}";'
                    f" there are {', '.join(self.names)}"
                )
        return self

    @model_validator(mode="after")
    def _served_named(self) -> TiersSettings:
        if unknown := [name for name in self.service if name not in self.names]:
            raise ValueError(
                f'service names the tier "{unknown[0]}"; there are {", ".join(self.names)}'
            )
        return self

    @property
    def cuts(self) -> tuple[str, tuple[float, ...], bool]:
        """Name and values of the setting that the rule cuts at, and whether they rise."""
        match self.rule:
            case TierRule.RANK if self.last_ranks:
                return "last_ranks", self.last_ranks, True
            case TierRule.RANK:
                return "customer_shares", self.customer_shares, True
            case TierRule.THRESHOLD:
                return "thresholds", self.thresholds, False
            case TierRule.NATURAL_BREAK:
                return "", (), True
            case _:
                return "value_shares", self.value_shares, True
