"""What all settings have in common: immutable, and nothing unknown is taken."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class SettingsModel(BaseModel):
    """A section of tierwise.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)
