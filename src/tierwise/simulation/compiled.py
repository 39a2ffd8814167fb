"""What turns a function into machine code: one place for its options.

`_nrt=False` leaves out the counting of references to arrays, which took half of the
time of the event loop. So compiled functions here may not make arrays, only use them.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar, cast

from tierwise import routing

_BLAS = "scipy.linalg"


def _without_linear_algebra() -> Any:
    """Numba without SciPy's linear algebra, a third of its start, which no loop here uses."""
    if _BLAS in sys.modules:
        import numba

        return numba
    sys.modules[_BLAS] = None  # type: ignore[assignment]  # as one that cannot be imported
    try:
        import numba
    finally:
        del sys.modules[_BLAS]
    return numba


numba = _without_linear_algebra()

_njit: Any = numba.njit  # its types do not know `_nrt`

Function = TypeVar("Function", bound=Callable[..., Any])

ROOMS = (Path(__file__).parent, Path(routing.__file__).parent)
"""Folders whose functions are compiled, each kept in a `__pycache__` beside its source."""


def forget_stale(rooms: Iterable[Path]) -> None:
    """Remove machine code that is older than any source of the rooms.

    Numba renews a function when its own file changes, but not when one of its
    callees in another file does: the old policy would go on deciding.
    """
    rooms = list(rooms)
    newest = max(source.stat().st_mtime for room in rooms for source in room.glob("*.py"))
    for room in rooms:
        for kept in room.glob("__pycache__/*.nb[ci]"):
            with suppress(OSError):  # gone meanwhile, or not ours to remove
                if kept.stat().st_mtime < newest:
                    kept.unlink()


forget_stale(ROOMS)


def inlined(function: Function) -> Function:
    """Compiled, kept on disk, and made part of whoever calls it."""
    return cast(
        Function,
        _njit(cache=True, nogil=True, forceinline=True, _nrt=False, error_model="numpy")(function),
    )


def compiled(function: Function) -> Function:
    """Compiled and kept on disk; lets go of the interpreter, so threads run beside each other."""
    return cast(Function, _njit(cache=True, nogil=True, _nrt=False, error_model="numpy")(function))
