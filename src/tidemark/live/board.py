"""The board: one line a market, for the terminal view and for whoever wants the same as data."""

from enum import Enum

import msgspec
import numpy as np

from tidemark.engine.step import Engine
from tidemark.market.freshness import State
from tidemark.market.level import Array
from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe
from tidemark.settings.markets import Retention
from tidemark.units import MINUTE, SECOND

# Trades a second are counted over this.
_RATE_NS = 10 * SECOND


class Order(Enum):
    """By what the board is sorted; largest first, symbols from A to Z."""

    TURNOVER = "turnover"
    SCORE = "score"
    CHANGE = "change"
    RATE = "trades/s"
    AGE = "age"
    SYMBOL = "symbol"


class Line(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One market. `change_1m` is a fraction, against the close a minute ago; None means not known yet.

    `turnover` is the exchange's over 24 hours where it said so (`is_24h`), else ours since the market joined.
    `candles` of `wanted` 1-minute candles are held, or of the shortest timeframe where there are none of 1 minute;
    `age_s` since the last trade reached us, or the last candle where REST stands in for the trades; `ticker_age_s` the
    same of the ticker; `state` of the trades: live, stale, gap, polled or waiting; `score` from 0 to 100, if known.
    """

    symbol: str
    decimals: int
    last: float | None
    change_1m: float | None
    turnover: float
    is_24h: bool
    trades_per_s: float
    candles: int
    wanted: int
    age_s: float | None
    is_stale: bool
    state: State = State.LIVE
    ticker_age_s: float | None = None
    is_polled: bool = False
    score: float | None = None


class Board:
    """Reads the engine; keeps two marks of its trade counters to tell the rates."""

    def __init__(self, engine: Engine, retention: Retention, started_ns: int) -> None:
        self._engine = engine
        kept = engine.candles.timeframes
        self._counted = Timeframe.M1 if Timeframe.M1 in kept else kept[0]
        self._wanted = retention.rows(self._counted.value)
        self._before = (started_ns, engine.tape.trades())
        self._after = self._before

    def lines(self, now_ns: int, order: Order, count: int) -> list[Line]:
        """The first *count* markets in this order, at *now_ns* of a clock that is never set."""
        rates = self._rates(now_ns)
        occupied = self._engine.universe.occupied()
        if order is Order.SYMBOL:
            chosen = sorted(occupied, key=lambda entry: entry[1].symbol)[:count]
        elif order is Order.CHANGE:
            keyed = [(self._change(slot) or 0.0, slot, instrument) for slot, instrument in occupied]
            keyed.sort(key=lambda entry: -abs(entry[0]))
            chosen = [(slot, instrument) for _, slot, instrument in keyed[:count]]
        else:
            keys = {
                Order.TURNOVER: self._turnovers,
                Order.SCORE: self._scores,
                Order.RATE: lambda: rates,
                Order.AGE: self._ages,
            }[order]()
            chosen = sorted(occupied, key=lambda entry: -float(keys[entry[0]]))[:count]
        held = self._engine.candles.held(self._counted, [slot for slot, _ in chosen])
        return [
            self._line(slot, instrument, float(rates[slot]), int(candles))
            for (slot, instrument), candles in zip(chosen, held, strict=True)
        ]

    def _line(self, slot: int, instrument: Instrument, rate: float, candles: int) -> Line:
        last = self._engine.tape.last(slot)
        ticker = self._engine.tickers.get(slot, instrument.symbol)
        stated = ticker.turnover_24h if ticker is not None else None
        trades, tickers = self._engine.reading(slot, "trades"), self._engine.reading(slot, "tickers")
        return Line(
            symbol=instrument.symbol,
            decimals=instrument.price_decimals,
            last=last.price if last is not None else None,
            change_1m=self._change(slot),
            turnover=stated if stated is not None else (last.turnover if last is not None else 0.0),
            is_24h=stated is not None,
            trades_per_s=rate,
            candles=candles,
            wanted=self._wanted,
            age_s=trades.age_s,
            is_stale=trades.state in {State.STALE, State.GAP},
            state=trades.state,
            ticker_age_s=tickers.age_s,
            is_polled=trades.is_polled or tickers.is_polled,
            score=self._score(slot),
        )

    def _score(self, slot: int) -> float | None:
        scores = self._engine.analysis.scores if self._engine.analysis is not None else None
        return float(scores.score[slot]) if scores is not None and scores.is_known[slot] else None

    def _change(self, slot: int) -> float | None:
        """The last price against the close of the newest short candle that ended a minute ago or earlier."""
        candles, last = self._engine.candles, self._engine.tape.last(slot)
        shortest = candles.timeframes[0]
        if last is None or shortest.ns > MINUTE:
            return None
        closed = candles.closed(slot, shortest, MINUTE // shortest.ns + 1)
        at = [candle for candle in closed if candle.open_time + shortest.ns <= last.ts_event - MINUTE + shortest.ns]
        return last.price / at[-1].close - 1.0 if at else None

    def _rates(self, now_ns: int) -> Array:
        """Trades a second of each slot, over the ten to twenty seconds before now."""
        if now_ns - self._after[0] >= _RATE_NS:
            self._before, self._after = self._after, (now_ns, self._engine.tape.trades())
        since, counted = self._before
        elapsed_s = max((now_ns - since) / SECOND, 1.0)
        rates: Array = np.maximum(self._engine.tape.trades() - counted, 0) / elapsed_s
        return rates

    def _turnovers(self) -> Array:
        return self._engine.tickers.column("turnover_24h", self._engine.tape.turnovers())

    def _scores(self) -> Array:
        """The unknown ones last."""
        scores = self._engine.analysis.scores if self._engine.analysis is not None else None
        if scores is None:
            return self._turnovers()
        return np.where(scores.is_known, scores.score, -1.0)

    def _ages(self) -> Array:
        return -self._engine.freshness.received("trades")
