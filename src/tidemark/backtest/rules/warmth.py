"""Whether the indicators of a market are warm: nothing is traded before."""

from tidemark.analysis.indicators import registry
from tidemark.engine.step import Engine
from tidemark.model.timeframe import Timeframe


class Warmth:
    """That of the markets of *engine* in the candles of *shortest* and those up to *longest*; "none": all are warm.

    span_ns: how long that takes from the first candle of a market on.
    """

    def __init__(self, engine: Engine, shortest: Timeframe, longest: str) -> None:
        self._engine = engine
        upto = 0 if longest == "none" else max(Timeframe(longest).ns, shortest.ns)
        self._timeframes = tuple(one for one in engine.candles.timeframes if shortest.ns <= one.ns <= upto)
        self._candles = max(registry.find(name).WARM_UP for name in registry.names())
        self.span_ns = self._candles * max((one.ns for one in self._timeframes), default=0)

    def of(self, symbol: str) -> bool:
        """Whether all indicators of a market have values in all of these timeframes."""
        slot = self._engine.universe.slots.get(symbol)
        if slot is None or self._engine.analysis is None:
            return False
        candles = self._engine.analysis.candles
        return all(candles[one].bank.seen(slot) >= self._candles for one in self._timeframes)
