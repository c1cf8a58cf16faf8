"""From the logs into the archive: what has not been archived yet, in bounded pieces, remembered piece by piece."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.errors import StoreError
from tidemark.model.timeframe import Timeframe
from tidemark.store import journal, trade_log
from tidemark.store.archive_files import TRADES as TRADE_COLUMNS
from tidemark.store.archive_files import kept, merge_candles, read_trades, write_trades
from tidemark.store.archive_layout import DAILY, TRADES, YEARLY, folder_of, kind_of, period_of
from tidemark.store.framing import HEAD
from tidemark.store.position import Place, read_places, write_places
from tidemark.store.segments import numbered
from tidemark.units import DAY

CANDLE_FILE = "candles.parquet"
# Rows that are held in memory at once, about.
_AT_ONCE = 80_000
# Rows of candles after which it is remembered that they are archived: an hour of hundreds of markets is less.
_SPAN = 1_000_000
# A file of trades is closed above this: what is rewritten each time stays small.
TRADES_A_FILE = 100_000

Rows = npt.NDArray[Any]
Blocks = Callable[[Path, int], Iterator[Rows]]


class Progress(msgspec.Struct, kw_only=True):
    """What has been archived so far in one run."""

    rows: int = 0
    files: int = 0
    problems: list[str] = []  # bounded: one a damaged file, for the length of a run


def archive_candles(folder: Path, root: Path, venue: str) -> Progress:
    """Archive what is new in the journal at *folder*.

    A file is written once for each span of the journal: a span is read once for each group of its markets, since all
    of its rows are more than there is memory for.
    """
    progress = Progress()
    names = journal.symbols(folder)
    for span in _spans(folder, read_places(folder)):
        groups = -(-span.rows // _AT_ONCE)
        for group in range(groups):
            rows = [kept(some[some["symbol"] % groups == group], timeframe) for timeframe, some in span.blocks()]
            _merge(np.concatenate(rows), names, root, venue, progress)
        write_places(folder, span.places)
    return progress


def archive_trades(folder: Path, root: Path, venue: str) -> Progress:
    """Archive what is new in the log of trades at *folder*."""
    progress = Progress()
    names = journal.symbols(folder)
    places = read_places(folder)
    found = numbered(folder, trade_log.SUFFIX)
    for rows, place in pieces(found, places.get(trade_log.PLACE), trade_log.blocks):
        progress.rows += len(rows)
        for symbol, day, some in _by_market_and(rows, rows["ts_event"] // DAY, names):
            target = folder_of(root, TRADES, venue, symbol, period_of(TRADES, day))
            _attempt(target, partial(add_trades, target, some), progress)
        places[trade_log.PLACE] = place
        write_places(folder, places)
    return progress


def pieces(segments: Sequence[Path], place: Place | None, blocks: Blocks) -> Iterator[tuple[Rows, Place]]:
    """What lies behind *place*, in pieces, each with the place behind it. Nothing that is new gives no piece."""
    waiting: list[Rows] = []
    count = 0
    reached = place
    for _, rows, reached in _fresh(segments, place, blocks):
        waiting.append(rows)
        count += len(rows)
        if count >= _AT_ONCE:
            yield np.concatenate(waiting), reached
            waiting, count = [], 0
    if waiting and reached is not None:
        yield np.concatenate(waiting), reached


def _fresh(segments: Sequence[Path], place: Place | None, blocks: Blocks) -> Iterator[tuple[int, Rows, Place]]:
    """Each block that lies behind *place*: the offset at which it begins, its rows, and the place behind it."""
    for path in segments:
        if place is not None and path.name < place.segment:
            continue
        offset = _offset(path, place, blocks)
        for rows in blocks(path, offset):
            behind = offset + HEAD.size + rows.nbytes
            yield offset, rows, Place(segment=path.name, offset=behind)
            offset = behind


class _Span(msgspec.Struct, kw_only=True):
    """A part of the journal.

    parts: timeframe, segment, where to begin in it, how many blocks. places: what is archived once this part is.
    """

    places: dict[str, Place]  # bounded: one entry a timeframe
    rows: int = 0
    parts: list[tuple[str, Path, int, int]] = []  # bounded: the segments of the journal

    def take(self, timeframe: str, path: Path, offset: int, rows: Rows, behind: Place) -> None:
        """One block more, behind those that there are."""
        if self.parts and self.parts[-1][:2] == (timeframe, path):
            _, _, begin, count = self.parts[-1]
            self.parts[-1] = (timeframe, path, begin, count + 1)
        else:
            self.parts.append((timeframe, path, offset, 1))
        self.rows += len(rows)
        self.places[timeframe] = behind

    def blocks(self) -> Iterator[tuple[str, Rows]]:
        """Each block, with its timeframe."""
        for timeframe, path, offset, count in self.parts:
            for rows in islice(journal.blocks(path, offset), count):
                yield timeframe, rows


def _spans(folder: Path, places: dict[str, Place]) -> Iterator[_Span]:
    """What has not been archived, in spans of bounded length."""
    span = _Span(places=dict(places))
    for timeframe in Timeframe:
        segments = journal.segments(folder, timeframe.value)
        paths = {path.name: path for path in segments}
        for offset, rows, behind in _fresh(segments, places.get(timeframe.value), journal.blocks):
            span.take(timeframe.value, paths[behind.segment], offset, rows, behind)
            if span.rows >= _SPAN:
                yield span
                span = _Span(places=dict(span.places))
    if span.rows:
        yield span


def add_trades(folder: Path, rows: Rows) -> None:
    """Put trades of one market and day behind those that its folder has; those that it has are not taken again."""
    held = sorted(folder.glob("trades-*.parquet"))
    columns = {name: rows[name] for name in TRADE_COLUMNS.names if name != "is_buy"}
    columns["is_buy"] = rows["is_buy"] > 0
    number = len(held) - 1
    if held:
        before = read_trades(held[-1])
        # A run that was killed behind its last file begins again with the same rows.
        fresh = ~np.isin(_keys(columns), _keys(before))
        columns = {name: column[fresh] for name, column in columns.items()}
        if not fresh.any():
            return
        if len(before["price"]) < TRADES_A_FILE:
            columns = {name: np.concatenate([before[name], columns[name]]) for name in columns}
        else:
            number += 1
    write_trades(folder / f"trades-{max(number, 0):04d}.parquet", columns)


def _offset(path: Path, place: Place | None, blocks: Blocks) -> int:
    """Where to go on in a segment: from its beginning when what was remembered is no place in it any more."""
    if place is None or path.name != place.segment or not path.exists():
        return 0
    size = path.stat().st_size
    is_lost = size > place.offset and next(blocks(path, place.offset), None) is None and size - place.offset > 16
    return 0 if size < place.offset or is_lost else place.offset


def _merge(rows: Rows, names: list[str], root: Path, venue: str, progress: Progress) -> None:
    progress.rows += len(rows)
    days = rows["open_time"] // DAY
    years = days.astype("M8[D]").astype("M8[Y]").astype("M8[D]").astype(np.int64)
    is_yearly = np.array([kind_of(timeframe) == YEARLY for timeframe in Timeframe])[rows["timeframe"]]
    for kind, periods, some in ((DAILY, days, ~is_yearly), (YEARLY, years, is_yearly)):
        for symbol, period, these in _by_market_and(rows[some], periods[some], names):
            target = folder_of(root, kind, venue, symbol, period_of(kind, period)) / CANDLE_FILE
            _attempt(target, partial(merge_candles, target, these), progress)


def _attempt(target: Path, work: Callable[[], object], progress: Progress) -> None:
    """Do *work*; a file in the way that cannot be read is put aside, told of, and begun anew."""
    try:
        work()
    except StoreError as error:
        damaged = target if target.suffix else max(target.glob("trades-*.parquet"))
        damaged.replace(damaged.with_name(f"{damaged.name}.damaged"))
        progress.problems.append(f"{error}; put aside, and begun anew")
        work()
    progress.files += 1


def _by_market_and(rows: Rows, periods: Rows, names: Sequence[str]) -> Iterator[tuple[str, int, Rows]]:
    """The rows of each market and period, in the order in which they came."""
    if not len(rows):
        return
    order = np.lexsort((np.arange(len(rows)), periods, rows["symbol"]))
    numbers, periods = rows["symbol"][order], periods[order]
    starts = np.flatnonzero(np.append(True, (np.diff(numbers) != 0) | (np.diff(periods) != 0)))
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(rows)], strict=True):
        number = int(numbers[start])
        if number < len(names):
            yield names[number], int(periods[start]), rows[order[start:end]]


def _keys(columns: Mapping[str, Rows]) -> Rows:
    keys = np.zeros(len(columns["price"]), [("ts_event", "i8"), ("trade_id", "u8"), ("sequence", "i8")])
    for name in keys.dtype.names or ():
        keys[name] = columns[name]
    return keys
