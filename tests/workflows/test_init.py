"""Init on folders as people have them: what it takes for what, and why."""

# Samples stand as the exports write them, one line a row.
# ruff: noqa: E501

import shutil
import tomllib
from datetime import date
from pathlib import Path

import pytest

from tierwise.engine.project import open_project
from tierwise.errors import UsageError
from tierwise.workflows.check import check
from tierwise.workflows.init import Proposal, propose

TODAY = date(2026, 1, 1)
SHOPIFY = (
    "\ufeffName,Email,Financial Status,Created at,Currency,Subtotal,Lineitem quantity,Lineitem name,"
    "Lineitem price,Lineitem sku,Lineitem discount,Refunded Amount\n"
    "#1001,ada@example.com,paid,2024-01-05 10:11:12 -0500,USD,20.00,1,Mug,20.00,M,0.00,0.00\n"
)
CUSTOMERS = "Kundennummer;Firma;Branche;Kunde seit\n00017;Müller GmbH;Handel;01.02.2019\n00018;Jäger;Bau;15.03.2020\n"
ORDERS = "Rechnungsnr.;Kundennummer;Rechnungsdatum;Menge;Betrag\nR1;00017;03.04.2023;3;1.234,50 €\nR2;00018;25.06.2023;1;7,00 €\n"


def accepted(folder: Path) -> Proposal:
    """Propose, write, and load what was proposed: it must do without errors."""
    proposal = propose(folder, today=TODAY)
    tomllib.loads(proposal.toml())
    proposal.write()
    found = check(open_project(folder), as_of=None, today=TODAY, tell=str)
    assert not found.errors, [str(p) for p in found.errors]
    return proposal


@pytest.mark.parametrize(
    ("file", "preset", "currency", "as_of"),
    [
        ("online_retail/online_retail_2010_2011", "online-retail", "GBP", date(2011, 12, 9)),
        ("superstore/superstore", "superstore", "USD", date(2017, 12, 30)),
        ("cdnow/cdnow_sample", "cdnow", "USD", date(1998, 6, 30)),
    ],
)
def test_known_exports_are_recognised(tmp_path, shared_data, file, preset, currency, as_of):
    shutil.copy(shared_data / f"{file}.parquet", tmp_path)
    proposal = accepted(tmp_path)
    assert [s.guess.preset for s in proposal.sources] == [preset]
    assert (proposal.currency, proposal.as_of) == (currency, as_of)


def test_a_shopify_export_brings_its_currency(tmp_path):
    (tmp_path / "orders_export.csv").write_text(SHOPIFY, encoding="utf-8")
    proposal = accepted(tmp_path)
    assert proposal.sources[0].guess.preset == "shopify-orders-csv"
    assert (proposal.currency, proposal.currency_reason[:9]) == ("USD", "most rows")


def test_german_files_in_latin_1_and_by_year(tmp_path):
    (tmp_path / "kunden.csv").write_bytes(CUSTOMERS.encode("latin-1"))
    (tmp_path / "umsatz_2023.csv").write_text(ORDERS, encoding="utf-8")
    (tmp_path / "umsatz_2024.csv").write_text(ORDERS.replace("2023", "2024"), encoding="utf-8")
    (tmp_path / "notizen.csv").write_text("a,b\n1,2\n")
    proposal = accepted(tmp_path)
    assert {s.guess.table: s.path for s in proposal.sources} == {
        "customers": "kunden.csv",
        "order_lines": "umsatz_*.csv",
    }
    columns = {m.column: m.origin for m in proposal.sources[1].guess.matches}
    assert columns["header_id"] == "Rechnungsnr."
    assert columns["total_amount"] == "Betrag"
    assert (proposal.currency, proposal.as_of) == ("EUR", date(2024, 6, 25))
    assert proposal.skipped[0][0] == "notizen.csv"


def test_every_mapping_carries_its_reason(tmp_path):
    (tmp_path / "o.csv").write_text("order no,client,date,qty,unit price\n1,c,2024-01-05,2,3.50\n")
    text = accepted(tmp_path).toml()
    assert '"client" is a usual name for it' in text
    assert "qty times unit price gives it" in text


