"""Gives pages of an array that hold nothing but zeros back to the system, without giving up the array.

Linux only: elsewhere the pages stay, and what is given back is 0.
"""

import ctypes
import mmap
import sys
from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

# asm-generic/mman-common.h
_DONTNEED = 4
_NOHUGEPAGE = 15


def _find_madvise() -> Callable[[int, int, int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    function = getattr(ctypes.CDLL(None, use_errno=True), "madvise", None)
    if function is None:
        return None
    function.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    function.restype = ctypes.c_int
    advise: Callable[[int, int, int], int] = function
    return advise


_advise = _find_madvise()


def can_release() -> bool:
    """Whether this system takes pages back."""
    return _advise is not None


def release(array: NDArray[Any]) -> int:
    """Give the whole pages inside *array* back; they read as zeros and are taken anew by the next write.

    Gives how many bytes that were: 0 where the array spans no whole page, or the system takes none back. The array is
    contiguous, and lies in memory of this process that no file stands behind, as all arrays of numpy do.
    """
    if not array.flags.c_contiguous:
        raise ValueError("only a contiguous array has pages of its own")
    page = mmap.PAGESIZE
    start = int(array.ctypes.data)
    first = -(-start // page) * page
    length = (start + array.nbytes) // page * page - first
    if _advise is None or length <= 0:
        return 0
    # Otherwise the kernel's collector of huge pages would fill the hole again.
    _advise(first, length, _NOHUGEPAGE)
    return length if _advise(first, length, _DONTNEED) == 0 else 0
