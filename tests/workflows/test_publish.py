"""From a build into the store: by Python, by the command, by HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import Mock

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import make_url
from tests.conftest import folder_for_servers
from tests.store.conftest import database_url  # noqa: F401 - a fixture
from tests.value.small_firm import SETTINGS, TODAY, desk_of, write
from tests.workflows.conftest import Run

from tierwise.engine.project import ProjectFolder, open_project
from tierwise.errors import MissingDataError, NotFoundError, SettingsError, SourceError
from tierwise.server import create_app
from tierwise.settings import TierRule
from tierwise.settings.variables import filled_url
from tierwise.store import snapshots
from tierwise.store.connect import opened
from tierwise.workflows import publish as publishing
from tierwise.workflows.build import build
from tierwise.workflows.question import Question
from tierwise.workflows.sendable import without_nul
from tierwise.workflows.tiers import Asked
from tierwise.workflows.value import Desk

TIERS = """
[tiers]
goal = "Keep who brings the most."
rule = "rank"
names = ["A", "B"]
last_ranks = [2]
value_shares = [0.5]
[tiers.stability]
reviews = 0
"""
ALL = Question()
AS_SAID = Asked()


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The small firm with a goal, built once."""
    return desk_of(tmp_path_factory.mktemp("firm"), SETTINGS + TIERS)


def put(desk: Desk, environment: dict[str, str], asked: Asked = AS_SAID) -> dict:
    return publishing.publish(desk, ALL, asked, environment, by="Kim", tell=lambda _: None)


@pytest.fixture
def environment(database_url: str) -> dict[str, str]:  # noqa: F811
    return {"TIERWISE_DATABASE_URL": database_url}


def test_tiers_reasons_and_cards_arrive(desk: Desk, environment: dict[str, str]):
    done = put(desk, environment)
    assert (done["build_id"], done["customers"], done["lens"]) == (desk.build.id, 7, "revenue")
    assert done["tiers"][0] == {"name": "A", "number": 1, "customers": 2}
    members = desk.tiers.members("A").grid("members").rows
    with opened(environment["TIERWISE_DATABASE_URL"]) as store, store.engine.connect() as open_:
        for row in members:
            found = snapshots.tier_of(open_, row["customer_id"])
            assert found is not None
            assert (found.tier, found.reason, found.value) == ("A", row["reason"], row["value"])
        assert snapshots.card_of(open_, "c1") == {
            "name": "Anna",
            "usual_channel": "mail",
            "last_contact_on": "2025-02-11",
        }


def test_a_tier_without_members_is_listed_with_none(environment: dict[str, str], tmp_path: Path):
    """Who reads the manifest learns all tiers, also one that nobody reaches."""
    three = TIERS.replace('["A", "B"]', '["A", "B", "C", "D"]').replace("[2]", "[1, 6, 7]")
    done = put(desk_of(tmp_path, SETTINGS + three), environment)
    assert [(one["name"], one["customers"]) for one in done["tiers"]] == [
        ("A", 1), ("B", 4), ("C", 0), ("D", 2),
    ]  # fmt: skip


def test_a_nul_is_named_with_customer_table_and_column(tmp_path: Path, environment: dict[str, str]):
    """Nothing changes, and the message says how to be rid of it."""
    project = write(tmp_path, SETTINGS.replace('"customers.csv"', '"c.parquet"') + TIERS)
    names = pa.table({"customer_id": ["c1", "c2"], "name": ["Anna", "B\0b"]})
    pq.write_table(names, tmp_path / "c.parquet")
    desk = Desk(project, build(project, today=TODAY))
    with pytest.raises(SourceError, match=r"customers\.name of customer c2: a NUL") as caught:
        put(desk, environment)
    assert "replace(name, chr(0), '')" in caught.value.remedy
    assert publishing.published(project, environment) == []


@pytest.mark.parametrize("letters", ["plain", "\\u0000 written out"])
def test_texts_without_a_nul_are_sent_as_they_are(letters: str):
    """What looks like one and is none is no fault."""
    card = json.dumps({"name": letters})
    batch = pa.RecordBatch.from_pydict({"customer_id": ["c1"], "card": [card]})
    assert list(without_nul([batch], {})) == [batch]


