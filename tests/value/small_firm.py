"""A firm small enough to reckon by hand, as a project folder.

Twelve months to 2025-12-31, in EUR:

            revenue  goods  orders     contacts     direct   profit
    c1 Anna     700    340   1 = 10    600 s =  6                344
    c2 Bob      200    150   1 = 10  1,200 s = 24                 16
    c3 Cy        50     20   2 = 20                                10
    c4 Dee       40     60   1 = 10                               -30
    c5 Eve       10      5   1 = 10                                -5
    c7 Gus                           1,800 s = 18       25        -43
    all       1,000    575       60            48       25        292

c6 Fay bought in 2024 alone and c4 had last bought in 2022. One order has no
customer, one is dated after the as-of date. The ledger holds 60 for orders, 100
for service (52 of it unused), 25 for Gus and 500 of overhead.
"""

from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path

from tierwise.engine.project import ProjectFolder, open_project
from tierwise.errors import TierwiseError
from tierwise.workflows.build import build
from tierwise.workflows.value import Desk

TODAY = date(2026, 1, 15)

SETTINGS = """
[project]
name = "Small firm"
currency = "EUR"
as_of = 2025-12-31

[value]
lens = "revenue"
window = "12m"
min_cell = 2

[sources.customers]
path = "customers.csv"

[sources.order_lines]
path = "lines.csv"
[sources.order_lines.columns]
header_id = "order"
line_item_id = "line"
customer_id = "customer"
created_at = "at"
total_amount = "amount"
total_cost = "cost"
discount_amount = "discount"

[sources.costs]
path = "costs.csv"

[sources.contacts]
path = "contacts.csv"

[sources.agents]
path = "agents.csv"

[sources.wallets]
path = "wallets.csv"
"""

FILES = {
    "customers.csv": """
customer_id,name,segment,country
c1,Anna,gold,France
c2,Bob,gold,Germany
c3,Cy,silver,France
c4,Dee,silver,France
c5,Eve,silver,
c6,Fay,silver,Germany
c7,Gus,silver,Germany
""",
    "lines.csv": """
order,line,customer,at,amount,cost,discount,channel
o1,1,c1,2025-02-10T09:00:00,600.00,300.00,,web
o1,2,c1,2025-02-10T09:00:00,100.00,40.00,,web
o2,1,c2,2025-05-05T10:00:00,200.00,150.00,50.00,shop
o3,1,c3,2025-08-08T10:00:00,80.00,30.00,,web
o4,1,c3,2025-09-09T10:00:00,-30.00,-10.00,,web
o5,1,c4,2025-11-11T10:00:00,40.00,60.00,,shop
o6,1,c5,2025-12-31T23:30:00,10.00,5.00,,phone
o7,1,c1,2024-06-01T10:00:00,500.00,250.00,,web
o8,1,c6,2024-07-01T10:00:00,300.00,100.00,,shop
o9,1,c4,2022-01-01T10:00:00,20.00,10.00,,shop
o10,1,,2025-03-03T10:00:00,15.00,5.00,,web
o11,1,c1,2026-01-05T10:00:00,999.00,1.00,,web
""",
    "costs.csv": """
cost_date,customer_id,driver,amount
2025-01-31,,order,60.00
2025-02-28,,contact,100.00
2025-03-31,c7,visit,25.00
2025-04-30,,overhead,500.00
2024-04-30,,order,999.00
""",
    "contacts.csv": """
contact_id,customer_id,created_at,handle_time_s,assignee_id,channel,reason
k1,c1,2025-02-11T08:00:00,600,a1,phone,delivery
k2,c2,2025-03-11T08:00:00,1200,a2,phone,invoice
k3,c7,2025-03-12T08:00:00,1800,a1,mail,
k4,c1,2024-03-12T08:00:00,600,a1,mail,invoice
""",
    "agents.csv": """
agent_id,cost_per_hour
a1,36.00
a2,72.00
""",
    "wallets.csv": """
customer_id,asked_on,wallet_amount,low_amount,high_amount,source
c1,2025-06-01,1400.00,1000.00,2000.00,survey
c1,2024-06-01,900.00,800.00,950.00,guess
c2,2025-06-01,600.00,500.00,800.00,survey
""",
}


def write(root: Path, settings: str = SETTINGS, **files: str) -> ProjectFolder:
    """Write the folder of the firm; `lines="..."` replaces lines.csv."""
    root.mkdir(parents=True, exist_ok=True)
    (root / "tierwise.toml").write_text(settings, encoding="utf-8")
    for name, text in FILES.items():
        own = files.get(name.removesuffix(".csv"), text)
        (root / name).write_text(own.lstrip(), encoding="utf-8")
    return open_project(root)


def desk_of(root: Path, settings: str = SETTINGS, **files: str) -> Desk:
    """Write the firm, build it, and open a desk."""
    project = write(root, settings, **files)
    return Desk(project, build(project, today=TODAY))


def build_elsewhere(root: Path, told: Connection) -> None:
    """Build in this process, and tell the one that started it how it goes."""
    try:
        made = build(open_project(root), today=TODAY, tell=told.send)
        told.send(f"built {made.id}")
    except TierwiseError as error:
        told.send(f"{type(error).__name__} {error}")
    told.close()
