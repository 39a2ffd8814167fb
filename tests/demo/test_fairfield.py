"""What Fairfield promises: the case study's figures to the cent, and tables that fit together."""

from datetime import date, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from tierwise.demo import fairfield
from tierwise.demo.spend import rank_curve
from tierwise.tables.schema import TABLES, Kind

LAST_MOMENT = datetime(2025, 12, 31, 23, 59, 59)
MAY_LIE_AHEAD = {"expires_on", "term_end_on", "valid_to", "due_at", "original_due_at"}
KEYS = {
    "customers": "customer_id",
    "people": "person_id",
    "order_lines": "line_item_id",
    "costs": "source_id",
    "contacts": "contact_id",
    "contact_events": "event_id",
    "agents": "agent_id",
    "contracts": "contract_id",
    "offers": "offer_id",
    "surveys": "response_id",
    "promises": "promise_id",
    "interactions": "interaction_id",
    "referrals": "referred_id",
    "plan_lines": "plan_id",
    "wallets": "customer_id",
}
ABSENT = ("rates", "tier_overrides")  # one currency; nobody has overruled a tier yet
REFERENCES = [
    *((name, "customer_id", "customers", "customer_id") for name in TABLES if name not in ABSENT),
    ("customers", "parent_id", "customers", "customer_id"),
    ("customers", "referred_by_id", "customers", "customer_id"),
    ("referrals", "referrer_id", "customers", "customer_id"),
    ("referrals", "referred_id", "customers", "customer_id"),
    ("contacts", "person_id", "people", "person_id"),
    ("contacts", "assignee_id", "agents", "agent_id"),
    ("contacts", "repeat_of_id", "contacts", "contact_id"),
    ("contact_events", "contact_id", "contacts", "contact_id"),
    ("surveys", "contact_id", "contacts", "contact_id"),
    ("surveys", "person_id", "people", "person_id"),
    ("promises", "contact_id", "contacts", "contact_id"),
    ("promises", "made_by", "agents", "agent_id"),
    ("contracts", "product_id", "order_lines", "product_id"),
]


def one(db, query):
    return db.sql(query).fetchone()


def by_band(db, figure):
    return dict(db.sql(f"select band, sum({figure})::double from ranked group by all").fetchall())


# The case study


def test_exactly_5000_customers_bought_in_the_last_twelve_months(db):
    assert one(db, "select count(*), count(*) filter (net > 0) from ranked") == (5000, 5000)


def test_net_revenue_is_exactly_fifty_million(db):
    assert one(db, "select sum(net) from ranked")[0] == Decimal("50000000")


@pytest.mark.parametrize(("top", "revenue"), [(40, "34500000"), (250, "48500000")])
def test_the_top_hold_exactly_69_and_97_percent(db, top, revenue):
    assert one(db, f"select sum(net) from ranked where rank <= {top}")[0] == Decimal(revenue)


@pytest.mark.parametrize("seed", range(100))
def test_every_seed_keeps_ranks_in_order_and_shares_exact(seed):
    cents = rank_curve(np.random.default_rng(seed))
    assert (np.diff(cents) < 0).all()
    assert (cents[:40].sum(), cents[:250].sum(), cents.sum()) == (
        3_450_000_000,
        4_850_000_000,
        5_000_000_000,
    )


def test_no_two_customers_tie_in_revenue(db):
    assert one(db, "select count(distinct net) from ranked")[0] == 5000


def test_revenue_falls_smoothly_from_rank_to_rank(db):
    ranked = db.sql("select net::double as net from ranked order by rank")
    rows = ranked.fetchnumpy()["net"]
    fall = rows[1:] / rows[:-1]
    assert fall[10:].min() > 0.85
    assert fall[[39, 249, 4499]].min() > 0.9


@pytest.mark.parametrize(
    ("table", "key"),
    [("customers", "customer_id"), ("people", "person_id"), ("contracts", "contract_id")],
)
def test_ids_do_not_reveal_the_rank(db, table, key):
    order = one(
        db, f"select corr(rank, substr({key}, 2)::int) from {table} join ranked using (customer_id)"
    )[0]
    assert abs(order) < 0.08


@pytest.mark.parametrize(
    "figure",
    ["contacts", "agent_minutes", "cost_to_serve", "cost_but_contacts + agent_cost"],
)
def test_the_last_500_take_the_largest_part_of_service(db, figure):
    bands = by_band(db, figure)
    assert max(bands, key=bands.get) == "4501-5000"


def test_a_tenth_of_the_customers_makes_more_than_a_third_of_the_contacts(db):
    bands = by_band(db, "contacts")
    assert 0.35 < bands["4501-5000"] / sum(bands.values()) < 0.40
    assert 0.03 < bands["1-40"] / sum(bands.values()) < 0.05


