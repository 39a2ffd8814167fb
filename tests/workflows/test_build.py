"""Builds: whole or not there, made once, and blind to what happened later."""

import hashlib
import json
import multiprocessing
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

import duckdb
import pytest
from filelock import FileLock
from tests.conftest import lacking
from tests.value.small_firm import FILES, SETTINGS, TODAY, build_elsewhere, write

from tierwise.engine.builds import Build, list_builds, publish, remove_builds, staging
from tierwise.engine.project import ProjectFolder, open_project
from tierwise.errors import BuildError, DataError, NotFoundError, UsageError
from tierwise.workflows.build import (
    build,
    builds_folder,
    builds_of,
    current_build,
    damaged_builds,
    default_build,
    find_build,
    named_build,
)

MANIFEST = {"as_of": "2025-12-31", "created_at": "2026-01-01", "settings": {}}

# Processes are forked from one that has imported everything, which takes seconds.
ELSEWHERE = multiprocessing.get_context("forkserver")
ELSEWHERE.set_forkserver_preload(["tests.value.small_firm"])


@pytest.fixture
def firm(tmp_path: Path) -> ProjectFolder:
    return write(tmp_path / "firm")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[ProjectFolder, Build]:
    """The firm with its build, for tests that only look."""
    project = write(tmp_path_factory.mktemp("built"))
    return project, build(project, today=TODAY)


def hidden(project: ProjectFolder) -> list[str]:
    """Names of what is in the folder of builds and is no build."""
    return sorted(p.name for p in builds_folder(project).iterdir() if p.name.startswith("."))


def builder(project: ProjectFolder) -> tuple[BaseProcess, Connection]:
    """A process that builds the project, and what it says meanwhile."""
    ear, mouth = ELSEWHERE.Pipe(duplex=False)
    process = ELSEWHERE.Process(target=build_elsewhere, args=(project.root, mouth))
    process.start()
    mouth.close()
    return process, ear


def hear(ear: Connection) -> Iterator[str]:
    """What a process says, until it ends."""
    while True:
        try:
            yield ear.recv()
        except EOFError:
            return


def values(folder: Path) -> list[tuple[object, ...]]:
    """The value table of a build, row by row."""
    path = folder / "value" / "customers.parquet"
    return duckdb.sql(f"SELECT * FROM '{path}' ORDER BY customer_id").fetchall()


def test_manifest(built: tuple[ProjectFolder, Build]):
    """The manifest says what went in, under which settings, and what came out of it."""
    firm, made = built
    manifest = json.loads((made.folder / "manifest.json").read_text())
    assert manifest == made.manifest
    assert manifest["id"] == made.id == made.folder.name
    assert (manifest["format"], manifest["project"]) == (1, "Small firm")
    assert (manifest["as_of"], made.as_of) == ("2025-12-31", date(2025, 12, 31))
    assert (manifest["lens"], manifest["window"], manifest["customers"]) == ("revenue", "12m", 7)
    assert manifest["settings"]["value"]["min_cell"] == 2
    lines = next(table for table in manifest["tables"] if table["name"] == "order_lines")
    assert (lines["rows_read"], lines["rows_kept"], lines["rows_rejected"]) == (12, 11, 0)
    source = next(found for found in manifest["inputs"] if found["source"] == "lines.csv")
    text = (firm.root / "lines.csv").read_bytes()
    assert source["sha256"] == hashlib.sha256(text).hexdigest()
    assert source["bytes"] == len(text)
    assert {"tierwise", "python", "duckdb"} <= manifest["versions"].keys()
    assert {problem["code"] for problem in manifest["problems"]} >= {"after-as-of", "no-customer"}


