"""Canonical rows as people read them: what a column is called, and which come first."""

from __future__ import annotations

from dataclasses import replace

from tierwise.console.parts.columns import leading
from tierwise.results import Grid

LABELS = {
    "header_id": "Order",
    "line_item_id": "Line",
    "product_id": "Product",
    "product_name": "Product name",
    "product_type": "Kind of product",
    "location_id": "Place",
    "created_at": "When",
    "total_amount": "Amount",
    "unit_amount": "Unit price",
    "discount_amount": "Discount",
    "tax_amount": "Tax",
    "unit_cost": "Unit cost",
    "total_cost": "Cost of goods",
    "record_type": "Kind of row",
    "header_status": "Order status",
    "transaction_type": "Sale or return",
    "contact_id": "Contact",
    "person_id": "Person",
    "group_id": "Team",
    "assignee_id": "Agent",
    "repeat_of_id": "Repeats contact",
    "required_skill": "Skill needed",
    "sla_policy": "Service target",
    "first_reply_at": "First reply",
    "solved_at": "Solved",
    "answered_at": "Answered",
    "abandoned_at": "Given up",
    "ended_at": "Ended",
    "sla_breach_at": "Target missed",
    "wait_s": "Wait, s",
    "handle_time_s": "Handling, s",
    "satisfaction_score": "Satisfaction",
    "sla_target_minutes": "Target, min",
    "is_public_complaint": "Public complaint",
    "source_file": "Source file",
    "owner_id": "Owner",
    "parent_id": "Parent",
    "fiscal_year_start_month": "Fiscal year from month",
}

_ORIGIN = ("source_file", "source_row")
_SAID = ("customer_id", "currency", "original_currency")  # by the page itself
_FIRST = {
    "order_lines": (
        "header_id",
        *_ORIGIN,
        "created_at",
        "product_name",
        "quantity",
        "unit_amount",
        "discount_amount",
        "total_amount",
        "transaction_type",
    ),
    "contacts": (
        "contact_id",
        *_ORIGIN,
        "created_at",
        "channel",
        "reason",
        "outcome",
        "status",
        "wait_s",
        "handle_time_s",
        "satisfaction_score",
    ),
}


def readable(grid: Grid) -> Grid:
    """The grid with names people use, file and row of the source beside the id."""
    columns = tuple(
        replace(c, label=LABELS.get(c.name, c.label)) for c in grid.columns if c.name not in _SAID
    )
    return leading(replace(grid, columns=columns), *_FIRST.get(grid.name, ()))
