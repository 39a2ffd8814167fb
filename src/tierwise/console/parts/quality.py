"""What a build left out or could not attribute, in one line and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dash import dcc, html
from dash.development.base_component import Component

from tierwise.console.view import View
from tierwise.results import Column, Grid
from tierwise.units import Unit

if TYPE_CHECKING:
    from tierwise.engine.builds import Build

_COLUMNS = (
    Column("severity", "Severity"),
    Column("table", "Table"),
    Column("message", "What was found"),
    Column("remedy", "What to do"),
    Column("count", "Rows", Unit.COUNT),
    Column("source", "Source"),
    Column("row", "First row", Unit.RANK),
    Column("column", "Column"),
    Column("value", "Value there"),
)


def quality_line(build: Build, view: View) -> Component:
    """Rows read and rejected, and what could not be attributed, with the way to the details."""
    manifest = build.manifest
    said = [_rejected(manifest)]
    said += [p["message"] for p in manifest["problems"] if p["code"] == "no-customer"]
    return html.Div(
        [
            html.B("Data"),
            html.Span(" ".join(said)),
            dcc.Link(
                "Findings and tables",
                href=view.href("/problems"),
                className="tw-action",
            ),
        ],
        className="tw-card tw-quality",
    )


def _rejected(manifest: Mapping[str, Any]) -> str:
    tables = len(manifest["tables"])
    rejects = manifest["rejects"]
    return (
        f"{rejects:,} rows rejected in {tables} tables."
        if rejects
        else f"{tables} tables, no row rejected."
    )


def problem_grid(build: Build) -> Grid:
    """Every finding of the build."""
    return Grid("problems", "Findings in the data", _COLUMNS, tuple(build.manifest["problems"]))


def table_grid(build: Build) -> Grid:
    """What was read of each table."""
    columns = (
        Column("name", "Table"),
        Column("rows_read", "Rows read", Unit.COUNT),
        Column("rows_kept", "Kept", Unit.COUNT),
        Column("rows_rejected", "Rejected", Unit.COUNT),
        Column("rows_after_as_of", "Dated later, left out", Unit.COUNT),
        Column("first_on", "From", Unit.DATE),
        Column("last_on", "To", Unit.DATE),
        Column("source", "Source"),
    )
    return Grid("tables", "Tables of this build", columns, tuple(build.manifest["tables"]))
