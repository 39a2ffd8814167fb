"""The strict reading agrees with the tolerant one, or says that it does not apply."""

from __future__ import annotations

from functools import cache

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tierwise.engine.dates import Zones
from tierwise.engine.kinds import Manner, read_field
from tierwise.engine.mapping import Field
from tierwise.engine.plain import read_plainly
from tierwise.tables.schema import Column, Kind

AWKWARD = (
    *(
        "0",
        "1",
        "-1",
        "- ",
        "-",
        ".",
        "-.",
        "+",
        "12.5",
        "1.2345",
        "1.23450",
        "1.23456",
        "1e3",
        "1e-7",
        "3.0",
        "3.5",
        "12%",
    ),
    *("", " ", " 7", "7 ", "+5", "1,5", "1_000", "nan", "inf", "Infinity", "NULL", "N/A", "x"),
    *("99999999999999.9999", "100000000000000", "true", "Yes", "nein", "t", "2", "maybe"),
    *("2024-01-05", "2024-1-5", "2024-01-05 10:00", "2024-01-05T10:00:00", "epoch", "infinity"),
    *("2024-01-05 10:00:00.123456", "2024-01-05T10:00:00Z", "2024-01-05 10:00+02", "0999-01-01"),
    *(
        "2024-01-05 10:00:00-05:00",
        "12024-01-01",
        "05/01/2024",
        "20240105",
        "2024-02-30",
        "-044-01-01",
    ),
)
KINDS = (Kind.MONEY, Kind.NUMBER, Kind.INTEGER, Kind.FLAG, Kind.DATE, Kind.TIME)


@cache
def engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect().execute("SET TimeZone = 'UTC'")


def both(kind: Kind, text: str) -> tuple[object, bool, object, bool]:
    """Value and doubt of the strict reading, value and fault of the tolerant one."""
    field = Field(Column("c", kind), "c", "c", "VARCHAR")
    plain, tolerant = (
        read_plainly(field, Zones()),
        read_field(field, Manner.assumed([field], Zones())),
    )
    faults = [f"({sql})" for sql in (tolerant.bad, tolerant.big, tolerant.excess) if sql]
    sql = (
        f"SELECT {plain.value}, coalesce({plain.misfit}, false),"
        f" {tolerant.value}, coalesce({' OR '.join(faults)}, false)"
        " FROM (SELECT $1::VARCHAR AS c)"
    )
    return engine().execute(sql, [text]).fetchall()[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", AWKWARD)
def test_a_text_is_read_alike_or_looked_at_again(kind: Kind, text: str):
    value, misfit, tolerant, fault = both(kind, text)
    assert misfit or (value == tolerant and not fault)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.MONEY, "-12.5"),
        (Kind.NUMBER, "0.25"),
        (Kind.INTEGER, "7"),
        (Kind.FLAG, "True"),
        (Kind.DATE, "2024-01-05"),
        (Kind.TIME, "2024-01-05 10:00:00"),
    ],
)
def test_common_ways_of_writing_need_no_second_look(kind: Kind, text: str):
    assert not both(kind, text)[1]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(KINDS), st.text("0123456789.-+: eETZ%,/", max_size=20))
def test_any_text_is_read_alike_or_looked_at_again(kind: Kind, text: str):
    value, misfit, tolerant, fault = both(kind, text)
    assert misfit or (value == tolerant and not fault)
