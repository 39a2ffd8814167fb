"""Days, windows and hours are those of the project's time zone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tierwise.engine.connect import open_session
from tierwise.engine.dates import Zones
from tierwise.engine.kinds import Manner, read_field
from tierwise.engine.mapping import Field
from tierwise.engine.plain import read_plainly
from tierwise.engine.project import open_project
from tierwise.errors import SettingsError
from tierwise.settings import Settings, Window
from tierwise.tables.schema import Column, Kind
from tierwise.value.windows import between
from tierwise.workflows.build import build

BERLIN = '[project]\ntime_zone = "Europe/Berlin"\n'
NEW_YORK = BERLIN.replace("Europe/Berlin", "America/New_York")
COLUMNS = (
    'columns = { header_id = "order", customer_id = "customer",'
    ' created_at = "date", total_amount = "amount" }\n'
)


@pytest.fixture
def load_times(load_project, tmp_path: Path):
    """Load one order a time, in a project of a zone."""

    def run(project: str, *times: str, source: str = "", as_of: date = date(2024, 12, 31)):
        lines = [f"{n},c{n},{at},1" for n, at in enumerate(times)]
        (tmp_path / "o.csv").write_text("\n".join(["order,customer,date,amount", *lines]))
        toml = f'{project}[sources.order_lines]\npath = "o.csv"\n{COLUMNS}{source}'
        return load_project(toml, as_of=as_of)

    return run


def times(loaded) -> list[datetime]:
    return [row["created_at"] for row in loaded.rows()]


def test_times_with_an_offset_are_shown_by_the_clock_of_the_project(load_times):
    loaded = load_times(BERLIN, "2024-01-05T23:30:00Z", "2024-07-05T23:30:00-05:00")
    assert times(loaded) == [datetime(2024, 1, 6, 0, 30), datetime(2024, 7, 6, 6, 30)]


def test_times_without_one_are_the_projects_own(load_times):
    loaded = load_times(BERLIN, "2024-01-05 23:30", "2024-07-05 00:30:00")
    assert times(loaded) == [datetime(2024, 1, 5, 23, 30), datetime(2024, 7, 5, 0, 30)]


def test_a_source_of_another_zone_is_read_by_its_own_clock(load_times):
    loaded = load_times(
        BERLIN, "2024-01-05 19:30", "2024-07-05", source='time_zone = "America/New_York"\n'
    )
    assert times(loaded) == [datetime(2024, 1, 6, 1, 30), datetime(2024, 7, 5)]


@pytest.mark.parametrize("project", ["", BERLIN, NEW_YORK])
def test_a_date_alone_stays_that_day_in_every_zone(load_times, project):
    loaded = load_times(project, "2024-01-05", "2024-07-05")
    assert times(loaded) == [datetime(2024, 1, 5), datetime(2024, 7, 5)]


def test_the_as_of_date_ends_with_the_day_of_the_project(load_times):
    """23:30 UTC on New Year's Eve is next year in Berlin and still the old one in New York."""
    moments = ("2024-12-31T22:30:00Z", "2024-12-31T23:30:00Z", "2025-01-01T04:30:00Z")
    assert len(load_times("", *moments).rows()) == 2
    assert len(load_times(BERLIN, *moments).rows()) == 1
    assert len(load_times(NEW_YORK, *moments).rows()) == 3


@pytest.mark.parametrize(("day", "hours"), [(date(2024, 3, 31), 23), (date(2024, 10, 27), 25)])
def test_a_day_on_which_clocks_change_has_all_its_hours(load_times, day, hours):
    """One order an hour, stated in UTC: 23 fall on the short day, 25 on the long one."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(days=1)
    every = [(start + timedelta(hours=n)).strftime("%Y-%m-%dT%H:%M:%SZ") for n in range(72)]
    counts = Counter(at.date() for at in times(load_times(BERLIN, *every)))
    assert counts[day] == hours
    assert counts[day + timedelta(days=1)] == 24


def test_the_hour_that_comes_twice_is_kept_as_the_clock_showed_it(load_times):
    loaded = load_times(BERLIN, "2024-10-27T00:30:00Z", "2024-10-27T01:30:00Z", "2024-10-27 02:30")
    assert times(loaded) == [datetime(2024, 10, 27, 2, 30)] * 3


def test_a_time_that_the_clock_skipped_stays_on_its_day(load_times):
    """As written in the project's own zone, an hour later where another zone skipped it."""
    assert times(load_times(BERLIN, "2024-03-31 02:30")) == [datetime(2024, 3, 31, 2, 30)]
    moved = load_times("", "2024-03-31 02:30", source='time_zone = "Europe/Berlin"\n')
    assert times(moved) == [datetime(2024, 3, 31, 1, 30)]  # 03:30 in Berlin


