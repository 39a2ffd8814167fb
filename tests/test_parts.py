"""The parts that tests stand on are real and answer."""

import socket
from urllib.parse import urlsplit

import duckdb
import psycopg


def test_postgresql_answers(postgres_url):
    with psycopg.connect(postgres_url) as connection:
        (version,) = connection.execute("SHOW server_version_num").fetchone()
    assert int(version) >= 150000


def test_mariadb_answers_on_the_loopback_address_alone(mariadb):
    mariadb.execute("CREATE TABLE t (n INT); INSERT INTO t VALUES (7)")
    assert mariadb.execute("SELECT n FROM t") == "n\n7\n"
    assert urlsplit(mariadb.url).hostname == "127.0.0.1"
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None)}
    for address in others - {"127.0.0.1", "::1"}:
        with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
            assert probe.connect_ex((address, mariadb.port)) != 0


def test_chromium_draws_a_page(page):
    page.set_content("<h1>Whale curve</h1>")
    assert page.get_by_role("heading").inner_text() == "Whale curve"


def test_real_data_carry_their_cards(shared_data):
    folders = [path for path in shared_data.iterdir() if path.is_dir()]
    assert folders
    assert all((folder / "CARD.md").exists() for folder in folders)


def test_duckdb_loads_every_extension_from_its_wheel_without_a_home(monkeypatch):
    import importlib.resources

    monkeypatch.setenv("HOME", "/nonexistent")
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    for name in ("excel", "postgres_scanner", "sqlite_scanner", "mysql_scanner"):
        wheel = importlib.resources.files(f"duckdb_extension_{name}")
        version = connection.sql("PRAGMA version").fetchone()[0]
        connection.load_extension(str(wheel / "extensions" / version / f"{name}.duckdb_extension"))
    loaded = connection.sql("SELECT extension_name FROM duckdb_extensions() WHERE loaded")
    assert {"excel", "postgres_scanner", "sqlite_scanner", "mysql_scanner"} <= {
        name for (name,) in loaded.fetchall()
    }
