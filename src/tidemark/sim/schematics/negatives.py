"""Markets in which nothing was planted: a random walk, a GARCH with fat tails, and real candles in shuffled blocks.

Each is a source of pieces without labels, like `Market.pieces`; volume of the walk knows nothing of the price, that of
the GARCH goes with its returns, that of shuffled candles is theirs. *stream* is the parameters' own, as in `Market`.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.wyckoff.reading import Bars
from tidemark.sim.schematics.market import BEGIN, Block
from tidemark.units import HOUR

Array = npt.NDArray[Any]

PIECE = 4096
# Steps of the price within a bar, of which its high and low come.
STEPS = 8
# Of an hourly chart: the deviation of the close from the open.
DEVIATION = 0.004
# GARCH(1,1), as daily and hourly returns of liquid markets are usually found.
ALPHA, BETA = 0.08, 0.90
DEGREES = 5.0
# The mean length of a block of real candles: too short for a schematic to survive.
BLOCK_BARS = 10
# Against what the volume of a real candle is measured.
USUAL_BARS = 200


def random_walk(stream: int, seed: int, number: int) -> Iterator[Block]:
    """Steps that know nothing of each other, and volume that knows nothing of them."""
    rng = np.random.default_rng((stream, 11, seed, number))
    source = _Source(rng)
    while True:
        yield source.block(np.full(PIECE, DEVIATION), np.exp(0.45 * rng.standard_normal(PIECE)))


def garch(stream: int, seed: int, number: int) -> Iterator[Block]:
    """Volatility that remembers, fat tails, and volume that goes with the size of the return."""
    rng = np.random.default_rng((stream, 12, seed, number))
    source = _Source(rng)
    variance = 1.0
    while True:
        shocks = rng.standard_t(DEGREES, PIECE) * math.sqrt((DEGREES - 2.0) / DEGREES)
        scales = np.empty(PIECE)
        for at, shock in enumerate(shocks.tolist()):
            scale = math.sqrt(variance)
            # A return of the bar is its shock; a bound keeps one bar from doubling the price.
            scales[at] = scale
            variance = min(1.0 - ALPHA - BETA + (ALPHA * shock * shock + BETA) * variance, 50.0)
        moves = scales * np.clip(shocks, -8.0, 8.0)
        size = np.abs(moves)
        volume = (0.4 + 0.75 * size) * np.sqrt(scales) * np.exp(0.3 * rng.standard_normal(PIECE))
        yield source.block(DEVIATION * scales, volume, DEVIATION * moves)


def shuffled(candles: Sequence[Bars], stream: int, seed: int, number: int) -> Iterator[Block]:
    """Real candles in blocks of about ten, drawn with replacement from one market (D. Politis, J. Romano, 1994).

    What is within a bar, and from bar to bar within a block, is kept; the mean return is taken off.
    """
    rng = np.random.default_rng((stream, 13, seed, number))
    real = candles[number % len(candles)]
    previous, rest = real.close[:-1], slice(1, None)
    mean = float(np.mean(np.log(real.close[rest] / previous)))
    heights = [np.log(column[rest] / previous) - mean for column in (real.open, real.high, real.low, real.close)]
    sums = np.concatenate((np.zeros(USUAL_BARS), np.cumsum(real.volume)))
    usual = (sums[USUAL_BARS:] - sums[:-USUAL_BARS]) / np.minimum(np.arange(1, len(real.volume) + 1), USUAL_BARS)
    volume = real.volume[rest] / np.maximum(usual[:-1], 1e-12)
    source = _Source(rng)
    while True:
        begins = rng.random(PIECE) < 1.0 / BLOCK_BARS
        begins[0] = True
        first = np.flatnonzero(begins)
        starts = rng.integers(0, len(volume), len(first))
        lengths = np.diff(np.append(first, PIECE))
        chosen = (np.repeat(starts - first, lengths) + np.arange(PIECE)) % len(volume)
        yield source.joined([column[chosen] for column in heights], volume[chosen])


class _Source:
    """Bars of an hourly chart, one piece after the other."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._at = 0
        self._log_price = math.log(100.0)

    def block(self, deviations: Array, volume: Array, moves: Array | None = None) -> Block:
        """Bars of so much deviation each; *moves*: what each one comes to, else it is drawn."""
        count = len(deviations)
        steps = self._rng.standard_normal((STEPS, count)) / math.sqrt(STEPS)
        if moves is not None:
            steps += (moves / deviations - steps.sum(axis=0)) / STEPS
        paths = np.cumsum(steps, axis=0) * deviations
        close = paths[-1]
        zero = np.zeros(count)
        return self.joined(
            [zero, np.maximum(paths.max(axis=0), 0.0), np.minimum(paths.min(axis=0), 0.0), close], volume
        )

    def joined(self, heights: list[Array], volume: Array) -> Block:
        """Bars of log heights above the last close: open, high, low and close."""
        count = len(volume)
        closes = self._log_price + np.cumsum(heights[3])
        before = np.concatenate(([self._log_price], closes[:-1]))
        open_, high, low, close = (np.exp(before + column) for column in heights)
        high, low = np.maximum(high, np.maximum(open_, close)), np.minimum(low, np.minimum(open_, close))
        begin = self._at
        time = BEGIN + (begin + np.arange(count)) * HOUR
        self._at += count
        self._log_price = float(closes[-1])
        bars = Bars(time=time, open=open_, high=high, low=low, close=close, volume=1000.0 * volume)
        return Block(begin, bars, [])
