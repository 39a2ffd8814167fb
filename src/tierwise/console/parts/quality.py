"""What a build left out or could not attribute, in one line and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dash import dcc, html
from dash.development.base_component import Component

from tierwise.console.view import View
from tierwise.results import Grid
from tierwise.results.findings import TABLE_COLUMNS, problem_columns
from tierwise.units import number_of

if TYPE_CHECKING:
    from tierwise.engine.builds import Build

_COLUMNS = problem_columns(
    "severity", "table", "message", "remedy", "count", "source", "row", "column", "value"
)

_ROWS = {"order_lines": "Order lines", "contacts": "Contacts"}


def quality_line(build: Build, view: View) -> Component:
    """Rows read and rejected, and what could not be attributed, with the way to the details."""
    manifest = build.manifest
    said = [_rejected(manifest)]
    said += [
        f"{_ROWS[p['table']]}: {p['message']}"
        for p in manifest["problems"]
        if p["code"] == "no-customer"
    ]
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
        f"{number_of(rejects, 'row')} rejected in {number_of(tables, 'table')}."
        if rejects
        else f"{tables} tables, no row rejected."
    )


def problem_grid(build: Build) -> Grid:
    """Every finding of the build."""
    return Grid("problems", "Findings in the data", _COLUMNS, tuple(build.manifest["problems"]))


def table_grid(build: Build) -> Grid:
    """What was read of each table."""
    return Grid("tables", "Tables of this build", TABLE_COLUMNS, tuple(build.manifest["tables"]))
