"""A routing pool as people write it: its classes of contacts, its groups of agents, its policy.

[pool]
offer_s = 20

[[pool.classes]]
name = "gold calls"
tiers = ["A"]
channels = ["phone"]

[pool.groups]
experts = ["gold calls", "others"]

[policy]
rule = "head_start"
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from tierwise.errors import SettingsError
from tierwise.routing.params import Params
from tierwise.routing.section import PolicySection, params_of

_STRICT = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")


class PoolClass(BaseModel):
    """Contacts that wait in one queue; an empty list means any."""

    model_config = _STRICT

    name: str = Field(min_length=1)
    tiers: tuple[str, ...] = Field((), description="Tiers of the customer; unknown ones have none.")
    channels: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    weight: int = Field(1, ge=1, description="Units of an agent's capacity that one takes.")
    arrivals_per_h: float = Field(0, ge=0, description="Mean rate; service_level needs it.")

    def takes(self, tier: str | None, channel: str, reason: str) -> bool:
        """Whether a contact belongs here."""
        pairs = ((self.tiers, tier), (self.channels, channel), (self.reasons, reason))
        return all(not wanted or found in wanted for wanted, found in pairs)


class Pool(BaseModel):
    """Who waits where, who serves whom, and the policy between them."""

    model_config = _STRICT

    offer_s: float = Field(20, gt=0, description="Seconds an agent has to answer an offer.")
    silence_s: float = Field(60, gt=0, description="Seconds unheard after which one is offline.")
    away_when_missed: bool = Field(True, description="Who lets an offer expire is away.")
    classes: tuple[PoolClass, ...] = Field(min_length=1)
    groups: dict[str, tuple[str, ...]] = Field(min_length=1)
    policy: PolicySection = PolicySection.model_construct()

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        names = [item.name for item in self.classes]
        wrong = [f"two classes are called {n}" for n in sorted(set(names)) if names.count(n) > 1]
        served = {name for group in self.groups.values() for name in group}
        wrong += [f"no group serves {name}" for name in names if name not in served]
        wrong += [f"there is no class {name} to serve" for name in sorted(served - set(names))]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    @property
    def class_names(self) -> tuple[str, ...]:
        """Queues, by number."""
        return tuple(item.name for item in self.classes)

    @property
    def group_names(self) -> tuple[str, ...]:
        """Groups, by number."""
        return tuple(self.groups)

    @cached_property
    def params(self) -> Params:
        """The policy as arrays; SettingsError where it names what is not there."""
        rates = [item.arrivals_per_h / 3600.0 for item in self.classes]
        return params_of(self.policy, self.class_names, self.group_names, self.groups, rates)

    @cached_property
    def version(self) -> str:
        """Changes whenever anything of the pool does."""
        return hashlib.sha256(self.definition.encode()).hexdigest()[:12]

    @cached_property
    def definition(self) -> str:
        """The pool as JSON, from which it can be read again."""
        return self.model_dump_json(exclude_unset=True)

    def class_of(self, tier: str | None, channel: str, reason: str) -> int | None:
        """Number of the first class that takes such a contact, None if none does."""
        return next(
            (k for k, item in enumerate(self.classes) if item.takes(tier, channel, reason)), None
        )


def read_pool(document: Mapping[str, Any]) -> Pool:
    """A pool from parsed TOML with [pool] and [policy]; SettingsError lists what is wrong."""
    parts = dict(document.get("pool", {})) | {"policy": document.get("policy", {})}
    try:
        pool = Pool.model_validate(parts)
    except ValidationError as found:
        lines = "\n".join(
            f"  - {'.'.join(map(str, error['loc'])) or 'pool'}:"
            f" {str(error['msg']).removeprefix('Value error, ')}."
            for error in found.errors()
        )
        raise SettingsError(f"The pool has problems:\n{lines}\n", "Correct these.") from None
    _ = pool.params
    return pool
