"""Histories of very many lines by a compiled grouping: what `histories.histories` says, sooner.

Lines come in batches and are told apart by a hash of the customer's id: 96 bits, so that
two of ten million customers are taken for one with a probability below 10^-15. Its first
bits part the lines so that the customers of one part fit into the processor's cache; each
part is then grouped by customer and ordered by day. Sums are of whole ten-thousandths and
exact. Numba comes with a start of half a second: for few lines the engine is sooner.

What is held grows with the lines added: give a share of the customers at a time
(`tierwise.workflows.histories`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from tierwise.settings import Activity

Array = npt.NDArray[Any]
Function = TypeVar("Function", bound=Callable[..., Any])

_BITS = 8
_PARTS = 1 << _BITS
_PLACES = 10_000.0  # of tierwise.units.AMOUNT_TYPE
_LARGEST = 2.0**62  # sums of ten-thousandths below it are exact and fit 64 bits
_DAY_ONE = date(1970, 1, 1)


def _compiled(function: Function) -> Function:
    return cast(Function, numba.njit(cache=True, nogil=True)(function))


class TooLargeError(ArithmeticError):
    """Amounts whose sums may not fit 64 bits: ask the engine, which adds in 128."""


class _Text(NamedTuple):
    """Texts as Arrow holds them."""

    starts: Array  # of each in `letters`, and the end of the last
    letters: Array


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Lines of one batch in the order of their parts, `ends` saying where each part ends."""

    high: Array  # 64 bits of the hash
    low: Array  # 32 more
    day: Array  # after 1970-01-01
    amount: Array  # ten-thousandths
    value: Array  # the same through the lens
    row: Array  # of the batch
    ends: Array


_KINDS = {
    "high": np.uint64,
    "low": np.uint32,
    "day": np.int32,
    "amount": np.int64,
    "value": np.int64,
    "row": np.uint32,
}
COLUMNS = (
    "customer_id",
    "first_on",
    "last_on",
    "x",
    "t_x_days",
    "T_days",
    "spend",
    "repeat_spend",
    "value",
    "squares",
)


_KIND_OF = {
    "first_on": pa.date32(),
    "last_on": pa.date32(),
    **dict.fromkeys(("x", "t_x_days", "T_days"), pa.int64()),
    **dict.fromkeys(("spend", "repeat_spend", "value", "squares"), pa.float64()),
}


@dataclass(frozen=True, slots=True)
class _Asked:
    as_of: date
    event: Activity
    returns: bool
    columns: tuple[str, ...]


def gathered(
    batches: Iterable[pa.RecordBatch],
    as_of: date,
    event: Activity,
    columns: Sequence[str] = COLUMNS,
    *,
    returns: bool,
    threads: int,
) -> pa.Table:
    """The table of `histories.histories` from lines of customers up to the as-of date.

    `batches` have customer_id, day (date), amount and, where the lens needs another,
    value (both decimal(18, 4)); no nulls. Raises TooLargeError for sums beyond 2^62.
    """
    asked = _Asked(as_of, event, returns, tuple(columns))
    with ThreadPoolExecutor(threads) as pool:
        ids, batched = _batched(batches, pool, threads)
        parts = list(pool.map(partial(_grouped, batched, asked), range(_PARTS)))
        del batched  # makes room for the table
        whole = {name: np.concatenate([one.pop(name) for one in parts]) for name in [*parts[0]]}
        named = _named(ids, whole.pop("batch"), whole.pop("row"), pool)
    columns_of = {name: _arrow(values, _KIND_OF[name]) for name, values in whole.items()}
    return pa.table({"customer_id": named} | columns_of).select(columns)


def _arrow(values: Array, kind: pa.DataType) -> pa.Array:
    """The array as it stands in memory. Arrow's own way imports pandas: a second and 60 MB."""
    return pa.Array.from_buffers(kind, values.size, [None, pa.py_buffer(values)])


def _batched(
    batches: Iterable[pa.RecordBatch], pool: ThreadPoolExecutor, threads: int
) -> tuple[list[_Text], list[_Batch]]:
    """Ids of each batch, and its lines by part; no more than a few batches wait for that."""
    ids: list[_Text] = []
    asked: list[Future[tuple[_Batch, float]]] = []
    for batch in batches:
        # A copy, or the columns that came with them would stay as well.
        ids.append(_Text(*(one.copy() for one in _text(batch.column("customer_id")))))
        asked.append(pool.submit(_of_batch, batch))
        if len(asked) > threads:
            asked[-threads - 1].result()
    done = [one.result() for one in asked]
    if sum(most for _, most in done) >= _LARGEST:
        raise TooLargeError
    return ids, [one for one, _ in done]


