"""Every way in which data can be bad: said where, what, and what to do."""

# Samples stand as the exports write them, one line a row.
# ruff: noqa: E501

from datetime import date, datetime
from decimal import Decimal

import pytest
from tests.engine.conftest import COLUMNS

from tierwise.engine.load import load
from tierwise.engine.project import open_project
from tierwise.errors import SourceError
from tierwise.tables.problems import Severity

HEADER = "order,customer,date,amount\n"
GOOD = HEADER + "1,c1,2024-01-05,10.00\n2,c2,2024-02-06,20.50\n"


def test_good_rows_raise_nothing_but_the_notes_on_what_was_assumed(load_csv):
    loaded = load_csv(GOOD)
    assert loaded.codes() == {"currency-assumed", "customers-derived"}
    assert [r["total_amount"] for r in loaded.rows()] == [Decimal("10.0000"), Decimal("20.5000")]
    assert [r["source_row"] for r in loaded.rows()] == [2, 3]
    assert not loaded.rejects()


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [(b"", "empty-file", "empty"), (HEADER.encode(), "header-only", "header and no rows")],
)
def test_a_file_without_rows_leaves_the_table_out(load_csv, content, code, said):
    loaded = load_csv(content)
    assert said in loaded.problem(code).message
    assert loaded.problem(code).severity is Severity.ERROR
    assert loaded.report.tables == ()


def test_a_delimiter_set_wrongly_is_named_with_the_right_one(load_csv):
    problem = load_csv(GOOD.replace(",", ";"), 'delimiter = ","').problem("wrong-delimiter")
    assert "semicolon" in problem.message
    assert 'delimiter = ";"' in problem.remedy


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_by_looking(load_csv, sign):
    assert load_csv(GOOD.replace(",", sign)).table().rows_kept == 2


def test_ragged_rows_are_rejected_with_their_lines(load_csv):
    loaded = load_csv(GOOD + "3,c3,2024-03-01\n4,c4,2024-04-01,1.00,x\n5,c5,2024-05-01,2.00\n")
    assert loaded.problem("too-few-columns").row == 4
    assert loaded.problem("too-many-columns").row == 5
    assert "5 columns instead of 4" in loaded.problem("too-many-columns").message
    assert [(r["source_row"], r["raw"]) for r in loaded.rejects()] == [
        (4, "3,c3,2024-03-01"),
        (5, "4,c4,2024-04-01,1.00,x"),
    ]
    assert [r["source_row"] for r in loaded.rows()] == [2, 3, 6]


def test_an_unterminated_quote_costs_its_own_line_only(load_csv):
    loaded = load_csv(GOOD + '3,"c3,2024-03-01,1.00\n4,c4,2024-04-01,2.00\n')
    assert loaded.problem("unterminated-quote").row == 4
    assert [r["header_id"] for r in loaded.rows()] == ["1", "2", "4"]


def test_lines_are_true_where_quoted_fields_hold_newlines(load_csv):
    content = HEADER + '1,"c\n1",2024-01-05,10.00\n\n2,c2,2024-02-06,x\n'
    loaded = load_csv(content)
    assert loaded.problem("not-a-number").row == 5
    assert loaded.rows()[0]["customer_id"] == "c\n1"


def test_bytes_that_do_not_decode_are_rejected_by_line(load_csv):
    content = (GOOD + "3,Jäger,2024-03-01,1.00\n").encode() + b"4,M\xfcller,2024-04-01,2.00\n"
    loaded = load_csv(content, 'encoding = "utf-8"')
    assert loaded.problem("undecodable").row == 5
    assert loaded.table().rows_kept == 3


def test_an_encoding_that_does_not_exist_is_refused(load_csv):
    assert (
        "does not exist"
        in load_csv(GOOD, 'encoding = "klingon"').problem("unknown-encoding").message
    )


def test_a_missing_file_is_answered_with_the_nearest_name(load_project, tmp_path):
    (tmp_path / "orders.csv").write_text(GOOD)
    loaded = load_project(
        '[sources.order_lines]\npath = "order.csv"\ncolumns = { header_id = "order" }'
    )
    assert '"orders.csv"' in loaded.problem("missing-file").message


