"""How lists of customers begin: who it is, in which tier, and the way to the customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tierwise.results import Column

WHO = (Column("customer_id", "Customer"), Column("name", "Name"))
"""Columns of `who`."""

NO_CUSTOMER = "no customer yet"
"""Instead of a tier, for a prospect."""


def who(row: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Id, name and the selector that opens the customer; `row` has `customer_id`."""
    customer = str(row["customer_id"])
    return {
        "customer_id": customer,
        "name": names.get(customer, ""),
        "opens": f"customer:{customer}",
    }


def who_in_tier(
    row: Mapping[str, Any], label: Mapping[int, str], names: Mapping[str, str]
) -> dict[str, Any]:
    """`who` with the name of the tier; a prospect has neither tier nor rows to open."""
    head = who(row, names)
    if row["tier"] is None:
        return {**head, "tier": NO_CUSTOMER, "opens": ""}
    return {**head, "tier": label[row["tier"]]}
