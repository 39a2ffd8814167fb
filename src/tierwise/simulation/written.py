"""A calibrated model as the text of a scenario file."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from datetime import date

import numpy as np

from tierwise.simulation.model import ClassFit, ClassName, GroupFit, Model
from tierwise.simulation.shapes import Duration, Shape

STEP_S = 60.0
"""Head start of a tier before the next one in the proposed policy."""

FLOOR_S = 600.0
"""Wait after which nobody is passed any more in the proposed policy."""

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def scenario_text(
    model: Model, title: str, by: Sequence[str], first: date, last: date, tiers: Sequence[str]
) -> str:
    """The scenario as TOML: a week from Monday on, by half hours; `tiers` best first."""
    parts = [
        f"title = {_text(title)}",
        'cycle = "week"  # lists have one number for each half hour from Monday on',
        "",
        "[calibration]  # the recorded contacts it was made from",
        f"by = {json.dumps(list(by))}",
        f"first_day = {first}",
        f"last_day = {last}",
        "",
        "[run]",
        "seed = 1",
        "replications = 20",
        f"hours = {24 * 7 * min(max(model.days // 7, 1), 13)}",
        *(line for item in model.classes for line in _class(item)),
        *(line for item in model.groups for line in _group(item, model)),
        *_policies([item.of for item in model.classes], tiers),
    ]
    return "\n".join(parts) + "\n"


def _class(item: ClassFit) -> Iterable[str]:
    name = item.of
    yield ""
    yield "[[classes]]"
    yield f"name = {_text(name.name)}"
    for key, value in (("channel", name.channel), ("tier", name.tier), ("reason", name.reason)):
        if value:
            yield f"{key} = {_text(value)}"
    yield from _weekly("arrivals_per_hour", item.per_hour.round(2).tolist())
    yield from _handle(item)
    yield f"patience = {duration_text(item.patience.duration)}"
    if item.retrials.is_certain:
        delay = f"{{ mean_s = {item.retrials.delay_s:.0f} }}"
        yield f"retrial = {{ share = {item.retrials.share:.3f}, delay = {delay} }}"


def _handle(item: ClassFit) -> Iterable[str]:
    if len(item.handle) == 1:
        yield f"handle = {duration_text(item.handle[0].duration)}"
        return
    yield from (
        f"handle.{key(fit.seniority)} = {duration_text(fit.duration)}" for fit in item.handle[1:]
    )


def _group(item: GroupFit, model: Model) -> Iterable[str]:
    serves = [one.of.name for one in model.classes if one.of.channel == item.of.channel]
    yield ""
    yield "[[groups]]"
    yield f"name = {_text(item.of.name)}"
    yield f"serves = {json.dumps(serves, ensure_ascii=False)}"
    if item.of.seniority:
        yield f"seniority = {_text(item.of.seniority)}"
    if item.concurrency > 1:
        yield f"concurrency = {item.concurrency}"
    if item.of.cost_per_hour:
        yield f"cost_per_hour = {item.of.cost_per_hour:.2f}"
    yield from _weekly("agents", item.on_duty.tolist())


def _weekly(name: str, values: Sequence[float]) -> Iterable[str]:
    """A list with a line for each day."""
    yield f"{name} = ["
    for day, row in zip(DAYS, np.array_split(np.asarray(values), 7), strict=True):
        yield f"    {', '.join(f'{value:g}' for value in row.tolist())},  # {day}"
    yield "]"


def duration_text(duration: Duration) -> str:
    """A distribution as an inline table."""
    match duration.shape:
        case Shape.EXPONENTIAL:
            return f"{{ mean_s = {duration.a:.1f} }}"
        case Shape.CONSTANT:
            return f'{{ shape = "constant", mean_s = {duration.a:.1f} }}'
        case Shape.LOGNORMAL:
            mean = duration.mean_s
            sd = mean * float(np.sqrt(np.expm1(duration.b**2)))
            return f'{{ shape = "lognormal", mean_s = {mean:.1f}, sd_s = {sd:.1f} }}'
        case Shape.WEIBULL:
            a, b = duration.a, duration.b
            return f'{{ shape = "weibull", scale_s = {a:.1f}, exponent = {b:.3f} }}'
        case Shape.EMPIRICAL:
            values = ", ".join(f"{value:.10g}" for value in np.round(duration.values_s, 1))
            return f'{{ shape = "empirical", values_s = [{values}] }}'
        case Shape.NEVER:
            return '{ shape = "never" }'


def _policies(classes: Sequence[ClassName], names: Sequence[str]) -> Iterable[str]:
    """First come, first served as the present rule, and a head start where there are tiers."""
    yield from ("", "[[policies]]", 'name = "Today: first come, first served"', "present = true")
    yield from ('rule = "first_come"  # or name your vendor\'s rule: docs/reference/scenarios.md',)
    tiers = [name for name in names if any(item.tier == name for item in classes)]
    if len(tiers) < 2:
        return
    yield from ("", "[[policies]]", 'name = "Head start by tier, with a floor"')
    yield from ('rule = "head_start"', "[policies.classes]")
    for item in classes:
        place = tiers.index(item.tier) if item.tier in tiers else len(tiers)
        ahead = STEP_S * max(len(tiers) - 1 - place, 0)
        yield f"{key(item.name)} = {{ head_start_s = {ahead:.0f}, floor_s = {FLOOR_S:.0f} }}"


def key(name: str) -> str:
    """A name as a key of TOML, quoted where it must be."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _text(name)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
