"""One test for each kind of source, on real files and real servers."""

# Samples stand as the exports write them, one line a row.
# ruff: noqa: E501

import codecs
import json
import sqlite3
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import duckdb
import openpyxl
import psycopg
import pytest

ROWS = "order,customer,date,amount\n1,007,2024-01-05,10.00\n2,008,2024-02-06,20.50\n"
MAPPED = 'columns = { header_id = "order", customer_id = "customer", created_at = "date", total_amount = "amount" }\n'


def amounts(loaded) -> list[Decimal]:
    return [row["total_amount"] for row in loaded.rows()]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252"])
def test_text_of_any_encoding_reads_alike(load_csv, encoding):
    content = ROWS.replace("007", "Jäger").encode(encoding)
    assert load_csv(content).rows()[0]["customer_id"] == "Jäger"


def test_a_set_encoding_is_used_although_utf8_would_do(load_csv):
    content = ROWS.replace("007", "Jäger").encode("utf-8")
    assert load_csv(content, 'encoding = "latin-1"').rows()[0]["customer_id"] == "JÃ¤ger"


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_kind_of_newline_ends_a_line(load_csv, newline):
    loaded = load_csv(ROWS.replace("\n", newline))
    assert amounts(loaded) == [Decimal(10), Decimal("20.5")]
    assert [r["source_row"] for r in loaded.rows()] == [2, 3]


def test_windows_newlines_with_plain_ones_inside_quotes(load_csv):
    content = ROWS.replace("\n", "\r\n").replace("008", '"0\n8"')
    assert [r["customer_id"] for r in load_csv(content).rows()] == ["007", "0\n8"]


def test_german_numbers_dates_and_thousands(load_csv):
    content = "order;customer;date;amount\n1;c;03.04.2024;1.234,50 €\n2;c;13.04.2024;-7,5\n3;c;14.04.2024;1.000.000\n"
    assert amounts(load_csv(content)) == [Decimal("1234.5"), Decimal("-7.5"), Decimal(1_000_000)]


def test_a_decimal_comma_that_is_set_turns_dots_into_thousands(load_csv):
    loaded = load_csv("order;customer;date;amount\n1;c;2024-04-03;1.234\n", 'decimal = ","')
    assert amounts(loaded) == [Decimal(1234)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1'234.50", "1234.5"),
        ("EUR 5.10", "5.1"),
        ("3.20-", "-3.2"),
        ("(4)", "-4"),
        ("1 000.00", "1000"),
    ],
)
def test_amounts_as_ledgers_write_them(load_csv, text, value):
    assert amounts(load_csv(ROWS.replace("10.00", text)))[0] == Decimal(value)


def test_ids_keep_their_zeros_and_lose_a_floats_tail(load_csv):
    content = "order,customer,date,amount\n0001,17850.0,2024-01-05,1\n0002,,2024-01-05,2\n"
    rows = load_csv(content).rows()
    assert [(r["header_id"], r["customer_id"]) for r in rows] == [("0001", "17850"), ("0002", None)]


def test_times_with_an_offset_become_utc(load_csv):
    content = "order,customer,date,amount\n1,c,2024-01-05 10:00:00 -0500,1\n2,c,2024-01-05T10:00:00Z,2\n3,c,2024-01-05T10:00:00+02:00,3\n"
    assert [r["created_at"].hour for r in load_csv(content).rows()] == [15, 10, 8]


@pytest.mark.parametrize(
    "written",
    [
        "2024-01-05T10:00:00+02:00",
        "2024-01-05 10:00:00+02",
        "2024-01-05T10:00:00+0200",
        "2024-01-05 10:00:00 +02:00",
        "2024-01-05 03:00-05:00",
        "2024-01-05T08:00:00Z",
        "2024-01-05T08:00Z",
    ],
)
def test_an_offset_is_read_however_it_is_written(load_csv, written):
    """Also when every value of the column carries the same one, as databases export it."""
    content = f"order,customer,date,amount\n1,c,{written},1\n2,c,{written},2\n"
    assert {r["created_at"] for r in load_csv(content).rows()} == {datetime(2024, 1, 5, 8)}


def test_times_without_a_zone_are_those_of_the_set_one(load_csv):
    content = "order,customer,date,amount\n1,c,2024-07-05 00:30,1\n2,c,2024-01-05 00:30,2\n3,c,2024-07-05,3\n"
    rows = load_csv(content, 'time_zone = "Europe/Berlin"').rows()
    assert [r["created_at"] for r in rows] == [
        datetime(2024, 7, 4, 22, 30),
        datetime(2024, 1, 4, 23, 30),
        datetime(2024, 7, 5),  # a bare date has no zone: its midnight does not move
    ]


