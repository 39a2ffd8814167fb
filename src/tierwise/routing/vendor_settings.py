"""Settings of products read back as policies: what a firm runs today, to be replayed.

The settings have the form that `vendors.settings_for` writes, so that what is exported
can be read again and is the same policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tierwise.errors import SettingsError
from tierwise.routing.section import ClassRule, Eligibility, PolicySection, Rule
from tierwise.routing.vendors import GENESYS_POINT_S, NICE_MINUTE_S, Vendor, preset

Groups = Mapping[str, Sequence[str]]
NEVER = float("inf")


def policy_from(
    vendor: Vendor, settings: Mapping[str, Any], classes: Sequence[str], groups: Groups
) -> PolicySection:
    """The policy that a product with these settings follows; without settings a first guess.

    `groups` says which classes each group serves. SettingsError for a setting that is
    missing or names a class or group that is not there.
    """
    if not settings:
        return preset(vendor, classes, groups)
    try:
        rule, made, pairs = _READERS[vendor](settings, groups)
    except (KeyError, TypeError, ValueError, AttributeError) as found:
        raise SettingsError(
            f"present_settings of {vendor} cannot be read: {found} is missing or wrong.",
            f"`tierwise simulate export --vendor {vendor}` shows the form.",
        ) from None
    _refuse_unknown(made, pairs, classes, groups)
    known = {name: made.get(name, ClassRule(level=0)) for name in classes}
    return PolicySection(
        name=f"Today: {vendor}", rule=rule, present=True, classes=known, groups=pairs
    )


_Read = tuple[Rule, dict[str, ClassRule], dict[str, dict[str, Eligibility]]]


def _refuse_unknown(
    made: Mapping[str, ClassRule],
    pairs: Mapping[str, Mapping[str, Eligibility]],
    classes: Sequence[str],
    groups: Groups,
) -> None:
    wrong = [name for name in made if name not in classes]
    wrong += [name for name in pairs if name not in groups]
    if wrong:
        raise SettingsError(
            f"present_settings names {', '.join(wrong)}, which the scenario does not have.",
            f"Classes: {', '.join(classes)}. Groups: {', '.join(groups)}.",
        )


def _amazon(settings: Mapping[str, Any], groups: Groups) -> _Read:
    pairs, levels = _closed(groups), dict[str, float]()
    for profile in settings["RoutingProfiles"]:
        own = pairs.setdefault(profile["Name"], {})
        for queue in profile["QueueConfigs"]:
            name, level = queue["Queue"], float(queue["Priority"])
            own[name] = Eligibility(after_wait_s=float(queue.get("Delay", 0)), level=level)
            levels[name] = min(level, levels.get(name, level))
    return Rule.STRICT, {name: ClassRule(level=level) for name, level in levels.items()}, pairs


def _closed(groups: Groups) -> dict[str, dict[str, Eligibility]]:
    """Nobody may serve anything until it is said."""
    never = Eligibility(after_wait_s=NEVER)
    return {group: dict.fromkeys(served, never) for group, served in groups.items()}


def _twilio(settings: Mapping[str, Any], groups: Groups) -> _Read:
    pairs, priority = _closed(groups), dict[str, float]()
    for one in settings["task_routing"]["filters"]:
        name, after = one["filter_friendly_name"], 0.0
        for place, target in enumerate(one["targets"]):
            pair = Eligibility(after_wait_s=after, preference=place + 1)
            pairs.setdefault(target["queue"], {})[name] = pair
            after += float(target.get("timeout", 0))
        priority[name] = float(one["targets"][0].get("priority", 0))
    return Rule.STRICT, _turned(priority), pairs


def _turned(more_first: Mapping[str, float]) -> dict[str, ClassRule]:
    """Levels where the greater number goes first there."""
    most = max(more_first.values(), default=0.0)
    return {name: ClassRule(level=most - value) for name, value in more_first.items()}


def _rings(listed: Mapping[str, Any], groups: Groups) -> dict[str, dict[str, Eligibility]]:
    pairs = _closed(groups)
    for name, rings in listed.items():
        for place, ring in enumerate(rings):
            pair = Eligibility(
                after_wait_s=float(ring.get("after_wait_s", 0)), preference=place + 1
            )
            pairs.setdefault(ring["group"], {})[name] = pair
    return pairs


def _genesys(settings: Mapping[str, Any], groups: Groups) -> _Read:
    made = {
        name: ClassRule(head_start_s=float(points) * GENESYS_POINT_S)
        for name, points in settings["priority"].items()
    }
    return Rule.HEAD_START, made, _rings(settings["queues"], groups) if "queues" in settings else {}


def _nice(settings: Mapping[str, Any], _: Groups) -> _Read:
    made = {}
    for name, skill in settings["skills"].items():
        most = skill.get("MaxPriority")
        made[name] = ClassRule(
            head_start_s=float(skill.get("InitialPriority", 0)),
            rate=float(skill["Acceleration"]) / NICE_MINUTE_S,
            cap_s=NEVER if most is None else float(most),
        )
    return Rule.CAPPED, made, {}


def _asterisk(settings: Mapping[str, Any], groups: Groups) -> _Read:
    pairs, weights = _closed(groups), dict[str, float]()
    for name, queue in settings["queues"].items():
        weights[name] = float(queue.get("weight", 0))
        for group, penalty in queue["penalty"].items():
            pairs.setdefault(group, {})[name] = Eligibility(preference=float(penalty) + 1)
    return Rule.STRICT, _turned(weights), pairs


def _freeswitch(settings: Mapping[str, Any], groups: Groups) -> _Read:
    made = {
        name: ClassRule(head_start_s=float(score))
        for name, score in settings["cc_base_score"].items()
    }
    return Rule.HEAD_START, made, _rings(settings["tiers"], groups) if "tiers" in settings else {}


def _chatwoot(_: Mapping[str, Any], __: Groups) -> _Read:
    return Rule.FIRST_COME, {}, {}


_READERS: Mapping[Vendor, Callable[[Mapping[str, Any], Groups], _Read]] = {
    Vendor.AMAZON_CONNECT: _amazon,
    Vendor.TWILIO: _twilio,
    Vendor.GENESYS: _genesys,
    Vendor.NICE: _nice,
    Vendor.ASTERISK: _asterisk,
    Vendor.FREESWITCH: _freeswitch,
    Vendor.CHATWOOT: _chatwoot,
}
