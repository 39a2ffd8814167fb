"""The scenario as people write it: TOML, checked; everything wrong is said at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from itertools import pairwise
from typing import Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tierwise.errors import SettingsError, UsageError
from tierwise.routing.params import Params
from tierwise.routing.section import PolicySection, params_of, read_policy
from tierwise.routing.vendor_settings import policy_from
from tierwise.routing.vendors import Vendor
from tierwise.simulation import shapes
from tierwise.simulation.scenario import (
    ANY,
    DAY_S,
    HOUR_S,
    WEEK_S,
    AgentGroup,
    Callback,
    ContactClass,
    LaterSlot,
    Retrial,
    Scenario,
    SelfService,
    Shift,
)
from tierwise.simulation.shapes import Duration, Shape
from tierwise.simulation.shifts import shifts_for

_STRICT = ConfigDict(extra="forbid", frozen=True)
_CLOCK = re.compile(r"(\d\d?):(\d\d)")


class DurationSection(BaseModel):
    """A distribution: a shape with its parameters, or measured values."""

    model_config = _STRICT

    shape: Shape = Shape.EXPONENTIAL
    mean_s: float | None = Field(None, ge=0)
    sd_s: float | None = Field(None, ge=0, description="lognormal: standard deviation")
    scale_s: float | None = Field(None, gt=0, description="weibull")
    exponent: float | None = Field(None, gt=0, description="weibull")
    values_s: tuple[float, ...] = Field((), description="empirical: measured seconds")

    def duration(self) -> Duration:
        """The distribution; ValueError when parameters are missing or impossible."""
        try:
            return self._duration()
        except UsageError as error:
            raise ValueError(error.message) from None

    def _duration(self) -> Duration:
        match self.shape:
            case Shape.EXPONENTIAL:
                return shapes.exponential(_need(self.mean_s, "mean_s"))
            case Shape.CONSTANT:
                return shapes.constant(_need(self.mean_s, "mean_s"))
            case Shape.LOGNORMAL:
                return shapes.lognormal(_need(self.mean_s, "mean_s"), _need(self.sd_s, "sd_s"))
            case Shape.WEIBULL:
                return shapes.weibull(
                    _need(self.scale_s, "scale_s"), _need(self.exponent, "exponent")
                )
            case Shape.EMPIRICAL:
                return shapes.empirical(self.values_s)
            case Shape.NEVER:
                return shapes.NOBODY_GIVES_UP

    @model_validator(mode="after")
    def _is_possible(self) -> Self:
        self.duration()
        return self


def _need(value: float | None, name: str) -> float:
    if value is None:
        raise UsageError(f"{name} is missing")
    return value


_NONE = DurationSection(shape=Shape.CONSTANT, mean_s=0)


class RetrialSection(BaseModel):
    """Those who come again after giving up."""

    model_config = _STRICT
    share: float = Field(ge=0, lt=1)
    delay: DurationSection


class SelfServiceSection(BaseModel):
    """Self-service first."""

    model_config = _STRICT
    share: float = Field(1, ge=0, le=1)
    contained: float = Field(ge=0, le=1)
    duration: DurationSection = _NONE


class CallbackSection(BaseModel):
    """An offer to be called in one's turn."""

    model_config = _STRICT
    share: float = Field(ge=0, le=1)
    after_wait_s: float = Field(gt=0)


class LaterSlotSection(BaseModel):
    """An appointment offered in a rush."""

    model_config = _STRICT
    share: float = Field(ge=0, le=1)
    from_waiting: int = Field(ge=1)
    delay: DurationSection


class ClassSection(BaseModel):
    """A class of contacts."""

    model_config = _STRICT

    name: str = Field(min_length=1)
    tier: str = ""
    channel: str = ""
    reason: str = ""
    arrivals_per_hour: float | tuple[float, ...] = Field(
        description="One rate, or one for each equal part of the cycle."
    )
    handle: DurationSection | dict[str, DurationSection] = Field(
        description="One distribution, or one by seniority."
    )
    patience: DurationSection = DurationSection(shape=Shape.NEVER)
    wrap_up: DurationSection = _NONE
    target_wait_s: float = Field(20, ge=0)
    weight: float = Field(1, ge=0, description="What one contact counts when a policy is chosen.")
    retrial: RetrialSection | None = None
    self_service: SelfServiceSection | None = None
    callback: CallbackSection | None = None
    later_slot: LaterSlotSection | None = None
    transfers: dict[str, float] = Field(default_factory=dict)


