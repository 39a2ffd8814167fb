"""DuckDB's extensions, from the wheels they come in: nothing is downloaded, nothing installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import duckdb

from tierwise.engine.connect import Session, quoted
from tierwise.errors import SourceError


def load_extension(session: Session, name: str) -> None:
    """Load an extension into the session; SourceError says how to install a missing one."""
    package = f"duckdb_extension_{name}"
    remedy = f'Run: pip install "{package.replace("_", "-")}=={duckdb.__version__}"'
    found = importlib.util.find_spec(package)
    if found is None or found.origin is None:
        raise SourceError(f"DuckDB's extension {name} is not installed.", remedy)
    folder = Path(found.origin).parent / "extensions"
    file = folder / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
    if not file.is_file():
        built = ", ".join(sorted(item.name for item in folder.glob("v*"))) or "none"
        raise SourceError(
            f"DuckDB's extension {name} is built for {built}, DuckDB is v{duckdb.__version__}.",
            remedy,
        )
    session.raw.execute(f"LOAD {quoted(file)}")
