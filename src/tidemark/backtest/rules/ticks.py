"""The steps in which prices of candles are counted, learned from the candles: files do not tell them.

The engine keeps prices as whole ticks in 31 bits. A step is a power of ten: the largest of which all prices of a market
are multiples, or the smallest with which the highest of them fits.
"""

from collections.abc import Iterable

import numpy as np

from tidemark.backtest.bars import Array, Bars

_PRICES = ("open", "high", "low", "close")
_MOST_TICKS = float(np.iinfo(np.int32).max)
_MOST_DECIMALS = 15
# What is within so much of a tick of it is that tick.
_ERROR = 1e-4


def ticks(stretches: Iterable[Bars], markets: int) -> Array:
    """The step of each of *markets*, float64 (markets,); reads all of *stretches* once."""
    decimals, highest = np.zeros(markets, np.int64), np.zeros(markets)
    for bars in stretches:
        np.maximum.at(highest, bars.market, bars.high)
        for name in _PRICES:
            _raise(decimals, bars.market, getattr(bars, name))
    fitting = np.floor(np.log10(_MOST_TICKS / np.where(highest > 0.0, highest, 1.0))).astype(np.int64)
    return 10.0 ** -np.minimum(decimals, fitting).astype(np.float64)


def _raise(decimals: Array, market: Array, prices: Array) -> None:
    """Let *decimals* be enough for *prices*, as far as they can be."""
    wanted = decimals[market]
    left = np.arange(len(prices))
    while len(left):
        scaled = prices[left] * 10.0 ** wanted[left]
        is_off = (np.abs(scaled - np.rint(scaled)) > _ERROR * np.minimum(scaled, 1.0)) & (scaled < _MOST_TICKS)
        left = left[is_off & (wanted[left] < _MOST_DECIMALS)]
        wanted[left] += 1
    np.maximum.at(decimals, market, wanted)
