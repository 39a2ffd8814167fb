"""The report as a document: whole, self-contained, safe, and true to the desk."""

import re
from decimal import Decimal
from itertools import pairwise

import pytest
from tests.report.conftest import CONTACT_SOURCE, CONTACTS, HEAD, ORDER_LINES, ORDERS, Outline, make

from tierwise.errors import TierwiseError, UsageError
from tierwise.report import render, write
from tierwise.settings import Lens, Window
from tierwise.units import Unit, format_value
from tierwise.workflows.question import Question


def test_the_document_is_well_formed_and_in_order(small):
    outline = small.outline
    assert outline.wrong == []
    assert outline.open == []
    assert outline.all("html")[0][1]["lang"] == "en"
    levels = [int(tag[1]) for tag, _ in outline.all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [attrs["id"] for _, attrs in outline.tags if attrs.get("id")]
    assert len(ids) == len(set(ids))


def test_every_link_within_it_leads_somewhere(small):
    ids = {attrs.get("id") for _, attrs in small.outline.tags}
    targets = [attrs["href"] for _, attrs in small.outline.all("a")]
    assert targets
    assert {target.removeprefix("#") for target in targets} <= ids


def test_nothing_is_asked_of_a_network_or_a_script(superstore):
    names = re.sub(r'xmlns(:\w+)?="[^"]*"', "", superstore.html)
    assert not re.search(r"https?:|//[a-z]|@import|url\((?!#)", names)
    assert not superstore.outline.all("script", "link", "img", "iframe")


def test_tables_and_drawings_say_what_they_are(small):
    outline = small.outline
    assert len(outline.all("caption")) == len(outline.all("table")) > 8
    assert all(attrs.get("scope") in {"col", "row"} for _, attrs in outline.all("th"))
    drawings = outline.all("svg")
    assert len(drawings) >= 5
    assert all(a["role"] == "img" and len(a["aria-label"]) > 40 for _, a in drawings)


def test_names_of_customers_and_projects_are_text_never_markup(small):
    assert "<script" not in small.html
    assert "<b>fault" not in small.html
    assert "<i>Cake" not in small.html
    assert '<script>alert(1)</script> & Söhne "AG"' in small.outline.text
    assert "Tea & <i>Cake</i>" in small.outline.text


def test_superstore_shows_the_published_whale_curve(superstore):
    text = superstore.outline.text
    assert "Profit peaks at 124.9% of its total with the best 638 customers" in text
    assert "155 customers lose money, 71,224.47 USD together" in text
    assert "286,397.02" in text


def test_online_retail_shows_the_published_concentration(online_retail):
    text = online_retail.outline.text
    assert "Best 20% of customers 73.8%" in text
    assert "8,300,065.81" in text
    assert "Unattributed revenue: No customer is given" in text
    assert "135,080" in text


@pytest.mark.parametrize("name", ["concentration", "whale", "bands", "population", "dependency"])
def test_every_figure_and_cell_is_the_one_of_the_desk(superstore, name):
    answer = getattr(superstore.desk, name)(superstore.question)
    said, text = answer.to_json(), superstore.outline.text
    for figure in answer.figures:
        if figure.value is not None:
            assert format_value(said[figure.name], figure.unit) in text, figure
    for grid in answer.grids:
        for row, plain in zip(grid.rows, said[grid.name], strict=True):
            for column in grid.columns:
                if row[column.name] not in (None, 0):
                    shown = _shown(row[column.name], plain[column.name], column.unit)
                    assert shown in text, (grid.name, column)


def _shown(exact, plain, unit):
    """The cell as the desk's JSON has it; money through the decimal, for halves of a cent."""
    return format_value(exact if isinstance(exact, Decimal) else plain, unit)


def test_estimates_show_their_interval(superstore):
    rows = superstore.desk.slices("attributes.Segment").grid("slices").rows
    for row in rows:
        low, high = (
            format_value(row[f"revenue_per_customer_{end}"], Unit.MONEY) for end in ("low", "high")
        )
        assert f"{low} to {high}" in superstore.outline.text


def test_each_table_says_how_many_rows_and_in_which_currency(small):
    counts = re.findall(r'class="count">([^<]*)<', small.html)
    assert len(counts) == len(small.outline.all("table"))
    assert all(re.match(r"(the first \d+ of )?[\d,]+ rows?(, amounts in EUR)?$", c) for c in counts)
    assert any("EUR" in count for count in counts)


def test_what_the_data_cannot_give_is_said_with_its_remedy(superstore):
    with pytest.raises(TierwiseError) as refusal:
        superstore.desk.contact_costs()
    text = superstore.outline.text
    assert f"What a contact costs. {refusal.value.message} {refusal.value.remedy}" in text
    assert "Contacts by month" not in text


def test_a_window_makes_movement_possible(superstore):
    html = render(superstore.desk, Question(window=Window(months=12)))
    answer = superstore.desk.movement(Question(window=Window(months=12)))
    kept = format_value(answer.figure("best_kept").value, Unit.SHARE)
    assert f"{kept} are still in it" in Outline(html).text


def test_a_slice_stands_in_the_title_block(small):
    text = Outline(render(small.desk, Question(where=(("segment", "small"),)))).text
    assert "Slice segment = small" in text
    assert "Söhne" not in text


def test_an_unknown_dimension_is_wrong_use(small):
    with pytest.raises(UsageError, match="no dimension"):
        render(small.desk, Question(where=(("planet", "Mars"),)))


def test_shares_of_a_loss_are_not_shown(tmp_path):
    (tmp_path / "orders.csv").write_text(
        "order,customer,date,amount,cost,discount\n"
        "1,a,2025-01-10,100.00,300.00,0\n2,b,2025-01-11,50.00,20.00,0\n",
        encoding="utf-8",
    )
    made = make(tmp_path, HEAD + ORDER_LINES, Question(lens=Lens.PROFIT))
    text = made.outline.text
    assert "is not positive, so shares of it are not shown" in text
    assert "Profit peaks at" not in text
    assert "share of total profit" not in text


def test_contacts_alone_make_a_report(tmp_path):
    (tmp_path / "contacts.csv").write_text(CONTACTS, encoding="utf-8")
    made = make(tmp_path, HEAD + CONTACT_SOURCE)
    assert made.outline.wrong == []
    assert "Concentration of contacts" in made.outline.text
    assert "Whale curve. " in made.outline.text


def test_a_day_before_all_data_makes_a_report(tmp_path):
    (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
    made = make(tmp_path, HEAD.replace("2025", "2020") + ORDER_LINES)
    assert made.outline.wrong == []
    assert not made.outline.all("svg")
    assert "This build answers none of the questions" in made.outline.text
    assert "Rows of each table" in made.outline.text


def test_rejected_rows_are_counted_with_a_remedy(small):
    (table,) = [t for t in small.desk.build.manifest["tables"] if t["name"] == "order_lines"]
    assert table["rows_rejected"] == 1
    problem = next(p for p in small.desk.build.manifest["problems"] if p["severity"] == "error")
    text = small.outline.text
    assert problem["message"] in text
    assert problem["remedy"] in text


def test_a_report_says_which_build_it_shows(small):
    assert small.desk.build.id in small.outline.text
    for found in small.desk.build.manifest["inputs"]:
        assert found["sha256"] in small.outline.text


def test_the_file_stays_small_enough_to_send(superstore):
    assert len(superstore.html.encode()) < 1_500_000


def test_writing_replaces_the_file_whole_and_leaves_nothing_beside_it(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")
    write(path, "<p>new ü</p>")
    assert path.read_text(encoding="utf-8") == "<p>new ü</p>"
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere/report\.html cannot be written"):
        write(tmp_path / "nowhere" / "report.html", "x")


def test_the_same_build_gives_the_same_report(small):
    assert render(small.desk, small.question) == small.html