def test_an_unknown_column_is_answered_with_the_nearest_and_all(load_csv):
    columns = (
        'header_id = "ordr", customer_id = "customer", created_at = "date", total_amount = "amount"'
    )
    problem = load_csv(GOOD, columns=columns).problem("unknown-column")
    assert 'Did you mean "order"?' in problem.message
    assert "order, customer, date, amount" in problem.message


def test_required_columns_without_a_source_are_all_named(load_csv):
    loaded = load_csv(GOOD, columns='header_id = "order", created_at = "date"')
    named = {p.column for p in loaded.report.problems if p.code == "required-not-mapped"}
    assert named == {"customer_id", "total_amount"}


def test_a_bad_expression_is_quoted_with_what_the_engine_said(load_csv):
    columns = 'header_id = "order", customer_id = "customer", created_at = "date", total_amount = { sql = "amont * 2" }'
    problem = load_csv(GOOD, columns=columns).problem("bad-expression")
    assert "amont" in problem.message


@pytest.mark.parametrize("value", ["12,x", "abc", "nan", "inf"])
def test_what_is_not_a_number_is_rejected_where_it_is_needed(load_csv, value):
    loaded = load_csv(GOOD + f'3,c3,2024-03-01,"{value}"\n')
    expected = "missing-value" if value == "nan" else "not-a-number"
    problem = loaded.problem(expected)
    assert (problem.row, problem.column, problem.value) == (4, "amount", value)
    assert [r["code"] for r in loaded.rejects()] == [expected]


def test_an_optional_value_that_does_not_read_is_emptied_and_counted(load_csv):
    content = "order,customer,date,amount,qty\n1,c1,2024-01-05,1,two\n2,c2,2024-01-06,2,3\n"
    columns = 'header_id = "order", customer_id = "customer", created_at = "date", total_amount = "amount", quantity = "qty"'
    loaded = load_csv(content, columns=columns)
    assert loaded.problem("not-a-number").severity is Severity.WARNING
    assert [r["quantity"] for r in loaded.rows()] == [None, 3.0]


def test_flags_that_are_neither_yes_nor_no_are_named(load_project, tmp_path):
    (tmp_path / "p.csv").write_text("person_id,customer_id,consent_marketing\n1,c,ja\n2,c,maybe\n")
    loaded = load_project('[sources.people]\npath = "p.csv"\n')
    assert loaded.problem("not-a-flag").value == "maybe"
    assert [r["consent_marketing"] for r in loaded.rows("people")] == [True, None]


def test_more_than_four_decimals_are_rounded_and_counted(load_csv):
    loaded = load_csv(HEADER + "1,c1,2024-01-05,0.123456\n2,c2,2024-01-06,1.5\n")
    assert loaded.problem("beyond-four-decimals").count == 1
    assert loaded.rows()[0]["total_amount"] == Decimal("0.1235")


def test_amounts_too_large_to_be_exact_are_rejected(load_csv):
    loaded = load_csv(GOOD + "3,c3,2024-03-01,100000000000000\n")
    assert loaded.problem("too-large").row == 4


def test_dates_that_fit_two_formats_ask_which(load_csv):
    loaded = load_csv(HEADER + "1,c1,03/04/2021,1\n2,c2,05/06/2021,2\n")
    problem = loaded.problem("ambiguous-date")
    assert "3 April 2021" in problem.message
    assert "4 March 2021" in problem.message
    assert "date_format" in problem.remedy
    assert loaded.report.tables == ()


@pytest.mark.parametrize(("form", "month"), [("%d/%m/%Y", 4), ("%m/%d/%Y", 3)])
def test_date_format_answers_the_question(load_csv, form, month):
    loaded = load_csv(HEADER + "1,c1,03/04/2021,1\n", f'date_format = "{form}"')
    assert loaded.rows()[0]["created_at"].month == month


def test_one_day_above_twelve_settles_the_format(load_csv):
    loaded = load_csv(HEADER + "1,c1,03/04/2021,1\n2,c2,25/06/2021 10:15,2\n")
    assert [r["created_at"] for r in loaded.rows()] == [
        datetime(2021, 4, 3),
        datetime(2021, 6, 25, 10, 15),
    ]


