"""What the operating system says of a process, read from outside."""

from pathlib import Path

import msgspec
import psutil

from tidemark.memory.process import parse_smaps_rollup
from tidemark.units import MIB


class Reading(msgspec.Struct, frozen=True):
    """Resident and anonymous bytes; where there is no /proc, the unique set stands for the latter."""

    rss: int
    anonymous: int

    @property
    def rss_mb(self) -> float:
        """Resident memory in MB."""
        return round(self.rss / MIB, 1)


def read(pid: int) -> Reading:
    """The memory of process *pid*."""
    rollup = Path(f"/proc/{pid}/smaps_rollup")
    if rollup.is_file():
        sums = parse_smaps_rollup(rollup.read_text())
        return Reading(sums.rss, sums.anonymous)
    figures = psutil.Process(pid).memory_full_info()
    return Reading(figures.rss, figures.uss)


def cpu_s(pid: int) -> float:
    """CPU time of process *pid*, user and system, in seconds."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)
