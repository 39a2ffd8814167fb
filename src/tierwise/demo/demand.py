"""Who contacts Fairfield when, how and why - before anybody answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tierwise.demo.columns import Flags, Floats, Ints
from tierwise.demo.days import (
    AS_OF_DAY,
    CLOSES_S,
    DAY_S,
    END_S,
    OPENS_S,
    draw_codes,
    draw_rows,
    is_working,
    weekday,
    year_days,
)
from tierwise.demo.roster import Roster

CHANNELS = ("phone", "email", "chat", "web")
PHONE, EMAIL, CHAT, WEB = range(4)

REASONS = (
    "order_status",
    "delivery_problem",
    "invoice_query",
    "how_to",
    "technical_fault",
    "return_request",
    "price_quote",
    "contract_change",
    "complaint",
    "account_access",
)
SKILL_OF_REASON = np.array([0, 0, 1, 2, 2, 0, 3, 3, 1, 2])  # index into agents.SKILLS

CONTACTS = {2024: 37_500, 2025: 41_000}
BAND_SHARE = np.array([0.042, 0.105, 0.125, 0.150, 0.195, 0.383])

_CHANNEL_MIX = np.array(
    [
        [0.68, 0.20, 0.06, 0.06],
        [0.70, 0.18, 0.07, 0.05],
        [0.73, 0.14, 0.08, 0.05],
        [0.74, 0.12, 0.09, 0.05],
        [0.74, 0.11, 0.10, 0.05],
        [0.76, 0.11, 0.09, 0.04],
    ]
)
_REASON_MIX = np.array(
    [
        [14, 9, 13, 7, 18, 5, 14, 13, 5, 2],
        [16, 10, 14, 8, 16, 6, 12, 10, 5, 3],
        [19, 11, 14, 11, 13, 8, 9, 6, 5, 4],
        [20, 11, 13, 15, 12, 9, 6, 4, 5, 5],
        [20, 11, 12, 19, 11, 10, 4, 2, 4, 7],
        [18, 10, 10, 27, 9, 11, 2, 1, 4, 8],
    ],
    dtype=np.float64,
)
_REASON_LENGTH = np.array([0.7, 0.95, 0.9, 1.3, 1.45, 0.85, 1.2, 1.25, 1.35, 0.75])
_BAND_LENGTH = np.array([0.95, 0.95, 1.0, 1.0, 1.03, 1.14])  # novices need more hand-holding
_MEAN_HANDLE_S = np.array([180.0, 2100.0, 600.0, 1500.0])
_HANDLE_SIGMA = np.array([0.9, 0.6, 0.6, 0.6])

# Arrivals per half-hour from 9:00 to 17:00 and per weekday, as counted in a real call
# centre (Anonymous Bank, February 1999; its week runs Sunday to Thursday).
_HALF_HOURS = np.array(
    [981, 1188, 1273, 1226, 1168, 1091, 923, 957, 1300, 1108, 1151, 1150, 1123, 1145, 1176, 1146],
    dtype=np.float64,
)
_WEEKDAYS = np.array([1531, 1431, 1586, 1573, 1447, 0, 0]) / 1514

_MEDIAN_PATIENCE_S = np.array([508.0, 508.0, 300.0, 270.0, 170.0, 166.0])
_FOLLOW_UPS = 0.07  # share of contacts that come back on the same matter


@dataclass(frozen=True)
class Demand:
    """Contacts in order of arrival.

    at: seconds since 1970; handle_s: work needed at the team's average pace;
    patience_s: how long a caller is ready to wait.
    """

    customer: Ints
    at: Ints
    channel: Ints
    reason: Ints
    handle_s: Floats
    patience_s: Ints

    def __len__(self) -> int:
        return len(self.customer)


def make_demand(rng: np.random.Generator, roster: Roster) -> Demand:
    """All contacts of the last two years; who calls how often does not depend on service."""
    parts = [_year(rng, roster, year, count) for year, count in CONTACTS.items()]
    customer, day, reason = (np.concatenate(p) for p in zip(*parts, strict=True))
    band = roster.band[customer]
    channel = draw_rows(rng, _CHANNEL_MIX, band)
    at = day * DAY_S + _time_of_day(rng, channel)
    at = np.minimum(at, END_S - 3600)
    patience = rng.exponential(1.0, len(at)) * _MEDIAN_PATIENCE_S[band] / np.log(2.0)
    handle = _handle_s(rng, channel, reason, band)
    by_time = np.argsort(at, kind="stable")
    return Demand(
        customer=customer[by_time],
        at=at[by_time],
        channel=channel[by_time],
        reason=reason[by_time],
        handle_s=handle[by_time],
        patience_s=np.ceil(patience[by_time]).astype(np.int64),
    )


def _year(
    rng: np.random.Generator, roster: Roster, year: int, count: int
) -> tuple[Ints, Ints, Ints]:
    fresh = round(count * (1 - _FOLLOW_UPS))
    first, last = roster.span_in(year)
    present = (last >= first + 7) & ~roster.is_prospect
    customer = _callers(rng, roster, present, fresh)
    day = _days(rng, year, first[customer], last[customer])
    reason = draw_rows(rng, _REASON_MIX, roster.band[customer])
    again = rng.integers(0, fresh, count - fresh)
    later = _next_working(day[again] + rng.integers(0, 5, len(again)))
    return (
        np.concatenate([customer, customer[again]]),
        np.concatenate([day, np.minimum(later, AS_OF_DAY)]),
        np.concatenate([reason, reason[again]]),
    )


def _callers(rng: np.random.Generator, roster: Roster, present: Flags, count: int) -> Ints:
    """Customers by need for service: fixed per band, uneven inside it, whatever they spend."""
    need = rng.gamma(1.6, 1.0, len(roster)) * present
    per_band = np.bincount(roster.band, need, minlength=len(BAND_SHARE))
    return draw_codes(rng, need * (BAND_SHARE / per_band)[roster.band], count)


def _days(rng: np.random.Generator, year: int, first: Ints, last: Ints) -> Ints:
    """A working day for each contact inside the customer's own span."""
    opens, closes = year_days(year)
    days = np.arange(opens, closes + 1)
    cumulative = np.concatenate([[0.0], np.cumsum(_day_weights(days))])
    low, high = cumulative[first - opens], cumulative[last - opens + 1]
    mark = low + rng.random(len(first)) * (high - low)
    return np.asarray(opens + np.searchsorted(cumulative, mark, side="right") - 1)