def test_a_column_named_right_with_wrong_values_is_not_taken(tmp_path):
    (tmp_path / "o.csv").write_text("order,customer,date,amount,quantity\n1,c,2024-01-05,2,many\n")
    text = accepted(tmp_path).toml()
    assert '# quantity = "quantity"' in text


def test_a_question_that_only_the_user_can_answer_is_asked_in_the_file(tmp_path):
    (tmp_path / "o.csv").write_text("order,customer,date,amount\n1,c,03/04/2024,2\n")
    proposal = propose(tmp_path, today=TODAY)
    assert [p.code for p in proposal.open_questions] == ["ambiguous-date"]
    assert '# date_format = "%d/%m/%Y"' in proposal.toml()


def test_an_existing_file_is_left_alone(tmp_path):
    (tmp_path / "tierwise.toml").write_text("")
    with pytest.raises(UsageError, match="exists already"):
        propose(tmp_path, today=TODAY).write()


def test_a_folder_without_tables_still_gives_valid_settings(tmp_path):
    proposal = propose(tmp_path, today=TODAY)
    assert proposal.sources == ()
    proposal.write()
    assert open_project(tmp_path).name == tmp_path.name


def test_orders_without_an_amount_are_no_customers(tmp_path):
    """A file that lacks one needed column is told so, and is not taken for something else."""
    (tmp_path / "orders.csv").write_text("order,customer,date,qty\n1,c,2024-01-05,2\n")
    proposal = propose(tmp_path, today=TODAY)
    assert proposal.sources == ()
    assert "orders.csv looks like order_lines; total_amount is missing" in proposal.lacks


def test_an_amount_that_holds_no_numbers_is_named(tmp_path):
    """The column that has the right name and the wrong values is named with the missing one."""
    text = "order,customer,date,amount\n1,c,2024-01-05,much\n2,d,2024-01-06,more\n"
    (tmp_path / "orders.csv").write_text(text)
    said = 'total_amount is missing ("amount" holds values of another kind)'
    assert said in propose(tmp_path, today=TODAY).lacks


def test_customers_alone_answer_nothing(tmp_path):
    """Customers are taken, and it is said that something to reckon with is missing."""
    (tmp_path / "c.csv").write_text("customer_id,name,country\n1,Ada,UK\n2,Bo,FR\n")
    proposal = propose(tmp_path, today=TODAY)
    assert [s.guess.table for s in proposal.sources] == ["customers"]
    assert "found c.csv (customers)" in proposal.lacks


def test_all_settings_of_value_are_shown_with_their_help(tmp_path):
    text = propose(tmp_path, today=TODAY).toml()
    for name in ("lens", "window", "top_n", "bands", "min_cell", "event", "period"):
        assert f"# {name} =" in text


def test_mistyped_day_to_come_is_not_proposed_as_of(tmp_path):
    """A year typed wrong does not put all windows into the future; what is later is said."""
    (tmp_path / "orders.csv").write_text(
        ORDERS + "R3;00017;01.03.2203;1;5,00 €\n", encoding="utf-8"
    )
    (tmp_path / "kunden.csv").write_text(CUSTOMERS, encoding="utf-8")
    proposal = propose(tmp_path, today=TODAY)
    assert proposal.as_of == date(2023, 6, 25)
    assert "one row is dated later" in proposal.toml()


RAGGED = "order_id,customer_id,order_date,amount\n1,C1,2024-01-01,10\n2,C2,2024-02-01{}\n3,C2,2024-02-03,5\n"


@pytest.mark.parametrize("end", ["", ",7,extra"])
def test_a_ragged_row_does_not_keep_a_file_from_being_recognised(tmp_path, end):
    """The mapping is proposed as usual, and the line that cannot be read is named."""
    (tmp_path / "orders.csv").write_text(RAGGED.format(end))
    proposal = propose(tmp_path, today=TODAY)
    assert [(s.guess.table, s.rows) for s in proposal.sources] == [("order_lines", 3)]
    assert (proposal.as_of, proposal.open_questions) == (date(2024, 2, 3), ())
    assert "orders.csv, line 3" in " ".join(proposal.reasons())


