"""Check says everything at once and leaves nothing behind."""

# Samples stand as the exports write them, one line a row.
# ruff: noqa: E501

from datetime import date
from pathlib import Path

import pytest

from tierwise.engine.project import open_project
from tierwise.errors import DataError, SettingsError
from tierwise.workflows.check import CheckResult, check

ROWS = "header_id,customer_id,created_at,total_amount\n1,c1,2024-01-05,10\n2,,2024-01-06,x\n3,c3,2025-01-06,5\n4,c4,2024-02-06,-5\n"


def checked(folder: Path, toml: str, rows: str = ROWS) -> CheckResult:
    (folder / "o.csv").write_text(rows)
    (folder / "tierwise.toml").write_text(toml)
    return check(open_project(folder), as_of=date(2024, 12, 31), today=date(2025, 6, 30), tell=str)


def test_errors_come_first_and_counts_add_up(tmp_path):
    found = checked(tmp_path, '[sources.order_lines]\npath = "o.csv"\n')
    assert [p.severity for p in found.problems] == sorted(
        (p.severity for p in found.problems), key=["error", "warning", "note"].index
    )
    table = next(r for r in found.answer.grid("tables").rows if r["name"] == "order_lines")
    assert (table["rows_read"], table["rows_kept"]) == (4, 2)
    assert (table["rows_rejected"], table["rows_after_as_of"]) == (1, 1)
    assert found.answer.figure("errors").value == len(found.errors) == 1


def test_the_answer_is_one_json_document(tmp_path):
    document = checked(tmp_path, '[sources.order_lines]\npath = "o.csv"\n').answer.to_json()
    assert document["kind"] == "check"
    assert document["problems"][0]["row"] == 3
    assert document["as_of"] == "2024-12-31"


def test_nothing_is_left_in_the_project(tmp_path):
    checked(tmp_path, '[sources.order_lines]\npath = "o.csv"\n')
    assert sorted(p.name for p in tmp_path.iterdir()) == ["o.csv", "tierwise.toml"]


def test_every_problem_of_the_settings_is_listed_at_once(tmp_path):
    toml = """[project]
currency = "euro"
[sources.order_line]
path = "o.csv"
[sources.contacts]
path = "o.csv"
delimter = ";"
"""
    with pytest.raises(SettingsError) as refused:
        checked(tmp_path, toml)
    text = str(refused.value)
    assert "2 problems" in text
    assert 'project.currency = "euro"' in text
    assert 'Did you mean "delimiter"?' in text


def test_unknown_tables_columns_and_presets_are_answered_with_the_nearest(tmp_path):
    toml = """[sources.order_line]
path = "o.csv"
[sources.contacts]
path = "o.csv"
preset = "zendesk-ticket-metric"
columns = { contact = "x" }
"""
    with pytest.raises(SettingsError) as refused:
        checked(tmp_path, toml)
    text = str(refused.value)
    assert 'Did you mean "order_lines"?' in text
    assert 'Did you mean "contact_id"?' in text
    assert 'Did you mean "zendesk-ticket-metrics"?' in text


def test_a_folder_without_settings_says_how_to_get_them(tmp_path):
    with pytest.raises(SettingsError, match="tierwise init"):
        open_project(tmp_path)


def test_broken_toml_names_the_line(tmp_path):
    (tmp_path / "tierwise.toml").write_text("[project\n")
    with pytest.raises(SettingsError, match="line 1"):
        open_project(tmp_path)


def test_a_project_without_sources_is_an_error(tmp_path):
    """Nothing to read is not the same as nothing to report."""
    with pytest.raises(DataError, match="names no sources"):
        checked(tmp_path, "[project]\n")


def test_derived_rows_are_counted_apart(tmp_path):
    """Customers that no file lists are no rows kept: they were read from nowhere."""
    found = checked(tmp_path, '[sources.order_lines]\npath = "o.csv"\n').answer
    assert found.figure("rows_kept").value == 2
    assert found.figure("rows_derived").value > 0
    derived = next(row for row in found.grid("tables").rows if row["name"] == "customers")
    assert (derived["source"], derived["rows_read"]) == ("derived from other tables", None)


EVERYTHING = """order_id,customer_id,order_date,amount,currency
1,C1,2024-01-15,120.50,EUR
2,C2,2024-01-16,80.00,USD
3,C3,2024-01-17,"1.234,50",EUR
4,C4,2024-01-18,abc,EUR
5,C5,2024-01-19
6,C6,not a date,75.00,EUR
7,,2024-01-20,5.00,EUR
8,C8,2031-01-01,9.00,EUR
"""
COLUMNS = 'columns = { header_id = "order_id", created_at = "order_date", total_amount = "amount" }'


def test_a_table_in_doubt_is_searched_for_all_else_at_once(tmp_path):
    """Neither the decimal sign nor missing rates hide bad rows, or each other."""
    found = checked(tmp_path, f'[sources.order_lines]\npath = "o.csv"\n{COLUMNS}\n', EVERYTHING)
    assert {p.code: p.row for p in found.problems} == {
        "mixed-decimal-signs": 4,
        "several-currencies": None,
        "too-few-columns": 6,
        "not-a-number": 4,
        "not-a-date": 7,
        "no-customer": 8,
        "in-the-future": 9,
    }
    assert [p.code for p in found.report.refused] == ["mixed-decimal-signs", "several-currencies"]
    assert found.report.tables == ()


def test_a_table_in_doubt_is_listed_as_not_read(tmp_path):
    """The list of tables says which one waits for a decision."""
    found = checked(tmp_path, f'[sources.order_lines]\npath = "o.csv"\n{COLUMNS}\n', EVERYTHING)
    row = found.answer.grid("tables").rows[0]
    assert (row["name"], row["rows_read"]) == ("order_lines", None)
    assert row["source"] == "o.csv: not read, see the errors"


def test_ids_that_differ_in_case_or_blanks_alone_are_noted(tmp_path):
    """They stay customers of their own, and are told with an example."""
    rows = "header_id,customer_id,created_at,total_amount\n" + "".join(
        f"{place},{name},2024-01-05,10\n" for place, name in enumerate(("C 1", "c1", "C1", "d2"))
    )
    found = checked(tmp_path, '[sources.order_lines]\npath = "o.csv"\n', rows)
    note = next(p for p in found.problems if p.code == "similar-ids")
    assert (note.severity, note.count) == ("note", 3)
    assert '"C 1" and "c1"' in note.message


def test_ids_that_differ_in_more_are_not_noted(tmp_path):
    """A list without such ids is silent about them."""
    found = checked(tmp_path, '[sources.order_lines]\npath = "o.csv"\n')
    assert "similar-ids" not in {p.code for p in found.problems}


def test_a_folder_without_settings_is_named_whole(tmp_path, monkeypatch):
    """The folder one stands in is not called ".", and other ways in are named."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError) as refused:
        open_project(Path())
    assert str(tmp_path) in refused.value.message
    assert "--project" in refused.value.remedy
    assert "--demo" in refused.value.remedy
