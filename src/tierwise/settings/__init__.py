"""The typed settings of a project: what tierwise.toml may say."""

from tierwise.settings.model import (
    ActiveRule,
    Activity,
    Lens,
    LifetimeSettings,
    Period,
    Project,
    PurchaseModelName,
    Settings,
    Source,
    SpendModelName,
    ValueSettings,
    Window,
)

__all__ = [
    "ActiveRule",
    "Activity",
    "Lens",
    "LifetimeSettings",
    "Period",
    "Project",
    "PurchaseModelName",
    "Settings",
    "Source",
    "SpendModelName",
    "ValueSettings",
    "Window",
]
