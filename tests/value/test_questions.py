"""Population, movement, margins, slices, contact costs and wallets against naive twins."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import NormalDist, mean, stdev

import pytest
from dateutil.relativedelta import relativedelta
from hypothesis import assume, given
from hypothesis import strategies as st
from tests.value import naive
from tests.value.conftest import Bench
from tests.value.firms import AS_OF, START, context, examples, firms
from tests.value.naive import Contact, Firm, Line, Wallet

from tierwise.errors import MissingDataError
from tierwise.results import Answer
from tierwise.settings import ActiveRule, Activity, Period, Window
from tierwise.value import contact_costs, margins, movement, population, slices, standing, wallet
from tierwise.value.summary import summarise
from tierwise.value.windows import earlier, first_day

YEAR = Window(months=12)
RULES = [
    ActiveRule(event=Activity.PURCHASE, months=None, period=Period.QUARTER),
    ActiveRule(event=Activity.ORDER, months=None, period=Period.MONTH),
    ActiveRule(event=Activity.ORDER, months=3, period=Period.MONTH),
    ActiveRule(event=Activity.PURCHASE, months=12, period=Period.QUARTER),
    ActiveRule(event=Activity.CONTACT, months=None, period=Period.YEAR),
]


def line(customer: str | None, at: datetime, amount: int | str, **more: object) -> Line:
    """A line of an order of its own."""
    return Line(f"{customer}-{at}", customer, at, Decimal(amount), **more)


def counted(bench: Bench, rule: ActiveRule) -> Answer:
    """The population of what is on the bench."""
    rows = bench.ask(
        ("population", str(rule), rule.period),
        lambda t: population.expression(t["order_lines"], t["contacts"], rule, AS_OF),
    )
    return population.answer(context, rows, rule)


@pytest.mark.parametrize("rule", RULES, ids=[f"{rule}, by {rule.period}" for rule in RULES])
@examples
@given(firms())
def test_population(bench: Bench, rule: ActiveRule, firm: Firm):
    """Each period's active, new, kept, returned and lost are those of comparing sets."""
    firm = firm.until(AS_OF)
    months = rule.period.months
    sets = naive.active_sets(firm, str(rule.event), months, rule.months or months, AS_OF)
    assume(sets)
    bench.fill(firm)
    seen: set[str] = set()
    before: set[str] = set()
    rows = counted(bench, rule).grid("periods").rows
    assert len(rows) == len(sets)
    for row, now in zip(rows, sets.values(), strict=True):
        assert row["active"] == len(now)
        assert row["new"] == len(now - seen)
        assert row["retained"] == len(now & before)
        assert row["reactivated"] == len((now & seen) - before)
        assert row["lost"] == len(before - now)
        assert row["active"] == len(before) + row["new"] + row["reactivated"] - row["lost"]
        before, seen = now, seen | now


def test_periods_span_the_end_of_a_year(bench: Bench):
    """December and January are neighbours: who buys in both was never lost."""
    bench.fill(
        Firm([line("a", datetime(2024, 12, 31, 23, 59), 5), line("a", datetime(2025, 1, 1), 5)])
    )
    rows = counted(bench, RULES[1]).grid("periods").rows
    assert [(row["period"], row["retained"], row["lost"]) for row in rows] == [
        ("2024-12", 0, 0),
        ("2025-01", 1, 0),
        ("2025-02", 0, 1),
    ]
    assert [row["complete"] for row in rows] == [True, True, True]


def test_unfinished_period_is_marked(bench: Bench):
    """A quarter that the as-of date cuts is not complete, and a note says so."""
    bench.fill(Firm([line("a", datetime(2024, 12, 1), 5)]))
    found = counted(bench, RULES[0])
    assert [row["complete"] for row in found.grid("periods").rows] == [True, False]
    assert "not final" in found.notes[-1]


def test_revenue_of_the_lost_is_that_of_their_span(bench: Bench):
    """Active for 12 months: who is lost takes what the last 12 active months brought, not zero."""
    bench.fill(
        Firm(
            [
                line("a", datetime(2023, 1, 10), 30),
                line("a", datetime(2023, 5, 10), 12),
                line("b", datetime(2025, 1, 10), 1),
            ]
        )
    )
    rows = {r["period"]: r for r in counted(bench, RULES[3]).grid("periods").rows}
    assert (rows["2024-Q2"]["lost"], rows["2024-Q2"]["revenue_lost"]) == (1, 12)
    rows = {r["period"]: r for r in counted(bench, RULES[0]).grid("periods").rows}
    assert (rows["2023-Q3"]["lost"], rows["2023-Q3"]["revenue_lost"]) == (1, 12)


