"""Audits processes with planted leaks, and ten without: `python -m tests.leaks.detection` prints the table."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from tests.leaks.planted import LEAKS, nothing

from tidemark.clock import SystemClock
from tidemark.errors import SilentProcessError
from tidemark.live.caller import Caller
from tidemark.memory.growth import Growth
from tidemark.proof.audit import Report, audit
from tidemark.proof.recording import Recording
from tidemark.proof.run import Run
from tidemark.proof.sampling import sample
from tidemark.units import SECOND

# Time for 120 samples; the process lives through hours meanwhile.
FOR_S = 6.0
MORE_S = 2.0
FLAT = 10
# An inconclusive run is to be twice as long, and that again; so is one that shows growth and nobody who grows.
_LONGER = 2
# A culprit is named when it is among the first so many: what holds it and what it holds may both be told.
FIRST = 3
_READY_S = 60.0


class Detected(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one process: the verdict, the culprit as it was named, at which place, with which share."""

    leak: str
    verdict: Growth
    named: str
    place: int | None
    share: float | None
    lived_s: float
    seconds: float


@contextmanager
def running(leak: str) -> Iterator[Path]:
    """The control socket of a process with this leak."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.leaks.process", leak, folder]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL):
            # Its input closes with the block, and with that it ends.
            yield Path(folder) / "bybit" / "control.sock"


def connect(path: Path) -> Caller:
    """To the process, as soon as it answers."""
    for _ in range(int(_READY_S / 0.1)):
        try:
            return Caller(path)
        except SilentProcessError:
            time.sleep(0.1)
    return Caller(path)


def examine(leak: str) -> Report:
    """The report on a process with this leak."""
    clock = SystemClock()
    recording = Recording()

    def look(for_s: float) -> None:
        for _ in sample(process, recording, for_s, sleep=time.sleep, monotonic_ns=clock.monotonic_ns):
            pass

    with running(leak) as path, connect(path) as process:
        look(FOR_S)
        # On a busy machine the same time gives fewer samples than are needed.
        while Run(recording).missing_s:
            look(MORE_S)
        for _ in range(_LONGER):
            report = audit(recording, clock.monotonic_ns)
            if report.verdict is Growth.INVALID or (report.verdict is Growth.VALID and report.ranked):
                return report
            look(FOR_S)
    return audit(recording, clock.monotonic_ns)


def place_of(culprit: str, report: Report) -> int | None:
    """At which place a report names *culprit*, from 1; None when it does not."""
    return next((at for at, one in enumerate(report.ranked, start=1) if culprit in one.name), None)


def detect(leak: str, culprit: str) -> Detected:
    """Whether *culprit* was named."""
    began = SystemClock().monotonic_ns()
    report = examine(leak)
    place = place_of(culprit, report) if culprit else None
    named = report.ranked[place - 1] if place is not None else None
    return Detected(
        leak=leak,
        verdict=report.verdict,
        named=named.name if named is not None else report.summary,
        place=place,
        share=named.share if named is not None else None,
        lived_s=report.seconds,
        seconds=(SystemClock().monotonic_ns() - began) / SECOND,
    )


def main() -> int:
    """Print the table; 0 when every leak was named and nothing else was."""
    print("| planted | verdict | named | place | share of the growth | hours lived | seconds |")
    print("|---|---|---|---|---|---|---|")
    leaky = [_shown(detect(plant.__name__, culprit)) for plant, culprit in LEAKS]
    flat = [_shown(detect(nothing.__name__, "")) for _ in range(FLAT)]
    found = sum(one.verdict is Growth.VALID and one.place is not None and one.place <= FIRST for one in leaky)
    wrong = sum(one.verdict is not Growth.INVALID for one in flat)
    print(f"\n{found} of {len(leaky)} leaks named, {wrong} false of {len(flat)}")
    return 0 if found == len(leaky) and not wrong else 1


def _shown(one: Detected) -> Detected:
    place = "" if one.place is None else str(one.place)
    share = "" if one.share is None else f"{one.share:.0%}"
    cells = (one.leak, one.verdict.value, one.named, place, share, f"{one.lived_s / 3600:.1f}", f"{one.seconds:.0f}")
    print(f"| {' | '.join(cells)} |", flush=True)
    return one


if __name__ == "__main__":
    sys.exit(main())
