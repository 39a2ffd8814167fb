"""What pages say of their figures, without a browser: a page is a function of its address."""

from __future__ import annotations

from pathlib import Path

import pytest
from dash.development.base_component import Component

from tierwise.console.page import House
from tierwise.console.pages import PAGES
from tierwise.console.parts.messages import with_code
from tierwise.console.parts.steps import spans
from tierwise.console.parts.words import in_console
from tierwise.console.view import View, read_view
from tierwise.engine.project import ProjectFolder, open_project
from tierwise.errors import MissingDataError
from tierwise.server import Desks
from tierwise.workflows.build import build, default_build

from .conftest import EARLIER, TODAY


def texts(part: object) -> list[str]:
    """Every string that a reader sees in a component, in reading order."""
    if isinstance(part, str):
        return [part]
    if isinstance(part, list | tuple):
        return [text for one in part for text in texts(one)]
    if not isinstance(part, Component):
        return []
    own = [getattr(part, name, "") for name in ("title", "placeholder", "label", "description")]
    said = [text for text in own if isinstance(text, str) and text]
    columns = [c["headerName"] for c in getattr(part, "columnDefs", None) or ()]
    return [*said, *columns, *texts(getattr(part, "children", None))]


def page_of(house: House, path: str, search: str = "") -> str:
    """The text of a page."""
    view = house.pinned(read_view(path, search))
    page = next(one for one in PAGES if one.path == view.path)
    return " | ".join(texts(page.fill(house.desk(view), view).body))


def house_of(*projects: ProjectFolder) -> House:
    known = {project.root.name: project for project in projects}
    return House(known, Desks(known))


@pytest.fixture(scope="session")
def house(demos: list[ProjectFolder]) -> House:
    return house_of(*demos)


@pytest.fixture
def careless(tmp_path: Path) -> ProjectFolder:
    """A firm with one line whose date is none."""
    (tmp_path / "shop").mkdir()
    lines = "order,day,customer,amount\n1,2025-03-01,a,10\n2,2025-13-45,b,20\n3,2025-05-01,a,5\n"
    (tmp_path / "shop" / "orders.csv").write_text(lines)
    (tmp_path / "shop" / "tierwise.toml").write_text(
        '[project]\nname = "Shop"\nas_of = 2025-12-31\n'
        '[sources.order_lines]\npath = "orders.csv"\n'
        '[sources.order_lines.columns]\nheader_id = "order"\ncreated_at = "day"\n'
        'customer_id = "customer"\ntotal_amount = "amount"\n'
    )
    return open_project(tmp_path / "shop")


def test_rows_that_were_left_out_are_listed(careless: ProjectFolder):
    build(careless, today=TODAY)
    said = page_of(house_of(careless), "/problems")
    assert "Rows left out" in said
    assert "Why it was left out" in said


def test_no_table_of_rejects_where_none_was(house: House):
    assert "Rows left out" not in page_of(house, "/problems")


def test_links_name_the_build_that_was_looked_at(house: House, demos: list[ProjectFolder]):
    own = default_build(demos[0])
    assert own is not None
    view = house.pinned(read_view("/value", "?lens=profit"))
    assert view.href("/value/whale") == f"/value/whale?build={own.id}&lens=profit"


def test_link_of_a_date_becomes_one_of_a_build(house: House):
    view = house.pinned(read_view("/value", f"?as_of={EARLIER}"))
    assert view.build.startswith(f"{EARLIER}-")
    assert "as_of" not in view.href("/")


def test_view_of_an_unknown_project_stays_as_it_is(house: House):
    view = read_view("/value", "?project=nosuch")
    assert house.pinned(view) == view


def test_profit_says_what_cost_it_leaves_out(house: House):
    for path in ("/", "/value/whale", "/value/dependency"):
        assert "EUR that no customer is charged" in page_of(house, path)
    assert "no customer is charged" not in page_of(house, "/", "?where=country%3DDE")


def test_lost_means_one_thing_on_a_page(house: House):
    said = page_of(house, "/value/population")
    assert "Paused or gone in 2025-Q4" in said
    assert "Lost" not in said.split(" | ")
    assert "bought in the window before, not in this one" in page_of(house, "/")


def test_view_keeps_its_build_on_every_page():
    view = View("/value", {"as_of": "2024-12-31", "lens": "revenue"}).of_build("2024-12-31-abc")
    assert view.query == {"build": "2024-12-31-abc", "lens": "revenue"}


def test_customer_page_tells_history_from_window(house: House):
    said = page_of(house, "/customer", "?id=F05226")
    assert "All history; the cards above count the last 12 months." in said
    assert "All history" not in page_of(house, "/customer", "?id=F05226&window=all")


def test_rows_of_a_customer_have_names_that_people_use(house: House):
    said = page_of(house, "/customer", "?id=F05226").split(" | ")
    assert {"Order", "Repeats contact", "Source row"} <= set(said)
    assert not [text for text in said if text.endswith((" id", " Id"))]


def test_every_step_has_its_figure_and_a_name_of_its_own(house: House):
    said = page_of(house, "/customer", "?id=F05226").split(" | ")
    assert said.count("Returns") == 1
    assert "Handling of returns" in said
    assert "-2,047,143.28" in said


def test_steps_hang_where_the_one_before_ended():
    rows = [
        {"amount": 100, "is_total": True},
        {"amount": -30, "is_total": False},
        {"amount": 70, "is_total": True},
        {"amount": -90, "is_total": False},
    ]
    assert [(s.start, s.end) for s in spans(rows)] == [(0, 100), (100, 70), (0, 70), (70, -20)]


def test_cards_say_of_what_their_share_is_and_the_date_once(house: House):
    said = page_of(house, "/").split(" | ")
    assert said.count("of revenue") == 2
    assert "31 Dec 2025" not in said
    assert "of profit after cost to serve" in page_of(house, "/value/dependency", "?lens=profit")


def test_growth_carries_its_sign(house: House):
    assert "+4.7%" in page_of(house, "/").split(" | ")


def test_unknown_customer_leads_to_those_alike(house: House):
    said = page_of(house, "/customer", "?id=F0467").split(" | ")
    assert "Nobody is called “F0467” in this build" in said
    assert any(text.startswith("F04672 ") for text in said)
    assert not [text for text in said if "`" in text or "tierwise value" in text]


def test_customer_is_found_whatever_the_case(house: House):
    assert "3,790,189" in page_of(house, "/customer", "?id=f04672")


def test_commands_are_set_as_code():
    assert texts(with_code("Run `tierwise build` first.")) == ["Run ", "tierwise build", " first."]
    assert with_code("a ` b") == ["a ` b"]


def test_slices_open_on_a_dimension_of_few_values(house: House):
    said = page_of(house, "/value/slices", "?project=online-retail").lower()
    assert "revenue and customers by country" in said


@pytest.mark.parametrize("lens", ["", "&lens=revenue", "&lens=gross_profit"])
def test_whale_does_not_advise_a_lens_that_would_change_nothing(house: House, lens: str):
    """It is about profit whatever is picked, so picking revenue is no way out."""
    view = read_view("/value/whale", f"?project=online-retail{lens}")
    with pytest.raises(MissingDataError) as told:
        house.desk(view).whale(view.question())
    said = in_console(told.value.remedy)
    assert said.startswith("Map unit_cost or total_cost")
    assert "rank by" not in said
    assert "this is about profit, whatever “Ranked by” says" in said
