"""The engine: a pure step from a batch to what follows from it.

No I/O, no clock, no globals: live, replay, backtest and soak drive this same object, and the same input gives the same
output, byte for byte. How the input is cut into batches makes no difference.
"""

from collections.abc import Mapping, Sequence
from typing import assert_never

import msgspec
import numpy as np

from tidemark.engine.outputs import GapNoted, Output, Relisted
from tidemark.market.candles import Candles
from tidemark.market.closed import Closed
from tidemark.market.gaps import Gaps
from tidemark.market.level import Array
from tidemark.market.tape import Tape
from tidemark.market.tickers import Tickers
from tidemark.market.universe import Universe
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.model.batch import Batch
from tidemark.model.events import (
    BookDelta,
    BookSnapshot,
    Delisting,
    Funding,
    Kline,
    KlineRow,
    Klines,
    Liquidation,
    Listing,
    LongShortRatio,
    MarketEvent,
    OpenInterest,
    ServerTime,
    StreamGap,
    Tick,
    TickerUpdate,
    Trade,
    Trades,
)
from tidemark.model.gap import Gap, Repair
from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe


class EngineSize(msgspec.Struct, frozen=True, kw_only=True):
    """What the memory of an engine depends on.

    series: slots for instruments; retention: rows per timeframe, from short to long; tape_rows: trades kept per series;
    is_numbered: whether the exchange numbers its trades; batch_trades: the largest batch; grace_ns: how long a candle
    waits for late prints; opens_at_close: whether the exchange's candles open at the close before them.
    """

    series: int
    retention: Mapping[Timeframe, int]
    tape_rows: int
    is_numbered: bool
    batch_trades: int
    grace_ns: int
    opens_at_close: bool = False