def test_files_are_read_only(built: tuple[ProjectFolder, Build]):
    """No file of a build can be written to, and nothing of its making is left beside it."""
    firm, made = built
    files = [path for path in made.folder.rglob("*") if path.is_file()]
    assert len(files) > 5
    assert {path.stat().st_mode & 0o777 for path in files} == {0o444}
    assert not [path for path in files if path.name.startswith(".")]
    assert {path.name for path in made.folder.iterdir()} == {"manifest.json", "tables", "value"}
    assert hidden(firm) == []
    assert made.summary in files
    assert made.table("contracts") is None


def test_no_scratch_survives(firm: ProjectFolder):
    """What the engine spilled is not part of a build, neither its own nor a killed run's."""
    made = build(firm, today=TODAY)
    left = made.folder.with_name(f".{made.id}.partial") / ".scratch" / "tierwise-killed"
    remove_builds([made])
    left.mkdir(parents=True)
    (left / "part.parquet").write_bytes(b"half")
    again = build(firm, today=TODAY)
    assert sorted(p.name for p in again.folder.iterdir()) == [
        "manifest.json",
        "tables",
        "value",
    ]
    assert hidden(firm) == []


def test_same_inputs_give_the_same_build(built: tuple[ProjectFolder, Build]):
    """With the same files and settings the build of before answers, and says so."""
    firm, first = built
    said: list[str] = []
    again = build(open_project(firm.root), today=TODAY, tell=said.append)
    assert again == first
    assert said == [f"Nothing changed since build {first.id}."]
    assert current_build(firm, today=date(2027, 1, 1)).id == first.id  # as_of is set, not today
    assert builds_of(firm) == (first,)


def test_copies_have_equal_builds(built: tuple[ProjectFolder, Build], tmp_path: Path):
    """The same project elsewhere gives the same id and the same values."""
    firm, here = built
    copy = tmp_path / firm.root.name
    shutil.copytree(firm.root, copy, ignore=shutil.ignore_patterns("builds"))
    there = build(open_project(copy), today=TODAY)
    assert here.id == there.id
    assert values(here.folder) == values(there.folder)


def test_changed_file_gives_a_new_build(firm: ProjectFolder):
    """A changed file leads to a new build; the one of before stays as it was."""
    first = build(firm, today=TODAY)
    before = values(first.folder)
    path = firm.root / "lines.csv"
    path.write_text(path.read_text() + "o12,1,c2,2025-06-01T10:00:00,100.00,50.00,,web\n")
    second = current_build(firm, today=TODAY)
    assert second.id != first.id
    assert second.id.startswith("2025-12-31-")
    assert {b.id for b in builds_of(firm)} == {first.id, second.id}
    assert values(first.folder) == before != values(second.folder)


def test_changed_setting_gives_a_new_build(firm: ProjectFolder):
    """A changed setting leads to a new build; the old setting leads back to the old one."""
    first = build(firm, today=TODAY)
    second = build(write(firm.root, SETTINGS.replace('"12m"', '"24m"')), today=TODAY)
    assert second.id != first.id
    assert second.manifest["window"] == "24m"


def test_as_of_dates_are_kept_apart(firm: ProjectFolder):
    """Each as-of date has its own build; they are listed newest first, found and removed."""
    late = build(firm, today=TODAY)
    early = build(firm, today=TODAY, as_of=date(2025, 6, 30))
    assert [b.id for b in builds_of(firm)] == [late.id, early.id]
    assert find_build(firm, "2025-06").id == early.id
    with pytest.raises(NotFoundError, match='no build "1999"') as wrong:
        find_build(firm, "1999")
    assert late.id in wrong.value.remedy
    remove_builds([late])
    assert builds_of(firm) == (early,)


def test_no_day_after_today(firm: ProjectFolder):
    """A day that has not come yet is refused in words, and nothing is built for it."""
    with pytest.raises(UsageError, match="2030-01-01 is in the future; today is 2026-01-15"):
        build(firm, today=TODAY, as_of=date(2030, 1, 1))
    later = write(firm.root, SETTINGS.replace("2025-12-31", "2030-01-01"))
    with pytest.raises(UsageError, match="in the future") as wrong:
        build(later, today=TODAY)
    assert "tierwise.toml" in wrong.value.remedy
    assert builds_of(firm) == ()


