"""Each preset on a small sample as the export writes it, and on the real sets where there are any."""

# Samples stand as the exports write them, one line a row.
# ruff: noqa: E501

from decimal import Decimal

import pytest

from tierwise.engine.presets import preset_names, read_preset
from tierwise.tables.schema import TABLES

ONLINE_RETAIL = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
536365,85123A,WHITE HANGING HEART T-LIGHT HOLDER,6,12/1/2010 8:26,2.55,17850,United Kingdom
C536379,D,Discount,-1,12/13/2010 9:41,27.5,14527,United Kingdom
A563185,B,Adjust bad debt,1,8/12/2011 14:50,11062.06,,United Kingdom
"""
SHOPIFY = (
    "\ufeff"
    + """Name,Email,Financial Status,Paid at,Created at,Currency,Subtotal,Shipping,Taxes,Total,Discount Amount,Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Lineitem discount,Refunded Amount,Billing Country
#1001,Ada@Example.com,paid,2024-01-05 10:12:00 -0500,2024-01-05 10:11:12 -0500,EUR,45.00,5.00,0.00,50.00,5.00,2,Mug,20.00,MUG-1,0.00,0.00,DE
#1001,Ada@Example.com,,,2024-01-05 10:11:12 -0500,,,,,,,1,Tea,10.00,TEA-1,0.00,,
#1002,bob@example.com,voided,,2024-01-06 10:11:12 -0500,EUR,30.00,0.00,0.00,30.00,0.00,1,Pot,30.00,POT-1,0.00,0.00,DE
"""
)
SUPERSTORE = """Row ID,Order ID,Order Date,Customer ID,Customer Name,Segment,Product ID,Category,Product Name,Sales,Quantity,Discount,Profit
1,CA-2016-152156,11/8/2016,CG-12520,Claire Gute,Consumer,FUR-1,Furniture,Bookcase,261.96,2,0,41.9136
2,CA-2016-152157,11/18/2016,CG-12521,Bob,Consumer,FUR-1,Furniture,Bookcase,100,2,0,-20
"""
SAMPLES = {
    "online-retail": ONLINE_RETAIL,
    "online-retail-ii": ONLINE_RETAIL.replace("InvoiceNo", "Invoice")
    .replace("UnitPrice", "Price")
    .replace("CustomerID", "Customer ID"),
    "shopify-orders-csv": SHOPIFY,
    "superstore": SUPERSTORE,
    "cdnow": "customer_id,date,number_of_cds,dollar_value\n00004,19970101,2,29.33\n00004,19970118,2,29.73\n",
    "fivetran-line-items": "header_id,line_item_id,line_item_index,record_type,created_at,currency,billing_type,total_amount,customer_id,customer_level,source_relation\n"
    "in_1,il_1,1,line_item,2024-01-05 10:00:00,eur,subscription,1050,cus_1,customer,x\nin_1,,0,header,2024-01-05 10:00:00,eur,subscription,-50,cus_1,customer,x\n",
    "zendesk-ticket-metrics": "ticket_id,created_at,organization_id,requester_organization_id,requester_id,status,priority,type,created_channel,count_reopens,first_reply_time_calendar_minutes,last_solved_at,assignee_stations_count,ticket_satisfaction_score\n"
    "7,2024-01-05 10:00:00,300,,55,hold,high,incident,web,1,12.5,,3,good\n",
    "chatwoot-contacts": "id,name,email,phone_number\n12,Ada,ada@example.com,+4912345\n",
    "hubspot-companies": "id,is_deleted,property_name,property_domain,property_industry,property_country,property_createdate\n"
    "9001,false,Acme,acme.example,RETAIL,Germany,2020-02-03 04:05:06\n9002,true,Old,old.example,RETAIL,Germany,2020-02-03 04:05:06\n",
    "salesforce-accounts": "id,is_deleted,name,parent_id,owner_id,type,industry,billing_country,annual_revenue,created_date\n"
    "0015g00000AAA,false,Acme,,0055g1,Customer,Retail,Germany,1000000,2020-02-03 04:05:06\n",
}


@pytest.fixture
def load_preset(load_project, tmp_path):
    def run(name: str, *settings: str):
        (tmp_path / "export.csv").write_text(SAMPLES[name], encoding="utf-8")
        preset = read_preset(name)
        currency = preset.currency or "EUR"
        lines = [
            f'[project]\ncurrency = "{currency}"',
            f"[sources.{preset.table}]",
            'path = "export.csv"',
        ]
        return load_project("\n".join([*lines, f'preset = "{name}"', *settings, ""]))

    return run


def test_every_preset_has_a_sample():
    assert set(SAMPLES) == set(preset_names())


@pytest.mark.parametrize("name", SAMPLES)
def test_a_preset_recognises_its_own_export_alone(name):
    header = tuple(SAMPLES[name].lstrip("\ufeff").splitlines()[0].split(","))
    assert [p for p in preset_names() if read_preset(p).recognises(header)] == [name]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_preset_loads_its_sample_without_errors(load_preset, name):
    loaded = load_preset(name)
    assert not loaded.report.errors
    assert loaded.table(read_preset(name).table).rows_kept > 0


@pytest.mark.parametrize("name", SAMPLES)
def test_a_preset_fills_columns_that_exist(name):
    preset = read_preset(name)
    assert set(preset.columns) <= {c.name for c in TABLES[preset.table].columns}


def test_online_retail_tells_cancellations_and_adjustments(load_preset):
    rows = load_preset("online-retail").rows()
    assert [r["transaction_type"] for r in rows] == ["sale", "cancellation", "adjustment"]
    assert [r["total_amount"] for r in rows] == [
        Decimal("15.3"),
        Decimal("-27.5"),
        Decimal("11062.06"),
    ]
    assert rows[0]["attributes"] == {"Country": "United Kingdom"}


def test_shopify_orders_add_up_to_their_subtotal_and_voided_ones_to_nothing(load_preset):
    rows = load_preset("shopify-orders-csv").rows()
    total: dict[str, Decimal] = {}
    for row in rows:
        total[row["header_id"]] = total.get(row["header_id"], Decimal(0)) + row["total_amount"]
    assert total == {"#1001": Decimal(45), "#1002": Decimal(0)}
    assert {r["customer_id"] for r in rows} == {"ada@example.com", "bob@example.com"}
    assert {r["created_at"].hour for r in rows} == {15}


def test_superstore_cost_is_sales_less_profit(load_preset):
    assert [r["total_cost"] for r in load_preset("superstore").rows()] == [
        Decimal("220.0464"),
        Decimal(120),
    ]


def test_fivetran_amounts_in_cents_are_brought_to_units(load_preset):
    rows = load_preset("fivetran-line-items", "minor_units = true").rows()
    assert sum(r["total_amount"] for r in rows) == Decimal(10)


STRIPE = """header_id,line_item_id,line_item_index,record_type,created_at,currency,header_status,billing_type,quantity,discount_amount,tax_amount,total_amount,fee_amount,refund_amount,customer_id,customer_level
in_1,il_1,1,line_item,2024-01-05 10:00:00,eur,paid,subscription,1,,,100.00,,,cus_1,customer
in_1,il_2,2,line_item,2024-01-05 10:00:00,eur,paid,subscription,1,,,50.00,,,cus_1,customer
in_1,,0,header,2024-01-05 10:00:00,eur,paid,subscription,,10.00,26.60,16.60,3.10,40.00,cus_1,customer
in_2,il_3,1,line_item,2024-01-06 10:00:00,eur,void,subscription,1,,,80.00,,,cus_2,customer
in_3,il_4,1,line_item,2024-01-07 10:00:00,eur,uncollectible,subscription,1,,,70.00,,,cus_2,customer
in_3,,0,header,2024-01-07 10:00:00,eur,uncollectible,subscription,,,13.30,13.30,,,cus_2,customer
in_4,il_5,1,line_item,2024-01-08 10:00:00,eur,draft,subscription,1,,,60.00,,,cus_2,customer
in_5,il_6,1,line_item,2024-01-09 10:00:00,eur,open,subscription,1,,,30.00,,,cus_2,customer
"""
SHOPIFY_MODEL = """header_id,line_item_id,line_item_index,record_type,created_at,currency,header_status,billing_type,quantity,discount_amount,tax_amount,total_amount,fee_amount,refund_amount,customer_id,customer_level
1,11,1,line_item,2024-01-05 10:00:00,EUR,fulfilled,,2,,,100.00,,,7,customer
1,,0,header,2024-01-05 10:00:00,EUR,fulfilled,,,10.00,19.00,,4.90,25.00,7,customer
"""


@pytest.mark.parametrize(
    ("export", "revenue"),
    [
        (STRIPE, {"in_1": 100, "in_2": 0, "in_3": 0, "in_4": 0, "in_5": 30}),
        (SHOPIFY_MODEL, {"1": 65}),
    ],
)
def test_fivetran_invoices_add_up_to_revenue(load_preset, monkeypatch, export, revenue):
    """Rows of an invoice add up to what was sold: no tax, no refund, nothing that is void."""
    monkeypatch.setitem(SAMPLES, "fivetran-line-items", export)
    loaded = load_preset("fivetran-line-items")
    total: dict[str, Decimal] = {}
    for row in loaded.rows():
        total[row["header_id"]] = total.get(row["header_id"], Decimal(0)) + row["total_amount"]
    assert total == revenue
    assert not loaded.rejects()


def test_zendesk_waits_on_the_customers_clock(load_preset):
    row = load_preset("zendesk-ticket-metrics").rows("contacts")[0]
    assert (row["customer_id"], row["status"], row["wait_s"], row["transfers"]) == (
        "300",
        "on_hold",
        750.0,
        2,
    )
    assert (row["first_reply_at"] - row["created_at"]).total_seconds() == 750


def test_deleted_companies_are_closed(load_preset):
    assert [r["status"] for r in load_preset("hubspot-companies").rows("customers")] == [
        None,
        "closed",
    ]


@pytest.mark.parametrize(
    ("name", "file", "rows", "customers", "total"),
    [
        ("online-retail", "online_retail/online_retail_2010_2011", 541_909, 4_372, "9747747.934"),
        ("superstore", "superstore/superstore", 9_994, 793, "2297200.8603"),
        ("cdnow", "cdnow/cdnow_master", 69_659, 23_570, "2500315.63"),
    ],
)
def test_the_real_set_loads_whole(load_project, shared_data, name, file, rows, customers, total):
    loaded = load_project(
        f'[sources.order_lines]\npath = "{shared_data / file}.parquet"\npreset = "{name}"\n'
    )
    assert loaded.table().rows_kept == rows
    assert loaded.table("customers").rows_kept == customers
    assert sum(r["total_amount"] for r in loaded.rows()) == pytest.approx(
        Decimal(total), abs=Decimal("0.01")
    )