def test_typed_columns_are_read_by_the_same_clock(load_project, tmp_path):
    """Parquet: an instant is converted, a time without a zone and a day are not."""
    written = {
        "TIMESTAMPTZ '2024-01-05 23:30:00+00'": datetime(2024, 1, 6, 0, 30),
        "TIMESTAMP '2024-01-05 23:30:00'": datetime(2024, 1, 5, 23, 30),
        "DATE '2024-01-05'": datetime(2024, 1, 5),
    }
    for value, read in written.items():
        with duckdb.connect() as engine:
            row = f"SELECT 1 AS \"order\", 'c' AS customer, 1 AS amount, {value} AS date"
            engine.execute(f"COPY ({row}) TO '{tmp_path / 'o.parquet'}' (FORMAT parquet)")
        loaded = load_project(f'{BERLIN}[sources.order_lines]\npath = "o.parquet"\n{COLUMNS}')
        assert times(loaded) == [read]


def test_a_date_with_an_offset_is_the_day_it_falls_on_in_the_project(load_project, tmp_path):
    """Without a zone of the project it is the day as written."""
    (tmp_path / "r.csv").write_text("day,currency,rate\n2024-01-04T23:00:00Z,USD,0.9\n")
    source = '[sources.rates]\npath = "r.csv"\ncolumns = { rate_on = "day" }\n'
    assert load_project(BERLIN + source).rows("rates")[0]["rate_on"] == date(2024, 1, 5)
    assert load_project(source).rows("rates")[0]["rate_on"] == date(2024, 1, 4)


def test_windows_are_cut_at_the_midnight_of_the_project(load_times):
    loaded = load_times(BERLIN, "2023-12-31T22:59:00Z", "2023-12-31T23:00:00Z")
    with open_session() as session:
        lines = session.parquet(loaded.folder / "tables" / "order_lines.parquet")
        inside = lines.filter(between(lines, "created_at", date(2024, 1, 1), date(2024, 12, 31)))
        assert [row["customer_id"] for row in session.rows(inside)] == ["c1"]


def test_in_its_own_zone_a_time_is_read_without_any_conversion():
    """UTC, and every other zone whose source is of the same: no work a row."""
    field = Field(Column("c", Kind.TIME), "c", "c", "VARCHAR")
    for zones in (Zones(), Zones("Europe/Berlin", "Europe/Berlin")):
        assert "timezone" not in read_plainly(field, zones).value
        assert "timezone" not in read_field(field, Manner.assumed([field], zones)).value


def test_a_build_says_in_which_zone_its_days_are_cut(tmp_path):
    (tmp_path / "o.csv").write_text("order,customer,date,amount\n1,c,2024-01-05T23:30:00Z,1\n")
    toml = f'{BERLIN}[sources.order_lines]\npath = "o.csv"\n{COLUMNS}'
    (tmp_path / "tierwise.toml").write_text(toml)
    made = build(open_project(tmp_path), today=date(2024, 6, 30))
    assert made.manifest["time_zone"] == "Europe/Berlin"
    days = {table["name"]: table["last_on"] for table in made.manifest["tables"]}
    assert days["order_lines"] == "2024-01-06"


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("Europe/Berlim", "Europe/Berlin"),
        ("Berlin", "Europe/Berlin"),
        ("america/new york", "America/New_York"),
        ("Europe", "Europe/"),
        ("", "such as Europe/Berlin"),
        ("/etc/passwd", "such as Europe/Berlin"),
    ],
)
@pytest.mark.parametrize("section", ["project", "sources.order_lines"])
def test_an_unknown_zone_is_answered_with_the_nearest_names(tmp_path, wrong, near, section):
    path = 'path = "o.csv"\n' if section != "project" else ""
    (tmp_path / "tierwise.toml").write_text(f'[{section}]\n{path}time_zone = "{wrong}"\n')
    with pytest.raises(SettingsError) as said:
        open_project(tmp_path)
    assert f'{section}.time_zone = "{wrong}": there is no such time zone.' in str(said.value)
    assert near in str(said.value)


def test_days_are_those_of_utc_unless_a_zone_is_set():
    assert Settings().project.time_zone == "UTC"
    assert Settings().value.window == Window(months=12)