def _of_batch(batch: pa.RecordBatch) -> tuple[_Batch, float]:
    """The batch by part, and the sum of its amounts without their signs."""
    n = batch.num_rows
    offsets, letters = _text(batch.column("customer_id"))
    days = batch.column("day")
    day = np.frombuffer(days.buffers()[1], np.int32)[days.offset : days.offset + n]
    amount = _ten_thousandths(batch.column("amount"))
    named = "value" in batch.schema.names
    value = _ten_thousandths(batch.column("value")) if named else amount
    found = _Batch(
        np.empty(n, np.uint64),
        np.empty(n, np.uint32),
        np.empty(n, np.int32),
        np.empty(n, np.int64),
        np.empty(n if named else 0, np.int64),
        np.empty(n, np.uint32),
        np.empty(_PARTS + 1, np.int64),
    )
    _part(offsets, letters, day, amount, value, *_arrays(found))
    sums = [float(np.abs(one).sum(dtype=np.float64)) for one in (found.amount, found.value)]
    return found, max(sums)


def _arrays(batch: _Batch) -> tuple[Array, ...]:
    return batch.high, batch.low, batch.day, batch.amount, batch.value, batch.row, batch.ends


def _text(column: pa.Array) -> _Text:
    _, offsets, letters = column.buffers()
    found = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1]
    return _Text(found, np.frombuffer(letters or b"", np.uint8))


def _ten_thousandths(column: pa.Array) -> Array:
    """The lower halves of decimals of 128 bits: all there is of decimal(18, 4)."""
    halves = np.frombuffer(column.buffers()[1], np.int64)
    return halves[2 * column.offset : 2 * (column.offset + len(column)) : 2]


def _grouped(batches: list[_Batch], asked: _Asked, part: int) -> dict[str, Array]:
    """The customers of one part, from its lines of every batch."""
    slices = [slice(one.ends[part], one.ends[part + 1]) for one in batches]
    columns = [
        np.concatenate(
            [
                np.empty(0, kind),
                *(getattr(one, name)[at] for one, at in zip(batches, slices, strict=True)),
            ]
        )
        for name, kind in _KINDS.items()
    ]
    sizes = [at.stop - at.start for at in slices]
    columns.append(np.repeat(np.arange(len(batches), dtype=np.int16), sizes))
    return _derived(_group(asked.event is Activity.ORDER, *columns), asked)


def _derived(group: tuple[Array, ...], asked: _Asked) -> dict[str, Array]:
    """Columns asked of those who ever bought, and where their first line stood."""
    bought = group[0] > 0
    purchases, first, last, batch, row, before, net, first_before, value, own, squares = (
        one[bought] for one in group
    )
    spend, own = before / _PLACES, own / _PLACES
    stayed = np.ones(spend.size)
    if asked.returns:
        share = np.divide(net / _PLACES, spend, out=np.zeros(spend.size), where=spend != 0)
        stayed = np.clip(share, 0.0, 1.0)
    found: dict[str, Callable[[], Array]] = {
        "first_on": lambda: first,
        "last_on": lambda: last,
        "x": lambda: purchases - 1,
        "t_x_days": lambda: (last - first).astype(np.int64),
        "T_days": lambda: ((asked.as_of - _DAY_ONE).days - first).astype(np.int64),
        "spend": lambda: spend * stayed,
        "repeat_spend": lambda: (spend - first_before / _PLACES) * stayed,
        "value": lambda: value / _PLACES,
        # Rounding of the difference must not make a sum of squares negative.
        "squares": lambda: np.maximum(squares / _PLACES - own * (own / purchases), 0.0),
    }
    wanted = {name: make() for name, make in found.items() if name in asked.columns}
    return wanted | {"batch": batch, "row": row}


def _named(ids: list[_Text], batch: Array, row: Array, pool: ThreadPoolExecutor) -> pa.Array:
    """Ids of the customers from the batches that their first lines came in."""
    order = np.argsort(batch, kind="stable")
    ends = np.searchsorted(batch[order], np.arange(len(ids) + 1))
    mine = [order[ends[at] : ends[at + 1]] for at in range(len(ids))]
    starts = np.zeros(batch.size + 1, np.int64)
    list(pool.map(lambda at: _lengths(mine[at], ids[at].starts, row, starts), range(len(ids))))
    np.cumsum(starts, out=starts)
    letters = np.empty(int(starts[-1]), np.uint8)
    list(pool.map(lambda at: _copy(mine[at], *ids[at], row, starts, letters), range(len(ids))))
    buffers = pa.py_buffer(starts), pa.py_buffer(letters)
    return pa.LargeStringArray.from_buffers(batch.size, *buffers)


@_compiled
def _lengths(mine: Array, theirs: Array, row: Array, lengths: Array) -> None:
    for c in mine:
        lengths[c + 1] = theirs[row[c] + 1] - theirs[row[c]]