def _day_weights(days: Ints) -> Floats:
    month_day = days.astype("datetime64[D]") - days.astype("datetime64[D]").astype("datetime64[M]")
    invoices = np.where(month_day.astype(np.int64) < 5, 1.3, 1.0)  # they go out on the first
    season = 1 + 0.1 * np.cos((days - days[0]) / len(days) * 2 * np.pi)
    return np.asarray(_WEEKDAYS[weekday(days)] * is_working(days) * invoices * season)


def _next_working(days: Ints) -> Ints:
    moved = days.copy()
    for _ in range(6):
        moved = np.where(is_working(moved), moved, moved + 1)
    return moved


def _time_of_day(rng: np.random.Generator, channel: Ints) -> Ints:
    """Phone and chat in opening hours by the half-hour profile; mail and web forms until late."""
    slot = draw_codes(rng, _HALF_HOURS, len(channel))
    in_hours = OPENS_S + slot * 1800 + rng.integers(0, 1800, len(channel))
    any_hour = rng.integers(OPENS_S - 3600, CLOSES_S + 4 * 3600, len(channel))
    written_late = ((channel == EMAIL) | (channel == WEB)) & (rng.random(len(channel)) < 0.4)
    return np.where(written_late, any_hour, in_hours)


def _handle_s(rng: np.random.Generator, channel: Ints, reason: Ints, band: Ints) -> Floats:
    """Lognormal work per contact with the channel's mean, longer for hard reasons and novices."""
    relative = _REASON_LENGTH[reason] * _BAND_LENGTH[band]
    mean_of_channel = np.bincount(channel, relative) / np.bincount(channel)
    sigma = _HANDLE_SIGMA[channel]
    noise = rng.lognormal(-(sigma**2) / 2, sigma)
    return np.asarray(_MEAN_HANDLE_S[channel] * relative / mean_of_channel[channel] * noise)
