"""What the C allocator holds, and how much of it is in use: the difference is fragmentation, or not yet given back."""

import ctypes
import sys
from collections.abc import Callable

import msgspec


class AllocatorFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes. `held`: what the C allocator has from the system, `in_use`: what of it somebody asked for.

    `mapped`: blocks with a mapping of their own, part of both. Python's small objects lie in such blocks as well.
    """

    held: int
    in_use: int
    mapped: int

    @property
    def unused(self) -> int:
        """Held and in nobody's use: free between what is in use, or at the end."""
        return self.held - self.in_use


class _Mallinfo2(ctypes.Structure):
    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            "arena",
            "ordblks",
            "smblks",
            "hblks",
            "hblkhd",
            "usmblks",
            "fsmblks",
            "uordblks",
            "fordblks",
            "keepcost",
        )
    )


class Allocator:
    """The C allocator of this process. Only glibc 2.33 or later tells; elsewhere nothing is known."""

    def __init__(self) -> None:
        self._ask = _find_mallinfo2()

    def read(self) -> AllocatorFigures | None:
        """The figures as they are now, of all arenas; None where the C library does not tell them."""
        if self._ask is None:
            return None
        told = self._ask()
        mapped = int(told.hblkhd)
        return AllocatorFigures(held=int(told.arena) + mapped, in_use=int(told.uordblks) + mapped, mapped=mapped)


def _find_mallinfo2() -> Callable[[], _Mallinfo2] | None:
    if not sys.platform.startswith("linux"):
        return None
    function = getattr(ctypes.CDLL(None), "mallinfo2", None)
    if function is None:
        return None
    function.argtypes = []
    function.restype = _Mallinfo2
    ask: Callable[[], _Mallinfo2] = function
    return ask
