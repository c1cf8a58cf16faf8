"""Candles from Parquet files that others wrote, a market at a time, and longer ones made of them.

A file has the columns `ts` (open time, UTC; a timestamp, or milliseconds), open, high, low, close, volume and, where it
holds several markets, symbol; `bought` (what aggressors bought, base currency) where it is known. The archive's files
are read as well: `open_time` and `timeframe` are theirs, and the folder names the market. So are those of `tidemark
import`, which say themselves which timeframe they hold; of others the smallest distance says it, so that weekends and
holidays may lie between candles.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import compute, parquet

from tidemark.errors import CaptureError
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND

Array = npt.NDArray[Any]

FIGURES = ("open", "high", "low", "close", "volume")
# Under this name an imported file says its timeframe.
TIMEFRAME_KEY = b"tidemark.timeframe"


class MarketCandles(msgspec.Struct, frozen=True, kw_only=True):
    """Closed candles of one market, oldest first, each once.

    time: open times, int64 ns (n,). figures: float64 (n,) each, FIGURES and, where the file tells it, `bought`.
    """

    symbol: str
    source: str
    timeframe: Timeframe
    time: Array
    figures: Mapping[str, Array]


def markets(folder: Path, timeframe: Timeframe, pattern: str = "*.parquet") -> Iterator[MarketCandles]:
    """Every market in the files of *folder*, and below it, that match and hold candles of *timeframe*."""
    files = [folder] if folder.is_file() else sorted(folder.rglob(pattern))
    if not files:
        raise CaptureError(
            f"{folder} holds no file that matches {pattern!r}; name a folder with Parquet files of candles"
        )
    archived: dict[str, list[pa.Table]] = {}
    for file in files:
        try:
            schema = parquet.read_schema(file)
        except (pa.ArrowInvalid, OSError):
            continue
        names = set(schema.names)
        if {"open_time", "timeframe", *FIGURES} <= names:
            market = next((part[7:] for part in file.parts if part.startswith("symbol=")), file.stem)
            archived.setdefault(unquote(market), []).append(_archived(file, timeframe))
        elif {"ts", *FIGURES} <= names:
            told = (schema.metadata or {}).get(TIMEFRAME_KEY)
            if told in {None, timeframe.value.encode()}:
                yield from _foreign(file, timeframe, names, is_told=told is not None)
    for symbol, tables in sorted(archived.items()):
        yield from _market(pa.concat_tables(tables), symbol, str(folder), timeframe, "open_time", "buy_volume")


def longer(candles: MarketCandles, timeframe: Timeframe) -> MarketCandles:
    """Candles of a longer timeframe, each of those that lie within it; the last one only if it is over.

    Candles without volume give no open, high or low where others do: they only repeat a close.
    """
    bucket = candles.time // timeframe.ns
    end = candles.time[-1] + candles.timeframe.ns
    keep = bucket < end // timeframe.ns
    bucket, figures = bucket[keep], {name: column[keep] for name, column in candles.figures.items()}
    traded = figures["volume"] > 0
    # Where nobody traded all along the flat candles are all there is.
    busy = np.isin(bucket, bucket[traded])
    use = traded | ~busy
    chosen = bucket[use]
    starts = np.flatnonzero(np.r_[True, chosen[1:] != chosen[:-1]]) if len(chosen) else np.zeros(0, np.intp)
    ends = np.r_[starts[1:], len(chosen)] - 1 if len(chosen) else starts
    made = {
        "open": figures["open"][use][starts],
        "high": np.maximum.reduceat(figures["high"][use], starts) if len(starts) else np.zeros(0),
        "low": np.minimum.reduceat(figures["low"][use], starts) if len(starts) else np.zeros(0),
        "close": figures["close"][use][ends],
    }
    for name in ("volume", "bought"):
        if name in figures:
            made[name] = np.add.reduceat(figures[name][use], starts) if len(starts) else np.zeros(0)
    return MarketCandles(
        symbol=candles.symbol, source=candles.source, timeframe=timeframe, time=chosen[starts] * timeframe.ns,
        figures=made,
    )  # fmt: skip


def _archived(file: Path, timeframe: Timeframe) -> pa.Table:
    table = parquet.ParquetFile(file).read(columns=["timeframe", "open_time", *FIGURES, "buy_volume"])
    return table.filter(compute.equal(compute.cast(table["timeframe"], pa.string()), timeframe.value))


def _foreign(file: Path, timeframe: Timeframe, names: set[str], *, is_told: bool) -> Iterator[MarketCandles]:
    wanted = [name for name in ("ts", *FIGURES, "bought", "symbol") if name in names]
    table = parquet.ParquetFile(file).read(columns=wanted)
    if "symbol" not in names:
        yield from _market(table, file.stem, file.name, timeframe, "ts", "bought", is_told=is_told)
        return
    for symbol in sorted(compute.unique(table["symbol"]).to_pylist()):
        rows = table.filter(compute.equal(table["symbol"], symbol))
        yield from _market(rows, str(symbol), file.name, timeframe, "ts", "bought", is_told=is_told)


def _market(
    table: pa.Table, symbol: str, source: str, timeframe: Timeframe, time: str, bought: str, *, is_told: bool = False
) -> Iterator[MarketCandles]:
    """The market of these rows, if none are closer together than *timeframe*; what is no candle is left out.

    is_told: the file says that this is its timeframe.
    """
    times = _nanoseconds(table[time])
    names = [*FIGURES, *([bought] if bought in table.column_names else [])]
    figures = [table[name].to_numpy(zero_copy_only=False).astype(np.float64) for name in names]
    distances = np.diff(np.unique(times))
    if not is_told and (not len(distances) or int(distances.min()) != timeframe.ns):
        return
    open_, high, low, close, volume = figures[:5]
    is_candle = np.isfinite(figures[:5]).all(axis=0) & (low > 0) & (low <= high) & (volume >= 0)
    is_candle &= (open_ >= low) & (open_ <= high) & (close >= low) & (close <= high) & (times % timeframe.ns == 0)
    order = np.flatnonzero(is_candle)[np.argsort(times[is_candle], kind="stable")]
    if not len(order):
        return
    order = order[np.r_[True, np.diff(times[order]) > 0]]
    kept = {("bought" if name == bought else name): column[order] for name, column in zip(names, figures, strict=True)}
    yield MarketCandles(symbol=symbol, source=source, timeframe=timeframe, time=times[order], figures=kept)


def _nanoseconds(column: pa.ChunkedArray) -> Array:
    if pa.types.is_timestamp(column.type):
        stamps: Array = column.cast(pa.timestamp("ns", tz=column.type.tz)).to_numpy().astype(np.int64)
        return stamps
    milliseconds: Array = column.to_numpy().astype(np.int64)
    return milliseconds * MILLISECOND
