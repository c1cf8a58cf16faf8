"""What a process of backtests may take: bounded by the system, with a little to spare for saying so.

What counts is memory of its own, as RLIMIT_DATA does: files that are mapped, such as decoded columns of candles, are
pages that the system takes back as it likes.
"""

import resource
from pathlib import Path

from tidemark.units import KIB, MIB

# Even where the libraries leave nothing of what it may take.
_LEAST_BYTES = 16 * MIB
_SPARE_BYTES = 16 * MIB


def bound(memory_bytes: int) -> None:
    """From now on it may have no more than *memory_bytes* of its own; what is beyond raises MemoryError.

    To be called when the libraries are loaded: what they have asked for and never touch counts for the system.
    """
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    asked, own = (int(told[name].split()[0]) * KIB for name in ("VmData", "RssAnon"))
    _set(asked + max(_LEAST_BYTES, memory_bytes - own - _SPARE_BYTES))


def spare() -> None:
    """It was too much: a little more, so that this can be written down."""
    soft, _ = resource.getrlimit(resource.RLIMIT_DATA)
    if soft != resource.RLIM_INFINITY:
        _set(soft + _SPARE_BYTES)


def _set(most: int) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
