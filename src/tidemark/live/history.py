"""Fetches the candles that are missing: at the start what the journal did not hold, and the past of markets that join.

What the exchange answers goes to the engine as `Klines`, and from there into the journal: a process that is killed in
between asks, the next time, only for what is still missing.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from random import Random

import msgspec
import numpy as np
import structlog

from tidemark.clock import Clock
from tidemark.engine.step import Engine
from tidemark.errors import SettingsError, TidemarkError
from tidemark.ingest.backoff import backoff
from tidemark.ingest.budget import Priority
from tidemark.ingest.rest import RestClient
from tidemark.market.level import Array
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.model.candle import Origin
from tidemark.model.events import Kline, Klines
from tidemark.model.klines import as_klines
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, SECOND, format_seconds

# In the order in which they are needed: the short ones to begin with, then those that show the larger picture.
ORDER = (
    Timeframe.M1,
    Timeframe.M5,
    Timeframe.H1,
    Timeframe.M15,
    Timeframe.H4,
    Timeframe.D1,
    Timeframe.M30,
    Timeframe.S10,
)
# How often we look for markets that have joined.
LOOK_S = 5.0
_TELL_NS = 10 * SECOND
_RETRY_CEILING_S = 30.0
# Smaller pages than the largest are cheaper a candle on some venues.
_PAGES = (1000, 499, 99)
# So many requests tell how fast it goes.
_ENOUGH = 50
_BAR = 20
_OWNER = "backfill"
_LAYOUT = {"begins": (np.int64, (len(Timeframe),)), "planned": (np.int32, (len(Timeframe),))}
log = structlog.get_logger()


class Progress(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """How far a backfill is. `symbols_done` of `symbols`; `weight` is in the venue's window now, of `limit`.

    `eta_s` None: not known yet. `failed` counts the series that the exchange refused.
    """

    symbols: int
    symbols_done: int
    requests_done: int
    requests_left: int
    weight: int
    limit: int
    window_s: float
    candles: int
    failed: int
    eta_s: float | None

    @property
    def is_running(self) -> bool:
        """Whether there is something left to ask for."""
        return self.symbols_done < self.symbols

    def line(self) -> str:
        """One line for people, with a bar.

        >>> Progress(symbols=4, symbols_done=1, requests_done=8, requests_left=24, weight=8, limit=288, window_s=5.0,
        ...          candles=7000, failed=0, eta_s=12.0).line()
        'history █████░░░░░░░░░░░░░░░ 1/4 markets  24 requests left  weight 8 of 288 in 5s  12s to go'
        """
        filled = _BAR * self.symbols_done // max(self.symbols, 1)
        eta = "" if self.eta_s is None else f"  {format_seconds(max(1, round(self.eta_s)))} to go"
        failed = f"  {self.failed} refused" if self.failed else ""
        return (
            f"history {'█' * filled}{'░' * (_BAR - filled)} {self.symbols_done}/{self.symbols} markets"
            f"  {self.requests_left:,} requests left  weight {self.weight} of {self.limit} in"
            f" {format_seconds(self.window_s)}{failed}{eta}"
        )


class Backfill:
    """Asks for what is missing, the first markets of *order* first, a few requests at a time, in the background.

    deliver: takes each page. order: symbols, the most traded first; others follow. concurrency: requests at a time.
    Memory: 96 bytes a slot, allocated here.
    """

    def __init__(
        self,
        rest: RestClient,
        engine: Engine,
        deliver: Callable[[Klines], None],
        clock: Clock,
        ledger: Ledger,
        *,
        series: int,
        retention: Callable[[str], int],
        order: Sequence[str],
        concurrency: int,
    ) -> None:
        self._rest = rest
        self._engine = engine
        self._deliver = deliver
        self._clock = clock
        self._retention = retention
        self._rank = {symbol: rank for rank, symbol in enumerate(order)}
        self._concurrency = concurrency
        self._table = Table(_OWNER, slots=series, columns=_LAYOUT)
        ledger.open(self._table)
        self._filled = asyncio.Event()
        # Whose past each slot has been asked for.
        self._asked: list[str | None] = [None] * series
        self._timeframes = [timeframe for timeframe in ORDER if timeframe in engine.candles.timeframes]
        self._symbols = self._done = self._requests = self._left = self._candles = self._failed = 0
        self._weight_left = 0
        self._began_ns = self._told_ns = 0

    @staticmethod
    def reserve(*, series: int) -> Reservation:
        """What the same arguments will take, without allocating it."""
        return Table.reserve(_OWNER, slots=series, columns=_LAYOUT)

    @property
    def progress(self) -> Progress:
        """How far it is."""
        weight, limit, window_s = self._rest.weight(Priority.BACKGROUND)
        elapsed_s = (self._clock.monotonic_ns() - self._began_ns) / SECOND
        eta_s = None
        if self._requests >= _ENOUGH:
            eta_s = elapsed_s / self._requests * self._left
        elif self._left:
            eta_s = self._weight_left / limit * window_s
        return Progress(
            symbols=self._symbols,
            symbols_done=self._done,
            requests_done=self._requests,
            requests_left=self._left,
            weight=weight,
            limit=limit,
            window_s=window_s,
            candles=self._candles,
            failed=self._failed,
            eta_s=eta_s,
        )

    async def follow(self) -> None:
        """Fill what is missing now, then the past of each market that joins."""
        while True:
            await self.fill()
            self._filled.set()
            await asyncio.sleep(LOOK_S)

    async def first_filled(self) -> None:
        """Return when what was missing at the start has been asked for."""
        await self._filled.wait()

    def ask_again(self, timeframe: Timeframe) -> None:
        """The candles of *timeframe* are kept again: what is missing of them is fetched."""
        del timeframe  # whatever else is held is not asked for twice
        self._asked[:] = [None] * len(self._asked)

    async def fill(self) -> None:
        """Fill what is missing of the markets that have not been asked for yet."""
        slots = self._unasked()
        if not slots:
            return
        self._symbols, self._done, self._requests, self._left = len(slots), 0, 0, 0
        self._weight_left = self._candles = self._failed = 0
        self._began_ns = self._told_ns = self._clock.monotonic_ns()
        for slot in slots:
            self._plan(slot)
            # The feed is not kept waiting while hundreds of markets are looked through.
            await asyncio.sleep(0)
        log.info("history planned", markets=self._symbols, requests=self._left, weight=self._weight_left)
        waiting = iter(slots)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._concurrency):
                group.create_task(self._work(waiting), name="backfill")
        log.info("history complete", **self._told())

    def _unasked(self) -> list[int]:
        """The slots whose market has changed since they were asked for, the most traded first."""
        found = []
        for slot, instrument in self._engine.universe.occupied():
            if self._asked[slot] != instrument.symbol:
                self._table.clear(slot)
                found.append((self._rank.get(instrument.symbol, len(self._rank)), slot))
        return [slot for _, slot in sorted(found)]

    def _plan(self, slot: int) -> None:
        """Count what *slot* will take."""
        for timeframe in self._timeframes:
            size = self._page(timeframe, self._retention(timeframe.value))
            asked = pages(self._missing(slot, timeframe), size) if size else []
            self._table.columns["planned"][slot, _number(timeframe)] = len(asked)
            self._left += len(asked)
            self._weight_left += sum(self._rest.klines_cost("", timeframe, count) for _, count in asked)

    async def _work(self, waiting: Iterator[int]) -> None:
        """Fill one market after the other, until none is waiting."""
        for slot in waiting:
            instrument = self._engine.universe.instrument(slot)
            if instrument is not None:
                self._asked[slot] = instrument.symbol
                for timeframe in self._timeframes:
                    await self._fill(slot, instrument.symbol, timeframe)
            self._done += 1

    async def _fill(self, slot: int, symbol: str, timeframe: Timeframe) -> None:
        """Fill one series, the newest page first: an empty one then is before the beginning."""
        size = self._page(timeframe, self._retention(timeframe.value))
        missing = self._missing(slot, timeframe)
        asked = pages(missing, size) if size else []
        planned = self._table.columns["planned"][slot]
        self._left += len(asked) - int(planned[_number(timeframe)])
        planned[_number(timeframe)] = 0
        for number, (first, count) in enumerate(asked):
            instrument = self._engine.universe.instrument(slot)
            if instrument is None or instrument.symbol != symbol:
                self._left -= len(asked) - number
                return
            try:
                rows = await self._ask(symbol, timeframe, first, count)
            except TidemarkError as error:
                self._failed += 1
                self._left -= len(asked) - number
                log.warning("no history", symbol=symbol, timeframe=timeframe.value, cause=str(error))
                return
            self._left -= 1
            if not rows and not self._holds_before(slot, timeframe, first):
                self._table.columns["begins"][slot, _number(timeframe)] = first + count
                self._left -= len(asked) - number - 1
                return

    async def _ask(self, symbol: str, timeframe: Timeframe, first: int, count: int) -> list[Kline]:
        """One page, again until the exchange gives it or refuses it; it is delivered here."""
        delays = backoff(Random(first), _RETRY_CEILING_S)
        while True:
            try:
                found = await self._rest.klines(
                    symbol, timeframe, first * timeframe.ns // MILLISECOND, count, Priority.BACKGROUND
                )
            except TidemarkError as error:
                if not error.retry:
                    raise
                await asyncio.sleep(next(delays))
                continue
            break
        inside = range(first * timeframe.ns, (first + count) * timeframe.ns)
        rows = [kline for kline in found if kline.is_closed and kline.open_time in inside]
        self._deliver(as_klines(symbol, timeframe, inside.start, count, rows, self._clock.now_ns()))
        self._requests += 1
        self._candles += len(rows)
        self._weight_left = max(0, self._weight_left - self._rest.klines_cost(symbol, timeframe, count))
        self._tell()
        return rows

    def _missing(self, slot: int, timeframe: Timeframe) -> Array:
        """The open times, in candles since the epoch, of what is wanted of a series and not held whole."""
        instrument = self._engine.universe.instrument(slot)
        time = self._engine.candles.time
        # What has closed by the exchange's time, also where the engine has not heard of that yet.
        shortest = self._engine.candles.timeframes[0]
        end = time.reached(self._clock.now_ns() + time.offset_ns) * shortest.ns // timeframe.ns
        wanted = self._retention(timeframe.value)
        first = max(end - wanted, int(self._table.columns["begins"][slot, _number(timeframe)]), 0)
        if instrument is not None and instrument.launched_at is not None:
            first = max(first, instrument.launched_at // timeframe.ns)
        if first >= end:
            return np.zeros(0, np.int64)
        rows = self._engine.candles.rows(slot, timeframe, wanted)
        origin = rows["marks"] & 7
        held = rows["open_time"][(origin != Origin.ABSENT) & (origin != Origin.PARTIAL)] // timeframe.ns - first
        is_missing = np.ones(end - first, bool)
        is_missing[held[(held >= 0) & (held < end - first)]] = False
        return np.flatnonzero(is_missing) + first

    def _holds_before(self, slot: int, timeframe: Timeframe, first: int) -> bool:
        """Whether a candle before *first* is there: then an empty page was a hole, not the beginning."""
        rows = self._engine.candles.rows(slot, timeframe, self._retention(timeframe.value))
        return bool(((rows["marks"] & 7 > 0) & (rows["open_time"] < first * timeframe.ns)).any())

    def _page(self, timeframe: Timeframe, wanted: int) -> int:
        """Candles to ask for at a time, so that *wanted* of them cost the least; 0 where there are none to be had."""
        largest = self._rest.klines_page
        sizes = [largest, *(size for size in _PAGES if size < largest)]
        try:
            return min(sizes, key=lambda size: -(-wanted // size) * self._rest.klines_cost("", timeframe, size))
        except SettingsError:
            return 0

    def _tell(self) -> None:
        now = self._clock.monotonic_ns()
        if now - self._told_ns >= _TELL_NS:
            self._told_ns = now
            log.info("history", **self._told())

    def _told(self) -> dict[str, object]:
        progress = self.progress
        return {
            "markets": f"{progress.symbols_done}/{progress.symbols}",
            "requests": progress.requests_done,
            "left": progress.requests_left,
            "weight": f"{progress.weight}/{progress.limit}",
            "candles": progress.candles,
            "refused": progress.failed,
            "eta_s": None if progress.eta_s is None else round(progress.eta_s),
        }


def pages(missing: Array, size: int) -> list[tuple[int, int]]:
    """The fewest requests that cover *missing* (ascending), as (first, count) with count at most *size*; newest first.

    >>> pages(np.array([1, 2, 3, 50, 900]), 100)
    [(900, 1), (1, 50)]
    """
    found = []
    while len(missing):
        last = int(missing[-1])
        inside = missing[missing > last - size]
        first = int(inside[0])
        found.append((first, last - first + 1))
        missing = missing[: len(missing) - len(inside)]
    return found


def _number(timeframe: Timeframe) -> int:
    return list(Timeframe).index(timeframe)
