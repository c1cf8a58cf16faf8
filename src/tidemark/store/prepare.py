"""A journal that was lost, put together again from the archive: a merged file for each timeframe."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO

import numpy as np

from tidemark.errors import StoreError
from tidemark.model.timeframe import Timeframe
from tidemark.store.archive_files import read_candles
from tidemark.store.archive_layout import KINDS, TRADES, kind_of, parts
from tidemark.store.atomic import write_whole
from tidemark.store.compact import newest_of_each
from tidemark.store.framing import Rows
from tidemark.store.journal import BASE_SUFFIX, ROW_TYPE, block, files
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
        targets = [folder / f"{timeframe.value}-{0:019d}{BASE_SUFFIX}" for timeframe in of_kind]
        fill = partial(_fill, found=found, of_kind=of_kind, each=each, numbers=numbers, problems=problems)
        written += _together(targets, fill)
    return written, problems


def _together(targets: Sequence[Path], fill: Callable[[Sequence[IO[bytes]]], int]) -> int:
    """Let *fill* write all of *targets* at once, each whole or not at all; give what it gives."""
    given: list[int] = []

    def write(left: Sequence[Path], opened: Sequence[IO[bytes]]) -> None:
        if left:
            write_whole(left[0], lambda file: write(left[1:], [*opened, file]))
        else:
            given.append(fill(opened))

    write(targets, [])
    return given[0]


def _fill(
    opened: Sequence[IO[bytes]],
    *,
    found: Mapping[str, list[Path]],
    of_kind: Sequence[Timeframe],
    each: Mapping[str, int],
    numbers: SymbolNumbers,
    problems: list[str],
) -> int:
    """Write the candles of one market after the other, so that no more than one is held; give how many."""
    written = 0
    for symbol, paths in found.items():
        number = numbers.number(symbol)
        rows = _read(paths, problems)
        for timeframe, file in zip(of_kind, opened, strict=True):
            some = rows[rows["timeframe"] == list(Timeframe).index(timeframe)]
            made = np.zeros(len(some), ROW_TYPE)
            for name in ROW_TYPE.names or ():
                made[name] = some[name]
            made["symbol"] = number
            newest = newest_of_each(made, each[timeframe.value])
            if len(newest):
                file.write(block(newest))
                written += len(newest)
    return written


def _read(paths: list[Path], problems: list[str]) -> Rows:
    read = []
    for path in paths:
        try:
            read.append(read_candles(path))
        except StoreError as error:
            problems.append(str(error))
    return np.concatenate(read) if read else np.zeros(0, [("timeframe", "u1"), *ROW_TYPE.descr])
