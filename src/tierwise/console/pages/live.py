"""The floor as it is now, for who supervises it: queue, agents, latest decisions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from tierwise.console.guard import guarded
from tierwise.console.page import Content, House, Page
from tierwise.console.parts.aria import aria
from tierwise.console.parts.figures import notes, panel, stack
from tierwise.console.parts.messages import explained, message
from tierwise.console.view import View, read_view
from tierwise.errors import TierwiseError
from tierwise.routing.stuck import Stuck
from tierwise.workflows.board import LISTED, Board, Decision, Serving, Waiting, board
from tierwise.workflows.value import Desk

PATH = "/live"
EVERY_MS = 3_000

_STATES = {
    "queued": "waits",
    "reserved": "offered",
    "accepted": "being served",
    "wrapping": "wrap-up",
    "callback_due": "callback",
}
_REASONS = {
    "alone": "nobody else waited",
    "floor": "past its floor",
    "policy": "the policy put it first",
    "longest_wait": "had waited longest",
}


def fill(_desk: Desk, _view: View) -> Content:
    """Fill the page; what changes follows, and again every few seconds."""
    pause = dmc.Switch(id="live-pause", label="Hold still", size="xs", checked=False)
    body = html.Div(
        [
            dcc.Interval(id="live-tick", interval=EVERY_MS),
            dmc.Group(pause, justify="flex-end"),
            html.Div(html.Div(className="tw-card tw-panel"), id="live-board"),
        ]
    )
    return Content(None, body)


def connect(app: Dash, house: House) -> None:
    """Draw the board again and again while the page is open."""

    @guarded(
        app,
        Output("live-board", "children"),
        Input("live-tick", "n_intervals"),
        State("url", "pathname"),
        State("url", "search"),
    )
    def show_board(_ticks: int | None, path: str, search: str) -> Component:
        if path.rstrip("/") != PATH:
            raise PreventUpdate  # the reader has gone on to another page
        return shown(house, read_view(path, search))

    @guarded(app, Output("live-tick", "disabled"), Input("live-pause", "checked"))
    def hold_still(checked: bool) -> bool:
        return checked


def shown(house: House, view: View) -> Component:
    """The board of the pool that an address names, or what to do where there is none."""
    live = house.live.get(house.key(view))
    if live is None:
        return _not_live()
    try:
        found = board(live, view.get("pool"))
    except TierwiseError as error:
        return explained(error)
    return _no_pool() if found is None else _board(found, view)


def _not_live() -> Component:
    return message(
        "The router is not running",
        "Start it together with the console: `tierwise serve --live`.",
        "Then define a pool with PUT `/api/v1/pools/NAME`; contacts come by POST"
        " `/api/v1/contacts` or by webhook. docs/how-to/route-live.md shows each step.",
    )


def _no_pool() -> Component:
    return message(
        "No pool yet",
        "The router runs and waits for its first pool: PUT `/api/v1/pools/NAME` with its classes,"
        " its groups and its policy.",
        "The API is described at `/api/v1/openapi.json`; docs/how-to/route-live.md has an example.",
    )


def _board(found: Board, view: View) -> Component:
    return stack(
        _pools(found, view) if len(found.pools) > 1 else None,
        _cards(found),
        _stuck(found.stuck),
        panel(
            "Queue",
            _contacts(found.contacts, view),
            hint=f"Longest wait first, at most {LISTED}. The floor is when a contact goes first"
            f" whatever its class. Policy: {found.policy}.",
        ),
        html.Div([_agents(found.agents), _decisions(found.decisions)], className="tw-halves"),
    )


def _pools(found: Board, view: View) -> Component:
    links = [
        dmc.Anchor(
            name,
            href=view.href(PATH, pool=name),
            unstyled=True,
            className="tw-part tw-part-active" if name == found.pool else "tw-part",
            **(aria(current="true") if name == found.pool else {}),
        )
        for name in found.pools
    ]
    return html.Nav(links, className="tw-parts", **aria(label="Pools"))


def _stuck(stuck: Sequence[Stuck]) -> Component | None:
    if not stuck:
        return None
    said = [
        f"{one.contacts:,} in {one.class_name}: each takes {one.weight}, "
        + (f"the largest capacity there is {one.most}" if one.most else "no agent is known there")
        for one in stuck
    ]
    return panel(
        "Nobody can take these",
        notes(said),
        hint="Give an agent who serves them so much capacity, or the class less weight.",
    )


def _cards(found: Board) -> Component:
    cards = (
        ("Waiting", f"{found.queued:,}"),
        ("Longest wait", clock(found.longest_s) if found.queued else "–"),
        ("Past their floor", f"{found.past_floor:,}"),
        ("Agents ready", f"{found.ready:,}"),
    )
    drawn = [
        html.Div(
            [
                html.Div(label, className="tw-figure-label"),
                html.Div(value, className="tw-figure-value"),
            ],
            className="tw-card tw-figure",
        )
        for label, value in cards
    ]
    return html.Div(drawn, className="tw-figures", style={"--across": len(drawn)})


def _contacts(contacts: Sequence[Waiting], view: View) -> Component:
    if not contacts:
        return html.P("Nobody waits, nobody is being served.", className="tw-message-text")
    names = ("Contact", "Queue", "Came by", "Customer", "State", "Wait")
    rest = ("Floor", "Agent", "Why", "By arrival")
    return _table("Open contacts", (*names, *rest), [_contact(one, view) for one in contacts])


def _contact(one: Waiting, view: View) -> list[Any]:
    came = f"{one.channel}, {one.reason}" if one.reason else one.channel
    return [
        str(one.contact_id),
        one.queue,
        came,
        _customer(one.customer_id, view),
        _STATES.get(one.state, one.state),
        clock(one.waited_s),
        _floor(one.floor_in_s),
        one.agent or "–",
        _REASONS.get(one.why, one.why) or "–",
        "–" if one.first_come_rank is None else str(one.first_come_rank),
    ]


def _customer(customer_id: str | None, view: View) -> Any:
    if not customer_id:
        return "unknown"
    return dcc.Link(customer_id, href=view.href("/customer", id=customer_id), className="tw-link")


def _floor(left_s: float | None) -> Any:
    if left_s is None:
        return "–"
    if left_s <= 0:
        return html.Span(f"past by {clock(-left_s)}", className="tw-wrong")
    return f"in {clock(left_s)}"


def _agents(agents: Sequence[Serving]) -> Component:
    rows = [
        [
            one.name,
            one.group,
            f"{one.presence}: {one.why}" if one.why else one.presence,
            f"{one.used} of {one.capacity}",
        ]
        for one in agents
    ]
    names = ("Agent", "Group", "Presence", "At work on")
    empty = html.P("Nobody has signed on.", className="tw-message-text")
    return panel("Agents", _table("Agents", names, rows) if rows else empty)


def _decisions(decisions: Sequence[Decision]) -> Component:
    rows = [
        [
            f"{one.decided_at.astimezone(UTC):%H:%M:%S}",
            str(one.contact_id),
            one.queue,
            one.agent_id,
            clock(one.waited_s),
            _REASONS.get(one.reason, one.reason),
            str(one.first_come_rank),
        ]
        for one in decisions[:20]
    ]
    names = ("At (UTC)", "Contact", "Queue", "Agent", "Waited", "Why", "By arrival")
    empty = html.P("Nothing was decided yet.", className="tw-message-text")
    hint = "Newest first. By arrival: its place, had it gone first come, first served."
    return panel("Latest decisions", _table("Decisions", names, rows) if rows else empty, hint=hint)


def _table(says: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> Component:
    head = html.Tr([html.Th(name, scope="col") for name in names])
    body = [html.Tr([html.Td(cell) for cell in row]) for row in rows]
    drawn = html.Table(
        [html.Thead(head), html.Tbody(body)], className="tw-live", **aria(label=says)
    )
    # Whoever has no mouse scrolls by the keyboard.
    return html.Div(drawn, className="tw-scroll", tabIndex=0, role="region", **aria(label=says))


def clock(seconds: float) -> str:
    """`0:07`, `12:30` or `1:02:30`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


PAGE = Page(
    PATH,
    "Live",
    fill,
    section="Live",
    connect=connect,
    ignores=("lens", "window", "slice"),
)