def test_many_customers_with_a_nul_are_counted():
    ids = [f"c{k}" for k in range(5)]
    batch = pa.RecordBatch.from_pydict(
        {"customer_id": ids, "need": ["a\0"] * 5, "card": ["{}"] * 5}
    )
    with pytest.raises(SourceError, match="need of customer c0, c1, c2 and 2 more"):
        list(without_nul([batch], {}))


def test_a_slice_is_never_published(desk: Desk, environment: dict[str, str]):
    """Everybody outside of it would be unknown to whoever looks up."""
    few = Question(where=(("name", "Anna"),))
    done = publishing.publish(desk, few, AS_SAID, environment, by="Kim", tell=lambda _: None)
    assert done["customers"] == 7


def test_the_same_build_asked_otherwise_is_another_snapshot(
    desk: Desk, environment: dict[str, str]
):
    assert not put(desk, environment)["was_current"]
    assert put(desk, environment)["was_current"]
    other = put(desk, environment, Asked(rule=TierRule.SHARE))
    assert (other["was_current"], other["rule"], other["snapshot_id"]) == (False, "share", 2)
    taken = publishing.undo(desk.project, environment, by="Lou", tell=lambda _: None)
    assert (taken["undone"]["rule"], taken["current"]["rule"]) == ("share", "rank")
    listed = publishing.published(desk.project, environment)
    assert [(one["rule"], one["state"]) for one in listed] == [
        ("share", "kept"),
        ("rank", "current"),
    ]


def test_without_a_goal_nothing_is_published(tmp_path: Path, environment: dict[str, str]):
    with pytest.raises(MissingDataError, match="No goal"):
        put(desk_of(tmp_path), environment)
    with pytest.raises(NotFoundError, match="no"):
        publishing.undo(open_project(tmp_path), {}, by="Kim", tell=lambda _: None)


# --- which server


def test_the_environment_stands_before_the_file_and_the_project(tmp_path: Path):
    said = SETTINGS.replace("[project]", '[project]\ndatabase_url = "postgresql://${HOST}/a"', 1)
    project = write(tmp_path, said)
    (tmp_path / "secret").write_text("postgresql://file/a\n")
    of = publishing.database_url
    file = {"TIERWISE_DATABASE_URL_FILE": str(tmp_path / "secret")}
    assert of(project, {"HOST": "own"}) == "postgresql://own/a"
    assert of(project, file) == "postgresql://file/a"
    assert of(project, {**file, "TIERWISE_DATABASE_URL": "postgresql://e/a"}) == "postgresql://e/a"
    with pytest.raises(SettingsError, match="needs HOST"):
        of(project, {})
    with pytest.raises(SettingsError, match="cannot be read"):
        of(project, {"TIERWISE_DATABASE_URL_FILE": str(tmp_path / "none")})


def test_a_password_from_the_environment_is_quoted_for_the_url(tmp_path: Path):
    """Any password may be set as it is; host, port and database may hold several parts."""
    url = "postgresql://kim:${WORD}@${PLACE}/a?options=${MORE}"
    said = SETTINGS.replace("[project]", f'[project]\ndatabase_url = "{url}"', 1)
    project = write(tmp_path, said)
    environment = {"WORD": "p@ss/w#?%", "PLACE": "h:5432", "MORE": "-c a=b"}
    found = publishing.database_url(project, environment)
    assert found == "postgresql://kim:p%40ss%2Fw%23%3F%25@h:5432/a?options=-c%20a%3Db"
    assert make_url(found).password == "p@ss/w#?%"
    assert filled_url("${ALL}", {"ALL": "postgresql://k:p%40@h/a"}) == "postgresql://k:p%40@h/a"


def test_a_store_that_starts_holds_up_no_other(tmp_path: Path, monkeypatch):
    """While one project's server starts, another project's answers."""
    projects = {key: write(tmp_path / key, SETTINGS) for key in ("slow", "quick")}
    begun, go_on = threading.Event(), threading.Event()

    def opened(project: ProjectFolder, _: object) -> tuple[Mock, None]:
        if project.root.name == "slow":
            begun.set()
            assert go_on.wait(30)
        return Mock(), None

    monkeypatch.setattr(publishing, "_opened", opened)
    monkeypatch.setattr(publishing.migrate, "require_current", lambda _: None)
    stores = publishing.Stores(projects, {})
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(stores._store, "slow", projects["slow"])
        try:
            assert begun.wait(30)
            quick = stores._store("quick", projects["quick"])
            assert stores._store("quick", projects["quick"]) is quick
            assert not waiting.done()
        finally:
            go_on.set()
        waiting.result(30)
    stores.close()
    quick.close.assert_called_once()


