"""Settings as immutable models; reading the file happens in the engine.

Every setting has a name, a default and a sentence of help: `tierwise init`
writes them out and the reference page is checked against them.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from tierwise.settings.base import SettingsModel as _Model
from tierwise.settings.destinations import DestinationSettings
from tierwise.settings.hooks import HookSettings
from tierwise.settings.live import LiveSettings
from tierwise.settings.names import Activity, Lens, Period, PurchaseModelName, SpendModelName
from tierwise.settings.tiers import TiersSettings
from tierwise.settings.zones import UTC, known_zone

LONGEST_WINDOW = 600
"""Months."""


class Window(_Model):
    """A trailing span of months that ends with the as-of date, or all history."""

    months: int | None = Field(None, ge=1, le=LONGEST_WINDOW)

    @classmethod
    def parse(cls, text: str) -> Window:
        """Read `12m`, `2y` or `all`; ValueError says what was expected."""
        if text == "all":
            return cls(months=None)
        found = re.fullmatch(r"(\d{1,3})([my])", text)
        if not found:
            raise ValueError(f'expected "all", "12m" or "2y", found "{text}"')
        months = int(found[1]) * (12 if found[2] == "y" else 1)
        if not 1 <= months <= LONGEST_WINDOW:
            raise ValueError(f'expected 1 to {LONGEST_WINDOW} months, found "{text}"')
        return cls(months=months)

    def __str__(self) -> str:
        return "all" if self.months is None else f"{self.months}m"


class ActiveRule(_Model):
    """When a customer counts as active."""

    event: Activity = Field(Activity.PURCHASE, description="purchase, order or contact")
    months: int | None = Field(
        None, ge=1, description="event within so many months; unset: within the period itself"
    )
    period: Period = Field(Period.QUARTER, description="month, quarter or year")

    @model_validator(mode="after")
    def _whole_periods(self) -> ActiveRule:
        if self.months is not None and self.months % self.period.months:
            raise ValueError(
                f"months = {self.months} is not a whole number of {self.period}s"
                f" ({self.period.months} months each)"
            )
        return self

    def __str__(self) -> str:
        span = f"in the last {self.months} months" if self.months else f"in the {self.period}"
        return f"{self.event} {span}"


class LifetimeSettings(_Model):
    """How what customers will be worth is estimated."""

    model: PurchaseModelName = Field(
        PurchaseModelName.MBG_NBD, description="mbg_nbd, bg_nbd, pareto_nbd or nbd"
    )
    spend: SpendModelName = Field(
        SpendModelName.AUTO, description="auto, gamma_gamma or profit_per_order"
    )
    horizon_months: int = Field(12, ge=1, le=120, description="months ahead of the shorter view")
    annual_discount_rate: float = Field(
        0.10, gt=0, le=1, description="what money a year later is worth less"
    )
    level: float = Field(0.9, gt=0, lt=1, description="probability of every interval")
    draws: int = Field(200, ge=20, le=5000, description="simulated futures behind an interval")
    seed: int = Field(1, ge=0, description="equal seeds give equal figures")
    second_stage: bool = Field(
        False, description="enter the boosted second stage in the tournament (extra boost)"
    )


class ReferralSettings(_Model):
    """How much of a referred customer's value whoever brought it is credited with."""

    generations: int = Field(
        2, ge=1, le=6, description="1: who was referred; 2: also whom those referred; and so on"
    )
    share: float = Field(
        0.5, ge=0, le=1, description="share credited to the referrer; the rest would have come"
    )
    share_low: float = Field(0.25, ge=0, le=1, description="lower end of what the share may be")
    share_high: float = Field(0.65, ge=0, le=1, description="upper end of what the share may be")
    damping: float = Field(0.5, ge=0, le=1, description="factor on each further generation")

    @model_validator(mode="after")
    def _nothing_twice(self) -> ReferralSettings:
        if not self.share_low <= self.share <= self.share_high:
            raise ValueError("share_low, share and share_high must be in ascending order")
        credited = self.share_high * sum(self.damping**g for g in range(self.generations))
        if credited > 1:
            raise ValueError(
                f"{self.generations} generations would credit {credited:.3f} of a customer's value,"
                " more than it is worth; lower share_high or damping"
            )
        return self


class InfluenceSettings(_Model):
    """What a customer's voice is worth, for how long, and at most."""

    value_per_1000: float | None = Field(
        None,
        ge=0,
        description="money for 1,000 people reached; unset: only rows with a price count",
    )
    half_life_days: int = Field(180, ge=1, description="after so many days an observation is half")
    expires_after_days: int = Field(730, ge=1, description="older observations fall away")
    cap_amount: float | None = Field(
        None, ge=0, description="most that anybody's influence is worth; unset: only the multiple"
    )
    cap_multiple: float = Field(
        1.0,
        ge=0,
        description="the same as a multiple of the median value of customers worth anything",
    )


class StrategicSettings(_Model):
    """How much may be called strategic before everybody is."""

    max_share: float = Field(
        0.1, ge=0, le=1, description="strategic amounts together, as a share of all direct value"
    )
    max_customers: int = Field(20, ge=0, description="customers that may be strategic at a time")


class ClaimSettings(_Model):
    """Who counts as engaged or complaining when claims about their spend are tested."""

    engaged_channels: tuple[str, ...] = Field(
        ("social", "community", "forum", "review", "public"),
        description="contacts and interactions on these channels make a customer engaged",
    )
    surveys_engage: bool = Field(True, description="a survey response makes a customer engaged")
    complaint_reasons: tuple[str, ...] = Field(
        ("complaint",), description="contact reasons that are complaints, beside public complaints"
    )
    engaged_uplift: float = Field(
        0.4, gt=0, description="claim: engaged customers spend up to this share more"
    )
    complainer_uplift: float = Field(
        0.2, gt=0, description="claim: complainers spend this share more"
    )
    min_group: int = Field(30, ge=2, description="with fewer on either side it is too few to say")