def test_change_against_a_loss_is_not_told(bench: Bench):
    """Revenue that was negative before has no percentage to change by."""
    bench.fill(
        Firm(
            [
                line("a", datetime(2023, 5, 1), 20),
                line("b", datetime(2023, 6, 1), -120),
                line("a", datetime(2024, 6, 1), 12),
            ]
        )
    )
    row = bench.ask(
        "standing",
        lambda t: standing.expression(
            standing.happenings(t["order_lines"], None, Activity.PURCHASE), AS_OF, YEAR
        ),
    )[0]
    nobody = standing.Unattributed()
    names = [f.name for f in standing.answer(context, row, None, nobody, None, []).figures]
    assert "revenue" in names
    assert "revenue_change" not in names


def test_contacts_that_nobody_has(bench: Bench):
    """Activity by contact without a contacts table says which setting to change."""
    with pytest.raises(MissingDataError, match="no contacts table") as missing:
        population.expression(bench.tables["order_lines"], None, RULES[4], AS_OF)
    assert "[sources.contacts]" in missing.value.remedy


@pytest.mark.parametrize("period", Period)
def test_labels_are_read_back(period: Period):
    """The label of a period leads back to it, and neighbours differ by one."""
    for offset in range(40):
        day = date(2023, 11, 30) + relativedelta(months=offset)
        index = population.index_of(day, period)
        assert population.index_from_label(population.label_of(index, period), period) == index
        assert population.first_of(index, period) <= day < population.first_of(index + 1, period)


@examples
@given(firms())
def test_where_we_stand(bench: Bench, firm: Firm):
    """Active, new, back again and lost of a window are those of comparing buyers of two years."""
    bench.fill(firm)
    row = bench.ask(
        "standing",
        lambda t: standing.expression(
            standing.happenings(t["order_lines"], None, Activity.PURCHASE), AS_OF, YEAR
        ),
    )[0]
    last = naive.day_before(START)
    year_before = first_day(last, YEAR)

    def buyers(start: date, end: date) -> set[str]:
        return {
            x.customer_id
            for x in firm.lines
            if x.customer_id and x.total_amount > 0 and start <= x.created_at.date() <= end
        }

    now, before = buyers(START, AS_OF), buyers(year_before, last)
    ever = buyers(date.min, last)
    lost = before - now
    assert int(row["active"] or 0) == len(now)
    assert int(row["before"] or 0) == len(before)
    assert int(row["new"] or 0) == len(now - ever)
    assert int(row["reactivated"] or 0) == len((now & ever) - before)
    assert int(row["lost"] or 0) == len(lost)
    assert (row["revenue_lost"] or 0) == sum(
        x.total_amount
        for x in firm.lines
        if x.customer_id in lost and year_before <= x.created_at.date() <= last
    )


@examples
@given(firms())
def test_movement(bench: Bench, firm: Firm):
    """Cells count customers by decile of two years; nobody is counted twice or left out."""
    bench.fill(firm)
    last = earlier(AS_OF, YEAR)
    start = first_day(last, YEAR)
    rows = bench.ask(
        "movement",
        lambda t: movement.expression(
            summarise(t, start, last), summarise(t, START, AS_OF), "revenue"
        ),
    )
    old = naive.deciles(naive.ranked(naive.summary(firm, start, last), "revenue"))
    new = naive.deciles(naive.ranked(naive.summary(firm, START, AS_OF), "revenue"))
    expected = Counter((old.get(key), new.get(key)) for key in old.keys() | new.keys())
    assert {(r["from_decile"], r["to_decile"]): r["customers"] for r in rows} == expected
    found = movement.answer(context, rows, "revenue")
    table = found.grid("deciles").rows
    assert sum(row["left"] for row in table) == len(old.keys() - new.keys())
    shown = sum(row[f"to_{k}"] for row in table for k in range(1, 11))
    assert shown == len(new)


