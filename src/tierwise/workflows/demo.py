"""The two demo projects, written out as files like anybody's own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

import platformdirs
import pyarrow as pa

from tierwise.engine.project import ProjectFolder, nearest, open_project
from tierwise.errors import UsageError
from tierwise.workflows.build import Tell, silent

NAMES = ("fairfield", "online-retail")


def demo_home(environment: Mapping[str, str]) -> Path:
    """Where demo projects live: $TIERWISE_HOME, else the user's data folder."""
    chosen = environment.get("TIERWISE_HOME")
    return Path(chosen) if chosen else Path(platformdirs.user_data_dir("tierwise", appauthor=False))


def demo_project(name: str, home: Path, tell: Tell = silent) -> ProjectFolder:
    """Open a demo project, writing its files first when they are not there.

    Raises UsageError for an unknown name and where `home` cannot be written.
    """
    if name not in NAMES:
        near = nearest(name, NAMES).strip()
        raise UsageError(
            f'There is no demo "{name}".', f"{near} Demos: {', '.join(NAMES)}.".strip()
        )
    folder = home / "demo" / name
    try:
        if not (folder / "tierwise.toml").exists():
            tell(f"Writing the demo {name} to {folder}")
            _write(name, folder)
    except OSError as error:
        raise UsageError(
            f"{folder} cannot be written: {error.strerror}.",
            "Set TIERWISE_HOME to a folder of yours.",
        ) from error
    return open_project(folder)


def _write(name: str, folder: Path) -> None:
    """Fill a folder beside the target and rename it, so that a killed run leaves no half demo."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{name}-", dir=folder.parent))
    try:
        (_write_fairfield if name == "fairfield" else _write_online_retail)(draft)
        draft.chmod(0o755)
        if folder.exists() and not any(folder.iterdir()):
            folder.rmdir()
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _data(name: str) -> bytes:
    return files("tierwise.demo").joinpath("data", name).read_bytes()


def _write_online_retail(folder: Path) -> None:
    (folder / "online_retail.parquet").write_bytes(_data("online_retail.parquet"))
    (folder / "CARD.md").write_bytes(_data("online_retail.card.md"))
    (folder / "tierwise.toml").write_bytes(_data("online-retail.toml"))


def _write_fairfield(folder: Path) -> None:
    # Imported here: generating needs NumPy, opening a demo that exists does not.
    import numpy as np
    import pyarrow.csv as csv

    from tierwise.demo.fairfield import SEED, generate

    sources = []
    for table, rows in generate(np.random.default_rng(SEED)).items():
        csv.write_csv(_as_exported(rows), folder / f"{table}.csv")
        sources.append(f'[sources.{table}]\npath = "{table}.csv"\n')
    settings = _data("fairfield.toml").decode() + "\n" + "\n".join(sources)
    (folder / "tierwise.toml").write_text(settings, encoding="utf-8")


def _as_exported(table: pa.Table) -> pa.Table:
    """Times to the second, as exports have them."""
    columns = [
        column.cast(pa.timestamp("s")) if pa.types.is_timestamp(column.type) else column
        for column in table.columns
    ]
    return pa.table(dict(zip(table.column_names, columns, strict=True)))
