"""Grids of an answer as sortable, filterable tables with export and row links."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from tierwise.console.parts.words import plain
from tierwise.console.view import View
from tierwise.results import Column, Context, Grid
from tierwise.results.answer import Row
from tierwise.units import Unit

_ROW_HEIGHT = 36
_FITS = 15  # rows that are shown without a scroll bar of their own
_WIDTHS = {Unit.TEXT: 150, Unit.DATE: 118, Unit.MONEY: 138, Unit.RANK: 84}
_NUMBERS = frozenset(Unit) - {Unit.TEXT, Unit.DATE}


def table(grid: Grid, context: Context, view: View, *, id: str = "", hint: str = "") -> Component:
    """A grid with its title, row count, filter and export; rows open their members."""
    name = id or grid.name
    return html.Section(
        [_toolbar(grid, name, hint), table_body(grid, context, view, name)],
        className="tw-card tw-panel tw-table",
    )


def table_body(grid: Grid, context: Context, view: View, name: str) -> Component:
    """The table alone, without its toolbar."""
    columns = [c for c in grid.columns if c.name != grid.opens]
    rows = [_row(row, grid, view) for row in grid.rows]
    short = len(rows) <= _FITS
    return dag.AgGrid(
        id={"type": "grid", "name": name},
        columnDefs=[_column(c, context, position) for position, c in enumerate(columns)],
        rowData=rows,
        defaultColDef={"sortable": True, "resizable": True, "minWidth": 76},
        columnSize="responsiveSizeToFit",
        dashGridOptions=_options(short),
        eventListeners={"rowClicked": ["openRow(params)"], "cellKeyDown": ["openRowByKey(params)"]},
        csvExportParams={"fileName": f"{context.project}-{grid.name}-{context.as_of}.csv".replace(" ", "-")},
        style={"height": None if short else _ROW_HEIGHT * (_FITS - 1), "width": "100%"},
        className="tw-grid",
    )


def _toolbar(grid: Grid, name: str, hint: str) -> Component:
    left = [html.H2(grid.title, className="tw-panel-title")]
    if hint:
        left.append(html.P(hint, className="tw-hint"))
    tools = [html.Span(f"{len(grid.rows):,} rows", className="tw-count")] if len(grid.rows) != 1 else []
    if len(grid.rows) > _FITS:
        tools.append(
            dmc.TextInput(
                id={"type": "grid-filter", "name": name},
                placeholder="Filter rows",
                size="xs",
                w=160,
                **{"aria-label": f"Filter the rows of {grid.title}"},
            )
        )
    tools.append(
        dmc.Button(
            "CSV",
            id={"type": "grid-export", "name": name},
            variant="default",
            size="xs",
            className="tw-export",
            **{"aria-label": f"Export {grid.title} as CSV"},
        )
    )
    return dmc.Group(
        [html.Div(left), dmc.Group(tools, gap="xs", wrap="nowrap")],
        justify="space-between",
        align="flex-start",
        wrap="nowrap",
        className="tw-panel-head",
    )


def _row(row: Row, grid: Grid, view: View) -> Mapping[str, Any]:
    cells = {column.name: plain(row.get(column.name)) for column in grid.columns}
    href = view.opens(str(row.get(grid.opens) or "")) if grid.opens else ""
    return {**cells, "_href": href} if href else cells


def _column(column: Column, context: Context, position: int) -> dict[str, Any]:
    number = column.unit in _NUMBERS
    definition: dict[str, Any] = {
        "field": column.name,
        "headerName": column.label,
        "headerTooltip": column.help or column.label,
        "valueFormatter": {"function": f"showValue(params.value, '{column.unit}', '{context.currency}')"},
        "filter": "agNumberColumnFilter" if number else "agTextColumnFilter",
        "initialWidth": _WIDTHS.get(column.unit, 112),
        "minWidth": 90 if column.unit is not Unit.TEXT else 110,
    }
    if number:
        definition |= {"type": "rightAligned", "cellClass": "tw-number"}
    if position == 0:
        definition |= {"cellRenderer": "RowLink", "pinned": None}
    return definition


def _options(short: bool) -> dict[str, Any]:
    return {
        "domLayout": "autoHeight" if short else "normal",
        "rowHeight": _ROW_HEIGHT,
        "headerHeight": 40,
        "animateRows": False,
        "enableCellTextSelection": True,
        "ensureDomOrder": True,
        "suppressColumnMoveAnimation": True,
        "suppressCellFocus": False,
        "tooltipShowDelay": 400,
        "theme": {"function": "tierwiseTheme(theme)"},
        "localeText": {"noRowsToShow": "No rows"},
    }
