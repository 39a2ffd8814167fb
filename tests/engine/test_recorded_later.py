"""What was recorded after the as-of date is not read, in any column."""

from __future__ import annotations

from datetime import date

import pyarrow.parquet as pq

from tierwise.engine.project import open_project
from tierwise.workflows.build import build

CONTACTS = """contact_id,customer_id,created_at,solved_at,sla_breach_at
k1,a,2025-12-30 10:00:00,2025-12-31 10:00:00,2026-01-05 10:00:00
k2,a,2025-12-31 10:00:00,2026-01-02 10:00:00,
k3,a,2026-01-01 10:00:00,,
"""
CUSTOMERS = """customer_id,name,created_on
a,Anna,2024-01-01
b,Bob,2026-02-01
"""
SETTINGS = """
[project]
as_of = 2025-12-31
[sources.contacts]
path = "contacts.csv"
[sources.customers]
path = "customers.csv"
"""


def test_later_events_are_not_read(tmp_path):
    """A contact solved next year is unsolved today; a due date may lie ahead; both are said."""
    (tmp_path / "contacts.csv").write_text(CONTACTS)
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    (tmp_path / "tierwise.toml").write_text(SETTINGS)
    made = build(open_project(tmp_path), today=date(2026, 6, 1))
    contacts = pq.read_table(made.table("contacts")).sort_by("contact_id").to_pylist()
    assert [row["contact_id"] for row in contacts] == ["k1", "k2"]
    assert [row["solved_at"] is None for row in contacts] == [False, True]
    assert contacts[0]["sla_breach_at"].year == 2026
    customers = pq.read_table(made.table("customers")).to_pylist()
    assert [row["customer_id"] for row in customers] == ["a"]
    codes = {problem["code"] for problem in made.manifest["problems"]}
    assert {"recorded-later", "after-as-of"} <= codes


STATES = """contact_id,customer_id,created_at,ended_at,solved_at,status,outcome,handle_time_s
k1,a,2025-12-30 10:00:00,2025-12-30 10:05:00,2025-12-31 10:00:00,closed,answered,300
k2,a,2025-12-31 10:00:00,2025-12-31 10:05:00,2026-01-02 10:00:00,closed,answered,300
k3,a,2025-12-31 23:59:00,2026-01-01 00:04:00,,open,answered,300
"""
PROMISES = """promise_id,customer_id,made_at,due_at,kept_at,state
p1,a,2025-12-01 10:00:00,2025-12-31 10:00:00,2025-12-30 10:00:00,kept
p2,a,2025-12-01 10:00:00,2026-01-31 10:00:00,2026-01-30 10:00:00,kept
"""


def test_what_a_later_event_brought_about_is_not_read(tmp_path):
    """A promise kept next year is not kept today, and nobody knows how long a call will take."""
    (tmp_path / "contacts.csv").write_text(STATES)
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    (tmp_path / "promises.csv").write_text(PROMISES)
    (tmp_path / "tierwise.toml").write_text(
        SETTINGS + '[sources.promises]\npath = "promises.csv"\n'
    )
    made = build(open_project(tmp_path), today=date(2026, 6, 1))
    contacts = pq.read_table(made.table("contacts")).sort_by("contact_id").to_pylist()
    shown = [(row["status"], row["outcome"], row["handle_time_s"]) for row in contacts]
    assert shown == [("closed", "answered", 300), (None, None, None), ("open", None, None)]
    promises = pq.read_table(made.table("promises")).sort_by("promise_id").to_pylist()
    assert [row["state"] for row in promises] == ["kept", None]
    said = [p["message"] for p in made.manifest["problems"] if p["code"] == "recorded-later"]
    assert any("state are not read" in message for message in said)