@examples
@given(firms(at_least=1))
def test_margins(bench: Bench, firm: Firm):
    """Rates are discount over sales before it; leakage is what is given beyond the firm's rate."""
    twins = naive.summary(firm, START, AS_OF)
    ordered = {key: twins[key] for key, _ in naive.ranked(twins, "revenue")}
    given_away = [c.discount for c in ordered.values() if c.discount is not None]
    goods = [c.goods_cost for c in ordered.values() if c.goods_cost is not None]
    assume(ordered and (given_away or goods))
    bench.fill(firm)
    rows = bench.ask(
        "margins", lambda t: margins.expression(summarise(t, START, AS_OF), "revenue", 100)
    )
    found = margins.answer(context, rows, "revenue", {})
    sales = {k: float(c.revenue_before_returns + (c.discount or 0)) for k, c in ordered.items()}
    assert found.figure("revenue").value == sum(c.revenue for c in ordered.values())
    if given_away:
        total = float(sum(given_away))
        assert found.figure("discount").value == pytest.approx(total)
        if sum(sales.values()):
            rate = total / sum(sales.values())
            beyond = {
                k: float(c.discount) - rate * sales[k]
                for k, c in ordered.items()
                if c.discount is not None
            }
            leak = sum(amount for amount in beyond.values() if amount > 0)
            assert found.figure("leakage").value == pytest.approx(leak, abs=1e-6)
            shown = [row["excess_discount"] for row in found.grid("discounts").rows]
            assert shown[: len(beyond)] == pytest.approx(sorted(beyond.values(), reverse=True))
    if goods:
        margin = sum(c.gross_profit for c in ordered.values() if c.gross_profit is not None)
        assert found.figure("gross_profit").value == pytest.approx(margin)


def cut(bench: Bench, firm: Firm, min_cell: int = 1) -> Answer:
    """A firm by channel of the line."""
    bench.fill(firm)
    rows = bench.ask(
        ("slices", min_cell),
        lambda t: slices.expression(
            slices.labelled(t["order_lines"], None, "channel", of_line=True),
            None,
            AS_OF,
            YEAR,
            min_cell,
        ),
    )
    everyone = naive.ranked(naive.summary(firm, START, AS_OF), "revenue")
    return slices.answer(replace(context, customers=len(everyone)), rows, "channel", min_cell, YEAR)


@examples
@given(firms(at_least=1))
def test_slices(bench: Bench, firm: Firm):
    """Each slice has its customers, revenue, mean with interval and Gini; revenue adds up."""
    spent: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for x in firm.lines:
        if x.customer_id and START <= x.created_at.date() <= AS_OF:
            spent[x.channel or "(not given)"][x.customer_id] += x.total_amount
    assume(spent)
    everyone = {customer for own in spent.values() for customer in own}
    rows = {row["slice"]: row for row in cut(bench, firm).grid("slices").rows}
    assert rows.keys() == spent.keys()
    z = NormalDist().inv_cdf(0.975)
    for label, own in spent.items():
        values = sorted(own.values(), reverse=True)
        row = rows[label]
        assert row["customers"] == len(values)
        assert row["share_of_customers"] == pytest.approx(len(values) / len(everyone))
        assert row["revenue"] == sum(values)
        average = float(mean(values))
        assert row["revenue_per_customer"] == pytest.approx(average, abs=1e-9)
        if len(values) > 1:
            half = z * stdev(map(float, values)) / len(values) ** 0.5
            assert row["revenue_per_customer_low"] == pytest.approx(average - half, abs=1e-4)
            assert row["revenue_per_customer_high"] == pytest.approx(average + half, abs=1e-4)
        else:
            assert row["revenue_per_customer_low"] is None
        if sum(values) > 0:
            assert row["gini"] == pytest.approx(naive.gini(values), abs=1e-9)
    total = sum(row["revenue"] for row in rows.values())
    assert total == sum(sum(own.values()) for own in spent.values())


def test_small_slices_are_pooled(bench: Bench):
    """Slices with fewer customers than asked for come as one, which says so and opens nothing."""
    at = datetime(2024, 6, 1)
    firm = Firm(
        [line(key, at, 10, channel="web") for key in "abcd"]
        + [line("e", at, 5, channel="shop"), line("f", at, 7, channel="phone")]
        + [line("g", at, 1, channel="fax")]
    )
    found = cut(bench, firm, 3)
    rows = {row["slice"]: row for row in found.grid("slices").rows}
    pooled = rows.pop("(slices under 3 customers)")
    assert (pooled["customers"], pooled["revenue"], pooled["opens"]) == (3, 13, "")
    assert list(rows) == ["web"]
    assert rows["web"]["opens"] == "slice:channel=web"
    assert any("pooled" in note for note in found.notes)