def test_the_firm_earns_between_5_and_15_percent_after_all_costs(db):
    gross = one(db, "select sum(gross_profit)::double from ranked")[0]
    costs = one(db, "select sum(amount)::double from costs where cost_date >= '2025-01-01'")[0]
    assert 0.35 < gross / 50e6 < 0.45
    assert 0.20 < costs / 50e6 < 0.25
    assert 0.05 < (gross - costs) / 50e6 < 0.15


@pytest.mark.parametrize(
    "cost", ["cost_to_serve", "cost_but_contacts + agent_cost"], ids=["full", "lean"]
)
def test_the_whale_curve_peaks_above_all_profit(db, cost):
    profit = db.sql(f"select gross_profit::double - ({cost}) as profit from ranked").fetchnumpy()
    curve = np.cumsum(np.sort(profit["profit"])[::-1])
    assert 1.05 < curve.max() / curve[-1] < 1.40


def test_the_last_500_lose_money(db):
    profit = one(
        db, "select sum(gross_profit::double - cost_to_serve) from ranked where rank > 4500"
    )[0]
    assert profit < 0


def test_every_quarter_wins_and_loses_customers(db):
    bought = """with bought as (
      select customer_id, min(created_at) as first, max(created_at) as last
      from order_lines where transaction_type = 'sale' group by all)
    """
    won = db.sql(
        bought + "select count(*) from bought where first >= '2024-01-01'"
        " group by date_trunc('quarter', first)"
    ).fetchall()
    lost = db.sql(
        bought + "select count(*) from bought where last < '2025-01-01'"
        " group by date_trunc('quarter', last)"
    ).fetchall()
    assert len(won) == 8
    assert min(won)[0] > 20
    assert sum(count for (count,) in lost) > 300


def test_a_forgotten_contract_of_a_top_account_costs_twice_the_present_offer(db):
    saving = one(
        db,
        """
        with latest as (
          select contract_id, metric, arg_max(quantity, period_start_on) as quantity
          from usage group by all)
        select count(*) from contracts
        join ranked using (customer_id) join latest using (contract_id)
        join offers on offers.product_family = contracts.product_family
          and valid_to > '2025-12-31' and min_term_months = 36
        where rank <= 10 and status = 'rolling' and term_end_on < '2021-01-01'
          and monthly_price + (unit_prices->>metric)::double * quantity < 0.51 * monthly_amount
        """,
    )[0]
    assert saving >= 2


# Tables that fit together


def test_the_same_seed_gives_the_same_tables(tables):
    again = fairfield.generate(np.random.default_rng(fairfield.SEED))
    assert again.keys() == tables.keys()
    assert all(again[name].equals(table) for name, table in tables.items())


def test_another_seed_gives_another_firm_of_the_same_shape(tables):
    other = fairfield.generate(np.random.default_rng(1))
    assert not other["order_lines"].equals(tables["order_lines"])
    lines = other["order_lines"]
    recent = pa.compute.greater_equal(lines["created_at"], pa.scalar(datetime(2025, 1, 1)))
    assert pa.compute.sum(lines.filter(recent)["total_amount"]).as_py() == Decimal("50000000")


def test_every_table_is_valid_and_holds_what_its_canonical_columns_need(tables):
    kinds = {
        Kind.MONEY: pa.types.is_decimal,
        Kind.DATE: pa.types.is_date32,
        Kind.TIME: pa.types.is_timestamp,
        Kind.FLAG: pa.types.is_boolean,
        Kind.ID: pa.types.is_string,
        Kind.TEXT: pa.types.is_string,
        Kind.INTEGER: pa.types.is_integer,
        Kind.NUMBER: lambda t: pa.types.is_integer(t) or pa.types.is_floating(t),
    }
    for name, table in tables.items():
        table.validate(full=True)
        for column in TABLES[name].columns:
            if column.name in table.column_names:
                values = table[column.name]
                assert kinds[column.kind](values.type), (name, column.name)
                assert not (column.required and values.null_count), (name, column.name)
                if column.one_of:
                    assert set(values.unique().to_pylist()) <= {*column.one_of, None}
            else:
                assert not column.required, (name, column.name)


@pytest.mark.parametrize(("table", "key"), KEYS.items())
def test_keys_are_unique(db, table, key):
    assert one(db, f"select count(*) = count(distinct {key}) from {table}")[0]


