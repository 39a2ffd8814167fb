"""The typed settings of a project: what tierwise.toml may say."""

from tierwise.settings.model import (
    ActiveRule,
    Activity,
    ClaimSettings,
    InfluenceSettings,
    Lens,
    Period,
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
    "Period",
    "Project",
    "ReferralSettings",
    "Settings",
    "Source",
    "StrategicSettings",
    "ValueSettings",
    "Window",
]