class EngineCounters(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What went through the engine since its start."""

    trades: int
    duplicates: int
    tickers: int
    unused: int
    candles: int
    gaps: int


# A candle with all its figures, boxed.
_EARLY_BYTES = 640


def _early_reservation(series: int) -> Reservation:
    return Reservation(
        owner="candles/early",
        kind="external",
        capacity=series * _EARLY_BYTES,
        item_bytes=1,
        policy="a cap, watched by a probe",
    )


def _as_klines(kline: Kline) -> Klines:
    row = KlineRow(
        kline.open_time, kline.open, kline.high, kline.low, kline.close, kline.volume, kline.turnover, kline.trades,
        kline.bought,
    )  # fmt: skip
    return Klines(
        ts_event=kline.ts_event,
        ts_recv=kline.ts_recv,
        symbol=kline.symbol,
        timeframe=kline.timeframe,
        first=kline.open_time,
        count=1,
        rows=(row,),
    )


class Engine:
    """The state of one venue's markets and the step that moves it."""

    def __init__(self, size: EngineSize, ledger: Ledger) -> None:
        self.universe = Universe(series=size.series, ledger=ledger)
        self.candles = Candles(
            series=size.series,
            retention=size.retention,
            grace_ns=size.grace_ns,
            largest=size.batch_trades,
            ledger=ledger,
            opens_at_close=size.opens_at_close,
        )
        self.gaps = Gaps(series=size.series, timeframes=tuple(size.retention), ledger=ledger)
        self.tape = Tape(
            series=size.series,
            rows=size.tape_rows,
            is_numbered=size.is_numbered,
            largest=size.batch_trades,
            ledger=ledger,
        )
        self.tickers = Tickers(series=size.series, ledger=ledger)
        # Closed candles that the exchange pushed before ours closed: one a slot.
        self._early: list[Kline | None] = [None] * size.series
        self._earlies = 0
        ledger.external("candles/early", cap_bytes=_early_reservation(size.series).bytes, probe=self._early_bytes)
        self._trades = 0
        self._tickers = 0
        self._unused = 0
        self._candles = 0
        self._gaps = 0

    @staticmethod
    def reserve(size: EngineSize) -> list[Reservation]:
        """Everything such an engine will take, without allocating it."""
        return [
            *Universe.reserve(series=size.series),
            *Candles.reserve(series=size.series, retention=size.retention, largest=size.batch_trades),
            *Tape.reserve(
                series=size.series, rows=size.tape_rows, is_numbered=size.is_numbered, largest=size.batch_trades
            ),
            *Tickers.reserve(series=size.series),
            *Gaps.reserve(series=size.series),
            _early_reservation(size.series),
        ]

    @property
    def counters(self) -> EngineCounters:
        """What happened so far."""
        return EngineCounters(
            trades=self._trades,
            duplicates=self.tape.duplicates,
            tickers=self._tickers,
            unused=self._unused,
            candles=self._candles,
            gaps=self._gaps,
        )

    def process(self, batch: Batch) -> list[Output]:
        """Apply the trades of *batch*, then its events; give what closed, changed or was announced, in order."""
        outputs: list[Output] = []
        if batch.trades.count:
            fresh = self.tape.fresh(batch.trades)
            outputs.extend(self.candles.apply(batch.trades, fresh))
            outputs.extend(self._confirm_early())
            self._trades += self.tape.append(batch.trades, fresh)
        for event in batch.events:
            outputs.extend(self._apply(event))
        self._candles += sum(len(output.slots) for output in outputs if type(output) is Closed)
        return outputs

    def _apply(self, event: MarketEvent) -> Sequence[Output]:
        match event:
            case Tick():
                return [*self.candles.advance(event.ts_recv), *self._confirm_early()]
            case ServerTime():
                self.candles.time.observe(event.ts_event - event.ts_recv)
            case TickerUpdate():
                slot = self.universe.slots.get(event.symbol)
                if slot is None:
                    self._unused += 1
                else:
                    self.tickers.update(slot, event)
                    self._tickers += 1
            case StreamGap():
                return self._mark_gap(event)
            case Listing():
                return self._list(event.instrument)
            case Delisting():
                slot = self.universe.leave(event.symbol)
                if slot is not None:
                    left = self.gaps.leave(slot, event.ts_recv)
                    self._clear(slot)
                    return [GapNoted(gap=gap) for gap in left]
            case Klines():
                return self._confirm(event)
            case Kline() if event.is_closed:
                return self._confirm_one(event)
            case Trades():
                return self._complete(event)
            case Trade():
                raise TypeError(f"a trade of {event.symbol} came as an event; trades travel in the batch's columns")
            case Kline() | BookSnapshot() | BookDelta() | Funding() | OpenInterest() | LongShortRatio() | Liquidation():
                self._unused += 1
            case _:
                assert_never(event)
        return ()

    def _mark_gap(self, gap: StreamGap) -> Sequence[Output]:
        slots = self._slots_of(gap.symbols)
        outputs: list[Output] = []
        if gap.channel == "trades" and len(slots):
            if gap.gap_to is None:
                self._gaps += 1
                outputs.extend(self.candles.open_gap(slots, gap.gap_from))
            else:
                outputs.extend(self.candles.close_gap(slots, gap.gap_from, gap.gap_to))
                outputs.extend(self._confirm_early())
        for slot in slots.tolist():
            instrument = self.universe.instrument(slot)
            if instrument is not None:
                noted = self.gaps.mark(slot, instrument.symbol, gap, self.candles)
                if noted is not None:
                    outputs.append(GapNoted(gap=noted))
        return outputs

    def _confirm(self, klines: Klines) -> Sequence[Output]:
        """Meet the exchange's candles of one symbol, and look at its gaps again."""
        slot = self.universe.slots.get(klines.symbol)
        instrument = None if slot is None else self.universe.instrument(slot)
        if slot is None or instrument is None:
            self._unused += 1
            return ()
        outputs: list[Output] = list(self.candles.confirm(slot, klines, instrument.lot_size, self._spans(slot)))
        return [*outputs, *self._review(slot, Repair.KLINES)]

    def _confirm_one(self, kline: Kline) -> Sequence[Output]:
        """Meet a candle that the exchange pushed; it waits when ours of that time is not closed yet."""
        slot = self.universe.slots.get(kline.symbol)
        if slot is None:
            self._unused += 1
            return ()
        time = self.candles.time
        if time.frontier >= 0 and kline.open_time + kline.timeframe.ns > time.frontier_ns:
            # One that is far ahead would wait for ever.
            if kline.open_time <= time.frontier_ns + kline.timeframe.ns and kline.timeframe in self.candles.timeframes:
                self._earlies += self._early[slot] is None
                self._early[slot] = kline
            else:
                self._unused += 1
            return ()
        return self._confirm(_as_klines(kline))

    def _confirm_early(self) -> Sequence[Output]:
        """The candles that waited for ours and do so no more, in the order of their slots."""
        if not self._earlies:
            return ()
        outputs: list[Output] = []
        frontier_ns = self.candles.time.frontier_ns
        for slot, kline in enumerate(self._early):
            if kline is not None and kline.open_time + kline.timeframe.ns <= frontier_ns:
                self._early[slot] = None
                self._earlies -= 1
                outputs.extend(self._confirm(_as_klines(kline)))
        return outputs

    def _complete(self, trades: Trades) -> Sequence[Output]:
        """Take trades that were fetched after a gap, and look at the symbol's gaps again."""
        slot = self.universe.slots.get(trades.symbol)
        instrument = None if slot is None else self.universe.instrument(slot)
        if slot is None or instrument is None:
            self._unused += 1
            return ()
        outputs: list[Output] = list(self.candles.complete(slot, trades, instrument.lot_size, self._spans(slot)))
        return [*outputs, *self._review(slot, Repair.TRADES)]

    def _review(self, slot: int, repair: Repair) -> list[Output]:
        changed: list[Gap] = self.gaps.review(slot, repair, self.candles)
        return [GapNoted(gap=gap) for gap in changed]

    def _spans(self, slot: int) -> list[tuple[int, int]]:
        time = self.candles.time
        return self.gaps.spans(slot, time.offset_ns, time.now_ns)

    def _early_bytes(self) -> int:
        return self._earlies * _EARLY_BYTES

    def _slots_of(self, symbols: tuple[str, ...]) -> Array:
        if not symbols:
            return np.array([slot for slot, _ in self.universe.occupied()], np.int32)
        known = (self.universe.slots.get(symbol) for symbol in symbols)
        return np.array([slot for slot in known if slot is not None], np.int32)

    def _list(self, instrument: Instrument) -> Sequence[Output]:
        before = self.universe.slots.get(instrument.symbol)
        slot = self.universe.join(instrument)
        if slot is None:
            return ()
        if before is None:
            self._clear(slot)
            self.candles.join(slot, instrument.tick_size)
            return ()
        old = self.candles.tick_size(slot)
        if old == instrument.tick_size:
            return ()
        self.candles.retick(slot, instrument.tick_size)
        return (Relisted(symbol=instrument.symbol, slot=slot, old_tick_size=old, tick_size=instrument.tick_size),)

    def _clear(self, slot: int) -> None:
        self._earlies -= self._early[slot] is not None
        self._early[slot] = None
        self.candles.leave(slot)
        self.tape.clear(slot)
        self.tickers.clear(slot)
