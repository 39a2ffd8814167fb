"""The policy as people write it: a section of TOML, checked and turned into arrays.

[policy]
name = "Head start for gold"
rule = "head_start"

[policy.classes.gold]
head_start_s = 90
floor_s = 600

[policy.groups.experts]
gold = { preference = 1 }
bronze = { after_wait_s = 120, reserve = 2 }
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tierwise.errors import SettingsError
from tierwise.routing.params import Params

_STRICT = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=True, ser_json_inf_nan="strings")
INF = float("inf")


class Rule(StrEnum):
    """What orders contacts of different classes that the same agents may serve."""

    FIRST_COME = "first_come"  # the longest wait first
    STRICT = "strict"  # the lower level first, then the longest wait
    HEAD_START = "head_start"  # as if it had come head_start_s earlier
    ACCUMULATING = "accumulating"  # index grows by `rate` a second
    CAPPED = "capped"  # head start plus rate * wait, up to cap_s
    SERVICE_LEVEL = "service_level"  # queues in proportion to rate * target wait


_NEEDS: Mapping[Rule, str] = {
    Rule.STRICT: "level",
    Rule.HEAD_START: "head_start_s",
    Rule.ACCUMULATING: "rate",
    Rule.CAPPED: "cap_s",
    Rule.SERVICE_LEVEL: "target_wait_s",
}


class ClassRule(BaseModel):
    """What the policy says about one class."""

    model_config = _STRICT

    level: float = Field(0, description="Strict order: a lower level goes first.")
    head_start_s: float = Field(0, description="Seconds ahead of who came at the same moment.")
    rate: float = Field(1, ge=0, description="Seconds of index that a second of waiting brings.")
    cap_s: float = Field(INF, description="The index from waiting never exceeds this.")
    floor_s: float = Field(INF, ge=0, description="After this wait the class goes first.")
    target_wait_s: float | None = Field(None, gt=0, description="Wait to keep to on average.")


class Eligibility(BaseModel):
    """How the agents of one group may serve one class."""

    model_config = _STRICT

    after_wait_s: float = Field(0, ge=0, description="Only after so long a wait: overflow.")
    reserve: int = Field(0, ge=0, description="Idle agents left for other classes.")
    preference: float = Field(1, description="Order in which the class looks for groups.")
    level: float | None = Field(None, description="Strict order for these agents alone.")


class PolicySection(BaseModel):
    """A routing policy."""

    model_config = _STRICT

    name: str = Field("", description="What it is called in comparisons.")
    rule: Rule = Field(Rule.FIRST_COME, description="What orders the classes.")
    present: bool = Field(False, description="Whether this is what runs today.")
    classes: dict[str, ClassRule] = Field(default_factory=dict)
    groups: dict[str, dict[str, Eligibility]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_what_its_rule_needs(self) -> Self:
        needed = _NEEDS.get(self.rule)
        if needed and not any(needed in item.model_fields_set for item in self.classes.values()):
            raise ValueError(f'rule "{self.rule}" needs {needed} for at least one class')
        for name, item in self.classes.items():
            if item.cap_s < item.head_start_s:
                raise ValueError(f"{name}: cap_s {item.cap_s} lies below head_start_s")
        return self

    @property
    def label(self) -> str:
        """Name for people."""
        return self.name or self.rule.replace("_", " ")


def read_policy(document: Mapping[str, Any]) -> PolicySection:
    """A policy from parsed TOML; SettingsError lists everything wrong in it."""
    try:
        return PolicySection.model_validate(document)
    except ValidationError as found:
        lines = "\n".join(f"  - {_said(error)}" for error in found.errors())
        raise SettingsError(f"The policy has problems:\n{lines}\n", "Correct these.") from None


def _said(error: Mapping[str, Any]) -> str:
    where = ".".join(["policy", *map(str, error["loc"])])
    if error["type"] == "extra_forbidden":
        known = ", ".join(sorted(ClassRule.model_fields | Eligibility.model_fields))
        return f"{where}: there is no such setting. Known: {known}."
    message = str(error["msg"]).removeprefix("Value error, ")
    value = "" if isinstance(error.get("input"), Mapping) else f" = {error.get('input')}"
    return f"{where}{value}: {message}."


def params_of(
    policy: PolicySection,
    classes: Sequence[str],
    groups: Sequence[str],
    serves: Mapping[str, Sequence[str]],
    arrivals_per_s: Sequence[float] = (),
) -> Params:
    """The policy as arrays for these classes and groups.

    `serves` says which classes a group has the skill for; a policy narrows or delays
    it and never widens it: skill before value. `arrivals_per_s` are the mean rates
    that the rule service_level needs. SettingsError for names that are not there.
    """
    _refuse_unknown(policy, classes, groups, serves)
    rules = [policy.classes.get(name, ClassRule.model_construct()) for name in classes]
    pairs = [[_pair(policy, serves, group, name) for name in classes] for group in groups]
    share, weight = _queue_shares(policy, rules, arrivals_per_s)
    moving = policy.rule is not Rule.SERVICE_LEVEL
    capped = policy.rule is Rule.CAPPED
    starts = policy.rule in (Rule.HEAD_START, Rule.CAPPED, Rule.ACCUMULATING)
    paced = policy.rule in (Rule.ACCUMULATING, Rule.CAPPED)
    strict = policy.rule is Rule.STRICT
    return Params(
        head_start_s=np.array([rule.head_start_s if starts else 0.0 for rule in rules]),
        rate=np.array([(rule.rate if paced else 1.0) if moving else 0.0 for rule in rules]),
        cap_s=np.array([rule.cap_s if capped else INF for rule in rules]),
        floor_s=np.array([rule.floor_s for rule in rules], dtype=np.float64),
        per_queued_s=np.array(weight),
        queue_share=np.array(share),
        level=np.array(
            [
                [
                    float(pair.level if pair.level is not None else (rule.level if strict else 0.0))
                    for pair, rule in zip(row, rules, strict=True)
                ]
                for row in pairs
            ]
        ),
        after_wait_s=np.array([[pair.after_wait_s for pair in row] for row in pairs]),
        reserve=np.array([[pair.reserve for pair in row] for row in pairs], dtype=np.int64),
        preference=np.array([[pair.preference for pair in row] for row in pairs]),
    )


def _pair(
    policy: PolicySection, serves: Mapping[str, Sequence[str]], group: str, name: str
) -> Eligibility:
    if name not in serves[group]:
        return Eligibility.model_construct(after_wait_s=INF)
    return policy.groups.get(group, {}).get(name, Eligibility.model_construct())


def _queue_shares(
    policy: PolicySection, rules: Sequence[ClassRule], arrivals_per_s: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Queue ratios that keep waits in proportion to their targets (Gurvich & Whitt 2010)."""
    nothing = [0.0] * len(rules)
    if policy.rule is not Rule.SERVICE_LEVEL:
        return nothing, nothing
    targets = [rule.target_wait_s for rule in rules]
    if None in targets or len(arrivals_per_s) != len(rules):
        raise SettingsError(
            'The rule "service_level" needs target_wait_s for every class.',
            "Set it under [policy.classes.NAME].",
        )
    parts = [
        rate * float(target or 0) for rate, target in zip(arrivals_per_s, targets, strict=True)
    ]
    return [part / sum(parts) for part in parts], [1.0] * len(rules)


def _refuse_unknown(
    policy: PolicySection,
    classes: Sequence[str],
    groups: Sequence[str],
    serves: Mapping[str, Sequence[str]],
) -> None:
    wrong = [
        f"policy.classes.{name}: no such class. Known: {', '.join(classes)}."
        for name in policy.classes
        if name not in classes
    ]
    for group, pairs in policy.groups.items():
        if group not in groups:
            wrong.append(f"policy.groups.{group}: no such group. Known: {', '.join(groups)}.")
            continue
        wrong += [
            f"policy.groups.{group}.{name}: this group does not serve {name}; skill comes first."
            for name in pairs
            if name not in serves[group]
        ]
    if policy.rule is Rule.STRICT:
        wrong += [
            f"policy.classes.{name}: no level, and the rule is strict. Say where it stands."
            for name in classes
            if name not in policy.classes or "level" not in policy.classes[name].model_fields_set
        ]
    if wrong:
        listed = "\n".join(f"  - {line}" for line in wrong)
        raise SettingsError(f"The policy does not fit the scenario:\n{listed}\n")
