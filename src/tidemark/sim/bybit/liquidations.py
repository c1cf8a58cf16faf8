"""`allLiquidation.SYMBOL`: what was closed by force, gathered for half a second.

After https://bybit-exchange.github.io/docs/v5/websocket/public/all-liquidation: `S` is Buy where a long was closed, and
`p` is the price at which the position is bankrupt.
"""

from collections.abc import Collection, Iterator, Sequence

from tidemark.sim.derivatives import Liquidation
from tidemark.sim.dynamics import LATENCY_MS
from tidemark.sim.market import Frame
from tidemark.sim.truth import Truth

EVERY_MS = 500
MILLISECOND = 1_000_000


class BybitLiquidations:
    """Makes the messages that somebody wants.

    Memory: the liquidations of half a second.
    """

    def __init__(self, truth: Truth) -> None:
        self._truth = truth
        self._gathered: list[Liquidation] = []  # bounded: those of half a second

    def frames(
        self, liquidations: Sequence[Liquidation], wanted: Collection[str], now_ms: int, skew_ms: int
    ) -> Iterator[Frame]:
        """Take in the liquidations until *now_ms*, and give the messages that are due."""
        self._gathered += liquidations
        if now_ms % EVERY_MS or not self._gathered:
            return
        gathered, self._gathered = self._gathered, []  # bounded: those of half a second
        for slot in dict.fromkeys(one.slot for one in gathered):
            market = self._truth.markets[slot]
            if market is None or f"allLiquidation.{market.symbol}" not in wanted:
                continue
            rows = ",".join(
                f'{{"T":{one.time_ms + skew_ms},"s":"{market.symbol}","S":"{"Buy" if one.is_long else "Sell"}",'
                f'"v":"{market.size(one.lots)}","p":"{market.price(one.ticks)}"}}'
                for one in gathered
                if one.slot == slot
            )
            topic = f"allLiquidation.{market.symbol}"
            text = f'{{"topic":"{topic}","type":"snapshot","ts":{now_ms + skew_ms + LATENCY_MS},"data":[{rows}]}}'
            yield now_ms * MILLISECOND, topic, text.encode(), None
