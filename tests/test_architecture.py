"""The order of imports is a test: see .importlinter for the floors."""

import configparser
import re
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "src" / "tierwise"


def test_imports_keep_to_the_floors(monkeypatch, capsys):
    monkeypatch.chdir(ROOT)
    exit_code = lint_imports(config_filename=str(ROOT / ".importlinter"), no_cache=True)
    assert exit_code == 0, capsys.readouterr().out


def test_every_room_below_the_engine_is_declared_pure_but_settings():
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    floors = contracts["importlinter:contract:floors"]["layers"].split("\n")
    ground = next(i for i, floor in enumerate(floors) if re.match(r"engine\b", floor)) + 1
    below = {name for floor in floors[ground:] for name in re.findall(r"\w+", floor)}
    built = {
        name for name in below if (PACKAGE / name).is_dir() or (PACKAGE / f"{name}.py").exists()
    }
    declared = contracts["importlinter:contract:pure"]["source_modules"].split()
    assert built - {"settings"} <= {name.removeprefix("tierwise.") for name in declared}


def test_types_are_shipped_with_the_package():
    assert (PACKAGE / "py.typed").exists()
