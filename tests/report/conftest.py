"""Projects that reports are drawn of."""

from dataclasses import dataclass
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tierwise.engine.project import open_project
from tierwise.report import render
from tierwise.workflows.build import build
from tierwise.workflows.question import Question
from tierwise.workflows.value import Desk

VOID = {"meta", "br", "link", "img", "input", "hr", "col"}

ORDERS = """order,customer,date,amount,cost,discount
1,a,2024-02-01,80.00,60.00,0
2,a,2025-01-10,900.00,300.00,0
3,a,2025-03-10,100.00,20.00,10.00
4,b,2024-05-05,50.00,20.00,0
5,b,2025-04-01,60.00,90.00,40.00
6,c,2025-05-01,40.00,10.00,0
7,,2025-05-02,7.00,1.00,0
8,c,2025-06-01,not a number,10.00,0
"""
CUSTOMERS = '''customer,name,segment
a,"<script>alert(1)</script> & Söhne ""AG""",big
b,Bär,small
c,Cee,small
'''
CONTACTS = """contact,customer,date,channel,reason,seconds
1,a,2025-02-01 10:00:00,phone,invoice,300
2,b,2025-02-02 10:00:00,phone,fault,600
3,b,2025-03-02 10:00:00,mail,<b>fault</b>,900
"""
ORDER_LINES = """
[sources.order_lines]
path = "orders.csv"
[sources.order_lines.columns]
header_id = "order"
customer_id = "customer"
created_at = "date"
total_amount = "amount"
total_cost = "cost"
discount_amount = "discount"
"""
OTHERS = """
[sources.customers]
path = "customers.csv"
columns = { customer_id = "customer", name = "name", segment = "segment" }
"""
CONTACT_SOURCE = """
[sources.contacts]
path = "contacts.csv"
[sources.contacts.columns]
contact_id = "contact"
customer_id = "customer"
created_at = "date"
channel = "channel"
reason = "reason"
handle_time_s = "seconds"
"""
HEAD = """
[project]
name = "Tea & <i>Cake</i>"
currency = "EUR"
as_of = 2025-12-31
"""


class Outline(HTMLParser):
    """Reads a document, checks that tags close in order, and collects what tests ask for."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}> at {self.getpos()}")

    def handle_data(self, data):
        if self.open and self.open[-1] not in {"style", "script"}:
            self.words.append(data)

    @property
    def text(self) -> str:
        """What people read, with single spaces."""
        return " ".join(" ".join(self.words).split())

    def all(self, *names: str) -> list[tuple[str, dict[str, str | None]]]:
        """Tags of these names, in order."""
        return [tag for tag in self.tags if tag[0] in names]


@dataclass(frozen=True)
class Made:
    """A report with the desk that it was drawn from."""

    desk: Desk
    question: Question
    html: str
    outline: Outline


def make(folder: Path, settings: str, question: Question | None = None) -> Made:
    """Build the project in `folder` and draw its report."""
    (folder / "tierwise.toml").write_text(settings, encoding="utf-8")
    project = open_project(folder)
    desk = Desk(project, build(project, today=date(2026, 1, 1)))
    asked = question or Question()
    html = render(desk, asked)
    return Made(desk, asked, html, Outline(html))


@pytest.fixture(scope="session")
def small(tmp_path_factory) -> Made:
    """Three customers with names that want to be markup, contacts and discounts."""
    folder = tmp_path_factory.mktemp("small")
    (folder / "orders.csv").write_text(ORDERS, encoding="utf-8")
    (folder / "customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    (folder / "contacts.csv").write_text(CONTACTS, encoding="utf-8")
    return make(folder, HEAD + ORDER_LINES + OTHERS + CONTACT_SOURCE)


@pytest.fixture(scope="session")
def superstore(shared_data, tmp_path_factory) -> Made:
    """Superstore, all history, with its profit."""
    path = shared_data / "superstore" / "superstore.parquet"
    return make(
        tmp_path_factory.mktemp("superstore"),
        f"""
[project]
name = "Superstore"
currency = "USD"
as_of = 2017-12-31
[value]
window = "all"
[sources.order_lines]
path = "{path}"
[sources.order_lines.columns]
header_id = "Order ID"
customer_id = "Customer ID"
created_at = "Order Date"
total_amount = "Sales"
quantity = "Quantity"
total_cost = {{ sql = "Sales::DECIMAL(18,4) - Profit::DECIMAL(18,4)" }}
""",
    )


@pytest.fixture(scope="session")
def online_retail(shared_data, tmp_path_factory) -> Made:
    """Online Retail, net of cancellations, with lines that name no customer."""
    path = shared_data / "online_retail" / "online_retail_2010_2011.parquet"
    amount = "CAST(Quantity * CAST(UnitPrice AS DECIMAL(18,4)) AS DECIMAL(18,4))"
    return make(
        tmp_path_factory.mktemp("online-retail"),
        f"""
[project]
name = "Online Retail"
currency = "GBP"
as_of = 2011-12-09
[value]
lens = "revenue"
window = "all"
[sources.order_lines]
path = "{path}"
[sources.order_lines.columns]
header_id = "InvoiceNo"
product_id = "StockCode"
quantity = "Quantity"
created_at = "InvoiceDate"
total_amount = {{ sql = "{amount}" }}
customer_id = {{ sql = "CAST(CustomerID AS BIGINT)::VARCHAR" }}
""",
    )
