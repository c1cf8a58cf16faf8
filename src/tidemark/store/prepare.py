"""A journal that was lost, put together again from the archive: a merged file for each timeframe."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from tidemark.errors import StoreError
from tidemark.model.timeframe import Timeframe
from tidemark.store.archive_files import read_candles
from tidemark.store.archive_layout import KINDS, TRADES, kind_of, parts
from tidemark.store.atomic import write_whole
from tidemark.store.compact import newest_of_each
from tidemark.store.journal import BASE_SUFFIX, ROW_TYPE, Rows, block, files
from tidemark.store.symbol_numbers import SymbolNumbers


def prepare(folder: Path, root: Path, venue: str, each: Mapping[str, int], now_ns: int) -> tuple[int, list[str]]:
    """Write the newest candles of the archive into the journal at *folder*, for the timeframes that it has nothing of.

    each: candles of one market, by timeframe. Gives how many rows that were, and what could not be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [timeframe for timeframe in Timeframe if each.get(timeframe.value) and not files(folder, timeframe.value)]
    problems: list[str] = []
    written = 0
    numbers = SymbolNumbers(folder)
    for kind in (kind for kind in KINDS if kind != TRADES):
        of_kind = [timeframe for timeframe in wanted if kind_of(timeframe) == kind]
        if not of_kind:
            continue
        reach_ns = max(timeframe.ns * each[timeframe.value] for timeframe in of_kind)
        found: dict[str, list[Path]] = {}
        for part in parts(root, venue):
            if part.kind == kind and part.ends_ns > now_ns - reach_ns:
                found.setdefault(part.symbol, []).append(part.path)
        gathered: dict[str, list[Rows]] = {timeframe.value: [] for timeframe in of_kind}
        for symbol, paths in found.items():
            number = numbers.number(symbol)
            rows = _read(paths, problems)
            for timeframe in of_kind:
                some = rows[rows["timeframe"] == list(Timeframe).index(timeframe)]
                made = np.zeros(len(some), ROW_TYPE)
                for name in ROW_TYPE.names or ():
                    made[name] = some[name]
                made["symbol"] = number
                gathered[timeframe.value].append(newest_of_each(made, each[timeframe.value]))
        for name, blocks in gathered.items():
            bodies = [block(rows) for rows in blocks if len(rows)]
            if bodies:
                target = folder / f"{name}-{0:019d}{BASE_SUFFIX}"
                write_whole(target, lambda file, these=bodies: file.writelines(these))  # type: ignore[misc]
                written += sum(len(rows) for rows in blocks)
    return written, problems


def _read(paths: list[Path], problems: list[str]) -> Rows:
    read = []
    for path in paths:
        try:
            read.append(read_candles(path))
        except StoreError as error:
            problems.append(str(error))
    return np.concatenate(read) if read else np.zeros(0, [("timeframe", "u1"), *ROW_TYPE.descr])
