"""How fresh each channel of each market is, judged by its own pace.

A channel is stale when it has said nothing for `floor_ns`, or `factor` times the mean gap between its messages where
that is longer. Time passes with ticks only, so that live and replay agree. What is in an open gap is dead, not stale.

A market that does not trade is not stale. Its trades (and candles) are expected only where something tells of a trade:
the ticker's last price changed or its volume grew. That trade is as old as the ticker before, or younger: a ticker that
comes seldom tells of what was heard long ago. Where the ticker itself is silent, the pace of the trades decides.
Tickers, books and marks come whether or not anybody trades: one that never spoke within `startup_ns` after it was
confirmed is stale. The same time is given to a pace that is not learned yet. Liquidations are never judged.
"""

from enum import StrEnum
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.kernels import freshness as kernel
from tidemark.kernels.book_columns import BookColumns
from tidemark.kernels.columns import TradeColumns
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.model.events import TickerUpdate
from tidemark.units import SECOND

Array = npt.NDArray[Any]

# By the names that StreamGap gives them; the rule of each, as in kernels.freshness.
_RULES = {"trades": 2, "tickers": 1, "klines": 2, "books": 1, "liquidations": 0, "marks": 1}
CHANNELS = tuple(_RULES)
_TRADES, _TICKERS, _KLINES, _BOOKS, _LIQUIDATIONS, _MARKS = range(len(CHANNELS))
# So many times the gaps that make a channel stale make it certain that it is dead, once so many gaps were counted.
_CERTAIN = 4
_SURE = 32
_WHEN_TRADED = 2
_EACH = (len(CHANNELS),)
_COLUMNS: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "heard": (np.int64, _EACH),
    "stamped": (np.int64, _EACH),
    "anchor": (np.int64, _EACH),
    "mean": (np.float64, _EACH),
    "messages": (np.int64, _EACH),
    "alive_since": (np.int64, _EACH),
    "dead_since": (np.int64, _EACH),
    "polled": (np.int64, _EACH),
    "suspected_at": (np.int64, _EACH),
    "dead": (np.uint8, _EACH),
    "stale": (np.uint8, _EACH),
    "listed": (np.uint8, ()),
    "moved_at": (np.int64, ()),
    "last": (np.float64, ()),
    "volume": (np.float64, ()),
    "changed_slot": (np.int32, _EACH),
    "changed_channel": (np.int32, _EACH),
}
# Moments of our clock: they move with it when it is set.
_MOMENTS = ("heard", "anchor", "alive_since", "dead_since", "polled", "suspected_at", "moved_at")


class State(StrEnum):
    """How a channel of a market stands."""

    LIVE = "live"
    STALE = "stale"
    # Its stream is broken off.
    GAP = "gap"
    # The same, and REST stands in for it.
    POLLED = "polled"
    # Not subscribed, or not confirmed yet.
    WAITING = "waiting"


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """When a channel is stale."""

    floor_ns: int = 10 * SECOND
    factor: float = 5.0
    startup_ns: int = 60 * SECOND


