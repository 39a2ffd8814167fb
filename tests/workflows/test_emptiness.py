"""Questions whose window or slice holds nothing: the days that the data have are named."""

from datetime import date
from pathlib import Path

import pytest

from tierwise.engine.project import ProjectFolder, open_project
from tierwise.errors import EmptyWindowError, MissingDataError, UsageError
from tierwise.workflows.build import build
from tierwise.workflows.question import asked
from tierwise.workflows.value import Desk

TODAY = date(2026, 1, 1)
ORDERS = "header_id,customer_id,created_at,total_amount\n1,c,2024-02-01,10\n2,d,2024-01-03,20\n"
CUSTOMERS = "customer_id,country\nc,FR\nd,DE\ne,IE\n"
TOML = """[sources.order_lines]
path = "o.csv"
[sources.customers]
path = "c.csv"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> ProjectFolder:
    folder: Path = tmp_path_factory.mktemp("empty")
    (folder / "o.csv").write_text(ORDERS)
    (folder / "c.csv").write_text(CUSTOMERS)
    (folder / "tierwise.toml").write_text(TOML)
    return open_project(folder)


def desk(project: ProjectFolder, as_of: date) -> Desk:
    return Desk(project, build(project, today=TODAY, as_of=as_of))


def test_a_window_after_all_orders_names_their_last_day(project):
    """Data of some years ago, asked about today: the way out is the day they end."""
    with pytest.raises(EmptyWindowError) as empty:
        desk(project, TODAY).concentration()
    assert "The last day with orders is 2024-02-01" in empty.value.message
    assert "Choose --as-of 2024-02-01" in empty.value.remedy


def test_an_as_of_date_before_all_orders_names_their_first_day(project):
    """Choosing an even earlier day would not help: a later one does."""
    with pytest.raises(EmptyWindowError) as empty:
        desk(project, date(2010, 1, 1)).concentration()
    assert "The first day with orders is 2024-01-03" in empty.value.message
    assert "later --as-of" in empty.value.remedy


def test_a_slice_without_orders_is_to_be_removed(project):
    """The days are right then, the slice is not."""
    with pytest.raises(EmptyWindowError) as empty:
        desk(project, date(2024, 6, 1)).concentration(asked(None, None, ["country=IE"]))
    assert empty.value.remedy.startswith("Remove the slice")


def test_contacts_that_a_project_does_not_have_are_called_missing(project):
    """No window would show them."""
    with pytest.raises(MissingDataError, match=r"sources\.contacts"):
        desk(project, date(2024, 6, 1)).concentration(measure="contacts")


def test_one_dimension_at_two_values_is_impossible(project):
    """No customer is of two countries; the same value twice is no contradiction."""
    open_desk = desk(project, date(2024, 6, 1))
    with pytest.raises(UsageError, match='cannot be "FR" and "DE"'):
        open_desk.concentration(asked(None, None, ["country=FR", "country=DE"]))
    same = asked(None, None, ["country=FR", "country=FR"])
    assert open_desk.concentration(same).context.customers == 1