@_compiled
def _copy(mine: Array, theirs: Array, letters: Array, row: Array, starts: Array, to: Array) -> None:
    for c in mine:
        first = theirs[row[c]]
        for k in range(starts[c + 1] - starts[c]):
            to[starts[c] + k] = letters[first + k]


@_compiled
def _part(
    offsets: Array,
    letters: Array,
    day: Array,
    amount: Array,
    value: Array,
    to_high: Array,
    to_low: Array,
    to_day: Array,
    to_amount: Array,
    to_value: Array,
    to_row: Array,
    ends: Array,
) -> None:
    """Lines in the order of their parts, a counting sort; part p is ends[p]..ends[p + 1].

    The hash is FNV-1a, with a multiplicative one beside it, both mixed at the end.
    """
    n = to_row.size
    high, low = np.empty(n, np.uint64), np.empty(n, np.uint32)
    shift = np.uint64(64 - _BITS)
    ends[:] = 0
    for i in range(n):
        a, b = np.uint64(0xCBF29CE484222325), np.uint64(offsets[i + 1] - offsets[i])
        for k in range(offsets[i], offsets[i + 1]):
            letter = np.uint64(letters[k])
            a = (a ^ letter) * np.uint64(0x100000001B3)
            b = (b + letter) * np.uint64(0x9E3779B97F4A7C15)
            b ^= b >> np.uint64(29)
        a = (a ^ (a >> np.uint64(32))) * np.uint64(0xD6E8FEB86659FD93)
        b = (b ^ (b >> np.uint64(32))) * np.uint64(0xBF58476D1CE4E5B9)
        high[i] = a ^ (a >> np.uint64(32))
        low[i] = b >> np.uint64(32)
        ends[(high[i] >> shift) + np.uint64(1)] += 1
    for part in range(_PARTS):
        ends[part + 1] += ends[part]
    place = ends[:_PARTS].copy()
    for i in range(n):
        j = place[high[i] >> shift]
        place[high[i] >> shift] = j + 1
        to_high[j], to_low[j], to_day[j] = high[i], low[i], day[i]
        to_amount[j], to_row[j] = amount[i], i
        if to_value.size:
            to_value[j] = value[i]


@_compiled
def _group(
    any_order: bool,
    high: Array,
    low: Array,
    day: Array,
    amount: Array,
    value: Array,
    row: Array,
    batch: Array,
) -> tuple[Array, ...]:
    """Lines of one part to customers: an open hash table, lines by customer, then sums by day."""
    n = high.size
    slots = 4
    while slots < 2 * n:
        slots *= 2
    mask = np.uint64(slots - 1)
    slot = np.full(slots, -1, np.int32)
    line = np.empty(n, np.int32)  # of each customer, the first
    who, ends, customers = np.empty(n, np.int32), np.zeros(n + 1, np.int64), 0
    for i in range(n):
        at = high[i] & mask
        while slot[at] >= 0 and (high[line[slot[at]]] != high[i] or low[line[slot[at]]] != low[i]):
            at = (at + np.uint64(1)) & mask
        if slot[at] < 0:
            slot[at], line[customers] = customers, i
            customers += 1
        who[i] = slot[at]
        ends[who[i] + 1] += 1
    for c in range(customers):
        ends[c + 1] += ends[c]
    ordered, place = np.empty(n, np.int64), ends[:customers].copy()
    for i in range(n):
        ordered[place[who[i]]] = (np.int64(day[i]) << 32) | i
        place[who[i]] += 1
    whole = np.zeros((6, customers), np.int64)
    purchases, bought, net, first_bought, total, own = whole
    first, last = np.zeros(customers, np.int32), np.zeros(customers, np.int32)
    squares = np.zeros(customers)
    for c in range(customers):
        mine = ordered[ends[c] : ends[c + 1]]
        mine.sort()
        k = 0
        while k < mine.size:
            today, above, any_above, of_day, through = mine[k] >> 32, 0, False, 0, 0
            while k < mine.size and mine[k] >> 32 == today:
                i = mine[k] & 0xFFFFFFFF
                of_day += amount[i]
                through += value[i] if value.size else amount[i]
                if amount[i] > 0:
                    above += amount[i]
                    any_above = True
                k += 1
            net[c] += of_day
            total[c] += through
            bought[c] += above
            if any_above or any_order:
                if purchases[c] == 0:
                    first[c], first_bought[c] = today, above
                purchases[c] += 1
                last[c] = today
                own[c] += through
                rough = through / _PLACES
                squares[c] += np.rint(rough * rough * _PLACES)  # as the engine adds them
    seen, kept = batch[line[:customers]], row[line[:customers]]
    return purchases, first, last, seen, kept, bought, net, first_bought, total, own, squares
