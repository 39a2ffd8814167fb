"""The typed settings of a project: what tierwise.toml may say."""

from tierwise.settings.model import (
    ActiveRule,
    Activity,
    Lens,
    Period,
    Project,
    Settings,
    Source,
    ValueSettings,
    Window,
)

__all__ = [
    "ActiveRule",
    "Activity",
    "Lens",
    "Period",
    "Project",
    "Settings",
    "Source",
    "ValueSettings",
    "Window",
]
