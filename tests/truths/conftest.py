"""Projects on real data, each built once per run and asked through both faces."""

import json
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tierwise.cli.main import app
from tierwise.engine.project import open_project
from tierwise.settings import Lens
from tierwise.workflows.build import build
from tierwise.workflows.question import Question
from tierwise.workflows.value import Desk

PROJECTS = {
    "cdnow": """
        [project]
        name = "CDNOW"
        currency = "USD"
        as_of = 1998-06-30
        [value]
        window = "all"
        lens = "revenue"
        active = { event = "order" }
        [sources.order_lines]
        path = "DATA/cdnow/cdnow_master.parquet"
        [sources.order_lines.columns]
        customer_id = "customer_id"
        created_at = "date"
        total_amount = "dollar_value"
        quantity = "number_of_cds"
        header_id = { sql = "customer_id || '-' || date" }
        """,
    "online-retail": """
        [project]
        name = "Online Retail"
        currency = "GBP"
        as_of = 2011-12-09
        [value]
        window = "all"
        lens = "revenue"
        active = { event = "purchase" }
        [sources.order_lines]
        path = "DATA/online_retail/online_retail_2010_2011.parquet"
        [sources.order_lines.columns]
        header_id = "InvoiceNo"
        product_id = "StockCode"
        quantity = "Quantity"
        created_at = "InvoiceDate"
        unit_amount = "UnitPrice"
        total_amount = { sql = "(Quantity * UnitPrice::DECIMAL(18,4))::DECIMAL(18,4)" }
        customer_id = { sql = "CAST(CustomerID AS BIGINT)::VARCHAR" }
        """,
    "superstore": """
        [project]
        name = "Superstore"
        currency = "USD"
        as_of = 2017-12-31
        [value]
        window = "all"
        lens = "revenue"
        [sources.order_lines]
        path = "DATA/superstore/superstore.parquet"
        [sources.order_lines.columns]
        header_id = "Order ID"
        customer_id = "Customer ID"
        created_at = "Order Date"
        total_amount = "Sales"
        quantity = "Quantity"
        total_cost = { sql = "Sales::DECIMAL(18,4) - Profit::DECIMAL(18,4)" }
        """,
    "italian-helpdesk": """
        [project]
        name = "Italian helpdesk"
        as_of = 2014-12-31
        [value]
        window = "all"
        [sources.contacts]
        path = "DATA/italian_helpdesk/helpdesk.parquet"
        sql = '''
          SELECT "Case ID" AS contact_id,
                 arg_min(customer, "Complete Timestamp") AS customer_id,
                 min("Complete Timestamp") AS created_at
          FROM source GROUP BY 1'''
        """,
    # Tenure in months and whether the customer left last month are all that is known.
    "telco": """
        [project]
        name = "Telco"
        currency = "USD"
        as_of = 2020-01-01
        [value]
        window = "all"
        lens = "revenue"
        [sources.contracts]
        path = "DATA/telco_churn_ibm/telco_customer_churn.parquet"
        [sources.contracts.columns]
        contract_id = "customerID"
        customer_id = "customerID"
        product_id = "Contract"
        started_on = { sql = "DATE '2020-01-01' - to_months(tenure::INT)" }
        term_end_on = { sql = "CASE WHEN Churn = 'Yes' THEN DATE '2020-01-01' END" }
        monthly_amount = "MonthlyCharges"
        """,
}

CONCENTRATION = {
    "cdnow": ("cdnow", Question(), None, []),
    "online-retail net": ("online-retail", Question(), None, []),
    "online-retail positive": (
        "online-retail",
        Question(lens=Lens.REVENUE_BEFORE_RETURNS),
        None,
        ["--lens", "revenue_before_returns"],
    ),
    "superstore": ("superstore", Question(), None, []),
    "italian-helpdesk": ("italian-helpdesk", Question(), "contacts", ["--of", "contacts"]),
}

Document = dict[str, Any]
Ask = Callable[[str], Document]  # "kind: name" to the JSON of the answer


def on_desk(name: str) -> tuple[str, Callable[[Desk], Any], list[str]]:
    """Project, call on the desk, and the same as arguments of the command line."""
    kind, _, what = name.partition(": ")
    if kind == "concentration":
        project, question, measure, options = CONCENTRATION[what]
        return (
            project,
            lambda desk: desk.concentration(question, measure=measure),
            ["concentration", *options],
        )
    if kind == "population":
        return what, Desk.population, ["population"]
    if kind == "contracts":
        return what, Desk.contracts, ["contracts"]
    return what, Desk.whale, ["whale"]


@pytest.fixture(scope="session")
def desks(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Desk]:
    """A desk for each project of real data, built when first asked for."""

    @cache
    def desk(name: str) -> Desk:
        root = tmp_path_factory.mktemp(name)
        settings = PROJECTS[name].replace("DATA", shared_data.as_posix())
        (root / "tierwise.toml").write_text(settings, encoding="utf-8")
        project = open_project(root)
        return Desk(project, build(project, today=date(2026, 1, 1)))

    return desk


@pytest.fixture(scope="session")
def on_the_desk(desks: Callable[[str], Desk]) -> Ask:
    """Ask in this process."""

    @cache
    def ask(name: str) -> Document:
        project, call, _ = on_desk(name)
        return call(desks(project)).to_json()

    return ask


@pytest.fixture(scope="session")
def command(desks: Callable[[str], Desk]) -> Callable[[str], list[str]]:
    """Arguments of `tierwise` that ask the same."""

    def arguments(name: str) -> list[str]:
        project, _, options = on_desk(name)
        root = desks(project).project.root
        return ["value", *options, "--project", str(root), "--json"]

    return arguments


@pytest.fixture(scope="session")
def at_the_prompt(command: Callable[[str], list[str]]) -> Ask:
    """Ask `tierwise value ... --json`, without starting Python anew each time."""

    @cache
    def ask(name: str) -> Document:
        done = CliRunner().invoke(app, command(name), catch_exceptions=False)
        assert done.exit_code == 0, done.stderr
        return json.loads(done.stdout)

    return ask


@pytest.fixture(params=["desk", "command line"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """The same question through either face."""
    face = "on_the_desk" if request.param == "desk" else "at_the_prompt"
    return request.getfixturevalue(face)