def test_the_project_names_its_default_build(firm: ProjectFolder):
    """Without a name the build of the project's own as-of date answers, else the newest."""
    assert default_build(firm) is None
    late = build(firm, today=date(2026, 6, 1), as_of=date(2026, 5, 31))
    assert find_build(firm, "") == default_build(firm) == late
    own = build(firm, today=TODAY)
    assert builds_of(firm) == (late, own)
    assert find_build(firm, "") == default_build(firm) == own


def test_a_name_for_several_builds_is_refused(firm: ProjectFolder):
    """What is to be removed is named without doubt."""
    first = build(firm, today=TODAY)
    second = build(write(firm.root, SETTINGS.replace('"12m"', '"24m"')), today=TODAY)
    with pytest.raises(UsageError, match="may be any of") as wrong:
        named_build(firm, "2025")
    assert first.id in wrong.value.message
    assert named_build(firm, second.id[:-1]) == second


def test_no_builds_yet(firm: ProjectFolder):
    """A project without a build has none, and says so when asked for one."""
    assert builds_of(firm) == ()
    with pytest.raises(NotFoundError, match="no build yet") as wrong:
        find_build(firm, "2025")
    assert "tierwise build" in wrong.value.remedy


def test_unreadable_sources_make_no_build(firm: ProjectFolder):
    """Where a source cannot be read there is no build, and all such problems are told at once."""
    (firm.root / "costs.csv").unlink()
    (firm.root / "agents.csv").unlink()
    with pytest.raises(DataError, match="No build was made") as wrong:
        build(firm, today=TODAY)
    assert "costs" in wrong.value.message
    assert "agents" in wrong.value.message
    assert builds_of(firm) == ()


def test_project_without_sources(tmp_path: Path):
    """A project that names no sources is told how to get some."""
    (tmp_path / "tierwise.toml").write_text("[project]\nas_of = 2025-12-31\n")
    with pytest.raises(DataError, match="names no sources") as wrong:
        build(open_project(tmp_path), today=TODAY)
    assert "tierwise init" in wrong.value.remedy


def damaged(project: ProjectFolder, name: str, text: str) -> Path:
    """A folder of a build whose manifest is this text."""
    folder = builds_folder(project) / name
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(text)
    return folder


@pytest.mark.parametrize("text", ["", "{", '{"format": 99}', '{"format": 1}', "[]", "null"])
def test_damaged_manifest(firm: ProjectFolder, text: str):
    """A manifest that somebody changed bars nothing but its own build, and is named."""
    folder = damaged(firm, "2025-12-31-0123456789ab", text)
    assert builds_of(firm) == ()
    with pytest.raises(BuildError, match=folder.name) as wrong:
        find_build(firm, folder.name)
    assert "uild again" in wrong.value.remedy
    (said,) = damaged_builds(firm)
    assert folder.name in said
    made = build(firm, today=TODAY)
    assert builds_of(firm) == (made,)
    assert find_build(firm, "2025-12-31").id == made.id


def test_damaged_build_of_the_same_inputs(firm: ProjectFolder):
    """A damaged build is not made a second time beside itself: its folder is to be deleted."""
    made = build(firm, today=TODAY)
    (made.folder / "manifest.json").chmod(0o644)
    (made.folder / "manifest.json").write_text("{")
    with pytest.raises(BuildError, match=made.id) as wrong:
        build(firm, today=TODAY)
    assert "Delete this folder" in wrong.value.remedy


