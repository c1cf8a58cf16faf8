"""The engine: a pure step from a batch to what follows from it.

No I/O, no clock, no globals: live, replay, backtest and soak drive this same object, and the same input gives the same
output, byte for byte. How the input is cut into batches makes no difference.
"""

from collections.abc import Sequence
from typing import assert_never

import numpy as np

from tidemark.analysis.analysis import Analysis
from tidemark.analysis.markets import Markets
from tidemark.engine.outputs import BookTurned, Output, Relisted, Scored, Signalled
from tidemark.engine.repairs import Repairs
from tidemark.engine.size import EngineCounters, EngineSize
from tidemark.market.books import Books, BookTurn
from tidemark.market.candles import Candles
from tidemark.market.closed import Closed
from tidemark.market.derivatives import Derivatives
from tidemark.market.freshness import Freshness, Reading
from tidemark.market.gaps import Gaps
from tidemark.market.level import Array
from tidemark.market.tape import Tape
from tidemark.market.tickers import Tickers
from tidemark.market.universe import Universe
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.model.batch import Batch
from tidemark.model.book import BookBreak
from tidemark.model.events import (
    BookDelta,
    BookDepth,
    BookSnapshot,
    ClockJump,
    Delisting,
    Funding,
    Kline,
    Klines,
    Liquidation,
    Listing,
    LongShortRatio,
    MarketEvent,
    MemoryPressure,
    OpenInterest,
    ServerTime,
    Shed,
    StreamGap,
    Tick,
    TickerUpdate,
    Trade,
    Trades,
)
from tidemark.model.instrument import Instrument
from tidemark.model.signal import Record
from tidemark.signals.inputs import look
from tidemark.signals.past import past_of
from tidemark.signals.signals import Signals


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
        self.repairs = Repairs(
            universe=self.universe,
            candles=self.candles,
            series=size.series,
            timeframes=tuple(size.retention),
            ledger=ledger,
        )
        self.tape = Tape(
            series=size.series,
            rows=size.tape_rows,
            is_numbered=size.is_numbered,
            largest=size.batch_trades,
            ledger=ledger,
        )
        self.tickers = Tickers(series=size.series, ledger=ledger)
        # None: no books are kept, and no memory is taken for them.
        self.books = _books(size, ledger)
        self.derivatives = Derivatives(
            series=size.series, liquidations=size.liquidations, tickers=self.tickers, ledger=ledger
        )
        self.freshness = Freshness(series=size.series, limits=size.freshness, ledger=ledger)
        # None: nothing is analysed, and no memory is taken for it.
        self.analysis = self._analysis(size, ledger)
        # None: nothing is signalled, and no memory is taken for it.
        self.signals = self._signals(size, ledger)
        self._pressure = 0
        self._trades = 0
        self._tickers = 0
        self._unused = 0
        self._candles = 0
        self._gaps = 0
        self._derivatives = 0
        # The trades of the last batch that were taken: a view, valid until the next one.
        self.taken: Array = np.zeros(0, np.uint8)

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
            *_reserve_books(size),
            *Derivatives.reserve(series=size.series, liquidations=size.liquidations),
            *Freshness.reserve(series=size.series),
            *Repairs.reserve(series=size.series),
            *_reserve_analysis(size),
            *_reserve_signals(size),
        ]

    @property
    def gaps(self) -> Gaps:
        """The gaps of every channel, open and lately closed."""
        return self.repairs.gaps

    @property
    def counters(self) -> EngineCounters:
        """What happened so far."""
        return EngineCounters(
            trades=self._trades,
            duplicates=self.tape.duplicates,
            tickers=self._tickers,
            unused=self._unused + self.repairs.unused,
            candles=self._candles,
            gaps=self._gaps,
            derivatives=self._derivatives,
        )

    def kept(self) -> dict[str, Array]:
        """What outlives a restart beside the candles, by name: arrays of which entry i belongs to slot i."""
        kept = self.derivatives.kept()
        for part in (self.analysis, self.signals):
            if part is not None:
                kept |= part.kept()
        return kept

    def reading(self, slot: int, channel: str) -> Reading:
        """How *channel* of *slot* stands, and how old it is, as of the last tick."""
        return self.freshness.reading(slot, channel, self.candles.time.skew_ns)

    def process(self, batch: Batch) -> list[Output]:
        """Apply trades, candles, books, then events of *batch*; give what closed, changed or was told, in order."""
        outputs: list[Output] = []
        self.taken = self.taken[:0]
        if batch.trades.count:
            self.freshness.hear_trades(batch.trades)
            fresh = self.tape.fresh(batch.trades)
            outputs.extend(self.candles.apply(batch.trades, fresh))
            outputs.extend(self.repairs.settle())
            self._trades += self.tape.append(batch.trades, fresh)
            self.taken = fresh
            if self.analysis is not None:
                self.analysis.hear(batch.trades, fresh)
        if batch.candles.count:
            outputs.extend(self.candles.take(batch.candles))
            self.tickers.take(batch.candles, self.candles.timeframes[0].ns)
        if batch.books.count:
            outputs.extend(self._apply_books(batch))
            self.freshness.hear_books(batch.books)
        for event in batch.events:
            caused = self._apply(event)
            if caused:
                outputs.extend(caused)
        self._candles += sum(len(output.slots) for output in outputs if type(output) is Closed)
        if self.analysis is not None:
            outputs.extend(self._analyse(self.analysis, outputs))
        return outputs

    def _apply(self, event: MarketEvent) -> Sequence[Output]:
        # The frequent ones first: the cases are tried in their order.
        match event:
            case TickerUpdate():
                slot = self.universe.slots.get(event.symbol)
                if slot is None:
                    self._unused += 1
                else:
                    self.tickers.update(slot, event)
                    self.derivatives.take_ticker(slot, event)
                    self.freshness.hear_ticker(slot, event)
                    self._tickers += 1
            case Kline():
                slot = self.universe.slots.get(event.symbol)
                if slot is not None:
                    self.freshness.hear(slot, "klines", event.ts_event, event.ts_recv)
                if event.is_closed:
                    return self.repairs.push(event)
            case Tick():
                closed = self.candles.advance(event.ts_recv)
                return [*closed, *self.repairs.settle(), *self.freshness.advance(event.ts_recv)]
            case ServerTime():
                self.candles.time.observe(event.ts_event - event.ts_recv, event.round_trip)
                self.derivatives.observe(event.ts_event - event.ts_recv)
            case ClockJump():
                self.candles.time.shift(event.step_ns)
                for clocked in (self.freshness, self.tape, self.tickers, self.derivatives):
                    clocked.shift(event.step_ns)
                for kept in (self.books, self.analysis):
                    if kept is not None:
                        kept.shift(event.step_ns)
            case StreamGap():
                return self._mark_gap(event)
            case BookSnapshot():
                return self._fit_snapshot(event)
            case Listing():
                return self._list(event.instrument, event.ts_recv)
            case Delisting():
                slot = self.universe.leave(event.symbol)
                if slot is not None:
                    left = [*self.repairs.leave(slot, event.ts_recv), *self._leave(slot, event)]
                    self._clear(slot)
                    return left
            case Shed():
                # A recording may be replayed with other timeframes than it was made with.
                if event.timeframe in self.candles.timeframes:
                    self.candles.shed(event.timeframe, is_shed=event.is_shed)
            case MemoryPressure():
                self._pressure = event.level
            case BookDepth():
                if self.books is not None:
                    self.books.set_depth(event.levels)
            case Trade():
                raise TypeError(f"a trade of {event.symbol} came as an event; trades travel in the batch's columns")
            case Funding() | OpenInterest() | LongShortRatio() | Liquidation():
                slot = self.universe.slots.get(event.symbol)
                if slot is None:
                    self._unused += 1
                elif self.derivatives.apply(slot, event):
                    self._derivatives += 1
            case Klines():
                slot = self.universe.slots.get(event.symbol)
                if slot is not None:
                    self.freshness.hear_poll(slot, event.ts_recv)
                return self.repairs.confirm(event)
            case Trades():
                return self.repairs.complete(event)
            case BookDelta():
                self._unused += 1
            case _:
                assert_never(event)
        return ()

    def _analysis(self, size: EngineSize, ledger: Ledger) -> Analysis | None:
        if size.weights is None:
            return None
        markets = Markets(
            universe=self.universe,
            candles=self.candles,
            tape=self.tape,
            tickers=self.tickers,
            books=self.books,
            derivatives=self.derivatives,
            freshness=self.freshness,
        )
        return Analysis(
            markets, series=size.series, weights=size.weights, ledger=ledger, structure=size.structure, hears=size.hears
        )  # fmt: skip

    def _signals(self, size: EngineSize, ledger: Ledger) -> Signals | None:
        if size.signals is None or size.weights is None:
            return None
        return Signals(size.signals, self.universe, ledger=ledger, past=past_of(self.candles))

    def _analyse(self, analysis: Analysis, outputs: list[Output]) -> Sequence[Output]:
        """Take what closed or changed, and the time that has passed."""
        records: list[Record] = []
        for output in outputs:
            if isinstance(output, Closed):
                analysis.close(output)
                if self.signals is not None:
                    records.extend(self.signals.close(output))
        caused: list[Output] = []
        if self.freshness.now_ns > analysis.looked_at and analysis.advance(self.freshness.now_ns):
            caused.append(Scored(ts_recv=analysis.scored_at))
            if self.signals is not None:
                own = self.signals.own(analysis.exchange_ns)
                records.extend(self.signals.advance(look(analysis, own, self._pressure)))
        if records:
            caused.append(Signalled(records=tuple(records)))
        return caused

    def _leave(self, slot: int, event: Delisting) -> Sequence[Output]:
        """What was signalled of a market that is not watched any more ends."""
        if self.signals is None:
            return ()
        records = self.signals.leave(slot, event.symbol, event.ts_recv + self.candles.time.offset_ns)
        return (Signalled(records=tuple(records)),) if records else ()

    def _mark_gap(self, gap: StreamGap) -> Sequence[Output]:
        """What a connection says of a feed, told to all that depend on its being whole."""
        slots = self._slots_of(gap.symbols)
        self.derivatives.mark_gap(gap, slots)
        self.freshness.mark_gap(gap.channel, slots, gap.ts_recv, is_open=gap.gap_to is None, is_whole=not gap.symbols)
        outputs: list[Output] = []
        if gap.channel == "books":
            outputs.extend(self._lose_books(gap, slots))
        elif gap.channel == "trades" and len(slots):
            if gap.gap_to is None:
                self._gaps += 1
                outputs.extend(self.candles.open_gap(slots, gap.gap_from))
            else:
                outputs.extend(self.candles.close_gap(slots, gap.gap_from, gap.gap_to))
                outputs.extend(self.repairs.settle())
        return [*outputs, *self.repairs.mark(gap, slots)]

    def _slots_of(self, symbols: tuple[str, ...]) -> Array:
        if not symbols:
            return np.array([slot for slot, _ in self.universe.occupied()], np.int32)
        known = (self.universe.slots.get(symbol) for symbol in symbols)
        return np.array([slot for slot in known if slot is not None], np.int32)

    def _list(self, instrument: Instrument, listed_at: int) -> Sequence[Output]:
        before = self.universe.slots.get(instrument.symbol)
        slot = self.universe.join(instrument)
        if slot is None:
            return ()
        if before is None:
            self._clear(slot)
            self.candles.join(slot, instrument.tick_size)
            if self.books is not None:
                self.books.join(slot, instrument.tick_size)
            self.derivatives.join(slot, instrument, listed_at)
            self.freshness.join(slot, listed_at)
            if self.signals is not None:
                self.signals.join(slot, instrument.symbol)
            return ()
        old = self.candles.tick_size(slot)
        if old == instrument.tick_size:
            return ()
        self.candles.retick(slot, instrument.tick_size)
        relisted = Relisted(symbol=instrument.symbol, slot=slot, old_tick_size=old, tick_size=instrument.tick_size)
        if self.books is None:
            return (relisted,)
        return (relisted, *self._announce(self.books.retick(slot, instrument.tick_size, listed_at)))

    def _apply_books(self, batch: Batch) -> Sequence[Output]:
        if self.books is None:
            self._unused += batch.books.count
            return ()
        return self._announce(self.books.apply(batch.books))

    def _fit_snapshot(self, event: BookSnapshot) -> Sequence[Output]:
        slot = self.universe.slots.get(event.symbol)
        if self.books is None or slot is None:
            self._unused += 1
            return ()
        return self._announce(self.books.snapshot(slot, event))

    def _lose_books(self, gap: StreamGap, slots: Array) -> Sequence[Output]:
        """What was known of the books ends where a gap opens; what comes after it begins with a snapshot of its own."""
        if self.books is None or gap.gap_to is not None:
            return ()
        reason = BookBreak.STALE if gap.cause.startswith("silent") else BookBreak.FEED_LOST
        return self._announce(self.books.lose(slots.tolist(), gap.ts_recv, reason))

    def _announce(self, turns: list[BookTurn]) -> list[Output]:
        named = ((self.universe.instrument(turn.slot), turn) for turn in turns)
        return [
            BookTurned(
                symbol=instrument.symbol,
                slot=turn.slot,
                is_synced=turn.is_synced,
                reason=turn.reason,
                ts_recv=turn.ts_recv,
                out_ns=turn.out_ns,
            )
            for instrument, turn in named
            if instrument is not None
        ]

    def _clear(self, slot: int) -> None:
        self.repairs.clear(slot)
        self.candles.leave(slot)
        self.tape.clear(slot)
        self.tickers.clear(slot)
        self.derivatives.clear(slot)
        self.freshness.leave(slot)
        if self.books is not None:
            self.books.clear(slot)
        if self.analysis is not None:
            self.analysis.clear(slot)


def _books(size: EngineSize, ledger: Ledger) -> Books | None:
    if not size.book_depth or size.book_rules is None:
        return None
    return Books(series=size.series, depth=size.book_depth, rules=size.book_rules, ledger=ledger)


def _reserve_books(size: EngineSize) -> list[Reservation]:
    if not size.book_depth or size.book_rules is None:
        return []
    return Books.reserve(series=size.series, depth=size.book_depth, rules=size.book_rules)


def _reserve_analysis(size: EngineSize) -> list[Reservation]:
    if size.weights is None:
        return []
    return Analysis.reserve(
        tuple(size.retention), series=size.series, structure=size.structure, hears=size.hears
    )  # fmt: skip


def _reserve_signals(size: EngineSize) -> list[Reservation]:
    return [] if size.weights is None or size.signals is None else Signals.reserve(size.signals)
