"""Mends what gaps have left: the trades that are missing where they can be had, else the exchange's candles."""

import asyncio
from collections.abc import Awaitable, Callable

import numpy as np
import numpy.typing as npt
import structlog

from tidemark.clock import Clock
from tidemark.engine.step import Engine
from tidemark.errors import TidemarkError
from tidemark.ingest.budget import Priority
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues.queries import Queries
from tidemark.live.sink import Sink
from tidemark.market.candles import PAD_NS
from tidemark.market.gaps import Unseen
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.model.events import Trade, TradeRow, Trades
from tidemark.model.klines import as_klines
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, MINUTE, SECOND

# Looked for work this often; never more markets at once than this.
LOOK_S = 2.0
AT_ONCE = 4
# Longer gaps are mended with candles: their trades would take too many replies.
TRADES_UP_TO_NS = 15 * MINUTE
TRADE_PAGES = 5
# While this share of what a venue allows would not pay for the trades of all gaps, the others get candles.
TRADES_SHARE = 0.25
# A gap that cannot be mended yet is tried again after this, doubled each time.
RETRY_S, RETRY_CEILING_S = 5.0, 600.0
_SERIES: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "again_at": (np.int64, ()),
    "tries": (np.int32, ()),
    "gap_from": (np.int64, ()),
}
log = structlog.get_logger()