def test_mixed_formats_keep_the_most_frequent_and_reject_the_rest(load_csv):
    loaded = load_csv(
        HEADER
        + "1,c,13/01/2021,1\n2,c,14/01/2021,2\n3,c,Jan 15, 2021,3\n".replace(
            "Jan 15, 2021", '"Jan 15, 2021"'
        )
    )
    mixed = loaded.problem("mixed-date-formats")
    assert "Most dates (2 of 3) are %d/%m/%Y" in mixed.message
    assert "of the others 1 is %b %d, %Y" in mixed.message
    assert "of the form %d/%m/%Y" in loaded.problem("not-a-date").message
    assert loaded.problem("not-a-date").value == "Jan 15, 2021"
    assert loaded.table().rows_kept == 2


MIXED = (
    HEADER + "1,c,2021-01-13,1\n2,c,2021-01-14,2\n3,c,2021-01-15,2\n4,c,2021-01-16,2\n"
    "5,c,16/01/2021,3\n6,c,03/04/2021,4\n7,c,soon,5\n"
)


def test_each_odd_date_is_counted_once_and_its_line_named(load_csv):
    """A date that fits two formats is not counted for both; the numbers add up to the rows."""
    loaded = load_csv(MIXED)
    mixed, lost = loaded.problem("mixed-date-formats"), loaded.problem("not-a-date")
    assert "of the others 2 are %d/%m/%Y, 1 is no date" in mixed.message
    assert (mixed.count, lost.count) == (3, 3)
    assert "Lines: 6, 7, 8." in lost.message


def test_the_way_to_read_two_formats_works_as_it_is_said(load_csv):
    """The expression that is offered keeps the rows of both formats."""
    offered = load_csv(MIXED).problem("mixed-date-formats").remedy.partition("Or read both: ")[2]
    columns = 'header_id = "order", customer_id = "customer", total_amount = "amount", '
    loaded = load_csv(MIXED, columns=columns + offered.rstrip("."))
    assert [r["created_at"].day for r in loaded.rows()] == [13, 14, 15, 16, 16, 3]


def test_two_currencies_without_rates_are_refused_with_their_sums(load_csv):
    content = "order,customer,date,amount,currency\n1,c,2024-01-05,10,EUR\n2,c,2024-01-06,20,usd\n3,c,2024-01-06,5,USD\n"
    loaded = load_csv(content)
    problem = loaded.problem("several-currencies")
    assert "USD (2 rows, 25.00)" in problem.message
    assert "EUR (1 row, 10.00)" in problem.message
    assert "[sources.rates]" in problem.remedy
    assert loaded.report.tables == ()


def test_an_unreadable_day_brings_no_second_complaint_about_its_rate(load_project, tmp_path):
    """A row is told of its first fault alone, not of an amount or a rate that follows from it."""
    (tmp_path / "rates.csv").write_text("rate_on,currency,rate\n2024-01-01,USD,0.9\n")
    (tmp_path / "o.csv").write_text(
        "order,customer,date,amount,currency\n1,c,2024-01-05,10,USD\n2,c,2024-02-30,45.10,USD\n"
        "3,c,2023-12-31,7,USD\n4,c,2024-01-06,,USD\n"
    )
    loaded = load_project(
        f'[sources.rates]\npath = "rates.csv"\n[sources.order_lines]\npath = "o.csv"\n'
        f"columns = {{ {COLUMNS} }}\n"
    )
    errors = [(p.code, p.row, p.count) for p in loaded.report.errors]
    assert sorted(errors) == [("missing-value", 5, 1), ("no-rate", 4, 1), ("not-a-date", 3, 1)]


def test_amounts_are_converted_at_the_latest_rate_of_their_day(load_csv, tmp_path):
    (tmp_path / "rates.csv").write_text(
        "rate_on,currency,rate\n2024-01-06,USD,0.90\n2024-02-01,USD,0.95\n2024-03-01,USD,0\n"
    )
    content = "order,customer,date,amount,currency\n1,c,2024-01-05,10,USD\n2,c,2024-01-06,20,USD\n3,c,2024-02-15 23:00,10,USD\n4,c,2024-02-15,7,EUR\n"
    loaded = load_csv(content, "[sources.rates]", 'path = "rates.csv"')
    assert loaded.problem("no-rate").row == 2
    assert loaded.problem("rate-not-positive").count == 1
    rows = loaded.rows()
    assert [r["total_amount"] for r in rows] == [Decimal(18), Decimal("9.5"), Decimal(7)]
    assert [r["original_currency"] for r in rows] == ["USD", "USD", "EUR"]
    assert {r["currency"] for r in rows} == {"EUR"}


