"""The shape that every component of a customer's worth has: one long table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

import ibis
import ibis.expr.types as ir

from tierwise.units import SUM_TYPE


class Component(StrEnum):
    """A way in which a customer is worth something; never added up blindly."""

    DIRECT = "direct"  # what the customer's own business brings
    REFERRAL = "referral"  # credited for customers it brought
    INFLUENCE = "influence"  # what its voice reaches
    STRATEGIC = "strategic"  # a decision with owner, reason and end


WHOLE = "(whole)"
"""Context of what a customer is worth as a whole, whatever the product or place."""

SCHEMA: Mapping[str, str] = {
    "customer_id": "string",
    "context": "string",  # value of the dimension, or WHOLE
    "component": "string",  # a Component
    "value": SUM_TYPE,  # money; null where it is unknown
    "low": SUM_TYPE,  # ends of the interval; both equal `value` where it is exact
    "high": SUM_TYPE,
    "as_of": "date",
    "method": "string",  # how the value was come by, in words
    "source": "string",  # table or person that says so
    "observed_on": "date",  # of the newest fact behind the value
    "cap": SUM_TYPE,  # most that it may be; null: none applies
    "expires_on": "date",  # last day it counts; null: for as long as builds confirm it
}
"""Columns and types of value_scores; the last four say where a value comes from."""


def scores(table: ir.Table, component: Component, as_of: date, method: str = "") -> ir.Table:
    """Bring a table with `customer_id` and `value` into the shape of value_scores.

    Columns of SCHEMA that the table has are taken, others are filled: `context`
    with WHOLE, `low` and `high` with the value, the rest with null.
    """
    given = set(table.columns)
    filled = {
        "context": ibis.literal(WHOLE),
        "component": ibis.literal(str(component)),
        "as_of": ibis.literal(as_of),
        "low": table.value,
        "high": table.value,
        "method": ibis.literal(method),
    }
    own = {name for name in given if name in SCHEMA and name not in ("component", "as_of")}
    return table.select(
        **{
            name: (table[name] if name in own else filled.get(name, ibis.null())).cast(kind)
            for name, kind in SCHEMA.items()
        }
    )
