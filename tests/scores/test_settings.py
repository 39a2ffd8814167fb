"""Settings of the scores: written out as valid TOML, read back as they were."""

import tomllib

import pytest

from tierwise.engine.settings_text import settings_comments
from tierwise.settings.model import (
    ClaimSettings,
    InfluenceSettings,
    ReferralSettings,
    StrategicSettings,
    ValueSettings,
)


@pytest.mark.parametrize(
    ("section", "model"),
    [
        ("referral", ReferralSettings),
        ("influence", InfluenceSettings),
        ("strategic", StrategicSettings),
        ("claims", ClaimSettings),
    ],
)
def test_defaults_can_be_uncommented(section, model):
    """Taking the comment signs off what init writes gives the defaults again."""
    lines = settings_comments(f"value.{section}", model).splitlines()
    kept = [line.removeprefix("# ") for line in lines if not line.split("  #")[0].endswith("=")]
    document = tomllib.loads("\n".join(kept))["value"]
    assert getattr(ValueSettings.model_validate(document), section) == model()
