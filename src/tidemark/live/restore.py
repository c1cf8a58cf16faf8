"""From the journal back into the candles: what a restart begins with."""

from pathlib import Path

import numpy as np

from tidemark.engine.step import Engine
from tidemark.market.level import ROW
from tidemark.model.timeframe import Timeframe
from tidemark.store.journal import Rows, blocks, segments, symbols


def restore(engine: Engine, folder: Path, now_ns: int) -> int:
    """Put the journal's candles of the listed symbols in place; give how many rows that were.

    To be called after the listings and before the first trade. Candles that end after *now_ns*, the exchange's time,
    are left out: they come from a clock that was wrong, and no candle would close before they are over.
    """
    slots = np.array([engine.universe.slots.get(symbol, -1) for symbol in symbols(folder)], np.int64)
    restored = 0
    for timeframe in engine.candles.timeframes:
        for path in segments(folder, timeframe.value):
            for rows in blocks(path):
                usable = (rows["symbol"] < len(slots)) & (rows["open_time"] + timeframe.ns <= now_ns)
                restored += _put(engine, timeframe, rows[usable], slots)
    engine.candles.resume()
    return restored


def _put(engine: Engine, timeframe: Timeframe, rows: Rows, slots: Rows) -> int:
    at = slots[rows["symbol"]]
    rows, at = rows[at >= 0], at[at >= 0]
    if len(np.unique(at)) == len(at):
        parts = [(rows, at)] if len(at) else []
    else:
        parts = [(rows[i : i + 1], at[i : i + 1]) for i in range(len(at))]
    for some, where in parts:
        columns = {name: some[name] for name in ROW}
        engine.candles.restore(timeframe, where, some["open_time"], some["tick_size"], columns)
    return len(rows)
