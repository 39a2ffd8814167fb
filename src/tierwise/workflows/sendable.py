"""What PostgreSQL cannot store: said by customer, table and column before anything is sent."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from tierwise.errors import SourceError

NUL = "\0"
"""The one character of UTF-8 that no text and no JSON in PostgreSQL may hold."""

CARD = "card"
SHOWN = 3
"""Customers that are named where there are more."""


def without_nul(
    batches: Iterable[pa.RecordBatch], origin: Mapping[str, str]
) -> Iterator[pa.RecordBatch]:
    """The batches as they are; SourceError names customers, table and column of a NUL.

    `origin` names table and column that each text of a batch, or fact of its cards, is from.
    """
    for batch in batches:
        found = list(_nuls(batch)) if _any_nul(batch) else []
        if found:
            raise _refused(found, origin)
        yield batch


def _texts(batch: pa.RecordBatch) -> list[str]:
    return [f.name for f in batch.schema if pa.types.is_string(f.type)]


def _any_nul(batch: pa.RecordBatch) -> bool:
    """Whether to look closer; a card is JSON, which writes the character as an escape."""
    return any(
        pc.any(pc.match_substring(batch[name], "\\u0000" if name == CARD else NUL)).as_py()
        for name in _texts(batch)
    )


def _nuls(batch: pa.RecordBatch) -> Iterator[tuple[str, str]]:
    """Customer and text, or fact of the card, that holds one."""
    for row in batch.select([*_texts(batch)]).to_pylist():
        card = row.pop(CARD, None)
        facts = json.loads(card) if card else {}
        for name, value in {**row, **facts}.items():
            if isinstance(value, str) and NUL in value:
                yield str(row["customer_id"]), name


def _refused(found: list[tuple[str, str]], origin: Mapping[str, str]) -> SourceError:
    customers = list(dict.fromkeys(customer for customer, _ in found))
    names = list(dict.fromkeys(origin.get(name, name) for _, name in found))
    listed = ", ".join(customer.replace(NUL, "\\0") for customer in customers[:SHOWN])
    more = f" and {len(customers) - SHOWN} more" if len(customers) > SHOWN else ""
    table, _, column = names[0].partition(".")
    return SourceError(
        f"{' and '.join(names)} of customer {listed}{more}: a NUL character (U+0000), which"
        " PostgreSQL cannot store.",
        f"Correct it in the source, or map {column} in [sources.{table}.columns] as"
        f" {{ sql = \"replace({column}, chr(0), '')\" }}; build and publish again."
        " What was published before stands.",
    )
