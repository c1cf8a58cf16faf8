"""Merges the closed segments of the journal, so that a restart finds all that the rings hold.

Segments are dropped in the order of writing, and a backfill writes a market's past in one go: without merging, its past
would be dropped while its present is kept. The merged file has each candle once, the newest of each symbol.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import IO

import numpy as np

from tidemark.store.atomic import write_whole
from tidemark.store.framing import Rows
from tidemark.store.journal import BASE_SUFFIX, ROW_TYPE, base, block, blocks, segments, stamp
from tidemark.store.position import Place, is_archived

# Rows that are sorted in one go, about.
_GROUP_ROWS = 100_000


def compact(folder: Path, timeframe: str, *, each: int, total: int, places: Mapping[str, Place] | None = None) -> int:
    """Merge the closed segments of *timeframe* into its base and remove them; give how many segments that were.

    each: candles kept of a symbol, the newest ones; total: of all of them, those of symbols that ended first go first.
    places: how far the archive has read, None without an archive; what it has not read is merged and stays.
    """
    before = base(folder, timeframe)
    merged_to = stamp(before) if before is not None else -1
    closed = segments(folder, timeframe)[:-1]
    fresh = [path for path in closed if stamp(path) > merged_to]
    if fresh:
        sources = [*([before] if before is not None else []), *fresh]
        numbers = _kept(sources, each, total)
        after = folder / f"{timeframe}-{stamp(fresh[-1]):019d}{BASE_SUFFIX}"
        write_whole(after, lambda file: _merge(file, sources, numbers, each))
        merged_to = stamp(fresh[-1])
    for path in folder.glob(f"{timeframe}-*{BASE_SUFFIX}"):
        if stamp(path) < merged_to:
            path.unlink(missing_ok=True)
    for path in closed:
        place = places.get(timeframe) if places is not None else None
        if stamp(path) <= merged_to and (places is None or is_archived(path, place)):
            path.unlink(missing_ok=True)
    return len(fresh)


def _kept(sources: list[Path], each: int, total: int) -> Rows:
    """The numbers of the symbols that are kept, in order: all of them, unless they are too many."""
    newest: dict[int, int] = {}
    for path in sources:
        for rows in blocks(path):
            order = np.argsort(rows["open_time"], kind="stable")
            for number, open_time in zip(
                rows["symbol"][order].tolist(), rows["open_time"][order].tolist(), strict=True
            ):
                newest[number] = max(newest.get(number, -1), open_time)
    chosen = sorted(newest, key=lambda number: -newest[number])[: max(1, total // each)]
    return np.array(sorted(chosen), np.int64)


def _merge(file: IO[bytes], sources: list[Path], numbers: Rows, each: int) -> None:
    step = max(1, _GROUP_ROWS // each)
    for start in range(0, len(numbers), step):
        group = numbers[start : start + step]
        found = [rows[np.isin(rows["symbol"], group)] for path in sources for rows in blocks(path)]
        merged = newest_of_each(np.concatenate(found) if found else np.zeros(0, ROW_TYPE), each)
        file.write(block(merged))


def newest_of_each(rows: Rows, each: int) -> Rows:
    """*rows* ordered by symbol and time, of one candle the last row, of one symbol the newest *each* candles."""
    order = np.lexsort((np.arange(len(rows)), rows["open_time"], rows["symbol"]))
    rows = rows[order]
    symbol, open_time = rows["symbol"], rows["open_time"]
    is_last = np.ones(len(rows), bool)
    is_last[:-1] = (symbol[1:] != symbol[:-1]) | (open_time[1:] != open_time[:-1])
    rows = rows[is_last]
    _, counts = np.unique(rows["symbol"], return_counts=True)
    ends = np.repeat(np.cumsum(counts), counts)
    return rows[ends - np.arange(len(rows)) <= each]
