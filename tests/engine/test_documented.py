"""The reference pages name every setting, table, column and preset."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from tierwise.engine.presets import preset_names
from tierwise.settings.destinations import DestinationSettings, MarkSettings
from tierwise.settings.hooks import HookSettings
from tierwise.settings.live import LiveSettings
from tierwise.settings.model import (
    ActiveRule,
    ClaimSettings,
    InfluenceSettings,
    LifetimeSettings,
    Project,
    ReferralSettings,
    Source,
    StrategicSettings,
    ValueSettings,
)
from tierwise.settings.tiers import (
    CapacitySettings,
    FairnessSettings,
    ServiceTargets,
    StabilitySettings,
    TierOverride,
    TiersSettings,
)
from tierwise.tables.meanings import MEANINGS, meaning
from tierwise.tables.schema import TABLES

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


MODELS = [
    Project,
    Source,
    ValueSettings,
    ActiveRule,
    LifetimeSettings,
    ReferralSettings,
    InfluenceSettings,
    StrategicSettings,
    ClaimSettings,
    TiersSettings,
    CapacitySettings,
    StabilitySettings,
    TierOverride,
    FairnessSettings,
    ServiceTargets,
    HookSettings,
    DestinationSettings,
    MarkSettings,
    LiveSettings,
]


@pytest.mark.parametrize("model", MODELS)
def test_every_setting_is_documented(model: type[BaseModel]):
    text = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    missing = [
        name
        for name, field in model.model_fields.items()
        if field.annotation not in MODELS and f"| `{name}` |" not in text
    ]
    assert not missing


def test_every_preset_is_documented():
    text = (REFERENCE / "settings.md").read_text(encoding="utf-8")
    assert [name for name in preset_names() if f"| `{name}` |" not in text] == []


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_column_is_documented(table):
    text = (REFERENCE / "tables.md").read_text(encoding="utf-8")
    section = text.split(f"## {table.name}\n", 1)[1].split("\n## ", 1)[0]
    for column in table.columns:
        name = f"**{column.name}**" if column.required else column.name
        said = meaning(table.name, column.name)
        assert said, f"{table.name}.{column.name} has no meaning in tables/meanings.py"
        values = ", ".join(column.one_of)
        assert f"| {name} | {column.kind} | {values} | {said} |" in section


def test_every_meaning_is_of_a_column():
    """No meaning is left over from a column that was renamed."""
    known = {
        name
        for table in TABLES.values()
        for column in table.columns
        for name in (column.name, f"{table.name}.{column.name}")
    }
    assert MEANINGS.keys() <= known
