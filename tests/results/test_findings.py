"""The tables that tell of the data itself."""

from dataclasses import fields

import pytest

from tierwise.engine.load import Fingerprint, LoadedTable
from tierwise.engine.readers.rows import InputKind
from tierwise.results.findings import TABLE_COLUMNS, problem_columns
from tierwise.tables.problems import Problem


def test_columns_are_those_of_what_loading_gives():
    """Every column of the tables is a field of what is shown in it."""
    assert {c.name for c in TABLE_COLUMNS} <= {f.name for f in fields(LoadedTable)}
    for field in fields(Problem):
        assert problem_columns(field.name)[0].name == field.name


def test_columns_come_as_asked():
    """Each face picks its columns, and one that does not exist is an error."""
    assert [c.name for c in problem_columns("count", "severity")] == ["count", "severity"]
    with pytest.raises(KeyError):
        problem_columns("severities")


def test_kinds_of_input_read_as_their_names():
    """A manifest holds the kind of an input as a plain word."""
    assert [str(kind) for kind in InputKind] == ["file", "database"]
    assert "kind" in {f.name for f in fields(Fingerprint)}
