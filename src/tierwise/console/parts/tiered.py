"""The frame of every page about tiers: how they are asked for, and the part that follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from tierwise.console.page import Content, Page
from tierwise.console.parts.aria import aria
from tierwise.console.parts.chapters import Chapters
from tierwise.console.parts.words import BASIS_NAMES, RULE_NAMES, capital
from tierwise.console.view import View
from tierwise.errors import UsageError
from tierwise.settings import TierBasis, TierRule
from tierwise.workflows.declared import tiers_built_with
from tierwise.workflows.tiers import Asked, rules_that_fit
from tierwise.workflows.value import Desk

if TYPE_CHECKING:
    from tierwise.settings import TiersSettings

LISTED = 10_000
"""Rows of a list that a page holds."""

MEMBER_FIRST = (
    "customer_id",
    "name",
    "tier",
    "before",
    "because",
    "value",
    "p_tier",
    "rule_tier",
    "since",
)
"""Columns that a list of members begins with."""

WORKING = "Putting every customer into a tier, review by review; some seconds. It is kept."

Named = TypeVar("Named", bound=StrEnum)


def asked(view: View) -> Asked:
    """How the address asks for tiers; UsageError names what cannot be read."""
    return Asked(
        view.get("goal"),
        _read("rule", view.get("rule"), TierRule),
        _read("basis", view.get("basis"), TierBasis),
    )


def _read(name: str, text: str, kind: type[Named]) -> Named | None:
    if not text:
        return None
    try:
        return kind(text)
    except ValueError:
        raise UsageError(f'{name} says "{text}".', f"Use one of {', '.join(kind)}.") from None


def tier_page(path: str, tab: str, chapters: Chapters) -> Page:
    """A page of the section: the same pickers above, `chapters` below them."""

    def fill(desk: Desk, view: View) -> Content:
        view.question()  # refuses what cannot be asked before anything is worked out
        asked(view)
        return Content(None, html.Div([_pickers(desk, view), chapters.component(desk, view)]))

    return Page(path, tab, fill, section="Tiers", tab=tab, connect=chapters.connect)


def _pickers(desk: Desk, view: View) -> Component:
    declared = tiers_built_with(desk.build)
    fit = rules_that_fit(desk.build)
    rules = [
        {"value": str(rule), "label": capital(RULE_NAMES[rule]), "disabled": rule not in fit}
        for rule in TierRule
    ]
    bases = [{"value": str(one), "label": capital(BASIS_NAMES[one])} for one in TierBasis]
    return html.Div(
        [
            _pick("rule", "Cut by", rules, capital(RULE_NAMES[declared.rule]), view, 210),
            _pick("basis", "Value is", bases, capital(BASIS_NAMES[declared.basis]), view, 240),
            _goal(declared, view),
        ],
        className="tw-asks",
        role="group",
        **aria(label="How tiers are made"),
    )


def _pick(
    name: str,
    label: str,
    data: Sequence[Mapping[str, object]],
    declared: str,
    view: View,
    width: int,
) -> Component:
    found: Component = dmc.Select(
        id={"type": "ask", "name": name},
        label=label,
        data=data,
        value=view.get(name) or None,
        placeholder=declared,
        clearable=True,
        clearButtonProps={"aria-label": f"Clear {name}"},
        size="xs",
        w=width,
        className="tw-picker",
    )
    return found


def _goal(declared: TiersSettings, view: View) -> Component:
    found: Component = dmc.TextInput(
        id={"type": "ask", "name": "goal"},
        label="Goal",
        placeholder=declared.goal or "The goal that the tiers serve, in a sentence",
        value=view.get("goal"),
        debounce=True,
        size="xs",
        className="tw-picker tw-goal",
    )
    return found


def choice(name: str, label: str, options: dict[str, str], chosen: str) -> Component:
    """Buttons side by side that write into the address; the first one is the default."""
    found: Component = dmc.SegmentedControl(
        id={"type": "ask", "name": name},
        data=[{"value": value, "label": text} for value, text in options.items()],
        value=chosen,
        size="xs",
        **aria(label=label),
    )
    return found