class Reading(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One channel of one market, as of the last tick.

    `age_s` since its newest message reached us, None before the first; `lag_s` between the exchange's stamp on it and
    its arrival, corrected by the skew of the clocks, None while that is not known; `bound_s`: stale when it is older.
    """

    state: State
    age_s: float | None
    lag_s: float | None
    bound_s: float
    is_stale: bool
    is_polled: bool


class Stale(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """*channel* of *slots* has fallen silent, by our clock at *ts_recv*."""

    ts_recv: int
    channel: str
    slots: tuple[int, ...]


class Fresh(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """*channel* of *slots* was stale and speaks again."""

    ts_recv: int
    channel: str
    slots: tuple[int, ...]


class Freshness:
    """The age of every channel of *series* slots. Memory: 517 bytes a slot, allocated here."""

    def __init__(self, *, series: int, limits: Limits, ledger: Ledger) -> None:
        self._table = Table("freshness", slots=series, columns=_COLUMNS)
        ledger.open(self._table)
        self._columns = self._table.columns
        self._limits = limits
        names = ("heard", "stamped", "anchor", "mean", "messages", "moved_at", "last", "volume")
        self._hearing = kernel.Hearing(tuple(self._columns[name] for name in names), float(limits.floor_ns))
        self._dead: Array = self._columns["dead"]
        self._rules = np.array(list(_RULES.values()), np.uint8)
        # One topic carries all of the venue, and since when it is alive: 0 where that is not so.
        self._whole = np.zeros(len(CHANNELS), np.int64)
        self._changed_slot: Array = self._columns["changed_slot"].reshape(-1)
        self._changed_channel: Array = self._columns["changed_channel"].reshape(-1)
        self.now_ns = 0

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve("freshness", slots=series, columns=_COLUMNS)]

    def join(self, slot: int, ts_recv: int) -> None:
        """Give *slot* to a market; what is alive for the whole venue is alive for it as well."""
        self._table.clear(slot)
        columns = self._columns
        columns["listed"][slot] = 1
        columns["dead"][slot] = self._whole == 0
        columns["alive_since"][slot] = np.where(self._whole > 0, ts_recv, 0)
        columns["dead_since"][slot] = ts_recv

    def leave(self, slot: int) -> None:
        """Empty *slot*."""
        self._table.clear(slot)

    def hear_trades(self, trades: TradeColumns) -> None:
        """Take the trades of a batch, duplicates among them: whoever repeats himself speaks."""
        slot, ts_event, ts_recv, *_ = trades.arrays
        self._hearing.rows(slot, ts_event, ts_recv, trades.count, _TRADES)

    def hear_books(self, books: BookColumns) -> None:
        """Take the book messages of a batch."""
        slot, _, ts_event, ts_recv, *_ = books.arrays
        self._hearing.rows(slot, ts_event, ts_recv, books.count, _BOOKS)

    def hear(self, slot: int, channel: str, ts_event: int, ts_recv: int) -> None:
        """Take one message of *channel*."""
        self._hearing.one(slot, CHANNELS.index(channel), ts_event, ts_recv)

    def hear_ticker(self, slot: int, update: TickerUpdate) -> None:
        """Take a ticker, or a mark where marks have a stream of their own; and what it tells of trades."""
        if update.is_polled:
            self._columns["polled"][slot, _TICKERS] = update.ts_recv
            return
        is_mark = (
            update.mark is not None
            and update.last is None
            and update.bid is None
            and update.ask is None
            and update.turnover_24h is None
            and update.open_interest is None
            and not self._dead[slot, _MARKS]
        )
        channel = _MARKS if is_mark else _TICKERS
        self._hearing.ticker(slot, channel, update.ts_event, update.ts_recv, update.last, update.volume_24h)

    def hear_poll(self, slot: int, ts_recv: int) -> None:
        """Candles of *slot* came over REST: they stand in for its trades while those are in a gap."""
        for channel in (_TRADES, _KLINES):
            self._columns["polled"][slot, channel] = ts_recv

    def mark_gap(self, channel: str, slots: Array, ts_recv: int, *, is_open: bool, is_whole: bool) -> None:
        """A gap of *channel* opens or closes for *slots*; is_whole: for all that the venue has, now and later."""
        if channel not in _RULES:
            return
        at = CHANNELS.index(channel)
        if is_whole:
            self._whole[at] = 0 if is_open else ts_recv
        columns = self._columns
        columns["stale"][slots, at] = 0
        columns["anchor"][slots, at] = 0
        if is_open:
            was_alive = slots[columns["dead"][slots, at] == 0]
            columns["dead_since"][was_alive, at] = ts_recv
            columns["dead"][slots, at] = 1
        else:
            columns["dead"][slots, at] = 0
            columns["alive_since"][slots, at] = ts_recv

    def shift(self, step_ns: int) -> None:
        """Our clock was set: each moment of before reads *step_ns* more."""
        for name in _MOMENTS:
            column = self._columns[name]
            column[column != 0] += step_ns
        self._whole[self._whole != 0] += step_ns
        self.now_ns += step_ns if self.now_ns else 0

    def advance(self, now_ns: int) -> list[Stale | Fresh]:
        """Let time pass to *now_ns*; give what became stale and what is fresh again."""
        self.now_ns = now_ns
        columns, limits = self._columns, self._limits
        count = kernel.judge(
            now_ns, columns["listed"], self._rules, _TICKERS, limits.floor_ns, limits.factor, limits.startup_ns,
            columns["heard"], columns["mean"], columns["messages"], columns["alive_since"], columns["dead"],
            columns["stale"], columns["moved_at"], columns["suspected_at"], _TRADES, self._changed_slot,
            self._changed_channel,
        )  # fmt: skip
        if not count:
            return []
        slots, channels = self._changed_slot[:count], self._changed_channel[:count]
        verdicts = columns["stale"][slots, channels]
        outputs: list[Stale | Fresh] = []
        for kind, verdict in ((Stale, 1), (Fresh, 0)):
            for at, channel in enumerate(CHANNELS):
                some = slots[(channels == at) & (verdicts == verdict)]
                if len(some):
                    outputs.append(kind(ts_recv=now_ns, channel=channel, slots=tuple(some.tolist())))
        return outputs

    def reading(self, slot: int, channel: str, skew_ns: int | None = None) -> Reading:
        """How *channel* of *slot* stands; skew_ns: the exchange's clock minus ours, None while it is not known."""
        at, columns = CHANNELS.index(channel), self._columns
        heard, polled = int(columns["heard"][slot, at]), int(columns["polled"][slot, at])
        state = self._state(slot, at)
        newest = polled if state is State.POLLED else heard
        is_stamped = heard > 0 and skew_ns is not None and state is not State.POLLED
        lag_ns = heard + (skew_ns or 0) - int(columns["stamped"][slot, at])
        return Reading(
            state=state,
            age_s=max(0, self.now_ns - newest) / SECOND if newest else None,
            lag_s=lag_ns / SECOND if is_stamped else None,
            bound_s=self._bound_ns(slot, at) / SECOND,
            is_stale=state is State.STALE,
            is_polled=state is State.POLLED,
        )

    def heard(self, slot: int, channel: str) -> int | None:
        """When the newest message of *channel* reached us, or its feed was confirmed after that; None before both."""
        at, columns = CHANNELS.index(channel), self._columns
        return int(max(columns["heard"][slot, at], columns["alive_since"][slot, at])) or None

    def counts(self) -> Array:
        """How many markets are in each state, (channels, states), in the order of `CHANNELS` and of `State`: int64."""
        columns = self._columns
        listed = columns["listed"][:, None] > 0
        is_dead, is_stale = columns["dead"] > 0, columns["stale"] > 0
        is_polled = is_dead & (columns["polled"] > columns["dead_since"])
        is_gap = is_dead & ~is_polled & (columns["alive_since"] > 0)
        by_state = {
            State.LIVE: ~is_dead & ~is_stale,
            State.STALE: ~is_dead & is_stale,
            State.GAP: is_gap,
            State.POLLED: is_polled,
            State.WAITING: is_dead & ~is_polled & ~is_gap,
        }
        return np.stack([(listed & by_state[state]).sum(axis=0) for state in State], axis=1)

    def stale(self, channel: str) -> list[int]:
        """The slots whose *channel* is stale."""
        slots: list[int] = np.flatnonzero(self._columns["stale"][:, CHANNELS.index(channel)]).tolist()
        return slots

    def alive(self, channel: str) -> list[int]:
        """The slots whose *channel* is confirmed and in no gap, stale or not."""
        columns, at = self._columns, CHANNELS.index(channel)
        slots: list[int] = np.flatnonzero(columns["listed"] & (columns["dead"][:, at] == 0)).tolist()
        return slots

    def down(self, channel: str, for_ns: int) -> list[int]:
        """The slots whose *channel* has been in an open gap for *for_ns*; a feed that never came counts as well."""
        columns, at = self._columns, CHANNELS.index(channel)
        is_down = (columns["listed"] & columns["dead"][:, at]) > 0
        slots: list[int] = np.flatnonzero(is_down & (self.now_ns - columns["dead_since"][:, at] >= for_ns)).tolist()
        return slots

    def is_certain(self, slot: int, channel: str) -> bool:
        """Whether the silence of *channel* can hardly be chance any more.

        Of messages that come at random, five mean gaps lie between two once in 150 times, and twenty once in 500
        million. A mean of few messages is not relied on. What never spoke at all is certain by the time it has.
        """
        at, columns, limits = CHANNELS.index(channel), self._columns, self._limits
        heard = int(columns["heard"][slot, at])
        least = limits.floor_ns if columns["messages"][slot, at] >= _SURE else limits.startup_ns
        return heard == 0 or self.now_ns - heard > max(least, _CERTAIN * limits.factor * columns["mean"][slot, at])

    def is_outrun(self, slot: int, channel: str) -> bool:
        """Whether the market has traded since the newest message of *channel*: there was something to say.

        Trades and candles are stale only when something told of a trade, so they always are.
        """
        at, heard = CHANNELS.index(channel), self._columns["heard"]
        return _RULES[channel] == _WHEN_TRADED or bool(heard[slot, _TRADES] > heard[slot, at] + 2 * SECOND)

    def is_slow(self, slot: int, channel: str) -> bool:
        """Whether the pace of *channel* is slower than the floor: its silence says little."""
        return self._bound_ns(slot, CHANNELS.index(channel)) > self._limits.floor_ns

    def received(self, channel: str) -> Array:
        """When the newest message of each slot reached us, 0 before the first: a copy, int64 (series,)."""
        return self._columns["heard"][:, CHANNELS.index(channel)].copy()

    def _state(self, slot: int, at: int) -> State:
        columns = self._columns
        if not columns["listed"][slot]:
            return State.WAITING
        if columns["dead"][slot, at]:
            if columns["polled"][slot, at] > columns["dead_since"][slot, at]:
                return State.POLLED
            return State.GAP if columns["alive_since"][slot, at] else State.WAITING
        return State.STALE if columns["stale"][slot, at] else State.LIVE

    def _bound_ns(self, slot: int, at: int) -> float:
        limits, columns = self._limits, self._columns
        least = limits.floor_ns if columns["messages"][slot, at] >= kernel.LEARNED else limits.startup_ns
        return float(max(least, limits.factor * columns["mean"][slot, at]))