@pytest.mark.parametrize(("table", "column", "target", "key"), REFERENCES)
def test_references_lead_somewhere(db, tables, table, column, target, key):
    if column in tables[table].column_names:
        lost = f"select count(*) from {table} where {column} not in (select {key} from {target})"
        assert one(db, lost)[0] == 0


def test_nothing_has_happened_after_the_as_of_date(tables):
    for name, table in tables.items():
        for field in table.schema:
            if field.name in MAY_LIE_AHEAD:
                continue
            if pa.types.is_timestamp(field.type):
                assert pa.compute.max(table[field.name]).as_py() <= LAST_MOMENT, (name, field.name)
            if pa.types.is_date32(field.type):
                latest = pa.compute.max(table[field.name]).as_py()
                assert latest <= fairfield.AS_OF, (name, field.name)


def test_every_line_is_quantity_times_price_less_discount_to_the_cent(db):
    wrong = (
        "quantity * unit_amount - discount_amount <> total_amount or total_amount * 100 % 1 <> 0"
    )
    assert one(db, f"select count(*) from order_lines where {wrong}")[0] == 0


def test_sales_have_discounts_and_returns_are_negative(db):
    assert one(
        db,
        """
        select bool_and(case transaction_type
          when 'sale' then total_amount > 0 and quantity > 0 and discount_amount >= 0
          else total_amount < 0 and quantity < 0 end)
        from order_lines
        """,
    )[0]
    returned = one(db, "select avg((transaction_type = 'return')::int) from order_lines")[0]
    assert 0.015 < returned < 0.035


def test_some_customers_get_far_more_discount_than_the_rest(db):
    rates = """select sum(discount_amount)::double / sum(quantity * unit_amount)::double as rate
               from order_lines where transaction_type = 'sale' group by customer_id"""
    usual, leaky = one(db, f"select median(rate), avg((rate > 0.2)::int) from ({rates})")
    assert usual < 0.12
    assert 0.05 < leaky < 0.13


def test_names_mail_and_phones_are_invented_and_unique(db):
    assert one(db, "select count(*) = count(distinct name) from customers")[0]
    assert one(db, "select count(*) = count(distinct email) from people")[0]
    assert one(db, "select count(phone) = count(distinct phone) from people")[0]
    assert one(db, "select bool_and(email like '%.example') from people")[0]


def test_referrals_and_customers_tell_the_same_story(db):
    assert one(
        db,
        """
        select count(*) > 100 and bool_and(
          referred_by_id = referrer_id and acquired_via = 'referral'
          and referrer_id <> referred_id and referrals."at" <= created_on)
        from referrals join customers on customer_id = referred_id
        """,
    )[0]


def test_a_wallet_holds_at_least_what_fairfield_gets_of_it(db):
    assert one(
        db,
        """
        select bool_and(wallet_amount >= net and low_amount between net and wallet_amount
                        and high_amount >= wallet_amount)
        from wallets join ranked using (customer_id)
        """,
    )[0]


def test_promises_have_the_state_their_dates_say(db):
    assert one(
        db,
        """
        select bool_and(due_at >= made_at and case state
          when 'kept' then kept_at <= due_at
          when 'late' then kept_at > due_at
          else kept_at is null end)
        from promises
        """,
    )[0]
    assert one(db, "select count(*) from promises where state = 'open' and due_at > '2026-01-01'")[
        0
    ]


def test_the_plan_has_one_line_without_evidence(db):
    assert db.sql("select note from plan_lines where evidence is null").fetchall() == [
        ("10% uplift",)
    ]


def test_the_public_constants_name_the_as_of_date_and_currency():
    assert date(2025, 12, 31) == fairfield.AS_OF
    assert fairfield.CURRENCY == "EUR"


# Worth beside spend


def test_only_public_complaints_reach_anybody(db):
    assert one(
        db,
        "select count(reach) > 50 and bool_and((reach is not null) = is_public_complaint)"
        " and min(reach) > 0 from contacts",
    )[0]


def test_influence_is_a_reach_or_a_score_on_its_scale_and_some_of_it_is_old(db):
    assert one(
        db,
        """
        select bool_and((reach is null) = (score is not null))
          and bool_and((score is null) = (scale_max is null))
          and bool_and(coalesce(score between 0 and scale_max, true))
          and min("at") < '2023-12-31' and max("at") > '2025-07-01' from influence
        """,
    )[0]


def test_strategic_decisions_are_complete_and_one_has_run_out(db):
    assert one(
        db,
        """
        select bool_and(amount > 0 and owner <> '' and reason <> '' and evidence <> ''
                        and set_on < expires_on),
          count(*) filter (expires_on < '2025-12-31'), sum(amount)::int from strategic
        """,
    ) == (True, 1, 1_500_000)
