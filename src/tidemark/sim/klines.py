"""Candles that REST tells wrongly on purpose, so that a comparison has something to find."""

from collections.abc import Sequence

import msgspec

from tidemark.sim.faults import Faults, chosen
from tidemark.sim.longer import Candle


def told(candles: Sequence[Candle], symbol: str, length: int, faults: Faults) -> Sequence[Candle]:
    """*candles* of *length* minutes as REST tells them: some wrong, the same ones at every asking."""
    share = faults.kline_wrong
    if not share or not faults.concern(symbol):
        return candles
    return [wrong(one) if chosen(f"{symbol} {length} {one.minute}", share) else one for one in candles]


def wrong(candle: Candle) -> Candle:
    """With another close, still within the candle where it has room, and a tenth more volume."""
    close = candle.low if candle.close != candle.low else candle.high
    high = candle.high
    if close == candle.close:
        close = high = candle.close + 1
    return msgspec.structs.replace(candle, close=close, high=high, lots=candle.lots + candle.lots // 10 + 1)