class Cycle(StrEnum):
    """After which time rates and shifts start again."""

    DAY = "day"
    WEEK = "week"  # from Monday midnight

    @property
    def length_s(self) -> float:
        """Seconds."""
        return DAY_S if self is Cycle.DAY else WEEK_S


class Weekday(StrEnum):
    """Days in the order of the week."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class ShiftSection(BaseModel):
    """Agents on duty from one time of day to another."""

    model_config = _STRICT

    agents: int = Field(ge=0)
    begin: str = Field(alias="from", description="HH:MM")
    end: str = Field(alias="to", description="HH:MM; before `from` it is on the next day")
    breaks: tuple[tuple[str, str], ...] = ()
    days: tuple[Weekday, ...] = Field(
        tuple(Weekday), description="With a cycle of a week: on which days."
    )

    @model_validator(mode="after")
    def _clocks(self) -> Self:
        for text in (self.begin, self.end, *(clock for pause in self.breaks for clock in pause)):
            seconds_of(text)
        return self

    def shift(self, cycle_s: float = DAY_S) -> Shift:
        """With times in seconds of the cycle; in a week the same people come every day."""
        breaks = [(seconds_of(start), seconds_of(end)) for start, end in self.breaks]
        start, end = seconds_of(self.begin), seconds_of(self.end) or DAY_S
        if cycle_s == DAY_S:
            return Shift(self.agents, start, end, tuple(breaks))
        end += DAY_S if end < start else 0.0
        opens = [list(Weekday).index(day) * DAY_S for day in sorted(set(self.days), key=_place)]
        spans = [(day + start, day + end) for day in opens]
        off = [(a[1], b[0]) for a, b in pairwise(spans)]
        off += [(day + a, day + b) for day in opens for a, b in breaks]
        last = spans[-1][1]
        return Shift(
            self.agents, spans[0][0], last if last <= cycle_s else last - cycle_s, tuple(off)
        )


def _place(day: Weekday) -> int:
    return list(Weekday).index(day)


def seconds_of(clock: str) -> float:
    """Seconds of the day at HH:MM; ValueError for anything else."""
    found = _CLOCK.fullmatch(clock)
    if not found or int(found[1]) > 24 or int(found[2]) > 59:
        raise ValueError(f'"{clock}" is no time of day; write HH:MM')
    return int(found[1]) * HOUR_S + int(found[2]) * 60.0


class GroupSection(BaseModel):
    """A group of agents."""

    model_config = _STRICT

    name: str = Field(min_length=1)
    serves: tuple[str, ...] = Field(min_length=1, description="Classes they have the skill for.")
    agents: int | tuple[int, ...] | None = Field(
        None, description="On duty all the time, or in each equal part of the cycle."
    )
    shifts: tuple[ShiftSection, ...] = ()
    seniority: str = ANY
    concurrency: int = Field(1, ge=1)
    slowdown: float = Field(0, ge=0)
    cost_per_hour: float = Field(0, ge=0)

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.agents is None) == (not self.shifts):
            raise ValueError("give either agents or shifts")
        if any(number < 0 for number in self._in_parts()):
            raise ValueError("agents: a number is below 0")
        return self

    def _in_parts(self) -> tuple[int, ...]:
        return self.agents if isinstance(self.agents, tuple) else (self.agents or 0,)

    def group(self, cycle_s: float) -> AgentGroup:
        """For the simulation, with duties that start again after `cycle_s`."""
        parts = self._in_parts()
        always = (Shift(parts[0]),) if len(parts) == 1 else shifts_for(parts, cycle_s / len(parts))
        return AgentGroup(
            self.name,
            tuple(item.shift(cycle_s) for item in self.shifts) or always,
            self.seniority,
            self.concurrency,
            self.slowdown,
            self.cost_per_hour,
        )


class RunSection(BaseModel):
    """How long to simulate, and how often."""

    model_config = _STRICT

    seed: int = 1
    replications: int = Field(20, ge=2, le=10_000)
    warm_up_hours: float = Field(0, ge=0)
    hours: float = Field(24, gt=0, description="Counted, after the warm-up, in each replication.")


class StaffShiftSection(BaseModel):
    """A shift that people may work."""

    model_config = _STRICT

    name: str = ""
    begin: str = Field(alias="from", description="HH:MM")
    end: str = Field(alias="to", description="HH:MM")
    cost: float = Field(gt=0, description="Of one person for the whole shift.")
    most: int = Field(100_000, ge=0, description="People who can work it.")

    @model_validator(mode="after")
    def _clocks(self) -> Self:
        seconds_of(self.begin)
        seconds_of(self.end)
        return self

    def covers(self, at_s: float) -> bool:
        """Whether its people are there at a time of day."""
        start, end = seconds_of(self.begin), seconds_of(self.end)
        return start <= at_s < end if start < end else at_s >= start or at_s < end


class StaffingSection(BaseModel):
    """What staffing must reach, and with which shifts."""

    model_config = _STRICT

    max_abandoned: float | None = Field(None, gt=0, lt=1)
    max_waiting: float | None = Field(None, gt=0, lt=1, description="Share that has to wait.")
    max_mean_wait_s: float | None = Field(None, gt=0)
    overtime_cost_per_hour: float | None = Field(None, ge=0)
    shifts: tuple[StaffShiftSection, ...] = ()

    @model_validator(mode="after")
    def _aims(self) -> Self:
        if not any((self.max_abandoned, self.max_waiting, self.max_mean_wait_s)):
            raise ValueError("give max_abandoned, max_waiting or max_mean_wait_s")
        return self


class CalibrationSection(BaseModel):
    """Which recorded contacts the scenario was made from, so that they can be replayed."""

    model_config = _STRICT

    by: tuple[str, ...] = Field(min_length=1, description="What names a class: channel, tier...")
    first_day: date
    last_day: date


class ScenarioSection(BaseModel):
    """A whole scenario file."""

    model_config = _STRICT

    title: str = "Scenario"
    cycle: Cycle = Field(Cycle.DAY, description="What lists by part divide: a day or a week.")
    calibration: CalibrationSection | None = None
    run: RunSection = RunSection()
    classes: tuple[ClassSection, ...] = Field(min_length=1)
    groups: tuple[GroupSection, ...] = Field(min_length=1)
    policy: PolicySection | None = None
    policies: tuple[PolicySection, ...] = ()
    staffing: StaffingSection | None = None
    present_rule: str = Field("", description="A product whose queue rule runs today.")
    present_settings: dict[str, Any] = Field(
        default_factory=dict, description="Its settings, as `tierwise simulate export` writes them."
    )

    @model_validator(mode="after")
    def _names(self) -> Self:
        wrong = list(_name_problems(self))
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


def _name_problems(section: ScenarioSection) -> Iterator[str]:
    names = [item.name for item in section.classes]
    for kind, listed in (("class", names), ("group", [g.name for g in section.groups])):
        for name in {name for name in listed if listed.count(name) > 1}:
            yield f"two times the {kind} {name}"
    for group in section.groups:
        for name in set(group.serves) - set(names):
            yield f"group {group.name} serves {name}, which is no class"
    lengths = {len(_rates(item)) for item in section.classes} - {1}
    if len(lengths) > 1:
        yield f"arrivals_per_hour has {sorted(lengths)} parts; give every class the same or one"


def _rates(item: ClassSection) -> tuple[float, ...]:
    given = item.arrivals_per_hour
    return given if isinstance(given, tuple) else (given,)


@dataclass(frozen=True, slots=True)
class Asked:
    """A scenario file, read."""

    scenario: Scenario
    run: RunSection
    policies: tuple[PolicySection, ...]
    serves: Mapping[str, tuple[str, ...]]  # by group: classes it has the skill for
    staffing: StaffingSection | None = None
    calibration: CalibrationSection | None = None
    weights: tuple[float, ...] = ()  # by class, for choosing a policy

    def params(self, policy: PolicySection) -> Params:
        """The policy as arrays for this scenario."""
        names = [item.name for item in self.scenario.classes]
        groups = [group.name for group in self.scenario.groups]
        rates = [float(np.mean(item.arrivals_per_s)) for item in self.scenario.classes]
        return params_of(policy, names, groups, self.serves, rates)


def read_scenario(document: Mapping[str, Any]) -> Asked:
    """A scenario from parsed TOML; SettingsError lists everything wrong in it."""
    policies = [read_policy(item) for item in document.get("policies", ())]
    if "policy" in document:
        policies.insert(0, read_policy(document["policy"]))
    try:
        section = ScenarioSection.model_validate(document)
    except ValidationError as found:
        lines = dict.fromkeys(_said(error) for error in found.errors())
        listed = "\n".join(f"  - {line}" for line in lines)
        raise SettingsError(
            f"The scenario has problems:\n{listed}\n", "docs/reference/scenarios.md lists all keys."
        ) from None
    parts = max(len(_rates(item)) for item in section.classes)
    cycle_s = section.cycle.length_s
    edges = (0.0, float("inf"))
    if parts > 1:
        edges = tuple(np.linspace(0, cycle_s, parts + 1).tolist())
    scenario = Scenario(
        section.title,
        tuple(_class(item, parts) for item in section.classes),
        tuple(item.group(cycle_s) for item in section.groups),
        edges,
        cycle_s,
    )
    serves = {group.name: group.serves for group in section.groups}
    if section.present_rule:
        policies.insert(0, _present(section, policies, serves))
    return Asked(
        scenario,
        section.run,
        tuple(policies),
        serves,
        section.staffing,
        section.calibration,
        tuple(item.weight for item in section.classes),
    )


def _present(
    section: ScenarioSection, policies: Sequence[PolicySection], serves: Mapping[str, Sequence[str]]
) -> PolicySection:
    """The rule of the product that runs today."""
    others = [policy.label for policy in policies if policy.present]
    if others:
        raise SettingsError(
            f"Two rules are said to run today: {section.present_rule} and {others[0]}.",
            "Leave out present_rule, or present = true.",
        )
    try:
        vendor = Vendor(section.present_rule)
    except ValueError:
        raise SettingsError(
            f'present_rule = "{section.present_rule}": there is no such product.',
            f"Known: {', '.join(Vendor)}.",
        ) from None
    names = [item.name for item in section.classes]
    return policy_from(vendor, section.present_settings, names, serves)


def _class(item: ClassSection, parts: int) -> ContactClass:
    rates = _rates(item) * (parts if len(_rates(item)) == 1 else 1)
    handle = item.handle if isinstance(item.handle, dict) else {ANY: item.handle}
    retrial, own, call, slot = item.retrial, item.self_service, item.callback, item.later_slot
    return ContactClass(
        item.name,
        tuple(rate / HOUR_S for rate in rates),
        {level: given.duration() for level, given in handle.items()},
        item.patience.duration(),
        item.wrap_up.duration(),
        item.target_wait_s,
        Retrial(retrial.share, retrial.delay.duration()) if retrial else Retrial(),
        SelfService(own.share, own.contained, own.duration.duration()) if own else SelfService(),
        Callback(call.share, call.after_wait_s) if call else Callback(),
        LaterSlot(slot.share, slot.from_waiting, slot.delay.duration()) if slot else LaterSlot(),
        item.transfers,
    )


def _said(error: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"]) or "scenario"
    if error["type"] == "extra_forbidden":
        return f"{where} = {error.get('input')}: there is no such setting."
    message = str(error["msg"]).removeprefix("Value error, ")
    value = error.get("input")
    shown = f" = {value}" if isinstance(value, str | int | float) else ""
    return f"{where}{shown}: {message}."