def test_duplicates_keep_the_first_and_say_whether_they_differ(load_csv):
    content = "order,line,customer,date,amount\n1,1,c,2024-01-05,10\n1,1,c,2024-01-05,10\n1,1,c,2024-01-05,11\n1,2,c,2024-01-05,5\n"
    columns = 'header_id = "order", line_item_id = "line", customer_id = "customer", created_at = "date", total_amount = "amount"'
    loaded = load_csv(content, columns=columns)
    problem = loaded.problem("duplicate")
    assert (problem.row, problem.count) == (3, 2)
    assert "1 equal to the first, 1 different" in problem.message
    assert [r["reason"] for r in loaded.rejects()] == [
        "equal to row 2",
        "differs from the first, row 2",
    ]
    assert loaded.table().rows_kept == 2


def test_negative_and_zero_amounts_are_kept_and_noted(load_csv):
    loaded = load_csv(GOOD + "3,c3,2024-03-01,-5.00\n4,c4,2024-03-01,0\n5,c5,2024-03-01,(2.50)\n")
    assert "sum to -7.50" in loaded.problem("negative-amount").message
    assert loaded.problem("negative-amount").count == 2
    assert loaded.problem("zero-amount").count == 1
    assert loaded.table().rows_kept == 5


def test_empty_keys_are_rejected(load_csv):
    loaded = load_csv(GOOD + ",c3,2024-03-01,1\n")
    assert loaded.problem("missing-value").column == "order"
    assert loaded.table().rows_rejected == 1


def test_orders_without_a_customer_are_kept_with_their_share(load_csv):
    loaded = load_csv(HEADER + "1,c1,2024-01-05,75\n2,,2024-01-06,25\n")
    problem = loaded.problem("no-customer")
    assert "25.00, 25.0% of the total" in problem.message
    assert [r["customer_id"] for r in loaded.rows()] == ["c1", None]


def test_future_and_later_rows_are_left_out_and_counted_apart(load_csv):
    loaded = load_csv(GOOD + "3,c,2025-02-01,1\n4,c,2030-01-01,2\n5,c,2024-12-31 23:59:59,3\n")
    assert loaded.problem("after-as-of").severity is Severity.NOTE
    assert loaded.problem("in-the-future").severity is Severity.WARNING
    assert loaded.table().rows_after_as_of == 2
    assert loaded.table().last_on == date(2024, 12, 31)
    assert not loaded.rejects()


def test_values_outside_the_list_are_kept_with_a_warning(load_project, tmp_path):
    (tmp_path / "c.csv").write_text("customer_id,status\n1,Active\n2,zombie\n")
    loaded = load_project('[sources.customers]\npath = "c.csv"\n')
    assert loaded.problem("unknown-value").value == "zombie"
    assert [r["status"] for r in loaded.rows("customers")] == ["active", "zombie"]


def test_customers_known_only_elsewhere_are_added(load_csv, tmp_path):
    (tmp_path / "c.csv").write_text("customer_id,name\nc1,Ada\n")
    loaded = load_csv(GOOD, "[sources.customers]", 'path = "c.csv"')
    assert "1 customer of order_lines" in loaded.problem("unknown-customer").message
    assert sorted(r["customer_id"] for r in loaded.rows("customers")) == ["c1", "c2"]


def test_a_missing_customers_table_is_derived(load_csv):
    loaded = load_csv(GOOD)
    assert [t.name for t in loaded.report.tables] == ["customers", "order_lines"]
    assert len(loaded.rows("customers")) == 2


def test_a_file_that_changes_while_it_is_read_keeps_nothing(tmp_path, session):
    orders = tmp_path / "orders.csv"
    orders.write_text(
        GOOD.replace("order,", "header_id,").replace(
            "customer,date,amount", "customer_id,created_at,total_amount"
        )
    )
    (tmp_path / "tierwise.toml").write_text('[sources.order_lines]\npath = "orders.csv"\n')
    into = tmp_path / "build"

    def grow(_line: str) -> None:
        with orders.open("a") as file:
            file.write("9,c9,2024-05-05,1\n")

    with pytest.raises(SourceError, match="changed while it was read"):
        load(
            session,
            open_project(tmp_path),
            into,
            as_of=date(2024, 12, 31),
            today=date(2025, 1, 1),
            tell=grow,
        )
    assert not into.exists()