def test_builds_folder_that_cannot_be_made(firm: ProjectFolder):
    """Where no folder of builds can be made, that is said with the way out."""
    (firm.root / "builds").write_text("a file is in the way")
    with pytest.raises(BuildError, match="cannot be written") as wrong:
        build(firm, today=TODAY)
    assert "[project]" in wrong.value.remedy
    nowhere = write(firm.root, SETTINGS.replace("[value]", 'builds = "/proc/builds"\n\n[value]'))
    with pytest.raises(BuildError, match="/proc/builds cannot be written"):
        build(nowhere, today=TODAY)


def test_folder_of_a_build_that_begins_is_not_swept_away(tmp_path: Path):
    """What another build clears away at its end is never the folder of one that just began."""
    first, second = "2025-12-31-000000000001", "2025-12-31-000000000002"
    with staging(tmp_path, first) as begun, staging(tmp_path, second) as ended:
        publish(ended, tmp_path, second, MANIFEST)
        assert begun.folder.is_dir()
    shutil.rmtree(tmp_path / f".{first}.partial")
    with FileLock(tmp_path / f".{first}.lock").acquire(timeout=0):
        beside = staging(tmp_path, first)
        with pytest.raises(BuildError, match="Another process"):
            beside.__enter__()
        assert not (tmp_path / f".{first}.partial").exists()


@pytest.fixture
def large_firm(firm: ProjectFolder) -> ProjectFolder:
    """The same firm with many more lines, so that a build takes a moment."""
    header, *rows = FILES["lines.csv"].strip().splitlines()
    with (firm.root / "lines.csv").open("w") as file:
        print(header, file=file)
        for i in range(3_000):
            for row in rows:
                file.write(f"{i}-{row}\n")
    return firm


def test_killed_at_any_moment(large_firm: ProjectFolder):
    """Killed wherever it is, a build is whole or not there, and the next one succeeds."""
    project = large_firm
    process, ear = builder(project)
    begun = time.monotonic()
    assert [*hear(ear)][-1].startswith("built")
    took = time.monotonic() - begun
    (whole,) = builds_of(project)
    expected = values(whole.folder)
    chance = random.Random(1)
    for nth in range(6):
        remove_builds(builds_of(project))
        process, ear = builder(project)
        time.sleep(took * (nth + chance.random()) / 6)
        process.kill()
        process.join()
        for found in builds_of(project):
            assert values(found.folder) == expected
    again = build(project, today=TODAY)
    assert again.id == whole.id
    assert values(again.folder) == expected
    assert builds_of(project) == (again,)
    assert not [name for name in hidden(project) if name.endswith(".partial")]


def test_finished_steps_are_not_repeated(large_firm: ProjectFolder):
    """Killed after loading, the next run adds up what was loaded, and loads nothing again."""
    process, ear = builder(large_firm)
    for said in hear(ear):
        if said.startswith("Adding up"):
            process.kill()
            break
    process.join()
    if builds_of(large_firm):
        pytest.skip("the build was finished before the signal came")
    (partial,) = builds_folder(large_firm).glob(".*.partial")
    loaded = {path: path.stat().st_mtime_ns for path in (partial / "tables").iterdir()}
    assert loaded
    heard: list[str] = []
    made = build(large_firm, today=TODAY, tell=heard.append)
    assert heard == ["Adding up customers"]
    for path, moment in loaded.items():
        assert (made.folder / "tables" / path.name).stat().st_mtime_ns == moment


KILLED_IN_LOADING = """
import os
from datetime import date
from pathlib import Path
from tierwise.engine.load import load as really_load
from tierwise.engine.project import open_project
from tierwise.workflows import build as made

def load(*args, **options):
    really_load(*args, **options)
    os.kill(os.getpid(), 9)

made.load = load
made.build(open_project(Path(".")), today=date(2026, 1, 15))
"""


def killed_in_loading(project: ProjectFolder) -> Path:
    """Start a build, kill it when every table is written but none is noted; what it left."""
    command = [sys.executable, "-c", KILLED_IN_LOADING]
    done = subprocess.run(command, cwd=project.root, check=False)
    assert done.returncode == -9
    (partial,) = builds_folder(project).glob(".*.partial")
    return partial


