"""In which regime a market was when a round trip began, by the candles of a backtest; see analysis.regime."""

from collections.abc import Sequence

import msgspec
import numpy as np

from tidemark.analysis.analysis import Weights
from tidemark.analysis.columns import Column, Columns
from tidemark.analysis.indicators import registry
from tidemark.analysis.indicators.bank import Bank
from tidemark.analysis.regime import READS, Regime, Regimes
from tidemark.backtest.bars import FIGURES, Array, Bars
from tidemark.memory.ledger import Ledger
from tidemark.model.round_trip import RoundTrip
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

_OWNER = "backtest.regimes"
_TITLES = tuple("" if one is Regime.UNKNOWN else one.title for one in Regime)
# Of the candle of the longer timeframe that is not over: which it is, and its figures.
_NONE = -1


class TripRegimes:
    """Reads the regime of *markets* as the monitor does, in its timeframe or in *timeframe* where that is longer.

    Candles come first, then the trips that were closed within them, then what is held. Memory: that of the indicators,
    and 70 bytes a market.
    """

    def __init__(self, markets: int, timeframe: Timeframe, ledger: Ledger) -> None:
        usual = Weights().regime
        self._step, self._candle = max(usual.ns, timeframe.ns), timeframe.ns
        self._bank = Bank(f"{_OWNER}.indicators", series=markets, ledger=ledger, names=_modules())
        self._regimes = Regimes(_OWNER, series=markets, ledger=ledger)
        self._bucket = np.full(markets, _NONE, np.int64)
        self._open = np.zeros((markets, len(FIGURES)))
        # When each market was in which regime: those of the candles that came last, and the one before them.
        self._before = np.zeros(markets, np.uint8)
        self._told: dict[int, tuple[Array, Array]] = {}  # bounded: by the markets, and what a stretch of candles has
        self._held = np.zeros(markets, np.uint8)
        self._begin = 0

    def take(self, bars: Bars) -> None:
        """The next candles, in time order."""
        self._begin = int(bars.open_time[0])
        self._before = self._regimes.regime.copy()
        self._told = {}
        made = self._longer(bars)
        if not len(made):
            return
        is_known = np.ones(len(made), bool)
        columns = {name: Column(getattr(made, name), is_known) for name in FIGURES}
        columns["time"] = Column(made.open_time / SECOND, is_known)
        closed_at = made.open_time + self._step
        given = self._bank.update(made.market, columns)
        told = self._regimes.take(made.market, Columns(len(made), given), closed_at)
        for market in np.unique(made.market).tolist():
            mine = made.market == market
            self._told[market] = closed_at[mine], told[mine]

    def named(self, trips: Sequence[RoundTrip], markets: Sequence[str]) -> list[RoundTrip]:
        """*trips* that were closed within the newest candles, with the regime in which each began."""
        numbers = {name: number for number, name in enumerate(markets)} if trips else {}
        return [
            msgspec.structs.replace(one, regime=_TITLES[self._at(numbers[one.symbol], one.entry_at)]) for one in trips
        ]

    def hold(self, opened: Array) -> None:
        """Keep the regimes of what is held behind the newest candles; *opened*: since when, int64 ns (markets,)."""
        for market in np.flatnonzero(opened).tolist():
            self._held[market] = self._at(market, int(opened[market]))

    def _at(self, market: int, entered: int) -> int:
        if entered < self._begin:
            return int(self._held[market])
        closed_at, told = self._told.get(market, (np.zeros(0, np.int64), np.zeros(0, np.uint8)))
        place = int(np.searchsorted(closed_at, entered, side="right"))
        return int(told[place - 1]) if place else int(self._before[market])

    def _longer(self, bars: Bars) -> Bars:
        """The candles of the longer timeframe that are over now, by market; the others wait."""
        order = np.argsort(bars.market, kind="stable")
        market, times = bars.market[order], bars.open_time[order]
        bucket = times // self._step
        begins = np.flatnonzero(np.r_[True, (market[1:] != market[:-1]) | (bucket[1:] != bucket[:-1])])
        ends = np.r_[begins[1:], len(market)] - 1
        figures = np.stack([getattr(bars, name)[order] for name in FIGURES])
        made = np.stack([
            figures[0, begins], np.maximum.reduceat(figures[1], begins), np.minimum.reduceat(figures[2], begins),
            figures[3, ends], np.add.reduceat(figures[4], begins),
        ], axis=1)  # fmt: skip
        whose, which = market[begins], bucket[begins]
        first = np.flatnonzero(np.r_[True, whose[1:] != whose[:-1]])
        late: list[tuple[int, int, Array]] = []  # bounded: one a market
        for at in first.tolist():
            number = int(whose[at])
            if self._bucket[number] == which[at]:
                made[at] = _joined(self._open[number], made[at])
            elif self._bucket[number] != _NONE:
                late.append((number, int(self._bucket[number]), self._open[number].copy()))
        last = np.r_[first[1:], len(whose)] - 1
        # The last one of each market waits, unless its last candle is there.
        is_over = np.ones(len(whose), bool)
        is_over[last] = times[ends[last]] + self._candle >= (which[last] + 1) * self._step
        self._bucket[whose[last]] = np.where(is_over[last], _NONE, which[last])
        self._open[whose[last]] = made[last]
        whose, which, made = whose[is_over], which[is_over], made[is_over]
        if late:
            # What waited and was never finished comes before what its market has now.
            whose = np.r_[np.array([one[0] for one in late], whose.dtype), whose]
            which = np.r_[[one[1] for one in late], which]
            made = np.concatenate([np.stack([one[2] for one in late]), made])
        return Bars(
            market=np.ascontiguousarray(whose, np.int32), open_time=which * self._step,
            **{name: np.ascontiguousarray(made[:, at]) for at, name in enumerate(FIGURES)},
        )  # fmt: skip


def _joined(before: Array, after: Array) -> Array:
    """A candle that goes on: open, high, low, close, volume."""
    return np.array([
        before[0], max(before[1], after[1]), min(before[2], after[2]), after[3], before[4] + after[4]
    ])  # fmt: skip


def _modules() -> tuple[str, ...]:
    """The indicators whose values make a regime."""
    return tuple(name for name in registry.names() if set(registry.find(name).GIVES) & set(READS))
