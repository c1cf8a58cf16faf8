"""What the operating system says of this process: the figure that the ledger is held against."""

import ctypes
import mmap
import os
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import msgspec

_KIB = 1024
_LINE = 128
# cgroup v1 writes "none" as the largest multiple of a page; nothing real is an exbibyte.
_NO_LIMIT = 1 << 60


class ProcessFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes, but for `blocks`, the memory blocks that the interpreter holds.

    `anonymous` has no file behind it: what grows when something leaks. `source` is "smaps_rollup"; where it is
    "psutil", `anonymous` is the unique set, the nearest there is. `limit` is the cgroup's as it was at first, None
    without one.
    """

    rss: int
    anonymous: int
    uss: int
    blocks: int
    limit: int | None
    source: str


class Mappings(msgspec.Struct, frozen=True, kw_only=True):
    """The sums of `/proc/<pid>/smaps_rollup`, in bytes."""

    rss: int
    anonymous: int
    uss: int


def parse_smaps_rollup(text: str) -> Mappings:
    """The sums from the text of `smaps_rollup`; KeyError when a field is missing."""
    fields: dict[str, int] = {}
    for line in text.splitlines():
        name, _, rest = line.partition(":")
        number, _, unit = rest.strip().partition(" ")
        if unit == "kB" and number.isdecimal():
            fields[name] = int(number) * _KIB
    return Mappings(
        rss=fields["Rss"], anonymous=fields["Anonymous"], uss=fields["Private_Clean"] + fields["Private_Dirty"]
    )


def parse_cgroup(text: str) -> list[str]:
    """The files, relative to the cgroup root, that may limit this process, from the text of `/proc/self/cgroup`.

    Version 2 limits at every level up to the root, version 1 at the level of the process.
    """
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        place = PurePosixPath(path.lstrip("/"))
        if number == "0" and not controllers:
            return [str(level / "memory.max") for level in (place, *place.parents)]
        if "memory" in controllers.split(","):
            return [str("memory" / place / "memory.limit_in_bytes")]
    return []


def parse_limit(text: str) -> int | None:
    """Bytes from the text of `memory.max` or `memory.limit_in_bytes`; None where there is no limit."""
    word = text.strip()
    if not word.isdecimal() or int(word) >= _NO_LIMIT:
        return None
    return int(word)


class Process:
    """This process. The folders are arguments so that a test can put others there."""

    def __init__(self, proc: Path = Path("/proc/self"), cgroups: Path = Path("/sys/fs/cgroup")) -> None:
        self._proc = proc
        self._cgroups = cgroups
        self._trim = _find_malloc_trim()
        self._limit = self._find_limit()
        # Read many times a second: it stays open.
        self._statm: int | None = None

    def read(self) -> ProcessFigures:
        """The figures as they are now."""
        rollup = self._proc / "smaps_rollup"
        if rollup.is_file():
            source, mappings = "smaps_rollup", parse_smaps_rollup(rollup.read_text())
        else:
            import psutil  # noqa: PLC0415 - 1.5 MB that Linux has no use for

            source, full = "psutil", psutil.Process().memory_full_info()
            mappings = Mappings(rss=full.rss, anonymous=full.uss, uss=full.uss)
        return ProcessFigures(
            rss=mappings.rss,
            anonymous=mappings.anonymous,
            uss=mappings.uss,
            blocks=sys.getallocatedblocks(),
            limit=self._limit,
            source=source,
        )

    def resident(self) -> int:
        """RSS in bytes, in a few microseconds where there is /proc: for whoever looks often."""
        if self._statm is None:
            try:
                self._statm = os.open(self._proc / "statm", os.O_RDONLY | os.O_CLOEXEC)
            except OSError:
                return self.read().rss
        return int(os.pread(self._statm, _LINE, 0).split()[1]) * mmap.PAGESIZE

    def __del__(self) -> None:
        """Let go of what stays open."""
        statm: int | None = getattr(self, "_statm", None)
        if statm is not None:
            os.close(statm)

    def _find_limit(self) -> int | None:
        membership = self._proc / "cgroup"
        if not membership.is_file():
            return None
        files = [self._cgroups / name for name in parse_cgroup(membership.read_text())]
        limits = [parse_limit(file.read_text()) for file in files if file.is_file()]
        return min((limit for limit in limits if limit is not None), default=None)

    def trim(self) -> bool:
        """Give free memory back to the system; whether anything was. Only glibc can, elsewhere nothing happens."""
        return self._trim is not None and self._trim(0) == 1


def _find_malloc_trim() -> Callable[[int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    function = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if function is None:
        return None
    function.argtypes = [ctypes.c_size_t]
    function.restype = ctypes.c_int
    trim: Callable[[int], int] = function
    return trim
