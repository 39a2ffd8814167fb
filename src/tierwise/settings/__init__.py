"""The typed settings of a project: what tierwise.toml may say.

The models are imported when they are first used: the help of the command line
needs the names alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tierwise.settings.names import Activity, Lens, Period, PurchaseModelName, SpendModelName

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

__all__ = [
    "ActiveRule",
    "Activity",
    "ClaimSettings",
    "InfluenceSettings",
    "Lens",
    "LifetimeSettings",
    "Period",
    "Project",
    "PurchaseModelName",
    "ReferralSettings",
    "Settings",
    "Source",
    "SpendModelName",
    "StrategicSettings",
    "ValueSettings",
    "Window",
]


def __getattr__(name: str) -> Any:
    """Import a model when it is asked for."""
    if name not in __all__:
        raise AttributeError(f"module 'tierwise.settings' has no attribute {name!r}")
    return getattr(import_module("tierwise.settings.model"), name)
