"""The canonical tables, column by column.

A source of any shape is mapped onto these names; everything above this floor
speaks them and no others. Times stand by the project's clock (UTC unless
it is set), without a zone; money is in major units of `currency`; durations carry
their unit in the name.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from tierwise.units import AMOUNT_TYPE


class Kind(StrEnum):
    """What a column holds; decides its type at rest and how text is read into it."""

    ID = "id"  # text, trimmed, never a number: leading zeros are part of it
    TEXT = "text"
    MONEY = "money"
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"
    DATE = "date"
    TIME = "time"  # by the project's clock, without a zone


TYPE_AT_REST = MappingProxyType(
    {
        Kind.ID: "string",
        Kind.TEXT: "string",
        Kind.MONEY: AMOUNT_TYPE,
        Kind.NUMBER: "float64",
        Kind.INTEGER: "int64",
        Kind.FLAG: "boolean",
        Kind.DATE: "date",
        Kind.TIME: "timestamp(6)",
    }
)
"""Ibis type of each kind in a build."""


@dataclass(frozen=True, slots=True)
class Column:
    """One canonical column."""

    name: str
    kind: Kind
    required: bool = False
    one_of: tuple[str, ...] = ()  # allowed values; empty: any


@dataclass(frozen=True, slots=True)
class Table:
    """One canonical table. `happened` is the column that the as-of date cuts at."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()  # unique when every part of it is mapped
    happened: str = ""
    customer: str = "customer_id"  # the column that attributes a row; "" if none

    @property
    def recorded(self) -> tuple[str, ...]:
        """Names of the other columns that date an event; later ones are not read."""
        return tuple(
            c.name
            for c in self.columns
            if c.kind in (Kind.DATE, Kind.TIME) and c.name not in PLANNED | {self.happened}
        )

    def told_by(self, recorded: str) -> tuple[str, ...]:
        """Names of the columns that say what the event dated by `recorded` brought about."""
        return _TOLD_BY.get((self.name, recorded), ())

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns that no source may leave out."""
        return tuple(c.name for c in self.columns if c.required)

    def column(self, name: str) -> Column:
        """Return the column called `name`; KeyError names the table too."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name} has no column {name}")


def _columns(required: str, /, **kinds: str) -> tuple[Column, ...]:
    """Read `money="a b"` as columns a and b of kind money, in the order written."""
    needed = set(required.split())
    return tuple(
        Column(name, Kind(kind), name in needed)
        for kind, names in kinds.items()
        for name in names.split()
    )


def _with_values(columns: tuple[Column, ...], **values: str) -> tuple[Column, ...]:
    return tuple(
        Column(c.name, c.kind, c.required, tuple(values[c.name].split())) if c.name in values else c
        for c in columns
    )


_CUSTOMERS = _with_values(
    _columns(
        "customer_id",
        id="customer_id parent_id owner_id segment_owner_id email_hash referred_by_id",
        text="name kind segment industry country domains status lifetime_source acquired_via"
        " attributes",
        date="created_on",
        money="acquisition_cost",
        integer="fiscal_year_start_month",
    ),
    kind="person organisation",
    status="prospect active lapsed closed",
)
_PEOPLE = _columns(
    "person_id customer_id",
    id="person_id customer_id",
    text="role name email phone locale time_zone",
    flag="consent_marketing",
    time="consent_at",
)
_ORDER_LINES = _columns(
    "header_id created_at total_amount customer_id",
    id="header_id line_item_id customer_id product_id subscription_id location_id",
    time="created_at subscription_period_started_at subscription_period_ended_at",
    money="total_amount unit_amount discount_amount tax_amount fee_amount refund_amount unit_cost"
    " total_cost",
    number="quantity",
    text="record_type header_status billing_type currency product_name product_type"
    " transaction_type subscription_plan subscription_status customer_level channel"
    " business_unit campaign",
)
_COSTS = _with_values(
    _columns(
        "cost_date amount",
        id="customer_id",
        date="cost_date",
        money="amount",
        text="currency driver",
        number="driver_qty",
    ),
    driver="order contact delivery return visit overhead",
)
_CONTACTS = _with_values(
    _columns(
        "contact_id customer_id created_at",
        id="contact_id customer_id person_id group_id assignee_id repeat_of_id product_id"
        " location_id",
        text="channel campaign status priority reason tags outcome required_skill sla_policy",
        time="created_at first_reply_at solved_at answered_at abandoned_at ended_at sla_breach_at",
        number="wait_s handle_time_s satisfaction_score sla_target_minutes reach",
        integer="transfers reopens",
        flag="is_public_complaint",
    ),
    status="new open pending on_hold solved closed",
    priority="low normal high urgent",
    outcome="answered abandoned self_served callback blocked",
)
_CONTRACTS = _columns(
    "contract_id customer_id started_on",
    id="contract_id customer_id product_id",
    date="started_on term_end_on last_repriced_on",
    integer="notice_days",
    flag="auto_renew",
    text="status currency desired_outcome outcome_status",
    money="monthly_amount monthly_cost",
)
_PROMISES = _with_values(
    _columns(
        "promise_id customer_id made_at due_at",
        id="promise_id customer_id contact_id",
        text="made_by level text state cause",
        time="made_at due_at original_due_at kept_at",
    ),
    level="commitment charter brand",
    state="open kept late broken renegotiated",
)

