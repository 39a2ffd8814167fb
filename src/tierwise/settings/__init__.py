"""The typed settings of a project: what tierwise.toml may say.

The models are imported when they are first used: the help of the command line
needs the names alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tierwise.settings.names import (
    Activity,
    BreakScale,
    Lens,
    Period,
    PurchaseModelName,
    SpendModelName,
    TierBasis,
    TierRule,
)

if TYPE_CHECKING:
    from tierwise.settings.model import (
        ActiveRule,
        ClaimSettings,
        InfluenceSettings,
        LifetimeSettings,
        Project,
        ReferralSettings,
        Settings,
        Source,
        StrategicSettings,
        ValueSettings,
        Window,
    )
    from tierwise.settings.tiers import (
        CapacitySettings,
        FairnessSettings,
        ServiceTargets,
        StabilitySettings,
        TierOverride,
        TiersSettings,
    )

__all__ = [
    "ActiveRule",
    "Activity",
    "BreakScale",
    "CapacitySettings",
    "ClaimSettings",
    "FairnessSettings",
    "InfluenceSettings",
    "Lens",
    "LifetimeSettings",
    "Period",
    "Project",
    "PurchaseModelName",
    "ReferralSettings",
    "ServiceTargets",
    "Settings",
    "Source",
    "SpendModelName",
    "StabilitySettings",
    "StrategicSettings",
    "TierBasis",
    "TierOverride",
    "TierRule",
    "TiersSettings",
    "ValueSettings",
    "Window",
]


_OF_TIERS = {
    "CapacitySettings",
    "FairnessSettings",
    "ServiceTargets",
    "StabilitySettings",
    "TierOverride",
    "TiersSettings",
}


def __getattr__(name: str) -> Any:
    """Import a model when it is asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'tierwise.settings' has no attribute {name!r}")
    home = "tiers" if name in _OF_TIERS else "model"
    return getattr(import_module(f"tierwise.settings.{home}"), name)
