"""The command line as people type it: what it prints, where, and how it exits."""

import csv
import json
from pathlib import Path

import pytest
from tests.value.small_firm import TODAY, write
from tests.workflows.conftest import Run

from tierwise.cli import asking
from tierwise.engine.project import ProjectFolder
from tierwise.workflows.build import build, builds_of

ORDERS = "order,customer,date,amount\n1,c,2024-01-05,2.00\n2,d,2024-01-06,3.00\n"


@pytest.fixture
def firm(tmp_path: Path) -> ProjectFolder:
    return write(tmp_path / "firm")


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


def test_a_future_date_is_refused(firm: ProjectFolder, run: Run):
    """A question as of a day that has not come ends with exit code 2 and leaves no build."""
    done = run("value", "concentration", "-p", firm.root, "--as-of", "2999-01-01")
    assert done.exit_code == 2
    assert "2999-01-01 is in the future" in done.stderr
    assert builds_of(firm) == ()


def test_builds_are_listed_and_removed(firm: ProjectFolder, run: Run):
    """The list marks the default build; removal asks, or takes --yes."""
    made = build(firm, today=TODAY)
    assert f"{made.id}  " in run("builds", "-p", firm.root).stdout
    assert "answers by default" in run("builds", "-p", firm.root).stdout
    asked = run("builds", "remove", made.id[:14], "-p", firm.root)
    assert (asked.exit_code, len(builds_of(firm))) == (2, 1)
    assert "--yes" in asked.stderr
    done = run("builds", "-p", firm.root, "remove", made.id[:14], "--yes")
    assert (done.exit_code, done.stdout) == (0, f"Removed {made.id}\n")
    assert builds_of(firm) == ()


def test_removing_an_unknown_build_lists_the_known(firm: ProjectFolder, run: Run):
    """What is not there cannot be removed, and what is there is named."""
    made = build(firm, today=TODAY)
    done = run("builds", "remove", "1999", "-p", firm.root, "--yes")
    assert done.exit_code == 2
    assert made.id in done.stderr


WRONG = [
    (
        ("value", "whale", "--demo", "fairfeild"),
        'There is no demo "fairfeild".',
        'Did you mean "fairfield"?',
    ),
    (("value", "whale", "--lens", "profits"), '--lens says "profits".', 'Did you mean "profit"?'),
    (("value", "bands", "--last", "x"), '--last says "x", which is not a whole number.', "--help"),
    (
        ("value", "concentration", "--share", "5"),
        "--share says 5; it must be at most 1.",
        "write 5% as 0.05",
    ),
    (
        ("value", "concentration", "--top", "0"),
        "--top says 0; it must be at least 1.",
        "tierwise value concentration --help",
    ),
    (("value", "whale", "--as-of", "1.1.25"), 'says "1.1.25", which is no day.', "2025-06-30"),
    (("value", "whales"), "No such command 'whales'.", "Options: `tierwise value --help`."),
    (("value", "slices"), "Missing option '--by'.", "tierwise value slices --help"),
]


@pytest.mark.parametrize(("typed", "message", "remedy"), WRONG)
def test_wrong_options_are_explained(run: Run, typed: tuple[str, ...], message: str, remedy: str):
    """What was typed, what is wrong with it and the way out, in words of ours."""
    done = run(*typed)
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr
    assert remedy in done.stderr
    assert "Value error" not in done.stderr


def test_errors_are_json_where_json_was_asked_for(firm: ProjectFolder, run: Run):
    """With --json an error is one document on stdout, with the exit code it would have had."""
    wrong = run("value", "whale", "--lens", "profits", "--json")
    nobody = run("value", "customer", "nobody", "-p", firm.root, "--json")
    missing = run("check", "-p", firm.root / "none", "--json")
    for done, kind in (
        (wrong, "UsageError"),
        (nobody, "NotFoundError"),
        (missing, "SettingsError"),
    ):
        error = json.loads(done.stdout)["error"]
        assert error["kind"] == kind
        assert error["exit_code"] == done.exit_code == 2
        assert error["message"]
        assert error["remedy"]


def test_no_command_shows_the_help(run: Run):
    """Typed alone, the program says what it can do."""
    done = run()
    assert "value" in done.stdout + done.stderr
    assert done.exit_code == 2


def test_help_is_in_the_words_of_the_subject(run: Run):
    """The help names what an option takes, not the library's type of it."""
    shown = run("value", "bands", "--help").stdout
    for word in ("DIR", "NAME=VALUE", "RANK", "YYYY-MM-DD", "revenue"):
        assert word in shown
    assert "list[" not in shown


