"""From the journal back into the candles: what a restart begins with."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tidemark.engine.step import Engine
from tidemark.market.level import ROW
from tidemark.model.timeframe import Timeframe
from tidemark.store.framing import Rows
from tidemark.store.journal import blocks, files, symbols

# Rows are put in place so many at a time: what that takes beside the rings is some 30 MB, and is given back.
_AT_ONCE = 50_000


def restore(engine: Engine, folder: Path, now_ns: int) -> int:
    """Put the journal's candles of the listed symbols in place; give how many rows that were.

    To be called after the listings and before the first trade. Candles that end after *now_ns*, the exchange's time,
    are left out: they come from a clock that was wrong, and no candle would close before they are over. A file that
    cannot be read is passed over like one that is not there: what it held is missing, and is fetched.
    """
    slots = np.array([engine.universe.slots.get(symbol, -1) for symbol in symbols(folder)], np.int64)
    restored = 0
    for timeframe in engine.candles.timeframes:
        for rows in _gathered(folder, timeframe.value):
            usable = (rows["symbol"] < len(slots)) & (rows["open_time"] + timeframe.ns <= now_ns)
            # Damage that the sum of a block does not show is still no reason to divide by it.
            usable &= (rows["tick_size"] > 0) & (rows["open_time"] >= 0)
            restored += _put(engine, timeframe, rows[usable], slots)
    engine.candles.resume()
    return restored


def _gathered(folder: Path, timeframe: str) -> Iterator[Rows]:
    """The rows of a timeframe in the order in which they were written, many blocks at a time."""
    waiting: list[Rows] = []
    count = 0
    for path in files(folder, timeframe):
        try:
            for rows in blocks(path):
                waiting.append(rows)
                count += len(rows)
                if count >= _AT_ONCE:
                    yield np.concatenate(waiting)
                    waiting, count = [], 0
        except OSError:
            continue
    if waiting:
        yield np.concatenate(waiting)


def _put(engine: Engine, timeframe: Timeframe, rows: Rows, slots: Rows) -> int:
    at = slots[rows["symbol"]]
    rows, at = rows[at >= 0], at[at >= 0]
    columns = {name: rows[name] for name in ROW}
    engine.candles.restore(timeframe, at, rows["open_time"], rows["tick_size"], columns)
    return len(rows)
