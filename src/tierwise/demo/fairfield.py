"""Fairfield, the case study: an invented supplier with 5,000 customers, made from a seed.

Forty of its customers bring 69% of revenue and 250 bring 97%; the last 500 take
the largest share of its service; one reception answers everybody first come, first served.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from tierwise.demo.agents import agent_table, make_rota, make_team
from tierwise.demo.contacts import contact_table, event_table, make_cases
from tierwise.demo.contracts import contract_table, make_contracts, offer_table, usage_table
from tierwise.demo.customers import customer_table, make_firms, make_people, people_table
from tierwise.demo.days import AS_OF, year_days
from tierwise.demo.decisions import strategic_table
from tierwise.demo.demand import CONTACTS, make_demand
from tierwise.demo.ledger import cost_table
from tierwise.demo.market import competitor_table, interaction_table, plan_table, wallet_table
from tierwise.demo.orders import make_lines, order_table
from tierwise.demo.promises import promise_table
from tierwise.demo.reach import influence_table, with_reach
from tierwise.demo.referrals import make_referrals, referral_table
from tierwise.demo.roster import make_roster
from tierwise.demo.voice import survey_table

SEED = 5000
CURRENCY = "EUR"

__all__ = ["AS_OF", "CURRENCY", "SEED", "generate"]


def generate(rng: np.random.Generator) -> dict[str, pa.Table]:
    """Fairfield's tables by name, in the canonical columns.

    Amounts are EUR as decimal(18, 4), times UTC without zone, lists text joined by `;`.
    The same seed gives the same bytes; the generator passed in is only asked to
    spawn children, one per concept, so that a change to one table leaves the others alone.

    >>> tables = generate(np.random.default_rng(SEED))
    >>> tables["agents"].num_rows
    14
    """
    streams = iter(rng.spawn(26))
    roster = make_roster(next(streams))
    firms = make_firms(next(streams), roster)
    people = make_people(next(streams), roster, firms)
    lines = make_lines(next(streams), roster)
    team = make_team(next(streams))
    rota = make_rota(next(streams), team, year_days(min(CONTACTS))[0])
    demand = make_demand(next(streams), roster)
    cases = make_cases(next(streams), people, demand, team, rota)
    contracts = make_contracts(next(streams), roster)
    referrals = make_referrals(next(streams), roster)
    tables = {
        "customers": customer_table(next(streams), roster, firms, referrals),
        "people": people_table(next(streams), roster, firms, people),
        "order_lines": order_table(next(streams), roster, lines),
        "costs": cost_table(next(streams), roster, lines, cases),
        "contacts": contact_table(next(streams), roster, cases),
        "contact_events": event_table(next(streams), cases),
        "agents": agent_table(team),
        "contracts": contract_table(next(streams), roster, contracts),
        "offers": offer_table(),
        "usage": usage_table(next(streams), roster, contracts),
        "surveys": survey_table(next(streams), roster, people, cases),
        "promises": promise_table(next(streams), roster, cases),
        "interactions": interaction_table(next(streams), roster, cases),
        "referrals": referral_table(next(streams), roster, referrals),
        "competitor_events": competitor_table(next(streams), roster),
        "plan_lines": plan_table(),
        "wallets": wallet_table(next(streams), roster),
    }
    return tables | {
        "contacts": with_reach(next(streams), tables["contacts"]),
        "influence": influence_table(next(streams), roster),
        "strategic": strategic_table(roster),
    }