def test_every_table_that_cannot_be_read_is_reported_at_once(load_project, tmp_path):
    (tmp_path / "e.csv").write_bytes(b"")
    loaded = load_project(
        '[sources.order_lines]\npath = "none.csv"\n[sources.contacts]\npath = "e.csv"\n'
        '[sources.costs]\npath = "x.parquet"\n'
    )
    assert {p.table for p in loaded.report.errors} == {"order_lines", "contacts", "costs"}


def test_mixed_decimal_signs_ask_which(load_csv):
    problem = load_csv(HEADER + '1,c,2024-01-05,"1.234,50"\n2,c,2024-01-05,12.50\n').problem(
        "mixed-decimal-signs"
    )
    assert "decimal" in problem.remedy
    assert (problem.row, problem.column, problem.value) == (2, "amount", "1.234,50")
    assert '"12.50" (line 3)' in problem.message


def test_a_lone_comma_before_three_digits_asks_what_it_means(load_csv):
    problem = load_csv(HEADER + '1,c,2024-01-05,"1,234"\n').problem("ambiguous-decimal-sign")
    assert "1234" in problem.message
    assert "1.234" in problem.message
    assert (problem.row, problem.column, problem.value) == (2, "amount", "1,234")


DOTTED = "order;customer;date;amount\n1;c;2024-01-05;1.234\n2;c;2024-01-06;-12.000\n"


@pytest.mark.parametrize("more", ["", "3;c;2024-01-07;15\n", "3;c;2024-01-07;€ 2.500\n"])
def test_a_lone_dot_before_three_digits_asks_what_it_means(load_csv, more):
    """Amounts that may all have the dot for thousands are refused, not read a thousandth."""
    problem = load_csv(DOTTED + more).problem("ambiguous-decimal-sign")
    assert "1234 (dot for thousands)" in problem.message
    assert "1.234 (decimal dot)" in problem.message
    assert 'decimal = "."' in problem.remedy


@pytest.mark.parametrize(("sign", "read"), [(",", "1234"), (".", "1.234")])
def test_a_set_decimal_sign_says_what_a_lone_dot_means(load_csv, sign, read):
    """With the sign set, amounts with a dot before three digits are read by it."""
    loaded = load_csv(DOTTED, f'decimal = "{sign}"')
    assert loaded.rows()[0]["total_amount"] == Decimal(read)


@pytest.mark.parametrize("clear", ["0.500", "2.5", "1234.567", "9.99", ".125", "7.1234"])
def test_one_clear_amount_says_what_a_lone_dot_means(load_csv, clear):
    """One number whose dot can only be the decimal sign decides for the source."""
    loaded = load_csv(DOTTED + f"3;c;2024-01-07;{clear}\n")
    assert [r["total_amount"] for r in loaded.rows()] == [
        Decimal("1.234"),
        Decimal("-12"),
        Decimal(clear),
    ]


def test_a_clear_comma_makes_the_dot_one_of_thousands(load_csv):
    """One number with a decimal comma decides for the source too."""
    loaded = load_csv(DOTTED + "3;c;2024-01-07;0,50\n")
    assert [r["total_amount"] for r in loaded.rows()] == [
        Decimal(1234),
        Decimal(-12000),
        Decimal("0.5"),
    ]


def test_an_amount_with_a_foreign_sign_is_warned_of(load_csv):
    problem = load_csv(HEADER + "1,c,2024-01-05,$12.50\n").problem("currency-sign")
    assert problem.severity is Severity.WARNING


def test_not_parquet_is_said(load_project, tmp_path):
    (tmp_path / "x.parquet").write_text("no")
    loaded = load_project('[sources.order_lines]\npath = "x.parquet"\n')
    assert "not readable as Parquet" in loaded.problem("not-parquet").message


