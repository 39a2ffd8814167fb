"""Lists linked through arrays: queues of contacts, idle places of a group. Compiled."""

from __future__ import annotations

from tierwise.simulation.compiled import inlined
from tierwise.simulation.plant import Counts


@inlined
def append(first: Counts, last: Counts, after: Counts, before: Counts, of: int, item: int) -> None:
    """Put the item at the end of the list `of`."""
    end = last[of]
    after[item] = -1
    before[item] = end
    if end >= 0:
        after[end] = item
    else:
        first[of] = item
    last[of] = item


@inlined
def unlink(first: Counts, last: Counts, after: Counts, before: Counts, of: int, item: int) -> None:
    """Take the item out of the list `of`, wherever it stands."""
    previous, following = before[item], after[item]
    if previous >= 0:
        after[previous] = following
    else:
        first[of] = following
    if following >= 0:
        before[following] = previous
    else:
        last[of] = previous
