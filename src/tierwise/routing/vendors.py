"""Queue rules of products that firms run, as policies of ours, and ours as their settings.

Each preset says in which order the product serves, where its documentation says so,
and which of our rules it is. `settings_for` writes a policy down in the product's own
settings, or refuses where the product cannot do it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tierwise.errors import RefusedError
from tierwise.routing.section import ClassRule, Eligibility, PolicySection, Rule

GENESYS_POINT_S = 60.0
"""One point of priority of Genesys Cloud counts as a minute of waiting."""

NICE_MINUTE_S = 60.0
"""NICE accelerates by points a minute."""


class Vendor(StrEnum):
    """Products whose rules are written down here."""

    AMAZON_CONNECT = "amazon-connect"
    TWILIO = "twilio-taskrouter"
    GENESYS = "genesys-cloud"
    NICE = "nice-cxone"
    ASTERISK = "asterisk"
    FREESWITCH = "freeswitch"
    CHATWOOT = "chatwoot"

    @classmethod
    def _missing_(cls, value: object) -> Vendor | None:
        """With underscores and in capitals too."""
        wanted = str(value).lower().replace("_", "-").replace(" ", "-")
        return next((one for one in cls if one.value == wanted), None)


@dataclass(frozen=True, slots=True)
class Ordering:
    """How a product orders what waits."""

    rule: Rule  # which of our rules it is
    words: str  # the order, for people
    source: str  # where its documentation says so
    limits: str  # what it has that we do not replay, or the other way round


ORDERINGS: Mapping[Vendor, Ordering] = {
    Vendor.AMAZON_CONNECT: Ordering(
        Rule.STRICT,
        "By the priority that the agent's routing profile gives the queue (1 first), and only"
        " after the queue's delay; at one priority the longest wait. An idle agent: idle longest.",
        "docs.aws.amazon.com/connect/latest/adminguide/concepts-routing-profiles-priority.html",
        "A contact's own priority and routing age within one queue need a class of their own.",
    ),
    Vendor.TWILIO: Ordering(
        Rule.STRICT,
        "Higher priority always first, whatever the age; at one priority the oldest task."
        " A target's timeout hands the task on to the next queue.",
        "www.twilio.com/docs/taskrouter/api/task-queue (Task assignment precedence)",
        "A priority that rises at a timeout is replayed as overflow without the rise; LIFO is not.",
    ),
    Vendor.GENESYS: Ordering(
        Rule.HEAD_START,
        "By the time of entering the queue less one minute for each point of priority.",
        "community.genesys.com/discussion/conversation-priority-and-score",
        "Bullseye rings are overflow after a wait: put them under groups as after_wait_s.",
    ),
    Vendor.NICE: Ordering(
        Rule.CAPPED,
        "By initial priority + minutes waited x acceleration, up to the maximum priority.",
        "help.incontact.com/content/ACD/Routing/StaticDelivery/ConfigureSkillPriority.htm",
        "Agent proficiency is the order of preference of groups.",
    ),
    Vendor.ASTERISK: Ordering(
        Rule.STRICT,
        "Calls of the queue with the greater weight first where agents are common to both;"
        " within a queue in the order of coming. Members with less penalty are rung first.",
        "queues.conf.sample of Asterisk (weight); docs.asterisk.org, QueueAdd (Penalty)",
        "A member with more penalty is tried when those before it are busy: preference of groups.",
    ),
    Vendor.FREESWITCH: Ordering(
        Rule.HEAD_START,
        "By score: one point a second of waiting plus a base score. Agents of a higher tier only"
        " after tier-rule-wait-second for each level.",
        "developer.signalwire.com/freeswitch/FreeSWITCH-Explained/Modules/mod_callcenter_1049389",
        "The base score is one for a queue's callers here; there it may differ from call to call.",
    ),
    Vendor.CHATWOOT: Ordering(
        Rule.FIRST_COME,
        "The oldest unassigned conversation first, to the next agent in turn.",
        "github.com/chatwoot/chatwoot app/services/auto_assignment/assignment_service.rb",
        "No order by value: any other rule is refused. Turns are replayed as idle longest.",
    ),
}


def preset(
    vendor: Vendor, classes: Sequence[str], groups: Mapping[str, Sequence[str]]
) -> PolicySection:
    """The product's rule with a first guess of settings, the earlier classes first.

    `groups` says which classes each group serves.
    """
    ordering = ORDERINGS[vendor]
    made = {name: _guess(ordering.rule, i, len(classes)) for i, name in enumerate(classes)}
    pairs = {group: {name: Eligibility() for name in served} for group, served in groups.items()}
    return PolicySection(
        name=f"As {vendor}", rule=ordering.rule, present=True, classes=made, groups=pairs
    )


def _guess(rule: Rule, place: int, classes: int) -> ClassRule:
    """Settings of the class at a place, a minute ahead of the next one where minutes count."""
    ahead_s = 60.0 * (classes - 1 - place)
    match rule:
        case Rule.STRICT:
            return ClassRule(level=place + 1)
        case Rule.HEAD_START:
            return ClassRule(head_start_s=ahead_s)
        case Rule.CAPPED:
            return ClassRule(head_start_s=ahead_s, rate=1, cap_s=60_000)
        case _:
            return ClassRule()


def settings_for(
    vendor: Vendor, policy: PolicySection, groups: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """The policy as settings of the product; RefusedError names what it cannot do."""
    _refuse(vendor, policy)
    return _WRITERS[vendor](policy, groups)


def _refuse(vendor: Vendor, policy: PolicySection) -> None:
    """What no product of the list, or not this one, can be told."""
    able = {
        Vendor.NICE: {Rule.FIRST_COME, Rule.HEAD_START, Rule.ACCUMULATING, Rule.CAPPED},
        Vendor.GENESYS: {Rule.FIRST_COME, Rule.HEAD_START},
        Vendor.FREESWITCH: {Rule.FIRST_COME, Rule.HEAD_START},
        Vendor.CHATWOOT: {Rule.FIRST_COME},
    }.get(vendor, {Rule.FIRST_COME, Rule.STRICT})
    wrong = []
    if policy.rule not in able:
        wrong.append(f"it cannot order by {policy.rule.replace('_', ' ')}")
    wrong += [f"no floor for {n}" for n, c in policy.classes.items() if math.isfinite(c.floor_s)]
    pairs = [(g, k, pair) for g, served in policy.groups.items() for k, pair in served.items()]
    wrong += [f"no reserve in {g} against {k}" for g, k, pair in pairs if pair.reserve]
    delays = {Vendor.AMAZON_CONNECT, Vendor.TWILIO, Vendor.GENESYS, Vendor.FREESWITCH}
    wrong += [
        f"no overflow of {k} to {g} after a wait"
        for g, k, pair in pairs
        if pair.after_wait_s and vendor not in delays
    ]
    if vendor is not Vendor.AMAZON_CONNECT:
        wrong += [
            f"no order of {k} for {g} alone" for g, k, pair in pairs if pair.level is not None
        ]
    if wrong:
        raise RefusedError(
            f"{vendor} cannot do this policy: {'; '.join(wrong)}.",
            "Choose a policy that it can, or let tierwise route.",
        )


def _pair(policy: PolicySection, group: str, name: str) -> Eligibility:
    return policy.groups.get(group, {}).get(name, Eligibility())


def _class(policy: PolicySection, name: str) -> ClassRule:
    return policy.classes.get(name, ClassRule())


def _amazon(policy: PolicySection, groups: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    profiles = []
    for group, served in groups.items():
        levels = {n: _level(policy, group, n) for n in served}
        order = sorted(set(levels.values()))
        queues = [
            {
                "Queue": name,
                "Priority": order.index(levels[name]) + 1,
                "Delay": round(_pair(policy, group, name).after_wait_s),
            }
            for name in served
        ]
        profiles.append({"Name": group, "QueueConfigs": queues})
    return {"RoutingProfiles": profiles}


def _level(policy: PolicySection, group: str, name: str) -> float:
    own = _pair(policy, group, name).level
    if own is not None:
        return own
    return _class(policy, name).level if policy.rule is Rule.STRICT else 0.0


def _twilio(policy: PolicySection, groups: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Higher is more urgent there, so our levels are turned round."""
    names = list(dict.fromkeys(name for served in groups.values() for name in served))
    order = sorted({_class(policy, n).level for n in names}, reverse=True)
    filters = []
    for name in names:
        steps = sorted(
            (_pair(policy, g, name).after_wait_s, _pair(policy, g, name).preference, g)
            for g, served in groups.items()
            if name in served
        )
        priority = order.index(_class(policy, name).level) if policy.rule is Rule.STRICT else 0
        targets: list[dict[str, Any]] = []
        for i, (after, _, group) in enumerate(steps):
            target: dict[str, Any] = {"queue": group, "priority": priority}
            if i + 1 < len(steps):
                target["timeout"] = max(1, round(steps[i + 1][0] - after))
            targets.append(target)
        filters.append(
            {"filter_friendly_name": name, "expression": f'class == "{name}"', "targets": targets}
        )
    return {"task_routing": {"filters": filters}}


