"""One market streamed in order of time, a chunk at a time, and refused where a row is no candle.

Row groups outside the wanted time, or of other markets, are skipped by their statistics; only the columns of candles
are read. Memory: two chunks, and of each column one page.
"""

from collections.abc import Iterator

import numpy as np

from tidemark.backtest.bars import FIGURES, Array, Bars
from tidemark.backtest.data.dataset import Dataset
from tidemark.backtest.data.places import Place, place_of
from tidemark.backtest.data.source import Rows, Source
from tidemark.errors import DataError

# Of 52 bytes each.
CHUNK_ROWS = 65_536
_EARLIEST, _LATEST = np.iinfo(np.int64).min, np.iinfo(np.int64).max
_HELP = "tidemark data check counts all such rows, tidemark data import sets them aside"


def stream(
    dataset: Dataset, market: int, begin: int | None = None, end: int | None = None, rows: int = CHUNK_ROWS
) -> Iterator[Bars]:
    """The candles of a market that open from *begin* to before *end* (ns), at most *rows* at a time.

    DataError, which names file, row, column and value, where a row is not behind the one before it, or is no candle.
    """
    first, last = _EARLIEST if begin is None else begin, _LATEST if end is None else end
    held: list[Bars] = []  # bounded: `rows`, and one chunk
    count = 0
    before = _EARLIEST
    for path, found in raw(dataset, market, first, last, rows):
        check(path, found, before)
        before = int(found.times[-1])
        low, high = np.searchsorted(found.times, (first, last)).tolist()
        if low == high:
            continue
        bars = Bars.of(market, found.times[low:high], {name: found.figures[name][low:high] for name in FIGURES})
        # Row groups and days may be far smaller than a chunk.
        if count + len(bars) > rows:
            yield joined(held)
            held, count = [], 0
        held.append(bars)
        count += len(bars)
    if held:
        yield joined(held)


def raw(dataset: Dataset, market: int, first: int, last: int, rows: int) -> Iterator[tuple[Place, Rows]]:
    """The rows of a market as they stand, of all row groups that may hold some in [*first*, *last*)."""
    name, columns = dataset.markets[market], dict(dataset.columns)
    for part in dataset.of(market):
        if part.last < first or part.first >= last:
            continue
        path = place_of(part.path)
        with Source(path, columns) as source:
            symbol = name if source.layout.symbol is not None else None
            timeframe = dataset.timeframe.value if source.layout.timeframe is not None else None
            for group in range(source.groups):
                span = source.span(group)
                if span is not None and (span[1] < first or span[0] >= last):
                    continue
                if source.may_hold(group, symbol, timeframe):
                    for found in source.read(group, rows, symbol, timeframe):
                        yield path, found


def check(path: Place, rows: Rows, before: int) -> None:
    """DataError at the first of *rows* that is no candle, or not behind the one before it; of the first, *before*."""
    times, figures = rows.times, rows.figures
    low, high = figures["low"], figures["high"]
    is_bad = np.diff(times, prepend=before) <= 0 if before != _EARLIEST else _steps(times) <= 0
    # A comparison with NaN is false, so each is asked the way round that NaN does not pass.
    for name in FIGURES[:4]:
        is_bad |= ~((figures[name] >= low) & (figures[name] <= high))
    is_bad |= ~((low > 0) & (high < np.inf) & (figures["volume"] >= 0) & (figures["volume"] < np.inf))
    if is_bad.any():
        at = int(is_bad.argmax())
        raise DataError(f"{path} row {rows.numbers[at]}: {_words(rows, at, before)}; {_HELP}")


def joined(parts: list[Bars]) -> Bars:
    """Bars one behind the other."""
    if len(parts) == 1:
        return parts[0]
    return Bars(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in Bars.__struct_fields__})


def _steps(times: Array) -> Array:
    steps = np.ones(len(times), np.int64)
    steps[1:] = np.diff(times)
    return steps


def _words(rows: Rows, at: int, before: int) -> str:
    """What is wrong with a row: its column, its value, and beside what."""
    figures = {name: float(rows.figures[name][at]) for name in FIGURES}
    for name, value in figures.items():
        if not np.isfinite(value):
            return f"{name} is {value}, which is no number"
        if name != "volume" and value <= 0:
            return f"{name} is {value:.10g}, and has to be above 0"
    if figures["volume"] < 0:
        return f"volume is {figures['volume']:.10g}, and has to be 0 or more"
    low, high = figures["low"], figures["high"]
    if low > high:
        return f"low is {low:.10g}, above the high of {high:.10g}"
    for name in ("open", "close"):
        if not low <= figures[name] <= high:
            return f"{name} is {figures[name]:.10g}, outside low {low:.10g} and high {high:.10g}"
    time = int(rows.times[at])
    earlier = int(rows.times[at - 1]) if at else before
    what = "is there twice" if time == earlier else f"is behind {moment(earlier)}, and has to be after it"
    return f"time {moment(time)} {what}"


def moment(ns: int) -> str:
    """A time to be read: 2024-01-02 03:04:05."""
    return str(np.datetime64(ns, "ns").astype("datetime64[s]")).replace("T", " ")
