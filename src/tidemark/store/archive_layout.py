"""Where the archive keeps what, and how much of it: folders and names, without reading a file.

    <archive>/candles/venue=bybit/symbol=BTCUSDT/date=2026-11-21/candles.parquet          shorter than an hour
    <archive>/candles_by_year/venue=bybit/symbol=BTCUSDT/year=2026/candles.parquet        an hour and longer
    <archive>/trades/venue=bybit/symbol=BTCUSDT/date=2026-11-21/trades-0000.parquet

One file a market and day holds all short timeframes: a file each would be 4,480 files a day for 560 markets. The long
timeframes lie by year: a year of daily candles would otherwise be 365 files of one row a market. Names of symbols are
percent-encoded, as readers of hive partitions expect.
"""

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import msgspec

from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, HOUR

DAILY = "candles"
YEARLY = "candles_by_year"
TRADES = "trades"
KINDS = (DAILY, YEARLY, TRADES)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One file: its kind, its market, its day or year ("2026-11-21", "2026"), the end of that (ns), and its size."""

    kind: str
    venue: str
    symbol: str
    period: str
    ends_ns: int
    path: Path
    bytes: int


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """What retention took away."""

    files: int
    bytes: int


def kind_of(timeframe: Timeframe) -> str:
    """Where candles of *timeframe* lie."""
    return YEARLY if timeframe.ns >= HOUR else DAILY


def period_of(kind: str, day: int) -> str:
    """The name of the day, or of the year, that holds *day* (days since the epoch)."""
    date = _EPOCH + dt.timedelta(days=day)
    return f"{date:%Y}" if kind == YEARLY else f"{date:%Y-%m-%d}"


def folder_of(root: Path, kind: str, venue: str, symbol: str, period: str) -> Path:
    """The folder of one partition."""
    key = "year" if kind == YEARLY else "date"
    return venue_folder(root, kind, venue) / f"symbol={quote(symbol, safe='')}" / f"{key}={period}"


def venue_folder(root: Path, kind: str, venue: str) -> Path:
    """Where all of a venue lies."""
    return root / kind / f"venue={quote(venue, safe='@')}"


def parts(root: Path, venue: str | None = None) -> Iterator[Part]:
    """Every file of the archive, or of one venue; what does not belong there is passed over."""
    for kind in KINDS:
        for of_venue, venue_folder in _children(root / kind, "venue"):
            if venue is not None and of_venue != venue:
                continue
            for symbol, symbol_folder in _children(venue_folder, "symbol"):
                for period, folder in _children(symbol_folder, "year" if kind == YEARLY else "date"):
                    ends_ns = _end(period)
                    if ends_ns is None:
                        continue
                    for path in sorted(folder.glob("[!.]*.parquet")):
                        yield Part(
                            kind=kind,
                            venue=of_venue,
                            symbol=symbol,
                            period=period,
                            ends_ns=ends_ns,
                            path=path,
                            bytes=path.stat().st_size,
                        )


def make_room(root: Path, venue: str, *, max_age_ns: int, max_bytes: int, now_ns: int) -> Removed:
    """Remove what ended more than *max_age_ns* ago, then the oldest periods until *max_bytes* hold the rest.

    A period goes as a whole, of all markets: what is left is complete for the time it covers.
    """
    found = sorted(parts(root, venue), key=lambda part: part.ends_ns)
    held = sum(part.bytes for part in found)
    files = freed = 0
    at = 0
    while at < len(found) and (found[at].ends_ns <= now_ns - max_age_ns or held > max_bytes):
        ends_ns = found[at].ends_ns
        while at < len(found) and found[at].ends_ns == ends_ns:
            part = found[at]
            part.path.unlink(missing_ok=True)
            _remove_empty(part.path.parent, root)
            held -= part.bytes
            freed += part.bytes
            files += 1
            at += 1
    return Removed(files=files, bytes=freed)


def _children(folder: Path, key: str) -> Iterator[tuple[str, Path]]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except (FileNotFoundError, NotADirectoryError):
        return
    for entry in entries:
        name, equals, value = entry.name.partition("=")
        if name == key and equals and entry.is_dir(follow_symlinks=False):
            yield unquote(value), Path(entry.path)


def _end(period: str) -> int | None:
    """When a day or a year is over, in nanoseconds since the epoch; None when that is no period."""
    try:
        if len(period) == 4:
            end = dt.datetime(int(period) + 1, 1, 1, tzinfo=dt.UTC)
        else:
            end = dt.datetime.strptime(period, "%Y-%m-%d").replace(tzinfo=dt.UTC) + dt.timedelta(days=1)
    except ValueError:
        return None
    return (end - _EPOCH).days * DAY


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent
