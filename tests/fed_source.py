"""A source over the markets of an engine, to which trades, events and time are told by hand."""

from collections.abc import Iterable

from tests.build import MIDNIGHT, T, engine, step

from tidemark.analysis.columns import Column
from tidemark.analysis.markets import Markets
from tidemark.analysis.sources import registry
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import MarketEvent, StreamGap, Tick, TickerUpdate
from tidemark.units import SECOND

SYMBOLS = ("BTCUSDT", "ETHUSDT")


def at_ns(seconds: float) -> int:
    """So many seconds after midnight."""
    return MIDNIGHT + round(seconds * SECOND)


class FedSource:
    """Two markets with a tick of 0.1, whose feeds of trades and tickers are live since an hour before midnight."""

    def __init__(self, name: str) -> None:
        self.engine = engine(SYMBOLS, series=len(SYMBOLS))
        self.ledger = Ledger()
        engine_ = self.engine
        markets = Markets(
            universe=engine_.universe,
            candles=engine_.candles,
            tape=engine_.tape,
            tickers=engine_.tickers,
            books=engine_.books,
            derivatives=engine_.derivatives,
            freshness=engine_.freshness,
        )
        self.source = registry.find(name).open(markets, series=len(SYMBOLS), ledger=self.ledger)
        self.gap("tickers", -3600, is_open=False)
        self._number = 0

    def tell(self, event: MarketEvent) -> None:
        """One event to the engine."""
        step(self.engine, event)

    def trade(self, trades: Iterable[T]) -> None:
        """Trades to the engine and, as it takes them, to the source; they are numbered here."""
        rows = list(trades)
        batch = Batch(max(1, len(rows)), 1)
        for row in rows:
            self._number += 1
            ts = at_ns(row.at)
            batch.trades.append(row.slot, ts, ts, self._number, self._number, row.price, row.size, row.is_buy)
        self.engine.process(batch)
        self.source.hear(batch.trades, self.engine.taken)

    def gap(self, channel: str, at: float, *, is_open: bool) -> None:
        """The feed of *channel* of all markets breaks off, or is whole again."""
        ns = at_ns(at)
        begin, end = (ns, None) if is_open else (None, ns)
        self.tell(
            StreamGap(
                ts_event=ns, ts_recv=ns, venue="bybit", channel=channel, symbols=(), gap_from=begin, gap_to=end,
                cause="test",
            )
        )  # fmt: skip

    def read(self, at: float) -> dict[str, Column]:
        """What the source says when it is *at* seconds after midnight; the tickers speak then, and say nothing new."""
        ns = at_ns(at)
        for symbol in SYMBOLS:
            self.tell(TickerUpdate(ts_event=ns, ts_recv=ns, symbol=symbol, bid=1.0))
        self.tell(Tick(ts_event=ns, ts_recv=ns))
        return self.source.read(ns)


def told(columns: dict[str, Column], slot: int = 0) -> dict[str, float]:
    """What is known of one market."""
    return {name: float(column.values[slot]) for name, column in columns.items() if column.is_known[slot]}
