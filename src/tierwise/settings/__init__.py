"""The typed settings of a project: what tierwise.toml may say."""

from tierwise.settings.model import (
    ActiveRule,
    Activity,
    ClaimSettings,
    InfluenceSettings,
    Lens,
    LifetimeSettings,
    Period,
    Project,
    PurchaseModelName,
    ReferralSettings,
    Settings,
    Source,
    SpendModelName,
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
