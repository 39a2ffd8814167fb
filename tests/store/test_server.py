"""The embedded server: started once, shared, stopped by the last, short sockets, own rights."""

from __future__ import annotations

import multiprocessing
import os
import stat
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import psycopg
import pytest
from tests.conftest import folder_for_servers

from tierwise.errors import StoreError
from tierwise.store import server

ELSEWHERE = multiprocessing.get_context("forkserver")


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder with a server's data, made once; each test finds it stopped."""
    with folder_for_servers("tierwise-st-") as root:
        found = root / "project" / server.FOLDER
        server.start(found).leave()
        yield found


def answers(url: str) -> bool:
    try:
        psycopg.connect(url).close()
    except psycopg.OperationalError:
        return False
    return True


def test_a_server_that_runs_already_is_shared_and_the_last_stops_it(folder: Path):
    first, second = server.start(folder), server.start(folder)
    assert first.url == second.url
    first.leave()
    first.leave()  # twice does no harm
    assert answers(second.url)
    second.leave()
    assert not answers(second.url)


def test_it_keeps_what_was_written_and_every_commit_goes_to_the_disk(folder: Path):
    with server.serving(folder) as url, psycopg.connect(url) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
        durable = [connection.execute(f"SHOW {name}").fetchone() for name in DURABLE]
    assert durable == [("on",), ("on",), ("on",)]
    with server.serving(folder) as url, psycopg.connect(url) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


def test_nobody_else_may_open_its_socket(folder: Path):
    """It listens on no address, and folder and socket are for the owner alone."""
    with server.serving(folder) as url, psycopg.connect(url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
        for path in (folder, folder / "run", folder / "run" / ".s.PGSQL.5432"):
            assert not stat.S_IMODE(path.stat().st_mode) & 0o077


def test_a_long_path_gets_its_socket_elsewhere(folder: Path, monkeypatch):
    """A socket's path ends after 107 bytes; the data may lie as deep as they like."""
    monkeypatch.setattr(server, "LONGEST_SOCKET", 60)
    with folder_for_servers("tw-") as short:
        monkeypatch.setattr("tempfile.tempdir", str(short))
        with server.serving(folder) as url:
            assert f"host={short}/tierwise-" in url
            assert answers(url)
            # Whoever comes by finds it where it is, not where they would have put it.
            monkeypatch.undo()
            with server.serving(folder) as again:
                assert again == url


def use(folder: Path, told: Connection) -> None:
    """Use the server in this process until it is killed."""
    told.send(server.start(folder).url)
    told.recv()


def test_a_killed_user_does_not_keep_it_running(folder: Path):
    here, there = ELSEWHERE.Pipe()
    process = ELSEWHERE.Process(target=use, args=(folder, there))
    process.start()
    assert here.poll(60)
    url = here.recv()
    process.kill()
    process.join(timeout=30)
    assert answers(url)  # nobody was left to stop it
    with server.serving(folder):
        pass
    assert not answers(url)


def test_a_killed_first_start_is_made_anew():
    with folder_for_servers("tierwise-st-") as root:
        folder = root / "pg"
        (folder / "data.draft").mkdir(parents=True)
        (folder / "data.draft" / "PG_VERSION").write_text("18\n")
        with server.serving(folder) as url:
            assert answers(url)


def test_data_of_another_version_are_left_alone(tmp_path: Path):
    (tmp_path / "pg" / "data").mkdir(parents=True)
    (tmp_path / "pg" / "data" / "PG_VERSION").write_text("14\n")
    with pytest.raises(StoreError, match="made by PostgreSQL 14; this version brings 18"):
        server.start(tmp_path / "pg")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_folder_of_somebody_else_is_refused(tmp_path: Path):
    folder = tmp_path / "pg"
    folder.mkdir()
    os.chown(folder, 12345, 12345)
    with pytest.raises(StoreError, match="belongs to somebody else"):
        server.start(folder)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="cannot be started"):
        server.start(tmp_path / "file" / "pg")


def test_a_program_without_end_is_an_error_with_a_way_out(folder: Path, monkeypatch):
    """No traceback of a timeout: which program, how long, where to look."""
    monkeypatch.setattr(server, "LONGEST_S", 0.2)
    monkeypatch.setattr(server, "_programs", lambda: folder)
    program = folder / "initdb"
    program.write_text("#!/bin/sh\necho still at it\nexec sleep 30\n")
    program.chmod(0o755)
    late = r"initdb .* was not done after 0\.2 s: still at it"
    with pytest.raises(StoreError, match=late) as found:
        server._run(folder, "initdb")
    assert "name a server" in found.value.remedy


@pytest.mark.skipif(os.geteuid() != 0, reason="only root lets another user through")
def test_root_says_which_folders_it_let_the_server_through():
    """And says nothing where nothing had to be changed."""
    with folder_for_servers("tierwise-st-") as root:
        shut = root / "shut"
        shut.mkdir(mode=0o700)
        first, second = server.start(shut / "pg"), server.start(shut / "pg")
        try:
            assert shut in first.opened
            assert f"may now pass (not read) {root}" in first.note or str(shut) in first.note
            assert second.note == ""
        finally:
            second.leave()
            first.leave()


def test_what_the_program_said_is_passed_on(folder: Path, monkeypatch):
    """A wrong setting: the message of pg_ctl and the place of the log."""
    monkeypatch.setitem(server.SETTINGS, "no_such_setting", "1")
    with pytest.raises(StoreError, match='parameter "no_such_setting"') as caught:
        server.start(folder)
    assert str(folder / "log") in caught.value.remedy