def test_two_ragged_rows_among_thousands_are_named(tmp_path):
    """Where only late lines are ragged, the file is still taken for what it is."""
    rows = "".join(f"{i},C{i},2024-01-01,10\n" for i in range(1, 5_001))
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,order_date,amount\n" + rows + "a,b\nc,d\n"
    )
    proposal = propose(tmp_path, today=TODAY)
    assert [(s.guess.table, s.rows) for s in proposal.sources] == [("order_lines", 5_002)]
    assert "Lines: 5002, 5003" in " ".join(proposal.reasons())


def test_a_repeated_id_does_not_change_what_a_file_is(tmp_path):
    """A list of customers stays one when an id stands in it twice, and it is said so."""
    (tmp_path / "customers.csv").write_text(
        "customer_id,name,country,created_at\nC1,Ann,FR,2023-01-01\nC1,Anne,FR,2023-01-01\n"
        "C3,Cy,FR,2023-01-03\nC9,Di,DE,2023-02-03\n"
    )
    (tmp_path / "orders.csv").write_text(RAGGED.format(",7"))
    proposal = propose(tmp_path, today=TODAY)
    assert {s.path: s.guess.table for s in proposal.sources} == {
        "customers.csv": "customers",
        "orders.csv": "order_lines",
    }
    assert "one row repeats an id" in proposal.toml()
    assert "customers.csv, line 3" in " ".join(proposal.reasons())


@pytest.mark.parametrize(
    ("dates", "as_of"),
    [
        (("03/04/2024", "05/06/2024"), date(2024, 6, 5)),  # the later of the two readings
        (("03/04/2024", "05/06/2031"), date(2024, 4, 3)),
    ],
)
def test_an_open_question_does_not_keep_the_last_day_from_being_proposed(tmp_path, dates, as_of):
    """The as-of date comes from the data, else today would be taken and windows be empty."""
    rows = "".join(f"{i},c,{day},2\n" for i, day in enumerate(dates))
    (tmp_path / "o.csv").write_text("order,customer,date,amount\n" + rows)
    proposal = propose(tmp_path, today=TODAY)
    assert proposal.open_questions
    assert proposal.as_of == as_of
    assert tomllib.loads(proposal.toml())["project"]["as_of"] == as_of


def test_a_currency_to_convert_does_not_keep_the_last_day_from_being_proposed(tmp_path):
    """Tables that want rates first have days too."""
    (tmp_path / "o.csv").write_text(
        "order,customer,date,amount,currency\n1,c,2024-01-05,2,EUR\n2,c,2024-02-05,2,USD\n"
    )
    assert propose(tmp_path, today=TODAY).as_of == date(2024, 2, 5)


def test_the_proposal_is_shown_without_the_settings_nobody_asked_for(tmp_path):
    """What was found in the files is shown; the comments on all settings are in the file."""
    (tmp_path / "o.csv").write_text("order,customer,date,amount\n1,c,2024-01-05,2\n")
    proposal = propose(tmp_path, today=TODAY)
    assert 'total_amount = "amount"' in proposal.mapping()
    assert "[value]" not in proposal.mapping()
    assert len(proposal.mapping().splitlines()) < len(proposal.toml().splitlines()) / 2


def test_orders_with_many_faulty_values_are_no_customers(tmp_path):
    """Columns named like those of orders tell what a file is, though their values do not read."""
    (tmp_path / "o.csv").write_text(
        "order_id,customer_id,order_date,amount\n1,C1,soon,x\n2,C2,later,y\n3,C2,never,z\n"
    )
    proposal = propose(tmp_path, today=TODAY)
    assert proposal.sources == ()
    assert 'created_at is missing ("order_date" holds values of another kind)' in proposal.lacks