_ALL = (
    Table("customers", _CUSTOMERS, ("customer_id",), "created_on"),
    Table("people", _PEOPLE, ("person_id",)),
    Table("order_lines", _ORDER_LINES, ("header_id", "line_item_id"), "created_at"),
    Table("costs", _COSTS, (), "cost_date"),
    Table("contacts", _CONTACTS, ("contact_id",), "created_at"),
    Table(
        "contact_events",
        _columns(
            "event_id contact_id at",
            id="event_id contact_id",
            time="at",
            text="type actor field old new",
        ),
        ("event_id",),
        "at",
        "",
    ),
    Table(
        "agents",
        _columns(
            "agent_id",
            id="agent_id team_id",
            date="started_on",
            number="rating",
            text="skills location employer",
            money="cost_per_hour",
        ),
        ("agent_id",),
        "started_on",
        "",
    ),
    Table("contracts", _CONTRACTS, ("contract_id",), "started_on"),
    Table(
        "offers",
        _columns(
            "offer_id",
            id="offer_id",
            text="product_family unit_prices eligibility",
            date="valid_from valid_to",
            money="monthly_price monthly_cost",
            integer="min_term_months",
        ),
        ("offer_id",),
        "",
        "",
    ),
    Table(
        "usage",
        _columns(
            "customer_id period_start_on",
            id="customer_id",
            date="period_start_on",
            text="metric unit",
            number="quantity",
        ),
        (),
        "period_start_on",
    ),
    Table(
        "surveys",
        _with_values(
            _columns(
                "response_id at score",
                id="response_id customer_id person_id contact_id",
                time="at invited_at",
                text="instrument comment",
                number="score scale_min scale_max",
            ),
            instrument="csat ces nps happy",
        ),
        ("response_id",),
        "at",
    ),
    Table("promises", _PROMISES, ("promise_id",), "made_at"),
    Table(
        "interactions",
        _columns(
            "interaction_id",
            id="interaction_id customer_id content_id",
            time="at",
            text="purpose channel campaign decision reasons",
        ),
        ("interaction_id",),
        "at",
    ),
    Table(
        "referrals",
        _columns(
            "referrer_id referred_id", id="referrer_id referred_id", time="at", text="kind evidence"
        ),
        (),
        "at",
        "referrer_id",
    ),
    Table(
        "competitor_events",
        _columns(
            "",
            id="customer_id",
            time="at",
            text="kind competitor",
            money="old_price new_price",
        ),
        (),
        "at",
    ),
    Table(
        "plan_lines",
        _columns(
            "plan_id",
            id="plan_id customer_id",
            text="period segment lever evidence owner",
            number="customers_delta",
            money="spend_delta",
        ),
        (),
        "",
    ),
    # A customer's spend with every supplier, estimated by somebody and dated.
    Table(
        "wallets",
        _columns(
            "customer_id asked_on wallet_amount",
            id="customer_id",
            date="asked_on",
            text="category currency source",
            money="wallet_amount low_amount high_amount",
        ),
        (),
        "asked_on",
    ),
    # Reach or a score of a customer's voice, as somebody measured it on a day.
    Table(
        "influence",
        _columns(
            "customer_id at source",
            id="customer_id",
            time="at",
            text="source currency",
            number="reach score scale_max",
            money="value_per_1000",
        ),
        (),
        "at",
    ),
    # What a customer is worth beyond what it pays: a decision with an owner and an end.
    Table(
        "strategic",
        _columns(
            "customer_id amount set_on",
            id="customer_id",
            money="amount",
            text="currency reason owner evidence",
            date="set_on expires_on",
        ),
        (),
        "set_on",
    ),
    # A customer's tier by decision: somebody's, for a reason, until a day.
    Table(
        "tier_overrides",
        _columns(
            "customer_id tier set_on expires_on owner reason",
            id="customer_id",
            text="tier reason owner evidence",
            date="set_on expires_on",
        ),
        (),
        "set_on",
    ),
    # Units of the project's currency for one unit of `currency`, from that day on.
    Table(
        "rates",
        _columns("rate_on currency rate", date="rate_on", text="currency", number="rate"),
        ("currency", "rate_on"),
        "rate_on",
        "",
    ),
)

PLANNED = frozenset(
    {
        "due_at",
        "expires_on",
        "original_due_at",
        "sla_breach_at",
        "subscription_period_ended_at",
        "term_end_on",
        "valid_from",
        "valid_to",
    }
)
"""Dates that are set beforehand and may lie after the as-of date; all others record events."""

_TOLD_BY = MappingProxyType(
    {
        ("people", "consent_at"): ("consent_marketing",),
        ("contacts", "answered_at"): ("outcome", "wait_s"),
        ("contacts", "abandoned_at"): ("outcome", "wait_s"),
        ("contacts", "ended_at"): ("outcome", "handle_time_s"),
        ("contacts", "solved_at"): (
            "status",
            "outcome",
            "handle_time_s",
            "reopens",
            "satisfaction_score",
        ),
        ("promises", "kept_at"): ("state", "cause"),
    }
)
"""Columns that an export gives as of its own day; unknown where their event was still to come."""

TABLES = MappingProxyType({table.name: table for table in _ALL})
"""Every canonical table by name, customers first."""