def files_of(made: Build) -> set[str]:
    """Names of the files of a build."""
    return {p.relative_to(made.folder).as_posix() for p in made.folder.rglob("*") if p.is_file()}


def test_half_a_load_is_thrown_away(tmp_path: Path):
    """What a run killed in loading left is read by nobody: the next build is as if it was first."""
    without_customers = SETTINGS.replace('[sources.customers]\npath = "customers.csv"\n', "")
    clean = write(tmp_path / "clean" / "firm", without_customers)
    killed = write(tmp_path / "killed" / "firm", without_customers)
    left = killed_in_loading(killed)
    (left / "rejects.parquet").write_bytes(b"of rows that are good by now")
    first, second = build(clean, today=TODAY), build(killed, today=TODAY)
    assert second.manifest["problems"] == first.manifest["problems"]
    assert second.manifest["tables"] == first.manifest["tables"]
    assert files_of(second) == files_of(first)


def test_database_is_added_up_again_after_a_kill(with_database: ProjectFolder):
    """What a killed run had added up is not taken for what the database holds now."""
    whole = build(with_database, today=TODAY)
    expected = values(whole.folder)
    staged = builds_folder(with_database) / f".{whole.id}.partial"
    shutil.copytree(whole.folder, staged)
    remove_builds([whole])
    for path in staged.rglob("*"):
        path.chmod(0o755)
    (staged / "manifest.json").unlink()
    summary = staged / "value" / "customers.parquet"
    few = duckdb.sql(f"SELECT * FROM '{summary}' LIMIT 1").to_arrow_table()
    duckdb.from_arrow(few).write_parquet(str(summary))
    facts = {name: whole.manifest[name] for name in ("lens", "window", "customers")}
    (staged / ".summary.done").write_text(json.dumps(facts))
    assert values(build(with_database, today=TODAY).folder) == expected


def test_two_at_once(large_firm: ProjectFolder):
    """Two processes that build the same give one build; the second says so or has it too."""
    both = [builder(large_firm), builder(large_firm)]
    said = [[*hear(ear)][-1] for _, ear in both]
    for process, _ in both:
        process.join()
    (made,) = builds_of(large_firm)
    assert f"built {made.id}" in said
    for line in said:
        assert line == f"built {made.id}" or line.startswith("BuildError Another process")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tierwise-test", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        lacking("mount", "apt-get install mount")
    if mounted.returncode:
        said = mounted.stderr.strip()
        lacking("the right to mount a small disk", f"run as root with CAP_SYS_ADMIN ({said})")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_full_disk(firm: ProjectFolder, small_disk: Path):
    """On a full disk nothing half is left, earlier builds are whole, and space is all it takes."""
    project = write(firm.root, SETTINGS.replace("[value]", f'builds = "{small_disk}"\n\n[value]'))
    first = build(project, today=TODAY)
    expected = values(first.folder)
    ballast = small_disk / "ballast"
    left = shutil.disk_usage(small_disk).free
    ballast.write_bytes(b"x" * (left - 3 * 4096))
    with pytest.raises(BuildError, match="is full") as full:
        build(project, today=TODAY, as_of=date(2025, 6, 30))
    assert str(small_disk) in full.value.message
    assert "Free some space" in full.value.remedy
    assert builds_of(project) == (first,)
    assert values(first.folder) == expected
    assert not [name for name in hidden(project) if name.endswith(".partial")]
    ballast.unlink()
    second = build(project, today=TODAY, as_of=date(2025, 6, 30))
    assert builds_of(project) == (first, second)


