"""Signals as trades: an order at the entry of the plan, its stop and target, and its end.

One trade at a time in a market: what is signalled while another waits or is held is counted, and not traded. An order
goes out with the first candle that opened when its signal was known, or later.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
import numpy as np

from tidemark.backtest.bars import Array
from tidemark.backtest.broker.account import Account
from tidemark.backtest.rules.asked import Trading
from tidemark.kernels import broker_columns as c
from tidemark.model.round_trip import RoundTrip
from tidemark.model.signal import Reason, Record, Signal, Stage, Transition

# What is counted of each rule.
_SIGNALS, _TRADED, _COLD, _BUSY = range(4)


class Trader:
    """Trades the signals of *rules* in *markets*, with *account*, whose candles are of *step_ns*."""

    def __init__(
        self, account: Account, markets: Sequence[str], rules: Iterable[str], trading: Trading, step_ns: int
    ) -> None:
        self._account, self._trading, self._step_ns = account, trading, step_ns
        self._kernel = account.kernel
        self._number = {name: number for number, name in enumerate(markets)}
        self._waiting: dict[int, Signal] = {}  # bounded: one a market
        self._ids: dict[str, int] = {}  # bounded: what waits and what was ordered last, two a market
        # Whose trade a market has, or had last, and the order that began it.
        self._signal: list[Signal | None] = [None] * len(markets)
        self._order: Array = np.zeros(len(markets), np.int64)
        self._counts = {rule: [0, 0, 0, 0] for rule in rules}

    @property
    def counts(self) -> Mapping[str, Sequence[int]]:
        """Of each rule: signals, those that became an order, those that came too early, those in a busy market."""
        return self._counts

    def hear(self, records: Iterable[Record], is_warm: Callable[[str], bool]) -> None:
        """Take what the engine told."""
        for record in records:
            if isinstance(record, Signal):
                self._begin(record, is_warm)
            elif isinstance(record, Transition):
                self._move(record)

    def place(self, opens: int) -> None:
        """Order what was signalled up to *opens* (ns), where the next candles open."""
        if not self._waiting:
            return
        for market, signal in [pair for pair in self._waiting.items() if pair[1].at <= opens]:
            del self._waiting[market]
            self._place(market, signal)

    def named(self, trips: Sequence[RoundTrip]) -> list[RoundTrip]:
        """The same, with the regime in which their markets were when they were signalled."""
        made = []
        for trip in trips:
            signal = self._signal[self._number[trip.symbol]]
            made.append(trip if signal is None else msgspec.structs.replace(trip, regime=signal.regime))
        return made

    def _begin(self, signal: Signal, is_warm: Callable[[str], bool]) -> None:
        counts = self._counts.get(signal.rule)
        market = self._number.get(signal.symbol)
        if counts is None or market is None or signal.plan is None:
            return
        counts[_SIGNALS] += 1
        if not is_warm(signal.symbol):
            counts[_COLD] += 1
        elif market in self._waiting or self._kernel.waiting(market) or self._kernel.position(market) != 0.0:
            counts[_BUSY] += 1
        else:
            self._waiting[market] = signal
            self._ids[signal.id] = market

    def _place(self, market: int, signal: Signal) -> None:
        plan, trading = signal.plan, self._trading
        if plan is None:
            return
        number = self._kernel.order(
            market, int(signal.side), min(trading.share, trading.risk * plan.entry / abs(plan.entry - plan.stop)),
            c.LIMIT, price=plan.entry, sizing=c.SHARE, life=max(1, (plan.wait_until - signal.at) // self._step_ns),
            tag=self._account.tag(signal.rule), stop=plan.stop, until=plan.expires_at,
            target=plan.targets[0 if trading.target == "first" else -1],
        )  # fmt: skip
        if number <= 0:
            del self._ids[signal.id]
            return
        before = self._signal[market]
        if before is not None:
            del self._ids[before.id]
        self._counts[signal.rule][_TRADED] += 1
        self._signal[market], self._order[market] = signal, number

    def _move(self, moved: Transition) -> None:
        """What the engine says of a signal ends an order that waits; one whose opposite came is left."""
        market = self._ids.get(moved.id)
        if market is None:
            return
        waits = self._waiting.get(market)
        if waits is not None and waits.id == moved.id:
            if not moved.now.is_open:
                del self._waiting[market], self._ids[moved.id]
            return
        if moved.was is Stage.PENDING and not moved.now.is_open:
            self._kernel.cancel(int(self._order[market]))
        elif moved.reason is Reason.REVERSED and moved.now is Stage.ACTIVE and self._kernel.position(market) != 0.0:
            self._kernel.close(market, c.BY_REVERSAL)
