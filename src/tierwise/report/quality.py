"""Data quality: what was read, what was left out, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from tierwise.report.tables import Table, table
from tierwise.results import Column, Grid
from tierwise.results.findings import TABLE_COLUMNS, problem_columns
from tierwise.units import Unit

Manifest = Mapping[str, Any]

UNATTRIBUTED = "no-customer"  # code of the problem that counts rows without a customer
WHAT = {"order_lines": "revenue", "contacts": "contacts"}


@dataclass(frozen=True, slots=True)
class Quality:
    """The section on data quality."""

    tables: tuple[Table, ...]
    sentences: tuple[str, ...]


def section(manifest: Manifest) -> Quality:
    """Read the section off a build's manifest."""
    grids = [_tables(manifest["tables"]), _inputs(manifest["inputs"])]
    if manifest["problems"]:
        grids.insert(1, _problems(manifest["problems"]))
    return Quality(tuple(table(grid, "") for grid in grids if grid.rows), _sentences(manifest))


def _sentences(manifest: Manifest) -> tuple[str, ...]:
    found = [p for p in manifest["problems"] if p["code"] == UNATTRIBUTED]
    unattributed = tuple(f"Unattributed {WHAT[p['table']]}: {p['message']}" for p in found)
    none = () if manifest["problems"] else ("No problem was found in the data.",)
    versions = ", ".join(f"{name} {number}" for name, number in manifest["versions"].items())
    return (
        *none,
        *unattributed,
        f"Build {manifest['id']} was made at {manifest['created_at']} with {versions}.",
    )


def _tables(rows: Sequence[Mapping[str, Any]]) -> Grid:
    shown = tuple({**row, "source": _short(row["source"])} for row in rows)
    return Grid("tables", "Rows of each table", TABLE_COLUMNS, shown)


def _problems(rows: Sequence[Mapping[str, Any]]) -> Grid:
    order = {"error": 0, "warning": 1, "note": 2}
    ordered = sorted(rows, key=lambda row: (order.get(row["severity"], 3), -row["count"]))
    return Grid("problems", "Problems found", _PROBLEMS, tuple(_problem(row) for row in ordered))


def _problem(row: Mapping[str, Any]) -> dict[str, Any]:
    line = f", line {row['row']}" if row["row"] is not None else ""
    value = f', found "{row["value"]}"' if row["value"] else ""
    return {**row, "first": f"{_short(row['source'] or row['table'])}{line}{value}"}


def _inputs(rows: Sequence[Mapping[str, Any]]) -> Grid:
    shown = tuple({**row, "source": _short(row["source"])} for row in rows)
    return Grid("inputs", "Fingerprints of the inputs", _INPUTS, shown)


def _short(source: str) -> str:
    """The file's own name: the report travels, and folders are nobody else's business."""
    return PurePosixPath(source).name if source.startswith("/") else source


_PROBLEMS = problem_columns("severity", "table", "message", "remedy", "count", "first")
_INPUTS = (
    Column("source", "Source"),
    Column("kind", "Kind"),
    Column("rows", "Rows", Unit.COUNT),
    Column("bytes", "Bytes", Unit.COUNT),
    Column("sha256", "SHA-256"),
)

COLUMNS = (*TABLE_COLUMNS, *_PROBLEMS, *_INPUTS)
"""For the glossary."""