def test_pool_is_never_too_small(bench: Bench):
    """Where small slices are too few together, the next larger one joins them; counted once."""
    at = datetime(2024, 6, 1)
    firm = Firm(
        [line(key, at, 10, channel="web") for key in "abcdef"]
        + [line(key, at, 20, channel="shop") for key in "abc"]
        + [line("a", at, 5, channel="phone"), line("a", at, 2, channel="fax")]
    )
    rows = {row["slice"]: row for row in cut(bench, firm, 3).grid("slices").rows}
    pooled = rows.pop("(slices under 3 customers)")
    assert (pooled["customers"], pooled["revenue"]) == (3, 67)  # a by phone and fax, and the shop
    assert list(rows) == ["web"]


def test_a_firm_too_small_for_a_cell_is_only_counted(bench: Bench):
    """Where nobody is left to join, the count is shown and no amount."""
    at = datetime(2024, 6, 1)
    firm = Firm([line("a", at, 5, channel="phone"), line("b", at, 7, channel="web")])
    (row,) = cut(bench, firm, 3).grid("slices").rows
    assert (row["customers"], row["share_of_customers"]) == (2, 1)
    assert not any(row[n] for n in row if n not in ("slice", "customers", "share_of_customers"))


def test_slices_of_the_past_pool_nobody(bench: Bench):
    """A slice that has no customer any more makes no other slice disappear."""
    firm = Firm(
        [line(key, datetime(2024, 6, 1), 10, channel="web") for key in "abc"]
        + [line("d", datetime(2023, 6, 1), 5, channel="fax")]
    )
    assert [row["slice"] for row in cut(bench, firm, 3).grid("slices").rows] == ["web"]


def test_tenure_is_standardised(bench: Bench):
    """By hand: two new at 10 and two old at 30 in web, one old at 30 in shop.

    The firm is 2 new to 3 old, so web at the firm's mix is (2 * 10 + 3 * 30) / 5 = 22,
    while its plain mean is 20; shop has no new customers, so its mix is all old: 30.
    """
    new, old, now = datetime(2024, 12, 1), datetime(2020, 1, 1), datetime(2025, 1, 1)
    lines = [line(key, new, 10, channel="web") for key in "ab"]
    for key, channel in (("c", "web"), ("d", "web"), ("e", "shop")):
        lines += [line(key, old, 1, channel=channel), line(key, now, 30, channel=channel)]
    rows = {row["slice"]: row for row in cut(bench, Firm(lines)).grid("slices").rows}
    assert rows["web"]["revenue_per_customer"] == 20
    assert rows["web"]["revenue_per_customer_same_tenure"] == pytest.approx(22)
    assert rows["shop"]["revenue_per_customer_same_tenure"] == pytest.approx(30)


def test_year_earlier_is_the_same_months(bench: Bench):
    """The comparison is with the 12 months before, so that seasons cancel."""
    firm = Firm(
        [
            line("a", datetime(2024, 6, 1), 120, channel="web"),
            line("a", datetime(2023, 6, 1), 100, channel="web"),
            line("a", datetime(2022, 6, 1), 999, channel="web"),
        ]
    )
    (row,) = cut(bench, firm).grid("slices").rows
    assert row["revenue_year_earlier"] == 100
    assert row["change"] == pytest.approx(0.2)


def cost_of_contacts(bench: Bench) -> Answer:
    """What the contacts on the bench cost."""
    rows = bench.ask(
        "contact costs",
        lambda t: contact_costs.expression(t["contacts"], t["agents"], START, AS_OF),
    )
    return contact_costs.answer(context, rows)


