"""A batch: what a driver hands to the engine, and a parser fills."""

from tidemark.kernels.columns import TradeColumns
from tidemark.model.events import ControlEvent, MarketEvent


class Batch:
    """Trades in columns, then everything else in order.

    Trades and updates (tickers, klines, books) commute, so they may be told apart; a control event (Tick, StreamGap,
    Listing, ...) does not commute with the trades around it, so it seals the batch: what comes later belongs into
    the next one. The engine applies the trades first, then the events.

    Memory: the columns are allocated once; `events` holds at most *events* entries, then the batch is full.
    """

    def __init__(self, trades: int = 4096, events: int = 4096) -> None:
        self.trades = TradeColumns(trades)
        self.events: list[MarketEvent] = []  # bounded: `has_room` refuses past `events`
        self.sealed = False
        self._max_events = events

    def has_room(self, trades: int = 1, events: int = 1) -> bool:
        """Whether *trades* more trades and *events* more events still fit."""
        return (
            not self.sealed
            and self.trades.count + trades <= self.trades.capacity
            and len(self.events) + events <= self._max_events
        )

    def add(self, event: MarketEvent) -> None:
        """Add anything but a trade; a control event seals the batch."""
        self.events.append(event)
        if isinstance(event, ControlEvent):
            self.sealed = True

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to process."""
        return self.trades.count == 0 and not self.events

    def clear(self) -> None:
        """Forget the contents, keep the memory."""
        self.trades.count = 0
        self.events.clear()
        self.sealed = False
