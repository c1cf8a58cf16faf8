"""One target in a process of its own, within bounds of time and memory: `python -m tests.fuzz.child OPTIONS`.

OPTIONS is `Options` as JSON; one `Told` a line comes out. The input that is being fed also lies in a file, so that it
is known when nothing else comes out of this process any more.
"""

import faulthandler
import mmap
import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from types import FrameType
from typing import NoReturn

import msgspec
from tests.fuzz.branches import Branches
from tests.fuzz.minimise import minimised
from tests.fuzz.mutate import MOST_BYTES, mutate
from tests.fuzz.target import Take, Target, load

import tidemark
from tidemark.clock import SystemClock
from tidemark.memory.process import Process

SCRATCH = "input"
_LENGTH = 8
# Bytes of inputs that are kept because they reached something; then one at random gives way.
_KEPT_BYTES = 8 << 20
_REPORT_NS = 500_000_000
_MINIMISE_NS = 10_000_000_000
# After so many inputs everything that is made once has been made.
_WARM = 2000
_MOST_FINDINGS = 10
# An input that hangs is given so many times the patience at its second try.
_SECOND_TRY = 6.0
# A single input that takes more than this, or a process that goes on to, is a finding.
LEAP_BYTES = 64 << 20


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a child is to do.

    Every *follow*-th input is followed line by line, and kept as a seed when it reached a new step; 0: none. inputs: at
    most so many; 0: as many as there is time for. fence: bytes that the process may map beyond what it has at the
    start; 0: no fence. source: where `tidemark` has to come from, compiled. only: the one input to feed.
    """

    target: str
    folder: str = ""
    seed: int = 1
    seconds: float = 60.0
    inputs: int = 0
    follow: int = 16
    fence: int = 1 << 30
    patience_s: float = 10.0
    source: str = ""
    only: bytes | None = None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A fault: its kind (error, hang, memory, death), what was said, where, and the input that showed it."""

    kind: str
    what: str
    where: str
    data: bytes


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How far a child is; `rss` in bytes, `branches` the distinct steps from line to line that were seen."""

    inputs: int
    accepted: int
    refused: int
    branches: int
    seconds: float
    rss: int
    finding: Finding | None = None


class Hang(BaseException):
    """An input took too long."""


class Alarm:
    """Ends an input that takes too long, wherever it is; `is_over` says that it did."""

    def __init__(self) -> None:
        self.is_over = False

    def ring(self, number: int, frame: FrameType | None) -> NoReturn:
        """What happens when an input takes too long: Hang."""
        self.is_over = True
        raise Hang


class Explorer:
    """Feeds a target; `tell` is called about twice a second, and with each finding."""

    def __init__(
        self, options: Options, target: Target, take: Take, tell: Callable[[Told], None], alarm: Alarm
    ) -> None:
        self._alarm = alarm
        self.branches = Branches()
        self._options = options
        self._refusals = target.REFUSALS
        self._take = take
        self._tell = tell
        self._clock = SystemClock()
        self._process = Process()
        self._peak = Peak()
        self._rng = Random(f"{options.seed} {options.target}")
        self._corpus = target.seeds() if options.only is None else [options.only]
        self._seeds = len(self._corpus)
        self._kept_bytes = 0
        self._counts = {"inputs": 0, "accepted": 0, "refused": 0}
        self._found: set[tuple[str, str]] = set()  # bounded: `_MOST_FINDINGS`
        self._began = self._clock.monotonic_ns()
        with (Path(options.folder) / SCRATCH).open("w+b") as file:
            file.truncate(_LENGTH + MOST_BYTES)
            self._scratch = mmap.mmap(file.fileno(), _LENGTH + MOST_BYTES)

    def run(self) -> None:
        """Until the time is over, so many inputs were fed, or too much was found."""
        options, rng = self._options, self._rng
        end = self._began + int(options.seconds * 1e9)
        next_report, base_rss = 0, 0
        while (now := self._clock.monotonic_ns()) < end and len(self._found) < _MOST_FINDINGS:
            number = self._counts["inputs"]
            if number >= (options.inputs or number + 1) or (options.only is not None and number):
                break
            if now >= next_report:
                next_report = now + _REPORT_NS
                rss = self._report().rss
                base_rss = base_rss or (rss if number > _WARM else 0)
                if base_rss and rss > base_rss + LEAP_BYTES:
                    self._report(Finding(kind="memory", what="the process grows", where=str(rss - base_rss), data=b""))
                    break
            is_seed = number < self._seeds
            data = self._corpus[number] if is_seed else mutate(rng.choice(self._corpus), rng, self._corpus)
            self._feed(data, follow=bool(options.follow) and (is_seed or number % options.follow == 0))
        self._report()

    def _feed(self, data: bytes, *, follow: bool) -> None:
        self._counts["inputs"] += 1
        known = len(self.branches.seen)
        if follow:
            with self.branches.following():
                finding = self.attempt(data)
            if len(self.branches.seen) > known and self._counts["inputs"] > self._seeds:
                self._keep(data)
        else:
            finding = self.attempt(data)
        if finding is not None and finding.kind == "hang":
            # On a machine that others use, a process may get no turn for long: once more, and it counts.
            finding = self.attempt(data, patience_s=_SECOND_TRY * self._options.patience_s)
        if finding is not None and (finding.kind, finding.where) not in self._found:
            self._found.add((finding.kind, finding.where))
            self._report(self._small(finding))

    def attempt(self, data: bytes, *, patience_s: float | None = None) -> Finding | None:
        """Feed *data* once; what is wrong with that, if anything."""
        patience_s = self._options.patience_s if patience_s is None else patience_s
        kept = data[:MOST_BYTES]
        self._scratch[: _LENGTH + len(kept)] = len(kept).to_bytes(_LENGTH, "little") + kept
        before = self._peak.read()
        self._alarm.is_over = False
        try:
            signal.setitimer(signal.ITIMER_REAL, patience_s)
            try:
                is_useful = self._take(data)
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
            self._counts["accepted" if is_useful else "refused"] += 1
        except self._refusals:
            self._counts["refused"] += 1
        except KeyboardInterrupt:
            raise
        except Hang as error:
            # What it took until then is not seen again when it is fed once more.
            what = f"no end after {patience_s:g} s"
            return self._leap(before, data) or Finding(kind="hang", what=what, where=_place(error), data=data)
        except BaseException as error:  # noqa: BLE001 - whatever else comes out is what is looked for
            if self._alarm.is_over:
                # A task may take the alarm for an error of its own, and what waits for it fails in another way.
                what = f"no end after {patience_s:g} s"
                return Finding(kind="hang", what=what, where=_place(error), data=data)
            said = traceback.format_exception_only(error)[-1].strip()
            return Finding(kind="error", what=said[:500], where=_place(error), data=data)
        return self._leap(before, data)

    def _leap(self, before: int, data: bytes) -> Finding | None:
        """What is wrong when more memory was taken since *before* than one input may take."""
        grown = self._peak.read() - before
        if grown <= LEAP_BYTES:
            return None
        return Finding(kind="memory", what=f"{grown} bytes for one input", where="", data=data)

    def _small(self, finding: Finding) -> Finding:
        if finding.kind != "error" or self._options.only is not None:
            return finding
        end = self._clock.monotonic_ns() + _MINIMISE_NS

        def fails(data: bytes) -> bool:
            found = self.attempt(data)
            return found is not None and (found.kind, found.where) == (finding.kind, finding.where)

        counts = dict(self._counts)
        data = minimised(finding.data, fails, lambda: self._clock.monotonic_ns() < end)
        self._counts = counts
        return msgspec.structs.replace(finding, data=data)

    def _keep(self, data: bytes) -> None:
        self._kept_bytes += len(data)
        if self._kept_bytes > _KEPT_BYTES and len(self._corpus) > self._seeds:
            at = self._rng.randrange(self._seeds, len(self._corpus))
            self._kept_bytes -= len(self._corpus[at])
            self._corpus[at] = data
        else:
            self._corpus.append(data)

    def _report(self, finding: Finding | None = None) -> Told:
        seconds = (self._clock.monotonic_ns() - self._began) / 1e9
        told = Told(
            inputs=self._counts["inputs"],
            accepted=self._counts["accepted"],
            refused=self._counts["refused"],
            branches=len(self.branches.seen),
            seconds=seconds,
            rss=self._process.resident(),
            finding=finding,
        )
        self._tell(told)
        return told


class Peak:
    """The most bytes that this process ever had resident. `ru_maxrss` would count what started it as well."""

    def __init__(self) -> None:
        self._status = os.open("/proc/self/status", os.O_RDONLY)

    def read(self) -> int:
        """That many bytes, in some 9 us: it is asked for around every input."""
        text = os.pread(self._status, 4096, 0)
        start = text.index(b"VmHWM:") + 6
        return int(text[start : text.index(b"kB", start)]) * 1024


def last_input(folder: Path) -> bytes:
    """The input that a child was fed last."""
    held = (folder / SCRATCH).read_bytes()
    return held[_LENGTH : _LENGTH + int.from_bytes(held[:_LENGTH], "little")]


def set_fence(size: int) -> None:
    """Let this process map at most *size* bytes more than it has mapped; 0: no fence."""
    if size:
        mapped = int(Path("/proc/self/statm").read_bytes().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (mapped + size, mapped + size))


def _place(error: BaseException) -> str:
    """Where *error* came out of our code: the innermost of our lines."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if "tidemark" in Path(frame.filename).parts or "targets" in frame.filename]
    frame = (ours or list(frames))[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def check_source(source: str) -> None:
    """RuntimeError unless the package comes from *source*, and its scanners are compiled."""
    from tidemark.kernels import scan_binance_book, scan_binance_trades, scan_bybit_book, scan_bybit_trades

    for module in (tidemark, scan_binance_book, scan_binance_trades, scan_bybit_book, scan_bybit_trades):
        file = str(module.__file__)
        if not file.startswith(source) or (module is not tidemark and file.endswith(".py")):
            raise RuntimeError(f"{file} is not what is to be fed")


def main() -> None:
    """Run as OPTIONS say."""
    options = msgspec.json.decode(sys.argv[1], type=Options)
    faulthandler.enable()
    if options.source:
        check_source(options.source)
    # What is fed may print; that is not for the parent.
    told_to = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    target = load(options.target)
    work = Path(options.folder) / "work"
    work.mkdir()
    take = target.opened(work)

    def tell(told: Told) -> None:
        told_to.write(msgspec.json.encode(told) + b"\n")
        told_to.flush()

    # That a machine may lose its power is tried elsewhere; here, a slow disk would be taken for a hang.
    os.fsync = lambda fd: None
    alarm = Alarm()
    explorer = Explorer(options, target, take, tell, alarm)
    signal.signal(signal.SIGALRM, alarm.ring)
    set_fence(options.fence)
    explorer.run()


if __name__ == "__main__":
    main()