@examples
@given(firms())
def test_contact_costs(bench: Bench, firm: Firm):
    """Contacts, minutes and cost of each cut are sums over its contacts; each cut has them all."""
    asked = [c for c in firm.contacts if START <= c.created_at.date() <= AS_OF]
    assume(asked)
    bench.fill(firm)
    found = cost_of_contacts(bench)
    priced = any(agent.cost_per_hour for agent in firm.agents)
    assert found.figure("contacts").value == len(asked)
    cuts = {
        "by_channel": lambda c: c.channel or "(not given)",
        "by_reason": lambda c: c.reason or "(not given)",
        "by_month": lambda c: f"{c.created_at:%Y-%m}",
    }
    for cut_name, label in cuts.items():
        own: dict[str, list[Contact]] = defaultdict(list)
        for contact in asked:
            own[label(contact)].append(contact)
        rows = {r[contact_costs.CUTS[cut_name]]: r for r in found.grid(cut_name).rows}
        assert rows.keys() == own.keys()
        for name, part in own.items():
            seconds = sum(round(c.handle_time_s or 0) for c in part)
            cost = sum(naive.standard_cost(c, firm.agents) for c in part)
            assert rows[name]["contacts"] == len(part)
            assert rows[name]["minutes"] == pytest.approx(seconds / 60)
            assert rows[name]["cost"] == (cost if priced else None)
    assert bool(found.notes) == (not priced)


@examples
@given(firms())
def test_wallets(bench: Bench, firm: Firm):
    """The newest estimate counts; shares are revenue over it, with its source's interval."""
    newest: dict[tuple[str, str | None], Wallet] = {}
    for estimate in sorted(firm.wallets, key=lambda w: (w.asked_on, w.wallet_amount)):
        newest[estimate.customer_id, estimate.category] = estimate
    known: dict[str, list[Wallet]] = defaultdict(list)
    for (customer, _), estimate in newest.items():
        known[customer].append(estimate)
    twins = naive.summary(firm, START, AS_OF)
    assume(known)
    bench.fill(firm)
    rows = bench.ask(
        "wallets", lambda t: wallet.expression(summarise(t, START, AS_OF), t["wallets"])
    )
    found = wallet.answer(context, rows, {})
    spent = sum(twins[key].revenue for key in known if key in twins)
    everything = sum(w.wallet_amount for w in newest.values())
    assert found.figure("share_of_wallet").value == pytest.approx(float(spent / everything))
    assert found.figure("gap").value == everything - spent
    for row in found.grid("wallets").rows:
        estimates = known[row["customer_id"]]
        twin = twins.get(row["customer_id"])
        revenue = twin.revenue if twin else 0
        assert row["wallet"] == sum(w.wallet_amount for w in estimates)
        assert row["categories"] == len(estimates)
        low, high = sum(w.low_amount for w in estimates), sum(w.high_amount for w in estimates)
        assert row["share_low"] == pytest.approx(float(revenue / high))
        assert row["share_high"] == pytest.approx(float(revenue / low))
    gaps = [row["gap"] for row in found.grid("wallets").rows]
    assert gaps == sorted(gaps, reverse=True)


@given(st.dates(date(2020, 1, 1), date(2030, 12, 31)), st.integers(1, 36))
def test_windows_meet_without_gap(as_of: date, months: int):
    """The day before a window is the last day of the window before it."""
    window = Window(months=months)
    start = first_day(as_of, window)
    assert start is not None
    assert start <= as_of
    assert earlier(as_of, window) == start - timedelta(days=1)


def test_window_of_a_year_ends_with_the_year():
    """12 months up to December 31st are the calendar year; a leap day has its own window."""
    assert first_day(date(2025, 12, 31), YEAR) == date(2025, 1, 1)
    assert first_day(date(2024, 2, 29), YEAR) == date(2023, 3, 1)
    assert first_day(date(2025, 12, 31), Window(months=None)) is None
    with pytest.raises(ValueError, match="no earlier window"):
        earlier(date(2025, 12, 31), Window(months=None))


def test_contact_without_agent_counts_at_the_mean(bench: Bench):
    """An hour of somebody without a rate costs the mean of those with one: (30 + 60) / 2."""
    agents = [naive.Agent("x", Decimal(30)), naive.Agent("y", Decimal(60)), naive.Agent("z")]
    contact = Contact("1", "a", datetime(2024, 6, 1), 3600, "z", "phone")
    bench.fill(Firm(contacts=[contact, replace(contact, contact_id="2")], agents=agents))
    found = cost_of_contacts(bench)
    assert found.figure("cost").value == 90
    assert found.figure("cost_per_contact").value == 45