def test_an_expression_that_fails_on_a_row_is_named(load_csv):
    """An expression that the engine cannot work out leaves the table out, with the column."""
    columns = (
        'header_id = "order", customer_id = "customer", created_at = "date",'
        ' total_amount = { sql = "CAST(amount AS DECIMAL(18, 2))" }'
    )
    loaded = load_csv(GOOD + "3,c3,2024-03-01,x\n", columns=columns)
    problem = loaded.problem("failing-expression")
    assert problem.column == "total_amount"
    assert "'x'" in problem.message.replace('"', "'")
    assert "TRY_CAST" in problem.remedy
    assert loaded.report.tables == ()


@pytest.mark.parametrize("form", ["%d.%m.%Y", "%Y/%m/%d"])
def test_a_date_format_that_reads_nothing_is_warned_of(load_csv, form):
    """A date format that fits no value is not passed over in silence."""
    loaded = load_csv(GOOD, f'date_format = "{form}"')
    problem = loaded.problem("date-format-unfit")
    assert problem.severity is Severity.WARNING
    assert (problem.column, "ISO 8601 is used" in problem.message) == ("date", True)
    assert loaded.table().rows_kept == 2


def test_a_date_format_that_fits_some_values_is_not_warned_of(load_csv):
    """A format that reads one value is the one that was meant."""
    loaded = load_csv(GOOD.replace("2024-01-05", "05.01.2024"), 'date_format = "%d.%m.%Y"')
    assert "date-format-unfit" not in loaded.codes()


def test_mostly_negative_amounts_are_a_warning(load_csv):
    """Where most amounts are negative the sign may be that of the other side's books."""
    rows = "".join(f"{k},c{k},2024-01-05,{-5 if k < 8 else 5}\n" for k in range(1, 11))
    found = load_csv("order,customer,date,amount\n" + rows).problem("negative-amount")
    assert (found.severity, found.count) == (Severity.WARNING, 7)
    assert "turn the sign" in found.remedy


def test_words_for_what_does_not_read(load_csv):
    """An open quote and a year long past are told in whole sentences."""
    text = 'order,customer,date,amount\n1,c1,2024-01-05,5\n2,"c2,2024-01-05,5\n3,c3,0025-01-01,5\n'
    loaded = load_csv(text + "".join(f"{k},c,2024-01-05,5\n" for k in range(4, 30)))
    said = [problem.message for problem in loaded.report.problems]
    assert any("This row has a quote that opens in this line and is not closed" in m for m in said)
    assert any("between the years 1000 and 9999" in m for m in said)


def test_the_currency_of_a_known_export_is_no_guess(load_project, shared_data):
    """Where the preset says the currency and the project agrees, nothing is assumed."""
    path = shared_data / "cdnow" / "cdnow_sample.parquet"
    source = f'[sources.order_lines]\npath = "{path}"\npreset = "cdnow"\n'
    assert "currency-assumed" in load_project(source).codes()
    known = load_project('[project]\ncurrency = "USD"\n' + source)
    assert "currency-assumed" not in known.codes()


SAME = (
    HEADER
    + "1,c1,2024-01-05,10.00\n1,c1,2024-01-05,10.00\n1,c1,2024-01-05,10.00\n1,c1,2024-01-05,11.00\n2,,2024-02-06,5.00\n2,,2024-02-06,5.00\n"
)


def test_identical_rows_are_counted_and_kept(load_csv):
    """Without a key for lines, rows equal to an earlier one stay, with their count and amount."""
    loaded = load_csv(SAME)
    found = loaded.problem("identical-rows")
    assert (found.severity, found.count, found.row) == (Severity.WARNING, 3, 3)
    assert "They sum to 25.00" in found.message
    assert "drop_identical = true" in found.remedy
    assert len(loaded.rows()) == 6
    assert loaded.rejects() == []


def test_identical_rows_are_dropped_where_that_is_set(load_csv):
    """With drop_identical the first of equal rows stays and the others are rejects."""
    loaded = load_csv(SAME, "drop_identical = true")
    assert [row["total_amount"] for row in loaded.rows()] == [10, 11, 5]
    assert [(row["source_row"], row["code"]) for row in loaded.rejects()] == [
        (3, "duplicate"),
        (4, "duplicate"),
        (7, "duplicate"),
    ]
    table = loaded.table()
    assert (table.rows_read, table.rows_kept, table.rows_rejected) == (6, 3, 3)
    assert "left out" in loaded.problem("identical-rows").message
