"""A batch: what a driver hands to the engine, and a parser fills."""

from typing import get_args

from tidemark.kernels.book_columns import BookColumns
from tidemark.kernels.columns import TradeColumns
from tidemark.model.candle_columns import CandleColumns
from tidemark.model.events import ControlEvent, Kline, MarketEvent

# Looked up by its type, which is many times as fast as asking each of them.
_CONTROL = frozenset(get_args(ControlEvent))


class Batch:
    """Trades in columns, closed candles in columns, book messages in columns, then everything else in order.

    Trades, books and updates (tickers, funding, ...) commute, so they may be told apart; a control event (Tick,
    StreamGap, Listing, Klines, ...) does not commute with what stands around it, so it seals the batch: what comes
    later belongs into the next one. The engine applies the trades first, then the candles, then the books, then the
    events.

    Memory: the columns are allocated once; `events` holds at most *events* entries, then the batch is full. *candles*:
    room for those of a backtest; nobody else has any.
    """

    def __init__(
        self, trades: int = 4096, events: int = 4096, books: int = 1024, levels: int = 16384, candles: int = 0
    ) -> None:
        self.trades = TradeColumns(trades)
        self.candles = CandleColumns(candles)
        self.books = BookColumns(books, levels)
        self.events: list[MarketEvent] = []  # bounded: `has_room` refuses past `events`
        self.sealed = False
        self._max_events = events

    def has_room(self, rows: int = 1) -> bool:
        """Whether *rows* more trades, as many more events and levels, and one more book message still fit."""
        books = self.books
        return (
            not self.sealed
            and self.trades.count + rows <= self.trades.capacity
            and len(self.events) + rows <= self._max_events
            and books.count < books.capacity
            and books.filled + rows <= books.room
        )

    def add(self, event: MarketEvent) -> None:
        """Add anything but a trade or a book message of a stream; a control event seals the batch.

        A candle that is still open decides nothing, and comes too often to seal a batch each time.
        """
        self.events.append(event)
        if type(event) in _CONTROL and not (isinstance(event, Kline) and not event.is_closed):
            self.sealed = True

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to process."""
        return self.trades.count == 0 and self.candles.count == 0 and self.books.count == 0 and not self.events

    def clear(self) -> None:
        """Forget the contents, keep the memory."""
        self.trades.count = self.candles.count = 0
        self.books.clear()
        self.events.clear()
        self.sealed = False
