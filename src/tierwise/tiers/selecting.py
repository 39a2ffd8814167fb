"""Selectors of members: the rows behind every number about tiers.

What a selector names is a part of the members, or of a report's own table about them;
each report counts with the same expressions that its selectors filter by.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import ibis.expr.types as ir

from tierwise.tiers.bottom import GROWS, Bottom
from tierwise.tiers.satisfaction import Quadrant
from tierwise.tiers.stability import WORDS, Reason

NEW = ""
"""Stands for the tier before of who had none: `move:>A`."""


class Picks(StrEnum):
    """How a selector names members."""

    TIER = "tier"  # tier:A
    REASON = "reason"  # reason:held_up
    MOVE = "move"  # move:A>B, move:>B (new), move:up, move:down, move:both
    BY_RULE = "by-rule"  # by-rule:A, where the rule alone puts them
    HELD = "other-by-rule"  # other-by-rule:A, members whom the rule alone puts elsewhere
    DECIDED = "decided"  # decided:A
    UP_TO = "up-to"  # up-to:B, that tier and the better ones
    NEAR = "near"  # near, near:coin, near:A:above, near:A:below
    QUADRANT = "quadrant"  # quadrant, quadrant:keep, quadrant:keep:A
    GETS_LESS = "gets-less"
    TAKES_MORE = "takes-more"
    BOTTOM = "bottom"  # bottom:growable, bottom:likely, bottom:need=..., bottom:growable:need=...
    CHANGES = "changes"  # changes:none, changes:by_profit_window, ...:up, ...:down
    CONTEXT = "context"  # context:channel=web, context:2:channel=web (in the second tier there)
    DIFFERING = "differing"  # differing:channel
    WITH = "with"  # with:segment=pro, with:2:segment=pro (up to the second tier)


@dataclass(frozen=True, slots=True)
class Selector:
    """Members that are asked for."""

    picks: Picks
    value: str = ""  # what follows, less the tier
    tier: int | None = None  # number of the tier that is named; None: of all
    before: int | None = None  # of a move: the tier before; None: new

    @property
    def dimension(self) -> tuple[str, str]:
        """Name and value of `channel=web`."""
        name, _, value = self.value.partition("=")
        return name, value


def is_selector(text: str) -> bool:
    """Whether a selector is about tiers, by how it begins."""
    return text.partition(":")[0] in list(Picks)


def code(kind: StrEnum) -> str:
    """A quadrant or a kind of the last tier as selectors write it."""
    return kind.name.lower()


def parse(text: str, names: Sequence[str]) -> Selector | None:
    """Read a selector; None where it is none. `names` are those of the tiers, best first."""
    if not is_selector(text):
        return None
    start, _, rest = text.partition(":")
    picks, number = Picks(start), {name: k for k, name in enumerate(names, 1)}
    match picks:
        case Picks.TIER | Picks.BY_RULE | Picks.HELD | Picks.DECIDED | Picks.UP_TO:
            return Selector(picks, tier=number[rest]) if rest in number else None
        case Picks.REASON:
            return Selector(picks, rest) if rest in list(Reason) else None
        case Picks.MOVE:
            return _move(rest, number)
        case Picks.NEAR:
            return _near(rest, number)
        case Picks.QUADRANT:
            return _quadrant(rest, number)
        case Picks.GETS_LESS | Picks.TAKES_MORE:
            return None if rest else Selector(picks)
        case Picks.BOTTOM:
            return _bottom(rest)
        case Picks.CHANGES | Picks.DIFFERING:
            return Selector(picks, rest) if rest else None
        case Picks.CONTEXT | Picks.WITH:
            return _dimension(picks, rest, len(names))


def _move(rest: str, number: Mapping[str, int]) -> Selector | None:
    if rest in ("up", "down", "both"):
        return Selector(Picks.MOVE, rest)
    pairs = {
        f"{was}>{now}": (number.get(was), k) for was in (NEW, *number) for now, k in number.items()
    }
    if rest not in pairs:
        return None
    before, tier = pairs[rest]
    return Selector(Picks.MOVE, tier=tier, before=before)


def _near(rest: str, number: Mapping[str, int]) -> Selector | None:
    name, _, side = rest.rpartition(":")
    if rest in ("", "coin"):
        return Selector(Picks.NEAR, rest)
    if name not in number or side not in ("above", "below"):
        return None
    return Selector(Picks.NEAR, side, number[name])


def _quadrant(rest: str, number: Mapping[str, int]) -> Selector | None:
    kind, _, tier = rest.partition(":")
    if kind not in ("", *(code(one) for one in Quadrant)) or tier not in ("", *number):
        return None
    return Selector(Picks.QUADRANT, kind, number.get(tier))


def _bottom(rest: str) -> Selector | None:
    kind = rest.partition(":need=")[0]
    known = {"growable", "structural", *(code(one) for one in Bottom)}
    return Selector(Picks.BOTTOM, rest) if kind in known or rest.startswith("need=") else None


def _dimension(picks: Picks, rest: str, tiers: int) -> Selector | None:
    first, _, pair = rest.partition(":")
    of_tier = first.isdigit() and 1 <= int(first) <= tiers
    found = Selector(picks, pair, int(first)) if of_tier else Selector(picks, rest)
    return found if found.dimension[0] and "=" in found.value else None


def of_members(members: ir.Table, chosen: Selector) -> ir.Table:
    """The members that a selector of their own columns names; ValueError for other selectors."""
    tier = chosen.tier
    match chosen.picks:
        case Picks.TIER:
            return members.filter(members.tier == tier)
        case Picks.UP_TO:
            return members.filter(members.tier <= tier)
        case Picks.BY_RULE:
            return members.filter(members.rule_tier == tier)
        case Picks.HELD:
            return members.filter((members.tier == tier) & (members.rule_tier != tier))
        case Picks.DECIDED:
            return members.filter((members.tier == tier) & members.is_override)
        case Picks.REASON:
            return members.filter(members.reason == chosen.value)
        case Picks.MOVE:
            return _moved(members, chosen)
    raise ValueError(f"{chosen.picks} is not told by the members alone.")


def _moved(members: ir.Table, chosen: Selector) -> ir.Table:
    was, now = members.before, members.earned_tier
    match chosen.value:
        case "up":
            return members.filter(now < was)
        case "down":
            return members.filter(now > was)
        case "both":
            return members.filter(was.notnull())
    first = was.isnull() if chosen.before is None else was == chosen.before
    return members.filter(first & (now == chosen.tier))


def of_bottom(table: ir.Table, chosen: Selector) -> ir.Table:
    """The part of the last tier that is named; `table` is of `bottom.expression`."""
    kind, _, need = chosen.value.rpartition("need=")
    kind = (kind if "need=" in chosen.value else chosen.value).rstrip(":")
    if "need=" in chosen.value:
        table = table.filter(table.need == need)
    if not kind:
        return table
    if kind in ("growable", "structural"):
        grows = table.kind.isin([str(one) for one in GROWS])
        return table.filter(grows if kind == "growable" else ~grows)
    return table.filter(table.kind == str(Bottom[kind.upper()]))


def of_quadrants(table: ir.Table, chosen: Selector) -> ir.Table:
    """The field of the map that is named; `table` is of `satisfaction.mapped`."""
    if chosen.value:
        table = table.filter(table.quadrant == str(Quadrant[chosen.value.upper()]))
    return table if chosen.tier is None else table.filter(table.tier == chosen.tier)


def of_near(table: ir.Table, chosen: Selector) -> ir.Table:
    """One side of a boundary, or all; `table` is of `cliffs.near`."""
    if chosen.tier is not None:
        group = 2 * chosen.tier - (chosen.value == "above")
        return table.filter(table.group == group)
    return table.filter(table.coin == 1) if chosen.value == "coin" else table


def of_changes(table: ir.Table, chosen: Selector) -> ir.Table | None:
    """Who changes tier under another value; `table` is of `sensitivity.wide`.

    None where it holds no such value.
    """
    if chosen.value == "none":
        return table.filter(table.reach == 0)
    key, _, way = chosen.value.partition(":")
    if key not in table.columns or way not in ("", "up", "down"):
        return None
    other = table[key]
    if way:
        return table.filter(other < table.tier if way == "up" else other > table.tier)
    return table.filter(other != table.tier)


def title(chosen: Selector, names: Sequence[str]) -> str:
    """What the list is called."""
    tier = "" if chosen.tier is None else names[chosen.tier - 1]
    match chosen.picks:
        case Picks.TIER:
            return f"Members of tier {tier}"
        case Picks.UP_TO:
            return f"Members of tiers up to {tier}"
        case Picks.BY_RULE:
            return f"Whom the rule alone puts into tier {tier}"
        case Picks.HELD:
            return f"Members of tier {tier} whom the rule alone puts elsewhere"
        case Picks.DECIDED:
            return f"Members of tier {tier} by decision"
        case Picks.REASON:
            words = WORDS[Reason(chosen.value)]
            return f"{words[:1].upper()}{words[1:]}"
        case Picks.MOVE:
            return _title_of_move(chosen, names)
    return _title_of_report(chosen, tier)


def _title_of_move(chosen: Selector, names: Sequence[str]) -> str:
    match chosen.value:
        case "up" | "down":
            return f"Moved {chosen.value} at the last review"
        case "both":
            return "Members at both of the last reviews"
    now = names[(chosen.tier or 1) - 1]
    if chosen.before is None:
        return f"New, and placed into {now}"
    was = names[chosen.before - 1]
    return f"In {was} before and now" if was == now else f"From {was} to {now}"


def _title_of_report(chosen: Selector, tier: str) -> str:
    name, value = chosen.dimension
    match chosen.picks:
        case Picks.NEAR if tier:
            return f"Just {chosen.value} the end of tier {tier}"
        case Picks.NEAR:
            coin = ", and as likely above as below" if chosen.value else ""
            return f"Close to a boundary{coin}"
        case Picks.QUADRANT:
            where = Quadrant[chosen.value.upper()].partition(":")[0] if chosen.value else "answered"
            return f"{where[:1].upper()}{where[1:]}{f', tier {tier}' if tier else ''}"
        case Picks.GETS_LESS:
            return "Under-served: who gets less than the tier says"
        case Picks.TAKES_MORE:
            return "Over-served: who takes more than the value says"
        case Picks.BOTTOM:
            return f"In the last tier: {chosen.value.replace(':', ', ').replace('_', ' ')}"
        case Picks.CHANGES if chosen.value == "none":
            return "In the same tier under every other value"
        case Picks.CHANGES:
            return f"Would change tier {chosen.value.replace('_', ' ').replace(':', ': ')}"
        case Picks.DIFFERING:
            return f"Whose tier differs by {chosen.value}"
        case Picks.CONTEXT:
            return f"{name} = {value}{f': tier {tier} there' if tier else ''}"
        case _:
            return f"{name} = {value}{f', up to tier {tier}' if tier else ''}"
