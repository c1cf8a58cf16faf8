"""Many markets in order of time, those of one time in order of their numbers.

Memory: one chunk a market, and twice that while they are put in order.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from tidemark.backtest.bars import Bars
from tidemark.backtest.data.dataset import Dataset
from tidemark.backtest.data.stream import CHUNK_ROWS, joined, stream

# Held of all markets together: 14 MB. A market's share is no less than the other.
HELD_ROWS = 262_144
LEAST_ROWS = 256


def merged(sources: Iterable[Iterator[Bars]], rows: int = CHUNK_ROWS) -> Iterator[Bars]:
    """The candles of all *sources*, at most *rows* at a time; each source has one market, and lies in order of time.

    All candles up to the earliest of the last times that are held can be given: nothing before that comes any more.
    """
    following = list(sources)
    held: list[Bars | None] = [_next(source) for source in following]  # bounded: a chunk a market
    while True:
        live = [at for at, bars in enumerate(held) if bars is not None]
        if not live:
            return
        until = min(_last(held[at]) for at in live)
        taken = []
        for at in live:
            bars = held[at]
            if bars is None or bars.open_time[0] > until:
                continue
            count = int(np.searchsorted(bars.open_time, until, side="right"))
            taken.append(bars.part(0, count))
            # A source that was used up has to tell its next before anything behind `until` may be given.
            held[at] = bars.part(count, len(bars)) if count < len(bars) else _next(following[at])
        yield from _given(taken, rows)


def market_rows(markets: int, rows: int = CHUNK_ROWS) -> int:
    """Of how many rows the chunks of each market are, so that all of them together stay within HELD_ROWS.

    >>> market_rows(1), market_rows(560)
    (65536, 468)
    """
    return max(min(rows, HELD_ROWS // max(markets, 1)), LEAST_ROWS)


def streamed(
    dataset: Dataset, begin: int | None = None, end: int | None = None, rows: int = CHUNK_ROWS
) -> Iterator[Bars]:
    """All markets of a dataset in order of time, those that open from *begin* to before *end* (ns). See `stream`."""
    share = market_rows(len(dataset.markets), rows)
    return merged([stream(dataset, market, begin, end, share) for market in range(len(dataset.markets))], rows)


def _given(taken: list[Bars], rows: int) -> Iterator[Bars]:
    bars = joined(taken)
    if len(taken) == 1:
        for begin in range(0, len(bars), rows):
            yield bars.part(begin, min(begin + rows, len(bars)))
        return
    # They are put together in order of their markets, which a stable sort keeps; it merges what is in order.
    order = np.argsort(bars.open_time, kind="stable")
    for begin in range(0, len(bars), rows):
        part = order[begin : begin + rows]
        yield Bars(**{name: getattr(bars, name)[part] for name in Bars.__struct_fields__})


def _next(source: Iterator[Bars]) -> Bars | None:
    """Its next chunk that holds something."""
    return next((bars for bars in source if len(bars)), None)


def _last(bars: Bars | None) -> int:
    return int(bars.open_time[-1]) if bars is not None else 0
