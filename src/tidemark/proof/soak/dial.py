"""What time it is on the machine of a soak, for a process that is not in step with the others: it lives by the wall.

The service writes it into a file, and whoever wants to know reads it from there.
"""

import mmap
from pathlib import Path

from tidemark.clock import SystemClock

_BYTES = 8


class Dial:
    """Shows the time in *file*, from *now_ns* on."""

    def __init__(self, file: Path, now_ns: int) -> None:
        # Whoever reads it already goes on reading it: the file stays, and is never shorter.
        with file.open("ab") as end:
            end.truncate(_BYTES)
        self._words = _words(file)
        self.show(now_ns)

    def show(self, now_ns: int) -> None:
        """It is *now_ns*."""
        self._words[0] = now_ns


class DialClock(SystemClock):
    """The clock of a machine that shows its time in *file*; what lasts is measured by the wall."""

    def __init__(self, file: Path) -> None:
        self._words = _words(file)

    def now_ns(self) -> int:
        """Nanoseconds since the epoch, UTC, as the machine has it."""
        return self._words[0]


def _words(file: Path) -> memoryview:
    with file.open("r+b") as both:
        # The view keeps the memory.
        return memoryview(mmap.mmap(both.fileno(), _BYTES)).cast("q")
