"""Holds every closed 1-minute candle against the exchange's own, a market at a time, evenly over a period."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import numpy as np
import numpy.typing as npt
import structlog

from tidemark.clock import Clock
from tidemark.engine.step import Engine
from tidemark.errors import RefusedError
from tidemark.ingest.budget import Priority
from tidemark.ingest.rest import RestClient
from tidemark.live.sink import Sink
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.model.klines import as_klines
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, SECOND

# The exchange may take a moment to finish a candle: the newest one waits for the next time.
SETTLED_NS = 10 * SECOND
_IDLE_S = 3600.0
_SERIES: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {"checked_until": (np.int64, ())}
log = structlog.get_logger()


class Reconciler:
    """Asks for the candles that closed since the last time, one request a market and period.

    every_s: the period; 0: never. is_pushed: the exchange pushes its closed candles, which do the same without a
    request. What came of it is in `engine.candles.confirmed`. Memory: 8 bytes a slot.
    """

    def __init__(
        self,
        rest: RestClient,
        sink: Sink,
        engine: Engine,
        clock: Clock,
        ledger: Ledger,
        *,
        every_s: float,
        is_pushed: bool = False,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.requests = 0
        self.refused = 0
        self._rest = rest
        self._sink = sink
        self._engine = engine
        self._clock = clock
        # When this round and the one before it began.
        self._began: deque[int] = deque(maxlen=2)
        self._every_s = 0.0 if is_pushed or Timeframe.M1 not in engine.candles.timeframes else every_s
        self._sleep = sleep
        self._table = Table("reconcile", slots=engine.universe.reservation.capacity, columns=_SERIES)
        ledger.open(self._table)

    @staticmethod
    def reserve(series: int) -> list[Reservation]:
        """What it takes, without allocating it."""
        return [Table.reserve("reconcile", slots=series, columns=_SERIES)]

    async def run(self) -> None:
        """Go round and round; only wait where nothing is to be asked for."""
        while not self._every_s:
            await self._sleep(_IDLE_S)
        while True:
            self._began.append(self._engine.candles.time.now_ns)
            occupied = self._engine.universe.occupied()
            pause_s = self._every_s / max(len(occupied), 1)
            for slot, instrument in occupied:
                await self._sleep(pause_s)
                if self._engine.universe.slots.get(instrument.symbol) == slot:
                    await self.check(slot, instrument.symbol)
            if not occupied:
                await self._sleep(pause_s)

    async def check(self, slot: int, symbol: str) -> None:
        """Compare the candles of *symbol* that closed since the last time."""
        step = Timeframe.M1.ns
        candles = self._engine.candles
        end = (min(candles.time.frontier_ns, candles.time.now_ns - SETTLED_NS)) // step * step
        head = candles.newest(slot, Timeframe.M1)
        checked: int = int(self._table.columns["checked_until"][slot])
        oldest = end - candles.capacity(Timeframe.M1) * step
        # A market that joined in a slot that was checked before has nothing older than itself.
        # So far back at first, and where the exchange has not told of a candle yet: a market may have joined when the
        # round before this one had just begun, and a round takes longer than its period where requests do.
        back = end - (int(2 * self._every_s * SECOND) // step + 2) * step
        if self._began:
            back = min(back, (self._began[0] // step - 1) * step)
        first = max(checked, oldest, back if not checked else 0)
        if head is None or first >= end:
            return
        count = (end - first) // step
        self.requests += 1
        try:
            found = await self._rest.klines(symbol, Timeframe.M1, first // MILLISECOND, count, Priority.BACKGROUND)
        except RefusedError as error:
            # A market that has just left is refused; the others go on.
            self.refused += 1
            log.warning("candles were not compared", symbol=symbol, cause=str(error))
            return
        told = as_klines(symbol, Timeframe.M1, first, count, found, self._clock.now_ns())
        self._sink.on_event(told)
        # What the exchange has not finished yet is asked for again; not for ever, since it may never tell of it.
        compared = told.rows[-1].open_time + step if told.rows else first
        self._table.columns["checked_until"][slot] = max(compared, back)
