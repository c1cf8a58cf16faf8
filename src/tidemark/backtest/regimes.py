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
from tidemark.kernels import longer
from tidemark.memory.ledger import Ledger
from tidemark.memory.table import Layout, Table
from tidemark.model.round_trip import RoundTrip
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

_OWNER = "backtest.regimes"
_CANDLES: Layout = {
    "bucket": (np.int64, ()), "open": (np.float64, (len(FIGURES),)), "before": (np.uint8, ()), "held": (np.uint8, ()),
}  # fmt: skip
_TITLES = tuple("" if one is Regime.UNKNOWN else one.title for one in Regime)


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
        table = Table(f"{_OWNER}.candles", slots=markets, columns=_CANDLES)
        ledger.open(table)
        # Of the candle that is not over: which it is, and its figures.
        self._bucket, self._open = table.columns["bucket"], table.columns["open"]
        self._bucket.fill(-1)
        # When each market was in which regime: those of the candles that came last, and the one before them.
        self._before = table.columns["before"]
        self._told: dict[int, tuple[Array, Array]] = {}  # bounded: by the markets, and what a stretch of candles has
        self._held = table.columns["held"]
        self._begin = 0

    def take(self, bars: Bars) -> None:
        """The next candles, in time order."""
        self._begin = int(bars.open_time[0])
        self._before[:] = self._regimes.regime
        self._told = {}  # bounded: by the markets
        made = self._longer(bars)
        if not len(made):
            return
        is_known = np.ones(len(made), bool)
        columns = {name: Column(getattr(made, name), is_known) for name in FIGURES}
        columns["time"] = Column(made.open_time / SECOND, is_known)
        closed_at = made.open_time + self._step
        given = self._bank.update(made.market, columns)
        told = self._regimes.take(made.market, Columns(len(made), given), closed_at)
        if len(self._held) == 1:
            self._told[0] = closed_at, told
            return
        order = np.argsort(made.market, kind="stable")
        markets, begins = np.unique(made.market[order], return_index=True)
        for market, mine in zip(markets.tolist(), np.split(order, begins[1:]), strict=True):
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
        """The candles of the longer timeframe that are over now; the others wait."""
        count = 2 * len(bars)
        market, time, figures = np.empty(count, np.int32), np.empty(count, np.int64), np.empty((len(FIGURES), count))
        bars = bars.writable()
        made = longer.join(
            bars.market, bars.open_time, bars.figures(), self._candle, self._step, self._bucket, self._open, market,
            time, figures,
        )  # fmt: skip
        return Bars(
            market=market[:made], open_time=time[:made],
            **{name: figures[at, :made] for at, name in enumerate(FIGURES)},
        )  # fmt: skip


def _modules() -> tuple[str, ...]:
    """The indicators whose values make a regime."""
    return tuple(name for name in registry.names() if set(registry.find(name).GIVES) & set(READS))
