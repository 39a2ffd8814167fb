"""How tiers were declared when a build was made; the project may say otherwise by now."""

from __future__ import annotations

from tierwise.engine.builds import Build
from tierwise.settings import TiersSettings


def tiers_built_with(build: Build) -> TiersSettings:
    """The settings of [tiers] in a build; one from before there were tiers has defaults."""
    return TiersSettings.model_validate(build.manifest["settings"].get("tiers", {}))
