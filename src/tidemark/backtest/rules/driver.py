"""Closed candles of files through the engine, its signals into an account: the rules as they run live.

Of each time all markets' candles go into one batch with the tick that closes them. The engine makes the longer candles,
reads structure, scores, and looks at its rules; nothing of that is done here. What candles do not tell (books, trades,
open interest) is not known to it.
"""

from collections.abc import Sequence

import numpy as np

from tidemark.backtest.bars import FIGURES, Array, Bars
from tidemark.backtest.broker.account import Account
from tidemark.backtest.data.stream import joined
from tidemark.backtest.driver import Sink
from tidemark.backtest.rules.asked import Asked
from tidemark.backtest.rules.desk import Desk
from tidemark.backtest.rules.said import RuleSaid, told
from tidemark.backtest.rules.sizes import size_of
from tidemark.backtest.rules.trader import Trader
from tidemark.backtest.rules.warmth import Warmth
from tidemark.engine.outputs import Signalled
from tidemark.engine.step import Engine
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import Listing, Tick
from tidemark.model.instrument import Instrument, Status
from tidemark.model.timeframe import Timeframe


class RulesDriver:
    """Takes candles of *timeframe* and of *markets*, whose prices are multiples of *ticks*, in time order.

    What it does with those of one time it does when a later one comes, or at the end: however candles are cut into
    stretches, the same comes of them. Memory: that of an engine for so many markets, and of one time's candles.
    """

    def __init__(
        self, asked: Asked, markets: Sequence[str], ticks: Array, timeframe: Timeframe, account: Account, sink: Sink,
        *, ledger: Ledger,
    ) -> None:  # fmt: skip
        self.engine = Engine(size_of(asked.settings, timeframe, len(markets)), ledger)
        self._asked, self._markets, self._ticks = asked, tuple(markets), ticks
        self._step_ns = timeframe.ns
        self._trader = Trader(account, markets, asked.rules, asked.trading, timeframe.ns)
        self._desk = Desk(account, self._trader, sink)
        self._batch = Batch(trades=1, events=4, books=1, levels=1, candles=len(markets))
        self._slots: Array = np.zeros(0, np.int32)
        self._held: Bars | None = None
        # When the newest candles ended.
        self._ended = 0
        self._warmth = Warmth(self.engine, timeframe, asked.trading.warm_up)

    @property
    def warm_up(self) -> int:
        """Candles of a market before the first that may be traded."""
        return self._warmth.span_ns // self._step_ns

    def take(self, bars: Bars) -> None:
        """Take the next candles."""
        if not len(bars):
            return
        bars = bars.writable() if self._held is None else joined([self._held, bars]).writable()
        until = int(np.searchsorted(bars.open_time, bars.open_time[-1]))
        self._take(bars, until)
        self._desk.tell()
        self._held = Bars(**{name: getattr(bars, name)[until:].copy() for name in bars.__struct_fields__})

    def end(self) -> None:
        """After the last candle: what is held is closed at its last close."""
        if self._held is not None:
            self._take(self._held, len(self._held))
            self._held = None
            self._desk.finish()

    def told(self) -> tuple[RuleSaid, ...]:
        """What the rules said so far."""
        return told(self.engine, self._asked.rules, self._trader.counts)

    def _take(self, bars: Bars, until: int) -> None:
        """Take whole times, those before row *until*."""
        if not until:
            return
        edges = np.flatnonzero(np.diff(bars.open_time[:until], prepend=-1)).tolist()
        for begin, end in zip(edges, [*edges[1:], until], strict=True):
            self._desk.meet(bars, begin, end)
            self._find(bars, int(bars.open_time[begin]), begin, end)

    def _find(self, bars: Bars, opens: int, begin: int, end: int) -> None:
        """What the engine finds in them, once they are closed."""
        if not self._ended:
            self._list(opens)
        if opens > self._ended:
            # Nothing was there in between: time passes before it goes on.
            self._step(Tick(ts_event=opens, ts_recv=opens))
        self._batch.candles.extend(
            self._slots[bars.market[begin:end]], bars.open_time[begin:end],
            {name: getattr(bars, name)[begin:end] for name in FIGURES},
        )  # fmt: skip
        self._ended = opens + self._step_ns
        self._step(Tick(ts_event=self._ended, ts_recv=self._ended))

    def _list(self, at: int) -> None:
        for symbol, tick in zip(self._markets, self._ticks.tolist(), strict=True):
            instrument = Instrument(
                venue="", symbol=symbol, base=symbol, quote="", tick_size=tick, lot_size=0.0, status=Status.TRADING
            )
            self._step(Listing(ts_event=at, ts_recv=at, instrument=instrument))
        self._slots = np.array([self.engine.universe.slots[symbol] for symbol in self._markets], np.int32)

    def _step(self, event: Listing | Tick) -> None:
        self._batch.add(event)
        for output in self.engine.process(self._batch):
            if isinstance(output, Signalled):
                self._trader.hear(output.records, self._warmth.of)
        self._batch.clear()
