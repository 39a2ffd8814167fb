"""What an agent has in hand, and the card of whoever it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from tierwise.console.parts.figures import panel
from tierwise.workflows.card import Card, Earlier, Promise

DO = "agent-do"
"""Type of the ids of buttons that do something."""

QUICK = (("to call back today", 0), ("to call back tomorrow", 1), ("an answer in writing", 2))
"""What is promised most, and in how many days."""


def do(label: str, verb: str, of: int, *, main: bool = False, says: str = "") -> Component:
    """A button that does `verb` to a reservation, contact or promise."""
    found: Component = dmc.Button(
        label,
        id={"type": DO, "verb": verb, "of": of},
        size="xs",
        variant="filled" if main else "default",
        className="tw-primary" if main else "",
        **({"aria-label": says} if says else {}),
    )
    return found


def work(offers: Sequence[Mapping[str, Any]], shown: int | None, now: datetime) -> Component:
    """Everything in hand, what is offered first; `shown` is whose card is open."""
    if not offers:
        return html.P("Nothing is offered just now.", className="tw-message-text")
    ordered = sorted(offers, key=lambda one: one["state"] != "pending")
    return html.Ul([_one(one, shown, now) for one in ordered], className="tw-work")


def _one(one: Mapping[str, Any], shown: int | None, now: datetime) -> Component:
    reservation, contact = one["reservation_id"], one["contact_id"]
    buttons = {
        "reserved": [
            do("Accept", "accept", reservation, main=True),
            do("Turn down", "reject", reservation),
        ],
        "accepted": [
            do("Talk is over", "wrap", contact),
            do("Done", "complete", contact, main=True),
        ],
        "wrapping": [do("Done", "complete", contact, main=True)],
    }.get(one["contact_state"], [])
    if contact != shown:
        buttons.append(do("Card", "show", contact, says=f"Show the card of contact {contact}"))
    who = one["card"].get("name") or one["customer_id"] or "Somebody unknown"
    came = f"{one['channel']}, {one['reason']}" if one["reason"] else one["channel"]
    return html.Li(
        [
            html.Div(
                [
                    html.Div(who, className="tw-work-who"),
                    html.Div(f"{came} · {_state(one, now)}", className="tw-hint"),
                ]
            ),
            dmc.Group(buttons, gap="xs", wrap="nowrap"),
        ],
        className="tw-work-one tw-work-shown" if contact == shown else "tw-work-one",
    )


def _state(one: Mapping[str, Any], now: datetime) -> str:
    if one["contact_state"] == "reserved":
        left = max(0, int((one["expires_at"] - now).total_seconds()))
        return f"offered, {left} s to answer"
    return {"accepted": "you are on it", "wrapping": "wrap-up"}.get(one["contact_state"], "")


def card(found: Card, zone: str) -> Component:
    """Who it is and what helps; nothing says what anybody is worth."""
    name = found.name or (found.customer_id and f"Customer {found.customer_id}")
    came = f"{found.channel}, {found.reason}" if found.reason else found.channel
    head = [html.P(f"Came by {came}", className="tw-hint")]
    if found.thanks:
        head.append(html.P(found.thanks, className="tw-thanks"))
    if not found.customer_id:
        head.append(html.P("Nobody was recognised by what it came with."))
        return panel("Unknown customer", *head)
    facts = [part for label, said in found.facts for part in (html.Dt(label), html.Dd(said))]
    return panel(
        name or "Unknown customer",
        *head,
        *([html.Dl(facts, className="tw-helps")] if facts else []),
        html.H3("Promised and still to be kept", className="tw-subhead"),
        _promises(found.promises, zone),
        html.H3("I promised …", className="tw-subhead"),
        _promising(found.contact_id),
        html.H3("Open beside this", className="tw-subhead"),
        _contacts(found.issues, zone, "Nothing else is open."),
        html.H3("Last contacts", className="tw-subhead"),
        _contacts(found.earlier, zone, "None since contacts come here."),
    )


def _promises(promises: Sequence[Promise], zone: str) -> Component:
    if not promises:
        return html.P("Nothing was noted here.", className="tw-hint")
    return html.Ul([_promise(one, zone) for one in promises], className="tw-items")


def _promise(one: Promise, zone: str) -> Component:
    due = f"{'was due' if one.is_late else 'due'} {_day(one.due_at, zone)}, " if one.due_at else ""
    said = html.Span(
        f" {due}by {one.made_by}", className="tw-wrong" if one.is_late else "tw-dimmed"
    )
    kept = do("Kept", "kept", one.promise_id, says=f"Kept: {one.what}")
    return html.Li([html.Span([one.what, said]), kept])


def _promising(contact_id: int) -> Component:
    quick = [do(what, f"quick-{n}", contact_id) for n, (what, _) in enumerate(QUICK)]
    own = [
        dmc.TextInput(
            id="agent-promise",
            placeholder="something else, until tomorrow",
            size="xs",
            style={"flex": 1},
            **{"aria-label": "What you promised"},
        ),
        do("Note it", "promise", contact_id),
    ]
    return html.Div([dmc.Group(quick, gap="xs"), dmc.Group(own, gap="xs", mt="xs")])


def _contacts(contacts: Sequence[Earlier], zone: str, none: str) -> Component:
    if not contacts:
        return html.P(none, className="tw-hint")
    rows = [
        html.Li(
            [
                f"{one.channel}, {one.reason}" if one.reason else one.channel,
                html.Span(f" {_day(one.came_at, zone)}", className="tw-dimmed"),
            ]
        )
        for one in contacts
    ]
    return html.Ul(rows, className="tw-items")


def _day(moment: datetime, zone: str) -> str:
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y}"


def now() -> datetime:
    """The moment that countdowns are reckoned from."""
    return datetime.now(UTC)