def test_the_address_is_no_part_of_a_build(tmp_path: Path):
    """It may hold a password, and where to publish changes nothing that is published."""
    own = SETTINGS.replace("[project]", '[project]\ndatabase_url = "postgresql://k:s3cret@h/a"', 1)
    made = build(write(tmp_path / "firm", own), today=TODAY)
    assert "s3cret" not in (made.folder / "manifest.json").read_text()
    assert "s3cret" not in repr(open_project(tmp_path / "firm").settings)
    (tmp_path / "firm" / "tierwise.toml").write_text(SETTINGS)
    assert build(open_project(tmp_path / "firm"), today=TODAY).id == made.id


# --- the faces, on the embedded server


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    """The firm in a folder with a path that is short enough for a socket beside its data."""
    with folder_for_servers("tierwise-pub-") as root:
        build(write(root / "firm", SETTINGS + TIERS), today=TODAY)
        yield root / "firm"


def test_the_command_publishes_lists_and_goes_back(home: Path, run: Run, monkeypatch):
    """On the embedded server, which is not left running."""
    monkeypatch.delenv("TIERWISE_DATABASE_URL", raising=False)
    listed = run("publish", "--project", home, "--list", "--json")
    assert (listed.exit_code, json.loads(listed.stdout)) == (0, [])
    assert not (home / ".tierwise" / "postgres").exists()  # looking makes no server
    first = run("publish", "--project", home)
    assert (first.exit_code, first.stdout.startswith("Published snapshot 1: 7 customers")) == (0, 1)
    assert "Switching over" in first.stderr
    again = run("publish", "--project", home)
    assert again.stdout.startswith("Nothing was done: current is already snapshot 1")
    other = json.loads(run("publish", "--project", home, "--rule", "share", "--json").stdout)
    assert (other["snapshot_id"], other["replaced_id"], other["was_current"]) == (2, 1, False)
    assert "Current is snapshot 1" in run("publish", "--project", home, "--undo").stdout
    last = run("publish", "--project", home, "--undo", "--json")
    assert (last.exit_code, json.loads(last.stdout)["error"]["kind"]) == (2, "NotFoundError")
    states = [line.split()[0] for line in run("publish", "-p", home, "--list").stdout.splitlines()]
    assert states == ["kept", "current"]
    assert not (home / ".tierwise" / "postgres" / "data" / "postmaster.pid").exists()


def test_undo_and_list_exclude_each_other(home: Path, run: Run):
    assert run("publish", "--project", home, "--undo", "--list").exit_code == 2


def test_a_server_that_is_not_there_is_an_error_without_the_password(
    home: Path, run: Run, monkeypatch
):
    monkeypatch.setenv("TIERWISE_DATABASE_URL", "postgresql://kim:s3cret@127.0.0.1:1/firm")
    done = run("publish", "--project", home, "--json")
    error = json.loads(done.stdout)["error"]
    assert (done.exit_code, error["kind"]) == (1, "StoreError")
    assert "127.0.0.1:1/firm" in error["message"]
    assert "s3cret" not in done.stdout + done.stderr


def test_http_says_what_is_published(desk: Desk, environment: dict[str, str], monkeypatch):
    monkeypatch.setenv("TIERWISE_DATABASE_URL", environment["TIERWISE_DATABASE_URL"])
    with TestClient(create_app([desk.project])) as client:
        before = client.get("/api/v1/published")
        assert before.status_code == 503
        assert "Nothing has been published" in before.json()["title"]
        put(desk, environment)
        found = client.get("/api/v1/published").json()
        assert (found["snapshot_id"], found["customers"]) == (1, 7)
        assert found["tiers"][0] == {"name": "A", "number": 1, "customers": 2}
        assert client.get("/api/v1/published?project=none").status_code == 404
    with psycopg.connect(environment["TIERWISE_DATABASE_URL"]) as connection:
        others = connection.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        ).fetchone()
    assert others == (1,)  # a server that ends closes its connections