def _genesys(policy: PolicySection, groups: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Points are whole minutes: what is lost by rounding is said."""
    found: dict[str, Any] = {"priority": {}, "rounded_by_s": {}, "queues": _rings(policy, groups)}
    for name in dict.fromkeys(n for served in groups.values() for n in served):
        ahead = _class(policy, name).head_start_s if policy.rule is Rule.HEAD_START else 0.0
        points = round(ahead / GENESYS_POINT_S)
        found["priority"][name] = points
        found["rounded_by_s"][name] = points * GENESYS_POINT_S - ahead
    return found


def _rings(policy: PolicySection, groups: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Groups of each class by the wait after which they may serve it."""
    names = dict.fromkeys(name for served in groups.values() for name in served)
    return {
        name: [
            {"group": g, "after_wait_s": _pair(policy, g, name).after_wait_s}
            for g in sorted(
                (g for g, served in groups.items() if name in served),
                key=lambda g: (
                    _pair(policy, g, name).after_wait_s,
                    _pair(policy, g, name).preference,
                ),
            )
        ]
        for name in names
    }


def _nice(policy: PolicySection, groups: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Points are seconds of our index, so a rate of 1 is 60 points a minute."""
    paced = policy.rule in (Rule.ACCUMULATING, Rule.CAPPED)
    started = policy.rule is not Rule.FIRST_COME
    skills = {}
    for name in dict.fromkeys(n for served in groups.values() for n in served):
        rule = _class(policy, name)
        capped = policy.rule is Rule.CAPPED and math.isfinite(rule.cap_s)
        skills[name] = {
            "InitialPriority": rule.head_start_s if started else 0.0,
            "Acceleration": (rule.rate if paced else 1.0) * NICE_MINUTE_S,
            "MaxPriority": rule.cap_s if capped else None,
        }
    return {"skills": skills}


def _asterisk(policy: PolicySection, groups: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Greater weight first there, so our levels are turned round; preference becomes penalty."""
    names = list(dict.fromkeys(name for served in groups.values() for name in served))
    order = sorted({_class(policy, n).level for n in names}, reverse=True)
    strict = policy.rule is Rule.STRICT
    queues = {}
    for name in names:
        serving = [g for g, served in groups.items() if name in served]
        least = min(_pair(policy, g, name).preference for g in serving)
        queues[name] = {
            "weight": order.index(_class(policy, name).level) if strict else 0,
            "penalty": {g: round(_pair(policy, g, name).preference - least) for g in serving},
        }
    return {"queues": queues}


def _freeswitch(policy: PolicySection, groups: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    started = policy.rule is Rule.HEAD_START
    names = dict.fromkeys(n for served in groups.values() for n in served)
    return {
        "cc_base_score": {
            n: round(_class(policy, n).head_start_s) if started else 0 for n in names
        },
        "time-base-score": "queue",
        "tiers": _rings(policy, groups),
    }


def _chatwoot(_: PolicySection, __: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    return {"assignment_policy": {"conversation_priority": "earliest_created"}}


_Writer = Callable[[PolicySection, Mapping[str, Sequence[str]]], dict[str, Any]]
_WRITERS: Mapping[Vendor, _Writer] = {
    Vendor.AMAZON_CONNECT: _amazon,
    Vendor.TWILIO: _twilio,
    Vendor.GENESYS: _genesys,
    Vendor.NICE: _nice,
    Vendor.ASTERISK: _asterisk,
    Vendor.FREESWITCH: _freeswitch,
    Vendor.CHATWOOT: _chatwoot,
}
