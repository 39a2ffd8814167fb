"""The command line as people type it: what it prints, where, and how it exits."""

from pathlib import Path

import pytest
from tests.workflows.conftest import Run

ORDERS = "order,customer,date,amount\n1,c,2024-01-05,2.00\n2,d,2024-01-06,3.00\n"


@pytest.mark.parametrize(
    "text", ["", "order,customer,date,amount\n", "order,customer,date\n1,c,2024-01-05\n"]
)
def test_init_without_a_usable_file_fails(tmp_path: Path, run: Run, text: str):
    """A folder that gives no table ends with exit code 1, and nothing is written."""
    (tmp_path / "orders.csv").write_text(text)
    done = run("init", tmp_path, "--yes")
    assert done.exit_code == 1
    assert "Nothing was written" in done.stderr
    assert "orders.csv" in done.stderr
    assert not (tmp_path / "tierwise.toml").exists()


def test_init_says_what_is_missing(tmp_path: Path, run: Run):
    """The missing column is named after the table that the file looks like."""
    (tmp_path / "orders.csv").write_text("order,customer,date\n1,c,2024-01-05\n")
    done = run("init", tmp_path, "--yes")
    assert "orders.csv looks like order_lines; total_amount is missing" in done.stderr


def test_init_without_a_terminal_names_the_option(tmp_path: Path, run: Run):
    """Where nobody can be asked, the way to do without is said."""
    (tmp_path / "orders.csv").write_text(ORDERS)
    done = run("init", tmp_path)
    assert done.exit_code == 2
    assert "--yes" in done.stderr
    assert not (tmp_path / "tierwise.toml").exists()


def test_check_without_sources_fails(tmp_path: Path, run: Run):
    """A project that names no sources has an error, not nothing to report."""
    (tmp_path / "tierwise.toml").write_text("[project]\n")
    done = run("check", "--project", tmp_path)
    assert done.exit_code == 1
    assert "names no sources" in done.stderr