class ValueSettings(_Model):
    """How value is measured and shown."""

    lens: Lens | None = Field(None, description="unset: profit where cost is known, else revenue")
    window: Window = Field(Window(months=12), description='"12m", "2y" or "all"')
    top_n: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (1, 10, 40, 250), description="list lengths of the concentration table"
    )
    top_shares: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(
        (0.01, 0.05, 0.1, 0.2, 0.5), description="shares of customers in the concentration table"
    )
    revenue_shares: tuple[Annotated[float, Field(gt=0, le=1)], ...] = Field(
        (0.5, 0.8, 0.9, 0.95), description="shares of the total, answered by how many customers"
    )
    bands: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        (), description="last rank of each band; unset: the top 1, 5, 20, 50 and 80 percent"
    )
    min_cell: int = Field(10, ge=1, description="slices with fewer customers are pooled")
    active: ActiveRule = ActiveRule()
    lifetime: LifetimeSettings = LifetimeSettings()
    referral: ReferralSettings = ReferralSettings()
    influence: InfluenceSettings = InfluenceSettings()
    strategic: StrategicSettings = StrategicSettings()
    claims: ClaimSettings = ClaimSettings()

    @field_validator("window", mode="before")
    @classmethod
    def _read_window(cls, value: object) -> object:
        return Window.parse(value) if isinstance(value, str) else value

    @field_validator("bands")
    @classmethod
    def _bands_ascend(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if list(value) != sorted(set(value)):
            raise ValueError("bands must be ranks in ascending order, such as [40, 250, 1000]")
        return value


class ColumnSource(_Model):
    """Where one canonical column comes from when it is not simply a column."""

    sql: str | None = Field(None, description="an SQL expression over the source's columns")
    value: str | int | float | bool | None = Field(None, description="one value for every row")

    @model_validator(mode="after")
    def _one_of_two(self) -> ColumnSource:
        if (self.sql is None) == (self.value is None):
            raise ValueError('give either { sql = "..." } or { value = ... }')
        return self


class Source(_Model):
    """Where one canonical table comes from: a file, or a URL with a table or a query."""

    path: str | None = Field(None, description="file or glob, relative to tierwise.toml")
    url: str | None = Field(None, description="database URL; ${NAME} is read from the environment")
    table: str | None = Field(None, description="table in the database")
    sql: str | None = Field(
        None, description="query; the file's rows are the table `source`, else the database's own"
    )
    format: str | None = Field(None, description="csv, parquet, excel, jsonl; unset: by file name")
    preset: str | None = Field(None, description="mapping of a known export")
    columns: dict[str, str | ColumnSource] = Field(
        default_factory=dict, description="canonical column = source column"
    )
    delimiter: str | None = Field(None, max_length=1, description="unset: found by looking")
    encoding: str | None = Field(
        None, description="utf-8, latin-1, utf-16; unset: found by looking"
    )
    decimal: str | None = Field(None, max_length=1, description='decimal sign, "." or ","')
    date_format: str | None = Field(None, description="such as %d/%m/%Y; unset: found by looking")
    sheet: str | None = Field(None, description="worksheet of an Excel file; unset: the first")
    time_zone: str | None = Field(
        None, description="zone of times without one; unset: the project's"
    )
    drop_identical: bool = Field(
        False, description="leave out rows that equal an earlier one in every column"
    )
    minor_units: bool = Field(False, description="amounts are in cents (Stripe)")

    @model_validator(mode="after")
    def _one_place(self) -> Source:
        if (self.path is None) == (self.url is None):
            raise ValueError("give either path or url")
        if self.url is not None and self.table is None and self.sql is None:
            raise ValueError("a url needs a table or a sql query")
        return self

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, value: str | None) -> str | None:
        return None if value is None else known_zone(value)


class Project(_Model):
    """Who the figures are about."""

    name: str = Field("", description="shown on every page; unset: the folder's name")
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$", description="ISO 4217; totals are in it")
    as_of: date | None = Field(None, description="nothing dated later is read; unset: today")
    time_zone: str = Field(
        UTC, description="where the firm's day begins, such as Europe/Berlin; days are cut in it"
    )
    builds: str = Field("builds", description="folder of the builds, relative to tierwise.toml")
    # Left out of manifests and of the ids of builds: it says where to publish, not what,
    # and may hold a password.
    database_url: str | None = Field(
        None,
        exclude=True,
        repr=False,
        description="PostgreSQL to publish into; ${NAME} is read from the environment;"
        " unset: a server of the project's own",
    )

    @field_validator("time_zone")
    @classmethod
    def _is_known(cls, value: str) -> str:
        return known_zone(value)


class Settings(_Model):
    """All of tierwise.toml."""

    project: Project = Project()
    value: ValueSettings = ValueSettings()
    tiers: TiersSettings = TiersSettings()
    sources: dict[str, Source] = Field(default_factory=dict)
    # Like database_url no part of what is reckoned, and it may hold secrets.
    hooks: dict[str, HookSettings] = Field(default_factory=dict, exclude=True, repr=False)
    live: LiveSettings = Field(LiveSettings.model_construct(), exclude=True)
    destinations: dict[str, DestinationSettings] = Field(
        default_factory=dict, exclude=True, repr=False
    )
