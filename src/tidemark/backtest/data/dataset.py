"""What a path holds: markets, timeframe, time and rows, told by the statistics of row groups.

A path is the archive of a running process, files of `tidemark import`, or any Parquet files of candles. Columns are
read only where statistics do not say whose candles a row group holds: in files that hold several markets or timeframes
in one row group, and then only those that say it.

Memory: one entry for a market's share of a file, at most MOST_PARTS.
"""

import difflib
import hashlib
import os
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

import msgspec
import numpy as np

from tidemark.backtest.data.places import Place, opened, place_of, size_of
from tidemark.backtest.data.source import ROLES, NoCandlesError, Source, Stretch
from tidemark.backtest.imports.conversion import market_of
from tidemark.errors import DataError, SettingsError
from tidemark.model.timeframe import Timeframe
from tidemark.store.archive_layout import DAILY, TRADES, YEARLY, kind_of, parts
from tidemark.units import MIB

MOST_PARTS = 500_000
_MOST_LEFT_OUT = 20
_CHUNK = MIB
_HINT = "tidemark data list PATH tells what a path holds"


class Part(msgspec.Struct, frozen=True, gc=False):
    """A market's candles in one file. market: its number in the dataset. first, last: open times (ns)."""

    path: str
    market: int
    rows: int
    first: int
    last: int


