"""What turns a function into machine code: one place for its options.

`_nrt=False` leaves out the counting of references to arrays, which took half of the
time of the event loop. So compiled functions here may not make arrays, only use them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

_njit: Any = numba.njit  # its types do not know `_nrt`

Function = TypeVar("Function", bound=Callable[..., Any])


def inlined(function: Function) -> Function:
    """Compiled, kept on disk, and made part of whoever calls it."""
    return cast(
        Function,
        _njit(cache=True, nogil=True, forceinline=True, _nrt=False, error_model="numpy")(function),
    )


def compiled(function: Function) -> Function:
    """Compiled and kept on disk. It lets go of the interpreter, so threads run beside each other.

    The copy on disk is renewed when the function's own file changes, not when one of
    its callees in another file does: remove `__pycache__` after such a change.
    """
    return cast(Function, _njit(cache=True, nogil=True, _nrt=False, error_model="numpy")(function))
