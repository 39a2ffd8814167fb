"""Numpy arrays to Arrow columns in the canonical types.

Inside the generator money is whole cents, a time is whole seconds and a day is
whole days since 1970: integers add up exactly and come out the same everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_MONEY = pa.decimal128(18, 4)
_CENT = 100  # one cent in units of the fourth decimal place


def money(cents: Ints, known: Flags | None = None) -> pa.Array:
    """Whole cents as decimal(18, 4) in major units; null where `known` is false."""
    # A decimal128 is a 16-byte little-endian integer: the low word holds the
    # value, the high word its sign. Going through Decimal objects costs 50 times more.
    words = np.empty((len(cents), 2), dtype="<i8")
    words[:, 0] = cents * _CENT
    words[:, 1] = words[:, 0] >> 63
    return pa.Array.from_buffers(_MONEY, len(cents), [_bitmap(known), _buffer(words)])


def _buffer(values: npt.NDArray[np.generic]) -> pa.Buffer:
    return pa.py_buffer(np.ascontiguousarray(values).tobytes())


def _bitmap(known: Flags | None) -> pa.Buffer | None:
    return None if known is None else _buffer(np.packbits(known, bitorder="little"))


def _numbers(
    values: npt.ArrayLike, stored: str, kind: pa.DataType, known: Flags | None
) -> pa.Array:
    # pa.array() would do the same, but imports pandas where it is installed to ask
    # whether this is one of its own: two seconds for nothing. Same for text below.
    numbers = np.asarray(values).astype(stored)
    return pa.Array.from_buffers(kind, len(numbers), [_bitmap(known), _buffer(numbers)])


def labels(
    values: Sequence[str | None], codes: npt.ArrayLike, known: Flags | None = None
) -> pa.Array:
    """The text `values[code]` for every code."""
    return texts(values).take(whole(codes, known))


def numbered(
    prefix: str, numbers: npt.ArrayLike, width: int, known: Flags | None = None
) -> pa.Array:
    """Ids such as F00042: prefix and zero-padded number."""
    rest = np.maximum(np.asarray(numbers), 0)
    letters = np.empty((len(rest), len(prefix) + width), dtype=np.uint8)
    letters[:, : len(prefix)] = np.frombuffer(prefix.encode("ascii"), dtype=np.uint8)
    for place in range(letters.shape[1] - 1, len(prefix) - 1, -1):
        rest, digit = np.divmod(rest, 10)
        letters[:, place] = digit + ord("0")
    return _same_length(letters, known)


def _same_length(letters: npt.NDArray[np.uint8], known: Flags | None) -> pa.Array:
    count, length = letters.shape
    offsets = _buffer(np.arange(count + 1, dtype="<i4") * length)
    buffers = [_bitmap(known), offsets, _buffer(letters)]
    return pa.Array.from_buffers(pa.string(), count, buffers)


def texts(values: Sequence[str | None]) -> pa.Array:
    """Text as it is."""
    encoded = [(value or "").encode("utf-8") for value in values]
    offsets = np.cumsum([0, *map(len, encoded)]).astype("<i4")
    known = np.array([value is not None for value in values], dtype=np.bool_)
    buffers = [_bitmap(known), _buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def times(seconds: Ints, known: Flags | None = None) -> pa.Array:
    """Seconds since 1970 as a UTC timestamp without zone."""
    return _numbers(seconds * 1_000_000, "<i8", pa.timestamp("us"), known)


def dates(days: Ints, known: Flags | None = None) -> pa.Array:
    """Days since 1970 as a date."""
    return _numbers(days, "<i4", pa.date32(), known)


def whole(values: npt.ArrayLike, known: Flags | None = None) -> pa.Array:
    """Whole numbers."""
    return _numbers(values, "<i8", pa.int64(), known)


def real(values: npt.ArrayLike, known: Flags | None = None) -> pa.Array:
    """Floating-point numbers."""
    return _numbers(values, "<f8", pa.float64(), known)


def flags(values: Flags, known: Flags | None = None) -> pa.Array:
    """Yes or no."""
    bits = _buffer(np.packbits(values, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(values), [_bitmap(known), bits])


def constant(value: str, count: int) -> pa.Array:
    """The same text in every row."""
    letters = np.frombuffer(value.encode("utf-8"), dtype=np.uint8)
    return _same_length(np.tile(letters, (count, 1)), None)


def table(**columns: pa.Array) -> pa.Table:
    """Named columns as one table."""
    return pa.table(columns)
