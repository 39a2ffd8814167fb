"""The live router beside its pools, which are defined by its API."""

from __future__ import annotations

from pydantic import Field

from tierwise.settings.base import SettingsModel


class LiveSettings(SettingsModel):
    """What desktops and helpdesks may show."""

    card_frames: tuple[str, ...] = Field(
        (), description="addresses of helpdesks that may show the agent's card in a frame"
    )
    card_minutes: int = Field(
        60, ge=1, le=1440, description="minutes that a link to a card can be opened"
    )
