"""Markets that never were: the candles of real ones in blocks of random length, drawn anew and joined.

Within a block everything is as it was: size, shape and volume of candles, what follows what, and how markets move
together, since all markets take the same blocks. Beyond it nothing is: a run that is as good here did not live on what
lasts longer than a block. D. Politis, J. Romano, The Stationary Bootstrap (1994), over returns from close to close.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.backtest.bars import FIGURES, Bars

Array = npt.NDArray[Any]

# Slots that are drawn at a time.
AT_ONCE = 65_536


class Grid(msgspec.Struct, frozen=True, kw_only=True):
    """The slots of candles that all markets share: the first opens at `begin` (ns), each lasts `step` (ns)."""

    begin: int
    step: int
    count: int


def slots(count: int, block: float, seed: int, at_once: int = AT_ONCE) -> Iterator[Array]:
    """From which slot each is taken, in order: int64 (n,) at a time, *count* in all; *block*: the mean length.

    Memory: *at_once* slots; another number of them draws other blocks.
    """
    rng = np.random.default_rng(seed)
    place = 0
    for begin in range(0, count, at_once):
        length = min(at_once, count - begin)
        begins = rng.random(length) < 1.0 / block
        starts = rng.integers(0, count, length)
        begins[0] = begins[0] or begin == 0
        steps = np.arange(length)
        since = np.maximum.accumulate(np.where(begins, steps, -1))
        taken = np.where(since >= 0, starts[np.maximum(since, 0)] + steps - since, place + steps) % count
        place = int(taken[-1]) + 1
        yield taken


def shuffled(bars: Bars, grid: Grid, *, block: float, seed: int, at_once: int = AT_ONCE) -> Iterator[Bars]:
    """The candles of one market, drawn anew: the first opens where the real first one did.

    bars: of one market, in time order, in memory or in a file that is mapped. A slot that is taken from one without a
    candle has none. Prices are on no grid of ticks. The same *grid*, *block*, *seed* and *at_once* give all
    markets the same blocks. Memory: *at_once* candles.
    """
    if not len(bars):
        return
    last, begin = float(bars.open[0]), grid.begin
    for taken in slots(grid.count, block, seed, at_once):
        rows, is_there = _rows(bars, grid, taken)
        if len(rows):
            open_time = begin + np.flatnonzero(is_there) * grid.step
            piece = _joined(bars, rows, open_time.astype(np.int64), last)
            last = float(piece.close[-1])
            yield piece
        begin += len(taken) * grid.step


def _rows(bars: Bars, grid: Grid, taken: Array) -> tuple[Array, Array]:
    """The rows of those slots that have a candle, and which do."""
    if len(bars) == grid.count:
        # None is missing. A search would read pages all over the file.
        return taken, np.ones(len(taken), bool)
    times = grid.begin + taken * grid.step
    rows = np.minimum(np.searchsorted(bars.open_time, times), len(bars) - 1)
    is_there = bars.open_time[rows] == times
    return rows[is_there], is_there


def _joined(bars: Bars, rows: Array, open_time: Array, last: float) -> Bars:
    """The candles of *rows*, each beginning from the close of the one before it as it did in its own place."""
    # The first of all has none before it: its own open stands there.
    base = np.where(rows > 0, bars.close[np.maximum(rows - 1, 0)], bars.open[0])
    close = last * np.cumprod(bars.close[rows] / base)
    scale = np.r_[last, close[:-1]] / base
    figures = {name: getattr(bars, name)[rows] * scale for name in FIGURES[:3]}
    return Bars(
        market=np.asarray(bars.market[rows]),
        open_time=open_time,
        open=figures["open"],
        # Rounding must not put a close outside of its candle.
        high=np.maximum(np.maximum(figures["high"], close), figures["open"]),
        low=np.minimum(np.minimum(figures["low"], close), figures["open"]),
        close=close,
        volume=np.asarray(bars.volume[rows]),
    )
