"""The figures of a running process: how much comes in, how late we are, what it takes."""

import msgspec

from tidemark.clock import SystemClock
from tidemark.engine.intake import Intake
from tidemark.live.fallback import Fallback
from tidemark.live.lags import Lags
from tidemark.live.watch import Watch
from tidemark.market.freshness import CHANNELS
from tidemark.memory.growth import Samples, judge
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.pressure import Pressure
from tidemark.memory.process import Process
from tidemark.units import MIB, MILLISECOND, SECOND

# The sampler takes every look and thins itself out, so that a run of months fits; judging it is dearer.
_JUDGE_NS = 30 * SECOND
# The CPU time is dearer to read than the time; the sampler says itself when it wants all of the memory's figures.
_CPU_NS = 5 * SECOND
_OWNER = "health/samples"


class Figures(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One look at the process.

    Rates are over the last interval; `loop_lag_ms` is its worst; `cpu` is a fraction of one core, of the last five
    seconds. `slope_mb_h` is the
    growth of anonymous memory in the last two thirds of the run, in MB an hour, None while there are too few samples.
    `offset_ms` is the exchange's clock minus ours, None while it is not known; it may be off by `offset_error_ms` to
    either side. Of `compared` closed candles `mismatched` differed from the exchange's. `books_out` order books are out
    of sync; `fallbacks` frames were not written as usual. `stale` counts channels of markets; `polled` markets that
    REST stands in for. `pressure` is the level of memory pressure, `given_up` what it took and did not bring back yet,
    `sacrifices` how often it took something.
    Memory in bytes.
    """

    uptime_s: float
    messages_per_s: float
    trades_per_s: float
    messages: int
    trades: int
    candles: int
    gaps: int
    decode_errors: int
    loop_lag_ms: float
    cpu: float
    rss: int
    peak_rss: int
    budget: int
    slope_mb_h: float | None
    offset_ms: float | None
    offset_error_ms: float | None = None
    compared: int = 0
    mismatched: int = 0
    books_out: int = 0
    fallbacks: int = 0
    stale: int = 0
    polled: int = 0
    renewed: int = 0
    replaced: int = 0
    pressure: str = "NORMAL"
    given_up: tuple[str, ...] = ()
    sacrifices: int = 0


class Health:
    """Watches one process. `look` is called about once a second, `woke` by the beat of the loop."""

    def __init__(
        self,
        intake: Intake,
        ledger: Ledger,
        process: Process,
        clock: SystemClock,
        budget: int,
        watch: Watch | None = None,
        fallback: Fallback | None = None,
    ) -> None:
        self._watch = watch
        self._fallback = fallback
        self._intake = intake
        self._process = process
        self._clock = clock
        self._budget = budget
        self._samples = Samples(_OWNER)
        ledger.open(self._samples)
        # How late the loop was since the start.
        self.lags = Lags(ledger)
        self._started_ns = self._before_ns = clock.monotonic_ns()
        self._cpu_at_ns = self._cpu_next_ns = self._started_ns
        self._cpu_ns = clock.cpu_ns()
        self._cpu = 0.0
        self._messages = 0
        self._trades = 0
        self._worst_lag_ns = 0
        self._peak_rss = 0
        self._judged_ns = 0
        self._slope_mb_h: float | None = None
        # The latest figures, for whoever does not look himself.
        self.last: Figures | None = None
        # Whoever builds the process sets it, once it is known what can be given up.
        self.pressure: Pressure | None = None

    @staticmethod
    def reserve() -> list[Reservation]:
        """What health takes, without allocating it."""
        return [Samples.reserve(_OWNER), Lags.reserve()]

    def woke(self, late_ns: int) -> None:
        """The loop came to us *late_ns* after it was asked to."""
        self._worst_lag_ns = max(self._worst_lag_ns, late_ns)
        self.lags.add(late_ns)

    def resident(self) -> int:
        """RSS in bytes, cheap enough to be read often; what is read here counts for the peak too."""
        rss = self._process.resident()
        self._peak_rss = max(self._peak_rss, rss)
        return rss

    @property
    def peak_rss(self) -> int:
        """The highest RSS that was read, in bytes."""
        return self._peak_rss

    def look(self) -> Figures:
        """The figures since the last look."""
        now = self._clock.monotonic_ns()
        elapsed = max(now - self._before_ns, 1)
        counters = self._intake.engine.counters
        messages = self._intake.frames
        time = self._intake.engine.candles.time
        rss = self.resident()
        confirmed, books = self._intake.engine.candles.confirmed.totals(), self._intake.engine.books
        listed = len(self._intake.engine.universe.slots)
        if self._samples.is_due:
            memory = self._process.read()
            self._samples.add(messages, memory.anonymous, memory.blocks)
        else:
            self._samples.skip()
        if now >= self._cpu_next_ns:
            self._measure_cpu(now)
        if now - self._judged_ns >= _JUDGE_NS:
            self._judged_ns = now
            self._judge(now)
        figures = Figures(
            uptime_s=(now - self._started_ns) / SECOND,
            messages_per_s=(messages - self._messages) * SECOND / elapsed,
            trades_per_s=(counters.trades - self._trades) * SECOND / elapsed,
            messages=messages,
            trades=counters.trades,
            candles=counters.candles,
            gaps=counters.gaps,
            decode_errors=self._intake.rejected,
            loop_lag_ms=self._worst_lag_ns / MILLISECOND,
            cpu=self._cpu,
            rss=rss,
            peak_rss=self._peak_rss,
            budget=self._budget,
            slope_mb_h=self._slope_mb_h,
            offset_ms=_milliseconds(time.skew_ns),
            offset_error_ms=_milliseconds(time.skew_error_ns),
            compared=confirmed.checked,
            mismatched=confirmed.mismatched,
            books_out=listed - books.synced if books is not None else 0,
            fallbacks=self._intake.fallbacks,
            stale=sum(len(self._intake.engine.freshness.stale(channel)) for channel in CHANNELS),
            polled=self._fallback.markets if self._fallback is not None else 0,
            renewed=self._watch.renewed if self._watch is not None else 0,
            replaced=self._watch.replaced if self._watch is not None else 0,
        )
        if self.pressure is not None:
            figures = msgspec.structs.replace(
                figures,
                pressure=self.pressure.level.name,
                given_up=self.pressure.given_up,
                sacrifices=sum(self.pressure.counts.values()),
            )
        self._before_ns, self._worst_lag_ns = now, 0
        self._messages, self._trades = messages, counters.trades
        self.last = figures
        return figures

    def _measure_cpu(self, now: int) -> None:
        cpu = self._clock.cpu_ns()
        self._cpu = (cpu - self._cpu_ns) / max(now - self._cpu_at_ns, 1)
        self._cpu_at_ns, self._cpu_next_ns, self._cpu_ns = now, now + _CPU_NS, cpu

    def _judge(self, now: int) -> None:
        verdict = judge(self._samples.column(1), float(self._budget))
        if verdict.slope is not None:
            hours = (now - self._started_ns) / SECOND / 3600
            self._slope_mb_h = verdict.slope.value / MIB / hours


def _milliseconds(ns: int | None) -> float | None:
    return None if ns is None else ns / MILLISECOND