def test_columns_that_are_not_mapped_stay_as_attributes(load_csv):
    loaded = load_csv(
        ROWS.replace("amount\n", "amount,Shop Name\n")
        .replace("10.00", "10.00,Ulm")
        .replace("20.50", "20.50,")
    )
    assert loaded.rows()[0]["attributes"] == {"Shop Name": "Ulm"}


def test_values_and_expressions_fill_columns(load_csv):
    columns = 'header_id = "order", customer_id = "customer", created_at = "date", total_amount = { sql = "CAST(amount AS DECIMAL(18,2)) * 2" }, currency = { value = "eur" }'
    loaded = load_csv(ROWS, columns=columns)
    assert amounts(loaded) == [Decimal(20), Decimal(41)]
    assert {r["currency"] for r in loaded.rows()} == {"EUR"}


def test_minor_units_follow_the_currency(load_csv, tmp_path):
    (tmp_path / "rates.csv").write_text(
        "rate_on,currency,rate\n2020-01-01,JPY,1\n2020-01-01,KWD,1\n"
    )
    content = "order,customer,date,amount,currency\n1,c,2024-01-05,1050,eur\n2,c,2024-01-05,1050,jpy\n3,c,2024-01-05,1050,kwd\n"
    loaded = load_csv(content, "minor_units = true", "[sources.rates]", 'path = "rates.csv"')
    assert amounts(loaded) == [Decimal("10.5"), Decimal(1050), Decimal("1.05")]


def test_a_query_over_the_file_sees_its_rows_as_source(load_csv):
    loaded = load_csv(ROWS, "sql = \"SELECT * FROM source WHERE customer = '007'\"")
    assert [r["customer_id"] for r in loaded.rows()] == ["007"]


def test_several_files_are_one_table_and_problems_name_the_file(load_project, tmp_path):
    (tmp_path / "o1.csv").write_text(ROWS)
    (tmp_path / "o2.csv").write_text(ROWS.replace("20.50", "x"))
    loaded = load_project(f'[sources.order_lines]\npath = "o*.csv"\n{MAPPED}')
    assert loaded.table().rows_kept == 3
    assert (loaded.problem("not-a-number").source, loaded.problem("not-a-number").row) == (
        "o2.csv",
        3,
    )
    assert {i.source: i.rows for i in loaded.report.inputs} == {"o1.csv": 2, "o2.csv": 2}


def test_parquet_by_glob_with_typed_columns(load_project, tmp_path):
    for year in (2023, 2024):
        duckdb.sql(
            f"COPY (SELECT 1 AS \"order\", 17850.0::DOUBLE AS customer, DATE '{year}-05-06' AS date,"
            f" 2.5500000000000003::DOUBLE AS amount) TO '{tmp_path}/o-{year}.parquet'"
        )
    loaded = load_project(f'[sources.order_lines]\npath = "o-*.parquet"\n{MAPPED}')
    assert amounts(loaded) == [Decimal("2.55")] * 2
    assert {r["customer_id"] for r in loaded.rows()} == {"17850"}
    assert "beyond-four-decimals" not in loaded.codes()


def test_parquet_times_with_a_zone_are_utc(load_project, tmp_path):
    duckdb.sql(
        "SET TimeZone = 'UTC'; COPY (SELECT 1 AS \"order\", 'c' AS customer, TIMESTAMPTZ '2024-05-06 01:00:00+02' AS date,"
        f" 1 AS amount) TO '{tmp_path}/o.parquet'"
    )
    loaded = load_project(f'[sources.order_lines]\npath = "o.parquet"\n{MAPPED}')
    assert loaded.rows()[0]["created_at"] == datetime(2024, 5, 5, 23)


