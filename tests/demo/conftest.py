"""Fairfield once per test run, and DuckDB views of its tables."""

from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa
import pytest

from tierwise.demo import fairfield


@pytest.fixture(scope="session")
def tables() -> dict[str, pa.Table]:
    return fairfield.generate(np.random.default_rng(fairfield.SEED))


@pytest.fixture(scope="session")
def db(tables: dict[str, pa.Table]) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for name, table in tables.items():
            connection.register(name, table)
        connection.execute(RANKED)
        yield connection


# Simple costing, written anew in SQL: every pool goes by its driver's quantity,
# contacts by agent minutes, overhead stays unallocated.
RANKED = """
create temp table ranked as
with this_year as (select * from order_lines where created_at >= '2025-01-01'),
spend as (
  select customer_id, sum(total_amount) as net,
         sum(total_amount) - sum(quantity * unit_cost) as gross_profit,
         count(distinct header_id) filter (transaction_type = 'sale') as orders,
         count(*) filter (transaction_type = 'return') as returns
  from this_year group by all),
service as (
  select customer_id, count(*) as contacts, sum(handle_time_s) / 60.0 as agent_minutes,
         sum(handle_time_s / 3600.0 * cost_per_hour::double) as agent_cost
  from contacts left join agents on agent_id = assignee_id
  where contacts.created_at >= '2025-01-01' group by all),
direct as (
  select customer_id, sum(amount) as direct,
         sum(driver_qty) filter (driver = 'visit') as visits
  from costs where customer_id is not null and cost_date >= '2025-01-01' group by all),
pool as (
  select driver, sum(amount)::double as amount
  from costs where customer_id is null and cost_date >= '2025-01-01' group by all),
joined as (
  select customer_id, net, gross_profit, orders, returns, coalesce(contacts, 0) as contacts,
         coalesce(agent_minutes, 0) as agent_minutes, coalesce(agent_cost, 0) as agent_cost,
         coalesce(direct, 0)::double as direct, coalesce(visits, 0) as visits,
         row_number() over (order by net desc) as rank
  from spend left join service using (customer_id) left join direct using (customer_id)),
costed as (
  select *,
    direct
    + (select amount from pool where driver = 'order') * orders / sum(orders) over ()
    + (select amount from pool where driver = 'delivery') * orders / sum(orders) over ()
    + (select amount from pool where driver = 'return') * returns / sum(returns) over ()
    + (select amount from pool where driver = 'visit') * visits / sum(visits) over ()
    as cost_but_contacts,
    (select amount from pool where driver = 'contact') * agent_minutes
    / sum(agent_minutes) over () as contact_cost
  from joined)
select *, cost_but_contacts + contact_cost as cost_to_serve,
  case when rank <= 40 then '1-40' when rank <= 250 then '41-250' when rank <= 1000 then '251-1000'
       when rank <= 2500 then '1001-2500' when rank <= 4500 then '2501-4500' else '4501-5000' end
  as band
from costed
"""
