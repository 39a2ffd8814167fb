"""A desktop for agents without a helpdesk: on shift, offers as they come, card, promise, done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.development.base_component import Component
from dash.exceptions import PreventUpdate

from tierwise.console.guard import guarded, in_browser, notify
from tierwise.console.page import Content, House, Page
from tierwise.console.parts.agent_work import DO, QUICK, card, now, work
from tierwise.console.parts.aria import aria
from tierwise.console.parts.figures import panel
from tierwise.console.parts.messages import explained, message
from tierwise.console.view import View, read_view
from tierwise.errors import TierwiseError, UsageError
from tierwise.workflows.card import card_for, keep, promise
from tierwise.workflows.live import Live
from tierwise.workflows.route import Presence
from tierwise.workflows.value import Desk

PATH = "/agent"
EVERY_MS = 10_000
"""Between looks when nothing is heard; each tells the router that the desktop is there."""

_PRESENCES = (("ready", "Ready"), ("away", "Away"), ("offline", "Off shift"))


def fill(_desk: Desk, view: View) -> Content:
    """The page around what changes."""
    body = html.Div(
        [
            dcc.Interval(id="agent-tick", interval=EVERY_MS),
            dcc.Store(id="agent-heard"),
            dcc.Store(id="agent-contact"),
            dcc.Store(id="agent-stream"),
            dcc.Store(id="agent-who", data=view.get("agent")),
            html.Div(html.Div(className="tw-card tw-panel"), id="agent-desk"),
            html.Div(id="agent-card"),
        ],
        className="tw-agent" if view.get("agent") else "",
    )
    return Content(None, body)


def connect(app: Dash, house: House) -> None:
    """Listen, show what is in hand, and do what buttons say."""
    in_browser(
        app,
        "listenAsAgent",
        Output("agent-stream", "data"),
        Input("agent-who", "data"),
        at_start=True,
    )

    @guarded(
        app,
        Output("agent-desk", "children"),
        Output("agent-contact", "data"),
        Input("agent-tick", "n_intervals"),
        Input("agent-heard", "data"),
        Input({"type": DO, "verb": ALL, "of": ALL}, "n_clicks"),
        Input({"type": "agent-presence", "of": ALL}, "value"),
        State("agent-contact", "data"),
        State({"type": "agent-name", "of": ALL}, "value"),
        State({"type": "agent-group", "of": ALL}, "value"),
        State("agent-promise", "value", allow_optional=True),
        State("url", "pathname"),
        State("url", "search"),
    )
    def show_desk(*given: Any) -> tuple[Any, Any]:
        (clicks, presences, contact), (names, groups, said) = given[2:5], given[5:8]
        view = read_view(*given[8:])
        if view.path != PATH:
            raise PreventUpdate
        live = house.live.get(house.key(view))
        if live is None:
            return _not_live(), None
        asked = ctx.triggered_id
        pressed = isinstance(asked, dict) and asked.get("type") == DO
        if pressed and not any(clicks):
            raise PreventUpdate  # the buttons have only just been drawn
        verb, of = (asked["verb"], int(asked["of"])) if pressed else ("", 0)
        agent = view.get("agent")
        if not agent:
            if asked == "agent-tick" and given[0]:
                raise PreventUpdate  # somebody may be writing into the form
            if verb == "start":
                _sign_on(live, (names or [""])[0], (groups or [""])[0])
            return _who(live, view), None
        _heard(live, agent)
        chosen = presences[0] if presences else None
        if isinstance(asked, dict) and asked.get("type") == "agent-presence" and chosen:
            _turn(live, agent, chosen)
        wanted = contact
        if verb:
            try:
                wanted = _done(live, agent, verb, of, said or "", contact) or contact
            except TierwiseError as error:  # such as an offer that expired: show what is now
                notify(error.message, error.remedy, "orange")
        desk, shown = _desk(live, agent, wanted)
        return desk, no_update if shown == contact else shown

    @guarded(app, Output("agent-card", "children"), Input("agent-contact", "data"))
    def show_card(contact: dict[str, Any] | None) -> Component | None:
        if not contact:
            return None
        live = next(iter(house.live.values()), None)
        if live is None:
            raise PreventUpdate
        return card(card_for(live.store, contact["id"], live.card.words), live.card.zone)


def _desk(live: Live, agent: str, contact: dict[str, Any] | None) -> tuple[Component, Any]:
    """What is in hand, and whose card is open: what was looked at, or else the first."""
    try:
        known, offers = live.agent(agent), live.offers(agent)
    except TierwiseError as error:
        return explained(error), None
    held = [one["contact_id"] for one in offers]
    shown = contact["id"] if contact and contact["id"] in held else next(iter(held), None)
    changed = {"id": shown, "seen": 0} if shown else None
    if contact and contact["id"] == shown:
        changed = contact
    head = dmc.Group(
        [
            dmc.SegmentedControl(
                id={"type": "agent-presence", "of": agent},
                data=[{"value": value, "label": label} for value, label in _PRESENCES],
                value=known["presence"],
                size="sm",
                **aria(label="Whether you take contacts"),
            ),
            html.Span(
                f"{known['used']} of {known['capacity']} in hand"
                + (f"; {known['why']}" if known["why"] else ""),
                className="tw-hint",
            ),
        ],
        justify="space-between",
    )
    return panel(known["name"] or agent, head, work(offers, shown, now())), changed


def _done(
    live: Live, agent: str, verb: str, of: int, said: str, contact: dict[str, Any] | None
) -> dict[str, Any] | None:
    """Do what a button says; the contact whose card is to be shown anew, if any."""
    router, store, words = live.router, live.store, live.card.words
    if verb == "accept":
        router.accept(of, agent)
    elif verb == "reject":
        router.reject(of, agent)
    elif verb == "wrap":
        router.wrap_up(of)
    elif verb == "complete":
        router.complete(of)
    elif verb == "show":
        return {"id": of, "seen": 0}
    elif verb == "kept" and contact:
        keep(store, contact["id"], of, agent)
        return _again(contact)
    elif verb.startswith("quick-") or verb == "promise":
        what, days = QUICK[int(verb[6:])] if verb != "promise" else (said, 1)
        due_at = (now().astimezone(ZoneInfo(live.card.zone)) + timedelta(days=days)).replace(
            hour=23, minute=59, second=0, microsecond=0
        )
        promise(store, of, what, due_at, agent, words)
        notify("Noted", what, "teal")
        return _again(contact or {"id": of, "seen": 0})
    return None


def _again(contact: dict[str, Any]) -> dict[str, Any]:
    return contact | {"seen": contact["seen"] + 1}


def _turn(live: Live, agent: str, presence: str) -> None:
    if live.agent(agent)["presence"] != presence:
        live.router.present(agent, Presence(presence))


def _heard(live: Live, agent: str) -> None:
    try:
        if live.agent(agent)["presence"] != Presence.OFFLINE:
            live.router.heard(agent)
    except TierwiseError:
        return  # said where the desk is shown


def _sign_on(live: Live, name: str, group: str) -> None:
    """Make somebody known who works here from now on; the name is the id too."""
    pool, _, rest = (group or "").partition("\n")
    if not (name or "").strip() or not rest:
        raise UsageError("Your name and a group are needed.", "Give both, then go on.")
    live.router.sign_on(pool, name.strip()[:200], name.strip()[:200], rest)


def _who(live: Live, view: View) -> Component:
    """Everybody who is known, and a form for somebody new."""
    pools = live.pools()
    if not pools:
        return message(
            "No pool yet",
            "Somebody has to say who waits where and who serves whom first: PUT"
            " `/api/v1/pools/NAME`. docs/how-to/route-live.md has an example.",
        )
    agents = [one for pool in pools for one in live.router.agents(pool["pool"])]
    links = [
        dcc.Link(
            one["name"] or one["agent_id"],
            href=view.href(PATH, agent=one["agent_id"]),
            className="tw-part",
        )
        for one in agents
    ]
    groups = [(p["pool"], group) for p in pools for group in p["definition"]["groups"]]
    form = dmc.Group(
        [
            dmc.TextInput(id={"type": "agent-name", "of": 0}, label="Your name", size="sm"),
            dmc.Select(
                id={"type": "agent-group", "of": 0},
                label="Group",
                data=[{"value": f"{p}\n{g}", "label": f"{p}: {g}"} for p, g in groups],
                size="sm",
            ),
            dmc.Button(
                "Make known",
                id={"type": DO, "verb": "start", "of": 0},
                size="sm",
                className="tw-primary",
            ),
        ],
        align="flex-end",
    )
    nobody = html.P("Nobody is known yet.", className="tw-message-text")
    return panel(
        "Who are you?",
        html.Nav(links, className="tw-parts", **aria(label="Agents")) if links else nobody,
        html.H3("Somebody new", className="tw-subhead"),
        form,
    )


def _not_live() -> Component:
    return message(
        "The router is not running",
        "Start it together with the console: `tierwise serve --live`.",
    )


PAGE = Page(
    PATH,
    "Agent",
    fill,
    section="Agent",
    connect=connect,
    ignores=("lens", "window", "slice"),
)