def workbook(path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Notes"
    sheet = book.create_sheet("Orders")
    sheet.append(["order", "customer", "date", "amount"])
    sheet.append(["0001", 17850, datetime(2024, 3, 4, 5, 6), 0.1 + 0.2])
    sheet.append([None, None, None, None])
    sheet.append(["0002", "c2", date(2024, 3, 5), "n/a"])
    book.save(path)


def test_excel_reads_a_named_sheet_with_dates_and_true_rows(load_project, tmp_path):
    workbook(tmp_path / "o.xlsx")
    loaded = load_project(f'[sources.order_lines]\npath = "o.xlsx"\nsheet = "Orders"\n{MAPPED}')
    row = loaded.rows()[0]
    assert (row["header_id"], row["customer_id"]) == ("0001", "17850")
    assert row["created_at"] == datetime(2024, 3, 4, 5, 6)
    assert row["total_amount"] == Decimal("0.3")
    assert loaded.problem("missing-value").row == 4
    assert loaded.table().rows_read == 2


def test_a_missing_sheet_is_answered_with_the_nearest(load_project, tmp_path):
    workbook(tmp_path / "o.xlsx")
    loaded = load_project(f'[sources.order_lines]\npath = "o.xlsx"\nsheet = "Order"\n{MAPPED}')
    assert "Orders" in loaded.problem("missing-sheet").message


def test_json_lines_name_the_lines_that_are_no_objects(load_project, tmp_path):
    lines = [
        json.dumps(
            {"order": 1, "customer": "007", "date": "2024-01-05", "amount": 1.5, "tags": ["a"]}
        ),
        "",
        "{broken",
        json.dumps(
            {"order": 2, "customer": "008", "date": "2024-01-06", "amount": 2, "extra": {"x": 1}}
        ),
    ]
    (tmp_path / "o.jsonl").write_text("\n".join(lines))
    loaded = load_project(f'[sources.order_lines]\npath = "o.jsonl"\n{MAPPED}')
    assert amounts(loaded) == [Decimal("1.5"), Decimal(2)]
    assert [r["source_row"] for r in loaded.rows()] == [1, 4]
    assert loaded.problem("not-json").row == 3
    assert loaded.rows()[1]["attributes"]["extra"] == '{"x":1}'


def test_a_duckdb_file_by_table_and_by_query(load_project, tmp_path):
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as shop:
        shop.execute(
            f"CREATE TABLE orders AS FROM read_csv('{write(tmp_path)}', all_varchar = true)"
        )
    source = '[sources.order_lines]\nurl = "duckdb:///shop.duckdb"\n'
    assert amounts(load_project(f'{source}table = "orders"\n{MAPPED}')) == [
        Decimal(10),
        Decimal("20.5"),
    ]
    query = "sql = \"SELECT * FROM orders WHERE customer = '008'\"\n"
    assert amounts(load_project(f"{source}{query}{MAPPED}")) == [Decimal("20.5")]


def write(folder: Path) -> Path:
    path = folder / "rows.csv"
    path.write_text(ROWS)
    return path


def test_sqlite_takes_any_cell(load_project, tmp_path):
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        shop.execute('CREATE TABLE orders ("order" TEXT, customer TEXT, date TEXT, amount REAL)')
        rows = [("1", "007", "2024-01-05", 10.0), ("2", "008", "2024-01-06", "oops")]
        shop.executemany("INSERT INTO orders VALUES (?, ?, ?, ?)", rows)
    loaded = load_project(
        f'[sources.order_lines]\nurl = "sqlite:///shop.db"\ntable = "orders"\n{MAPPED}'
    )
    assert amounts(loaded) == [Decimal(10)]
    assert loaded.problem("not-a-number").value == "oops"


def test_a_missing_table_is_answered_with_the_nearest(load_project, tmp_path):
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        shop.execute("CREATE TABLE orders (x TEXT)")
    loaded = load_project('[sources.order_lines]\nurl = "sqlite:///shop.db"\ntable = "order"\n')
    assert 'Did you mean "orders"?' in loaded.problem("database-failed").message


@pytest.fixture
def files(tmp_path) -> Path:
    """A SQLite file, a DuckDB file with a schema, and files that are neither."""
    with sqlite3.connect(tmp_path / "shop.db") as shop:
        shop.execute("CREATE TABLE orders (x TEXT)")
    with duckdb.connect(str(tmp_path / "shop.duckdb")) as shop:
        shop.execute("CREATE TABLE orders (x TEXT); CREATE SCHEMA sales")
        shop.execute("CREATE TABLE sales.lines (x TEXT)")
    (tmp_path / "rows.csv").write_text(ROWS)
    (tmp_path / "empty.db").touch()
    (tmp_path / "folder.db").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("url", "table", "said"),
    [
        ("sqlite:///shp.db", "orders", 'shp.db. Did you mean "shop.db"?'),
        ("duckdb:///shop.duckdbb", "orders", 'shop.duckdbb. Did you mean "shop.duckdb"?'),
        ("sqlite:///rows.csv", "orders", "rows.csv is no SQLite database. It looks like text"),
        ("duckdb:///rows.csv", "orders", "rows.csv is no DuckDB database. It looks like text"),
        ("sqlite:///shop.duckdb", "orders", "It is a DuckDB database: write duckdb:/// instead."),
        ("duckdb:///shop.db", "orders", "It is a SQLite database: write sqlite:/// instead."),
        ("sqlite:///empty.db", "orders", "empty.db is empty: no table is in it."),
        ("duckdb:///empty.db", "orders", "empty.db is empty: no table is in it."),
        ("sqlite:///folder.db", "orders", "folder.db is a folder"),
        ("duckdb:///folder.db", "orders", "folder.db is a folder"),
        ("sqlite:///shop.db", "main.order", 'Did you mean "orders"? Tables: orders.'),
        ("duckdb:///shop.duckdb", "order", 'Did you mean "orders"? Tables: orders, sales.lines.'),
        ("duckdb:///shop.duckdb", "sales.line", 'Did you mean "sales.lines"?'),
    ],
)
@pytest.mark.usefixtures("files")
def test_a_wrong_url_or_table_of_a_file_says_what_is_there(load_project, url, table, said):
    source = f'[sources.order_lines]\nurl = "{url}"\ntable = "{table}"\n{MAPPED}'
    told = load_project(source).problem("database-failed")
    assert said in told.message
    assert told.remedy == "Check url, table and sql in [sources.order_lines]."