@pytest.mark.parametrize("day", ["2024-12-31", "2025-05-05"])
def test_as_of_is_as_if_nothing_had_happened_since(firm: ProjectFolder, tmp_path: Path, day: str):
    """A build as of a day equals one of files that were cut at that day."""
    as_of = date.fromisoformat(day)
    dated = {"lines": 3, "costs": 0, "contacts": 2}
    cut = {}
    for name, index in dated.items():
        header, *rows = FILES[f"{name}.csv"].strip().splitlines()
        kept = [row for row in rows if row.split(",")[index][:10] <= day]
        cut[name] = "\n".join([header, *kept]) + "\n"
    then = write(tmp_path / "then", **cut)
    looked_back = build(firm, today=TODAY, as_of=as_of)
    at_the_time = build(then, today=TODAY, as_of=as_of)
    assert values(looked_back.folder) == values(at_the_time.folder)
    assert looked_back.as_of == as_of


def test_builds_are_listed_without_a_folder(tmp_path: Path):
    """Where there is no folder of builds there are no builds."""
    assert list_builds(tmp_path / "nowhere") == ()


@pytest.fixture
def with_database(tmp_path: Path) -> ProjectFolder:
    """The firm with its order lines in SQLite."""
    import sqlite3

    root = tmp_path / "firm"
    write(root)
    header, *rows = FILES["lines.csv"].strip().splitlines()
    with sqlite3.connect(root / "shop.db") as shop:
        names = ", ".join(f'"{name}"' for name in header.split(","))
        shop.execute(f"CREATE TABLE lines ({names})")
        shop.executemany(
            "INSERT INTO lines VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [[value or None for value in row.split(",")] for row in rows],
        )
    shop.close()
    settings = SETTINGS.replace('path = "lines.csv"', 'url = "sqlite:shop.db"\ntable = "lines"')
    (root / "tierwise.toml").write_text(settings)
    return open_project(root)


def test_database_is_read_again_when_told_to(with_database: ProjectFolder):
    """The build of a database stands until the next `build`, which makes another."""
    first = current_build(with_database, today=TODAY)
    assert current_build(with_database, today=TODAY).id == first.id
    second = build(with_database, today=TODAY)
    assert second.id == f"{first.id}-2"
    assert values(first.folder) == values(second.folder)


def test_database_under_other_settings_is_another_build(with_database: ProjectFolder):
    """Only a build of the same settings counts as current, with a database too."""
    first = current_build(with_database, today=TODAY)
    path = with_database.root / "tierwise.toml"
    path.write_text(path.read_text().replace('"12m"', '"24m"'))
    second = current_build(open_project(with_database.root), today=TODAY)
    assert second.id != first.id
    assert second.manifest["window"] == "24m"


def test_file_beside_a_database_is_noticed(with_database: ProjectFolder):
    """A changed file leads to a new build although a database is among the sources."""
    first = current_build(with_database, today=TODAY)
    path = with_database.root / "contacts.csv"
    path.write_text(path.read_text() + "k9,c2,2025-04-11T08:00:00,60,a1,phone,\n")
    second = current_build(with_database, today=TODAY)
    assert second.id != first.id
    assert values(second.folder) != values(first.folder)


def test_day_moves_on_with_a_database_too(with_database: ProjectFolder):
    """Where no as-of date is set, tomorrow's question is answered as of tomorrow."""
    path = with_database.root / "tierwise.toml"
    path.write_text(path.read_text().replace("as_of = 2025-12-31\n", ""))
    project = open_project(with_database.root)
    assert current_build(project, today=date(2026, 1, 1)).as_of == date(2026, 1, 1)
    assert current_build(project, today=date(2026, 1, 2)).as_of == date(2026, 1, 2)


def test_trust_in_a_database_is_said(with_database: ProjectFolder):
    """An answer from an earlier reading of a database says so, and how to read it again."""
    made = build(with_database, today=TODAY)
    again = build(with_database, today=TODAY)
    said: list[str] = []
    assert current_build(with_database, today=TODAY, tell=said.append).id == again.id
    assert len(said) == 1
    assert again.id in said[0]
    assert "tierwise build" in said[0]
    assert made.id != again.id
