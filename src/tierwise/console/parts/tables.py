"""Grids of an answer as sortable, filterable tables with export and row links."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import dash_ag_grid as dag
import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from tierwise.console.parts.aria import aria
from tierwise.console.parts.columns import TIGHT_PADDING, definitions, layout
from tierwise.console.parts.words import plain
from tierwise.console.view import View
from tierwise.results import Column, Context, Grid
from tierwise.results.answer import Row
from tierwise.units import number_of

_ROW_HEIGHT = 36
_PADDING = 12  # pixels on each side of a cell
_SCROLLBAR = 10  # as in style.css
_FITS = 15  # rows that are shown without a scroll bar of their own

_LISTENERS = {
    "rowClicked": ["openRow(params)"],
    "cellKeyDown": ["openRowByKey(params)"],
    **{e: ["markEdges()"] for e in ("firstDataRendered", "gridSizeChanged", "columnResized")},
}

Links = Callable[[Row], str]
"""Address that a row leads to; empty for none."""


def table(
    grid: Grid,
    context: Context,
    view: View,
    *,
    id: str = "",
    hint: str = "",
    links: Links | None = None,
    aside: Component | None = None,
    empty: str = "There is nothing to list here.",
) -> Component:
    """A grid with its title, row count, filter and export; rows open their members.

    `empty` stands in place of a grid without rows.
    """
    name = id or grid.name
    if not grid.rows:
        return _nothing(grid, empty, aside)
    return html.Section(
        [_toolbar(grid, name, hint, aside), table_body(grid, context, view, name, links)],
        className="tw-card tw-panel tw-table",
    )


def table_body(
    grid: Grid, context: Context, view: View, name: str, links: Links | None = None
) -> Component:
    """The table alone, without its toolbar."""
    columns = [c for c in grid.columns if c.name != grid.opens]
    follow = links or (lambda row: view.opens(str(row.get(grid.opens) or "")) if grid.opens else "")
    rows = [_row(row, columns, follow(row), view) for row in grid.rows]
    short = len(rows) <= _FITS
    plan = layout(columns, grid.rows)
    found: Component = dag.AgGrid(
        id={"type": "grid", "name": name},
        columnDefs=definitions(columns, grid.rows, context, plan),
        rowData=rows,
        defaultColDef={"sortable": True, "resizable": True},
        dashGridOptions=_options(short, TIGHT_PADDING if plan.tight else _PADDING),
        eventListeners=_LISTENERS,
        csvExportParams={
            "fileName": f"{context.project}-{name}-{context.as_of}.csv".replace(" ", "-")
        },
        style={"height": None if short else _ROW_HEIGHT * (_FITS - 1), "width": "100%"},
        className="tw-grid",
    )
    return found


def _nothing(grid: Grid, empty: str, aside: Component | None) -> Component:
    """A title and a sentence: no header without rows, nothing to export."""
    head = html.H2(grid.title, className="tw-panel-title")
    said = html.P(empty, className="tw-message-text", role="status")
    kept = [] if aside is None else [aside]
    return html.Section([head, said, *kept], className="tw-card tw-panel tw-table")


def _toolbar(grid: Grid, name: str, hint: str, aside: Component | None) -> Component:
    left: list[Component] = [html.H2(grid.title, className="tw-panel-title")]
    if hint:
        left.append(html.P(hint, className="tw-hint"))
    tools = [] if aside is None else [aside]
    if len(grid.rows) > 1:
        said = number_of(len(grid.rows), "row")
        count = {"type": "grid-count", "name": name}
        tools.append(html.Span(said, id=count, className="tw-count", **aria(live="polite")))
    if len(grid.rows) > _FITS:
        tools.append(
            dmc.TextInput(
                id={"type": "grid-filter", "name": name},
                placeholder="Filter rows",
                size="xs",
                w=160,
                **aria(label=f"Filter the rows of {grid.title}"),
            )
        )
    tools.append(
        dmc.Button(
            "CSV",
            id={"type": "grid-export", "name": name},
            variant="default",
            size="xs",
            className="tw-export",
            **aria(label=f"Export {grid.title} as CSV"),
        )
    )
    found: Component = dmc.Group(
        [html.Div(left), dmc.Group(tools, gap="xs", wrap="nowrap")],
        justify="space-between",
        align="flex-start",
        wrap="nowrap",
        className="tw-panel-head",
    )
    return found


def _row(row: Row, columns: Sequence[Column], href: str, view: View) -> Mapping[str, Any]:
    """Cells, the address that the row leads to, and those that single numbers lead to."""
    cells = {column.name: plain(row.get(column.name)) for column in columns}
    own = {c.name: value_link(row, c, view) for c in columns if c.opens}
    links = {"_href": href} if href else {}
    return {**cells, **links, **({"_hrefs": own} if own else {})}


def value_link(row: Row, column: Column, view: View) -> str:
    """Address of the rows behind one number of a row; "" where it is none, or nothing."""
    opens = str(row.get(column.opens) or "") if column.opens else ""
    return view.opens(opens) if opens and row.get(column.name) else ""


def _options(short: bool, padding: int) -> dict[str, Any]:
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
        "scrollbarWidth": _SCROLLBAR,
        "theme": {"function": f"tierwiseTheme(themeQuartz, {padding})"},
        "localeText": {"noRowsToShow": "No rows", "noMatchingRows": "No row holds this text"},
    }