def test_a_table_in_a_schema_of_a_duckdb_file_is_read(load_project, files):
    with duckdb.connect(str(files / "shop.duckdb")) as shop:
        shop.execute(
            f"CREATE TABLE sales.orders AS FROM read_csv('{write(files)}', all_varchar = true)"
        )
    source = '[sources.order_lines]\nurl = "duckdb:///shop.duckdb"\ntable = "sales.orders"\n'
    assert amounts(load_project(source + MAPPED)) == [Decimal(10), Decimal("20.5")]


CREATE = """CREATE TABLE orders (number varchar(9), customer varchar(9), at timestamp, amount numeric(10,2));
INSERT INTO orders VALUES ('1', '007', '2024-01-05 10:00:00', 10.00), ('2', '008', '2024-02-06 11:00:00', 20.50);
"""
SERVER = 'columns = { header_id = "number", customer_id = "customer", created_at = "at", total_amount = "amount" }\n'


def test_postgresql_by_table_and_by_query_with_the_url_from_the_environment(
    load_project, postgres_url
):
    with psycopg.connect(postgres_url, autocommit=True) as server:
        server.execute("DROP TABLE IF EXISTS orders")
        server.execute(CREATE)
    source = '[sources.order_lines]\nurl = "${SHOP_URL}"\n'
    environment = {"SHOP_URL": postgres_url}
    by_table = load_project(f'{source}table = "orders"\n{SERVER}', environment=environment)
    assert amounts(by_table) == [Decimal(10), Decimal("20.5")]
    assert [(i.kind, i.sha256, i.rows) for i in by_table.report.inputs] == [("database", "", 2)]
    query = 'sql = "SELECT * FROM public.orders WHERE amount > 15"\n'
    assert amounts(load_project(source + query + SERVER, environment=environment)) == [
        Decimal("20.5")
    ]


def test_mysql_by_table(load_project, mariadb):
    mariadb.execute("DROP TABLE IF EXISTS orders; " + CREATE)
    loaded = load_project(
        f'[sources.order_lines]\nurl = "{mariadb.url}"\ntable = "orders"\n{SERVER}'
    )
    assert amounts(loaded) == [Decimal(10), Decimal("20.5")]


def test_a_password_is_never_shown(load_project):
    source = (
        '[sources.order_lines]\nurl = "postgresql://ada:${PW}@127.0.0.1:1/shop"\ntable = "orders"\n'
    )
    loaded = load_project(source, environment={"PW": "s3cret"})
    text = str(loaded.problem("database-failed"))
    assert "s3cret" not in text
    assert "127.0.0.1" in text


def test_a_variable_that_is_not_set_is_named(load_project):
    loaded = load_project('[sources.order_lines]\nurl = "${SHOP_URL}"\ntable = "orders"\n')
    assert "SHOP_URL" in loaded.problem("missing-environment").message


def test_an_engine_that_is_not_installed_is_answered_with_the_command(load_project):
    loaded = load_project(
        '[sources.order_lines]\nurl = "snowflake://u:s3cret@account/db"\ntable = "orders"\n'
    )
    assert 'pip install "ibis-framework[snowflake]"' in loaded.problem("database-failed").message


def test_fingerprints_tell_the_files_content(load_csv):
    inputs = load_csv(codecs.BOM_UTF8 + ROWS.encode()).report.inputs
    assert [(i.kind, i.bytes, len(i.sha256), i.rows) for i in inputs] == [
        ("file", len(ROWS) + 3, 64, 2)
    ]


def test_rows_of_several_files_say_which_they_came_from(load_project, tmp_path):
    """A row can be found again: file and row stand beside it, also where a path is a glob."""
    for month in ("01", "02"):
        text = f"header_id,customer_id,created_at,total_amount\no{month},c1,2024-{month}-05,1.50\n"
        (tmp_path / f"o-{month}.csv").write_text(text)
    loaded = load_project('[sources.order_lines]\npath = "o-*.csv"\n')
    assert {(r["header_id"], r["source_file"], r["source_row"]) for r in loaded.rows()} == {
        ("o01", "o-01.csv", 2),
        ("o02", "o-02.csv", 2),
    }
