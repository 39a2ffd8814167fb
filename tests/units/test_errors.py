"""Errors that say what was found and what to do, in one tree."""

import re

import pytest

from tierwise import errors
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

EXIT_CODES = [
    (UsageError, 2),
    (SettingsError, 2),
    (DataError, 1),
    (SourceError, 1),
    (RefusedError, 1),
    (MissingDataError, 1),
    (BuildError, 1),
]


@pytest.mark.parametrize(("kind", "code"), EXIT_CODES, ids=[k.__name__ for k, _ in EXIT_CODES])
def test_exit_codes(kind: type[TierwiseError], code: int):
    """Wrong use exits with 2, everything else with 1."""
    assert kind("found").exit_code == code


def test_the_tree_is_as_drawn():
    """The drawing at the head of the file has every error under its parent, and no other."""
    drawn: dict[str, str] = {}
    above: list[tuple[int, str]] = []
    for row in (errors.__doc__ or "").splitlines():
        if found := re.match(r"^([│├└─ ]*)(\w+Error)\b", row):
            depth, name = len(found[1]), found[2]
            above = [pair for pair in above if pair[0] < depth]
            drawn[name] = above[-1][1] if above else "Exception"
            above.append((depth, name))
    kinds = {k: v for k, v in vars(errors).items() if isinstance(v, type)}
    assert drawn == {name: kind.__bases__[0].__name__ for name, kind in kinds.items()}


def test_message_and_remedy():
    """The way out is kept apart from what was found, and printed after it."""
    error = DataError("No rows.", "Add some.")
    assert (error.message, error.remedy, str(error)) == (
        "No rows.",
        "Add some.",
        "No rows. Add some.",
    )
    assert str(DataError("No rows.")) == "No rows."