class Dataset(msgspec.Struct, frozen=True, kw_only=True):
    """Candles of one timeframe. parts: by market, then by time.

    columns: names of columns by ROLES, as they were given. left_out: the first files that hold no candles, and why.
    """

    root: Place
    timeframe: Timeframe
    markets: tuple[str, ...]
    parts: tuple[Part, ...]
    columns: tuple[tuple[str, str], ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def rows(self) -> int:
        """Candles of all markets."""
        return sum(part.rows for part in self.parts)

    @property
    def first(self) -> int:
        """The open time (ns) of the first candle."""
        return min(part.first for part in self.parts)

    @property
    def last(self) -> int:
        """The open time (ns) of the last candle."""
        return max(part.last for part in self.parts)

    @property
    def files(self) -> tuple[Place, ...]:
        """Every file that has candles of this dataset, by name."""
        return tuple(place_of(path) for path in sorted({part.path for part in self.parts}))

    def of(self, market: int) -> list[Part]:
        """Where the candles of a market lie, in order of time."""
        begin, end = (bisect_left(self.parts, number, key=_market) for number in (market, market + 1))
        return list(self.parts[begin:end])

    def number(self, market: str) -> int:
        """The number of the market of this name. DataError where there is none."""
        if market in self.markets:
            return self.markets.index(market)
        near = difflib.get_close_matches(market.upper(), self.markets, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise DataError(f"{self.root} has no candles of {market!r}; {hint}{_HINT}")

    def only(self, markets: tuple[str, ...]) -> "Dataset":
        """These markets alone, in this order. DataError where one is not there."""
        numbers = {self.number(name): new for new, name in enumerate(dict.fromkeys(markets))}
        kept = [msgspec.structs.replace(part, market=numbers[part.market]) for part in self.parts
                if part.market in numbers]  # fmt: skip
        names = tuple(self.markets[number] for number in numbers)
        return msgspec.structs.replace(self, markets=names, parts=tuple(sorted(kept, key=_place)))


def datasets(
    root: Place,
    columns: Mapping[str, str] | None = None,
    timeframe: Timeframe | None = None,
    markets: Collection[str] = (),
) -> list[Dataset]:
    """All that *root* holds, a dataset for each timeframe, or only *timeframe*. DataError where there is nothing.

    timeframe: also that of files that do not say theirs and hold too few candles to tell. markets: of an archive, only
    the files of these are opened; `Dataset.only` leaves the others out elsewhere. Empty: all.
    """
    given = dict(columns or {})
    for role, name in given.items():
        if role not in ROLES:
            raise SettingsError(f"--column {role}={name}: {role!r} is none; there are {', '.join(ROLES)}")
    if not root.exists():
        raise DataError(f"{root} is not there; name a file or a folder of candles")
    found: dict[Timeframe, dict[str, list[Part]]] = {}  # bounded: MOST_PARTS
    left_out: list[tuple[str, str]] = []  # bounded: _MOST_LEFT_OUT
    count = 0
    for path, folder_name in _files(root, timeframe, markets):
        try:
            with Source(path, given) as source:
                shares = _shares(source, timeframe)
        except NoCandlesError as error:
            if str(path) == str(root):
                raise DataError(str(error)) from error
            left_out = [*left_out, (str(path), str(error))][:_MOST_LEFT_OUT]  # bounded: _MOST_LEFT_OUT
            continue
        for (symbol, length), share in shares.items():
            if timeframe is not None and length is not timeframe:
                continue
            name = folder_name or symbol or market_of(Path(path.name))
            part = Part(str(path), -1, share.rows, share.first, share.last)
            found.setdefault(length, {}).setdefault(name, []).append(part)
            count += 1
            if count > MOST_PARTS:
                raise DataError(
                    f"{root} has more than {MOST_PARTS:,} parts of markets in files; name a folder with less"
                )
    if not found:
        told = f" of {timeframe.value}" if timeframe is not None else ""
        why = f"; {left_out[0][1]}" if left_out else ""
        raise DataError(f"{root} holds no candles{told}{why}; bring candles in with tidemark data import or download")
    return [
        _dataset(root, length, markets, given, left_out)
        for length, markets in sorted(found.items(), key=lambda item: item[0].ns)
    ]


def find(
    root: Place,
    columns: Mapping[str, str] | None = None,
    timeframe: Timeframe | None = None,
    markets: Collection[str] = (),
) -> Dataset:
    """The one dataset of *root*, or that of *timeframe*; with *markets*, of these alone, in their order.

    DataError where there are several datasets or none, or a market is not there.
    """
    found = datasets(root, columns, timeframe, markets)
    if len(found) > 1:
        raise DataError(f"{root} holds candles of {', '.join(one.timeframe.value for one in found)}; say --timeframe")
    return found[0].only(tuple(markets)) if markets else found[0]


def digest(dataset: Dataset, each: Callable[[int], None] = lambda _: None) -> str:
    """A hash of the content: SHA-256 over timeframe, columns, markets, and the names and all bytes of the files.

    All bytes, since a report that names it vouches for each candle: sizes and statistics stay what they are where a
    single close is changed. *each* is told how many bytes were read.
    """
    whole = hashlib.sha256()
    base = dataset.root if dataset.root.is_dir() else dataset.root.parent
    whole.update(msgspec.json.encode((dataset.timeframe.value, sorted(dataset.columns), dataset.markets)))
    done = 0
    for path in dataset.files:
        try:
            with opened(path) as file:
                whole.update(msgspec.json.encode((_within(path, base), size_of(path))))
                while data := file.read(_CHUNK):
                    whole.update(data)
                    done += len(data)
                    each(done)
        except OSError as error:
            raise DataError(f"{path} cannot be read: {error.strerror or error}") from error
    return whole.hexdigest()


class _Share(msgspec.Struct):
    rows: int
    first: int
    last: int


def _files(root: Place, timeframe: Timeframe | None, markets: Collection[str]) -> Iterator[tuple[Place, str | None]]:
    """The files, and of those of an archive the name of the market."""
    if root.is_file():
        yield root, None
        return
    if any((root / kind).is_dir() for kind in (DAILY, YEARLY)):
        if not isinstance(root, Path):
            raise DataError(f"{root} is an archive; those are read from a disk alone, so copy it to one")
        kinds = {kind_of(timeframe)} if timeframe is not None else {DAILY, YEARLY}
        held = [part for part in parts(root) if part.kind in kinds - {TRADES}]
        # A symbol is called the same at two exchanges.
        has_several = len({part.venue for part in held}) > 1
        named = [(part.path, f"{part.venue}:{part.symbol}" if has_several else part.symbol) for part in held]
        known = {name for _, name in named}
        # Where a name is wrong, all are opened, so that what is there can be told.
        wanted = markets if markets and known.issuperset(markets) else known
        yield from ((path, name) for path, name in named if name in wanted)
        return
    found: list[Place] = sorted(root.rglob("*.parquet"), key=str)
    for path in found:
        if not any(name.startswith(".") for name in _within(path, root).split("/")):
            yield path, None


def _shares(source: Source, wanted: Timeframe | None) -> dict[tuple[str | None, Timeframe], _Share]:
    """What a file has of each market and timeframe."""
    shares: dict[tuple[str | None, Timeframe], _Share] = {}
    whole = None if source.layout.timeframe is not None or source.is_empty else _timeframe(source, wanted)
    for stretch in source.stretches():
        key = stretch.symbol, whole if whole is not None else _named(source, stretch)
        share = shares.get(key)
        if share is None:
            shares[key] = _Share(stretch.rows, stretch.first, stretch.last)
            continue
        share.rows += stretch.rows
        share.first, share.last = min(share.first, stretch.first), max(share.last, stretch.last)
    return shares


def _named(source: Source, stretch: Stretch) -> Timeframe:
    try:
        return Timeframe(stretch.timeframe)
    except ValueError as error:
        known = ", ".join(one.value for one in Timeframe)
        raise DataError(f"{source.path} has candles of {stretch.timeframe!r}, which is none of {known}") from error


def _timeframe(source: Source, wanted: Timeframe | None) -> Timeframe:
    """What the file says of itself, else the smallest distance of its first candles."""
    told = source.told
    if told is not None:
        return _named(source, Stretch(None, told, 0, 0, 0))
    distances = np.diff(np.unique(source.first_times()))
    if not len(distances):
        if wanted is not None:
            return wanted
        raise DataError(f"{source.path}: no two candles follow each other, so say --timeframe")
    smallest = int(distances.min())
    found = next((one for one in Timeframe if one.ns == smallest), None)
    if found is None:
        known = ", ".join(one.value for one in Timeframe)
        raise DataError(f"{source.path}: candles are {smallest / 60e9:g} minutes apart, which is none of {known}")
    return found


def _dataset(
    root: Place, timeframe: Timeframe, found: Mapping[str, list[Part]], columns: Mapping[str, str],
    left_out: list[tuple[str, str]],
) -> Dataset:  # fmt: skip
    names = sorted(found)
    numbered = [
        msgspec.structs.replace(part, market=number) for number, name in enumerate(names) for part in found[name]
    ]
    return Dataset(
        root=root, timeframe=timeframe, markets=tuple(names), parts=tuple(sorted(numbered, key=_place)),
        columns=tuple(sorted(columns.items())), left_out=tuple(left_out),
    )  # fmt: skip


def _within(path: Place, base: Place) -> str:
    """The way from *base* to a file in it."""
    if isinstance(path, Path) and isinstance(base, Path):
        return os.fspath(path.relative_to(base))
    return str(path)[len(str(base)) + 1 :]


def _market(part: Part) -> int:
    return part.market


def _place(part: Part) -> tuple[int, int, str]:
    return part.market, part.first, part.path
