"""Which customers matter how much, and does each get the service that fits.

The public face. Names are imported when they are first used, so that
`import tierwise` costs nothing.

>>> import tierwise as tw
>>> tw.Window.parse("2y").months
24
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tierwise.engine.builds import Build
    from tierwise.engine.project import ProjectFolder, open_project
    from tierwise.errors import (
        BuildError,
        DataError,
        MissingDataError,
        RefusedError,
        SettingsError,
        SourceError,
        TierwiseError,
        UsageError,
    )
    from tierwise.results import Answer, Column, Context, Figure, Grid
    from tierwise.settings import ActiveRule, Activity, Lens, Period, Settings, Window
    from tierwise.workflows.build import build, builds_of, current_build
    from tierwise.workflows.demo import demo_project
    from tierwise.workflows.frames import desk_from_tables
    from tierwise.workflows.question import Question
    from tierwise.workflows.value import Desk

_HOMES = {
    "tierwise.engine.builds": ("Build",),
    "tierwise.engine.project": ("ProjectFolder", "open_project"),
    "tierwise.errors": (
        "BuildError",
        "DataError",
        "MissingDataError",
        "RefusedError",
        "SettingsError",
        "SourceError",
        "TierwiseError",
        "UsageError",
    ),
    "tierwise.results": ("Answer", "Column", "Context", "Figure", "Grid"),
    "tierwise.settings": ("ActiveRule", "Activity", "Lens", "Period", "Settings", "Window"),
    "tierwise.workflows.build": ("build", "builds_of", "current_build"),
    "tierwise.workflows.demo": ("demo_project",),
    "tierwise.workflows.frames": ("desk_from_tables",),
    "tierwise.workflows.question": ("Question",),
    "tierwise.workflows.value": ("Desk",),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "ActiveRule",
    "Activity",
    "Answer",
    "Build",
    "BuildError",
    "Column",
    "Context",
    "DataError",
    "Desk",
    "Figure",
    "Grid",
    "Lens",
    "MissingDataError",
    "Period",
    "ProjectFolder",
    "Question",
    "RefusedError",
    "Settings",
    "SettingsError",
    "SourceError",
    "TierwiseError",
    "UsageError",
    "Window",
    "build",
    "builds_of",
    "current_build",
    "demo_project",
    "desk_from_tables",
    "open_project",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its home when it is asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'tierwise' has no attribute {name!r}")
    return getattr(import_module(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    """Public names."""
    return sorted(__all__)