def test_the_main_table_as_csv(firm: ProjectFolder, run: Run, tmp_path: Path):
    """--csv writes the main table whole, numbers plain; - writes it to stdout."""
    file = tmp_path / "members.csv"
    done = run("value", "members", "rank:1-5", "-p", firm.root, "--csv", file)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "5 rows" in done.stderr
    rows = list(csv.DictReader(file.open(encoding="utf-8")))
    assert [row["customer_id"] for row in rows] == ["c1", "c2", "c3", "c4", "c5"]
    assert float(rows[0]["revenue"]) == 700
    piped = run("value", "members", "rank:1-5", "-p", firm.root, "--csv", "-")
    assert piped.stdout == file.read_text(encoding="utf-8")


def test_lists_are_whole_unless_they_are_looked_at(
    firm: ProjectFolder, run: Run, monkeypatch: pytest.MonkeyPatch
):
    """A list is cut on the screen alone; JSON and CSV have every row, or as many as asked for."""
    monkeypatch.setattr(asking, "LISTED", 2)
    ask = ("value", "members", "rank:1-5", "-p", firm.root)
    assert len(json.loads(run(*ask, "--json").stdout)["members"]) == 5
    assert len(json.loads(run(*ask, "--json", "--limit", "3").stdout)["members"]) == 3
    assert len(run(*ask, "--csv", "-").stdout.splitlines()) == 6
    assert "Dee" not in run(*ask).stdout


def test_csv_and_json_exclude_each_other(firm: ProjectFolder, run: Run):
    """Two forms at once are refused."""
    done = run("value", "whale", "-p", firm.root, "--csv", "-", "--json")
    assert done.exit_code == 2
    assert "exclude each other" in done.stdout


def test_rejected_rows_are_listed(tmp_path: Path, run: Run):
    """Every row that was left out can be seen with its line, its value and the reason."""
    good = "order,customer,date,amount\n" + "".join(
        f"{k},c{k},2024-01-{k:02},5.00\n" for k in range(1, 20)
    )
    text = good + "20,a,13/13/2024,1.00\n21,b,2024-01-30,much\n"
    (tmp_path / "orders.csv").write_text(text)
    assert run("init", tmp_path, "--yes").exit_code == 0
    shown = run("rejects", "-p", tmp_path, "--json").stdout
    found = json.loads(shown)
    assert found["rejected"] == 2
    assert [(row["source_row"], row["value"]) for row in found["rejects"]] == [
        (21, "13/13/2024"),
        (22, "much"),
    ]
    assert all(row["reason"] and row["raw"] for row in found["rejects"])
    assert len(run("rejects", "-p", tmp_path, "--csv", "-").stdout.splitlines()) == 3
    one = run("rejects", "-p", tmp_path, "--limit", "1")
    assert "Not listed: 1 more row." in one.stdout


def test_build_check_and_rejects_count_the_same(tmp_path: Path, run: Run):
    """Rows left out for a fault, and rows dated later, are told apart by all three."""
    rows = "3,c,2024-01-07,much\n4,c,2031-01-01,99.00\n"
    (tmp_path / "o.csv").write_text(ORDERS + rows)
    (tmp_path / "tierwise.toml").write_text(
        '[project]\nas_of = 2024-12-31\n[sources.order_lines]\npath = "o.csv"\ncolumns ='
        ' { header_id = "order", customer_id = "customer", created_at = "date",'
        ' total_amount = "amount" }\n'
    )
    shown = run("build", "-p", tmp_path).stdout
    assert "order_lines: 2 rows kept, 1 left out, 1 dated after the as-of date" in shown
    found = json.loads(run("rejects", "-p", tmp_path, "--json").stdout)
    assert (found["rejected"], found["after_as_of"], len(found["rejects"])) == (1, 1, 1)
    checked = json.loads(run("check", "-p", tmp_path, "--json").stdout)
    assert (checked["rows_rejected"], checked["rows_after_as_of"]) == (1, 1)


def test_a_build_without_rejects_says_so(firm: ProjectFolder, run: Run):
    """Nothing left out is an answer with no rows."""
    found = json.loads(run("rejects", "-p", firm.root, "--json").stdout)
    assert (found["rejected"], found["rejects"]) == (0, [])


def test_build_tells_derived_rows_apart(tmp_path: Path, run: Run):
    """A table that no file holds is said to be derived; customers are those known at all."""
    (tmp_path / "orders.csv").write_text(ORDERS)
    assert run("init", tmp_path, "--yes").exit_code == 0
    shown = run("build", "-p", tmp_path).stdout
    assert "customers: 2 rows derived from other tables" in shown
    assert "2 known customers" in shown
    assert "2 known customers" in run("builds", "-p", tmp_path).stdout