class Mender:
    """Works through the unmended gaps of the ledger, the most traded markets first.

    The ledger of gaps is the list of what is to do, so nothing is forgotten by a failure. Memory: 20 bytes a slot.
    """

    def __init__(
        self,
        rest: RestClient,
        queries: Queries,
        sink: Sink,
        engine: Engine,
        clock: Clock,
        ledger: Ledger,
        *,
        stream: str = "",
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.failures = 0
        self._rest = rest
        self._queries = queries
        self._sink = sink
        self._engine = engine
        self._clock = clock
        self._stream = stream
        self._sleep = sleep
        self._table = Table("repair", slots=engine.universe.reservation.capacity, columns=_SERIES)
        ledger.open(self._table)

    @staticmethod
    def reserve(series: int) -> list[Reservation]:
        """What it takes, without allocating it."""
        return [Table.reserve("repair", slots=series, columns=_SERIES)]

    async def run(self) -> None:
        """Mend what is due, again and again."""
        while True:
            await self.mend_due()
            await self._sleep(LOOK_S)

    async def mend_due(self) -> None:
        """Mend one gap of each market that has some that are due, a few markets at a time."""
        due = self._due()
        affordable = self._affordable()
        for start in range(0, len(due), AT_ONCE):
            async with asyncio.TaskGroup() as group:
                for place, unseen in enumerate(due[start : start + AT_ONCE], start=start):
                    trying = self._try(unseen, with_trades=place < affordable)
                    group.create_task(trying, name=f"repair {unseen.gap.symbol}")

    def _due(self) -> list[Unseen]:
        """One due gap of each market, the most traded markets first: its newest one, the next older after each try."""
        columns, now = self._table.columns, self._clock.monotonic_ns()
        found: dict[int, list[Unseen]] = {}
        for unseen in self._engine.gaps.unmended():
            slot, gap = unseen.slot, unseen.gap
            if gap.gap_from > columns["gap_from"][slot]:
                # A gap that came since the last try does not wait for the one that cannot be mended.
                columns["again_at"][slot] = columns["tries"][slot] = 0
                columns["gap_from"][slot] = gap.gap_from
            # Trades are asked for before the candle of a minute is over: some exchanges tell the newest ones only.
            is_fresh = columns["tries"][slot] == 0 and len(self._flawed(unseen, self._engine.candles.timeframes[0])) > 0
            if self._is_over(unseen) and (is_fresh or self._flawed(unseen, self._counted())):
                found.setdefault(slot, []).append(unseen)
        turnovers = self._engine.tape.turnovers()
        due = [slot for slot in found if columns["again_at"][slot] <= now]
        due.sort(key=lambda slot: (-float(turnovers[slot]), slot))
        return [found[slot][-1 - int(columns["tries"][slot]) % len(found[slot])] for slot in due]

    def _affordable(self) -> int:
        """For how many markets trades may be asked for at once."""
        request = self._queries.trade_range("X", 0, 1, None, self._stream)
        weight = 1 if request is None else request.weight
        return max(1, int(self._queries.BUDGET.weight * TRADES_SHARE / weight))

    def _is_over(self, unseen: Unseen) -> bool:
        """Whether our candles have closed past the end of a gap: before that there is nothing to compare with."""
        candles = self._engine.candles
        return -(-unseen.until // candles.timeframes[0].ns) * candles.timeframes[0].ns <= candles.time.frontier_ns

    def _flawed(self, unseen: Unseen, timeframe: Timeframe | None) -> list[int]:
        """The open times of the closed candles of a gap that are not whole."""
        if timeframe is None:
            return []
        times = self._engine.candles.flawed(unseen.slot, timeframe, unseen.since, unseen.until)
        found: list[int] = times.tolist()
        return found

    def _counted(self) -> Timeframe | None:
        """The shortest timeframe that the exchange has candles of."""
        return next((timeframe for timeframe in self._engine.candles.timeframes if timeframe.ns >= MINUTE), None)

    async def _try(self, unseen: Unseen, *, with_trades: bool) -> None:
        slot, gap = unseen.slot, unseen.gap
        columns = self._table.columns
        try:
            await self._mend(unseen, with_trades=with_trades)
        except TidemarkError as error:
            self.failures += 1
            log.warning("a gap could not be mended yet", symbol=gap.symbol, cause=str(error))
        if self._engine.universe.slots.get(gap.symbol) != slot:
            columns["again_at"][slot] = columns["tries"][slot] = columns["gap_from"][slot] = 0
            return
        if all(one.gap.gap_from != gap.gap_from for one in self._engine.gaps.unmended() if one.slot == slot):
            columns["again_at"][slot] = columns["tries"][slot] = 0
            log.debug("a gap is mended", symbol=gap.symbol, cause=gap.cause)
            return
        tries = int(columns["tries"][slot])
        wait_s = min(RETRY_S * 2.0**tries, RETRY_CEILING_S)
        columns["tries"][slot] = min(tries + 1, 30)
        columns["again_at"][slot] = self._clock.monotonic_ns() + int(wait_s * SECOND)

    async def _mend(self, unseen: Unseen, *, with_trades: bool) -> None:
        slot, gap, since, until = unseen
        step = self._engine.candles.timeframes[0].ns
        is_first = int(self._table.columns["tries"][slot]) == 0
        if with_trades and is_first and until - since - 2 * PAD_NS <= TRADES_UP_TO_NS:
            first, last = since // step * step, -(-until // step) * step
            trades = await self._rest.trade_range(
                gap.symbol,
                first // MILLISECOND,
                last // MILLISECOND,
                pages=TRADE_PAGES,
                stream=self._stream,
                priority=Priority.BACKGROUND,
            )
            if trades is not None:
                self._sink.on_event(as_trades(gap.symbol, first, last, trades, self._clock.now_ns()))
        timeframe = self._counted()
        flawed = self._flawed(unseen, timeframe)
        if timeframe is None or not flawed:
            return
        count = (flawed[-1] - flawed[0]) // timeframe.ns + 1
        found = await self._rest.klines(gap.symbol, timeframe, flawed[0] // MILLISECOND, count, Priority.BACKGROUND)
        self._sink.on_event(as_klines(gap.symbol, timeframe, flawed[0], count, found, self._clock.now_ns()))


def as_trades(symbol: str, first: int, last: int, trades: list[Trade], ts_recv: int) -> Trades:
    """All trades of a time, as an event."""
    rows = tuple(TradeRow(one.ts_event, one.price, one.size, one.is_buy, one.sequence) for one in trades)
    return Trades(ts_event=last, ts_recv=ts_recv, symbol=symbol, first=first, last=last, rows=rows)
