"""Candles that are made for the tests of files, and files of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tidemark.backtest.bars import FIGURES, Array, Bars
from tidemark.backtest.candle_files import TIMEFRAME_KEY
from tidemark.units import MINUTE

# 2024-01-01, in ns.
BEGIN = 1_704_067_200_000_000_000


def figures(count: int, seed: int = 1) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0, 1e-3, count)))
    opened = close * (1 + rng.normal(0, 1e-4, count))
    high, low = np.maximum(opened, close) * 1.0005, np.minimum(opened, close) * 0.9995
    return {"open": opened, "high": high, "low": low, "close": close, "volume": rng.gamma(2.0, 5.0, count)}


def times(count: int, begin: int = BEGIN, step: int = MINUTE) -> Array:
    return begin + step * np.arange(count, dtype=np.int64)


def table(
    at: Array, columns: dict[str, Array], symbol: Sequence[str] | str | None = "BTCUSDT", timeframe: str | None = "1m"
) -> pa.Table:
    """As an import writes it."""
    arrays: dict[str, Any] = {"ts": pa.array(at.view("datetime64[ns]")).cast(pa.timestamp("ms", tz="UTC"))}
    arrays |= {name: pa.array(column) for name, column in columns.items()}
    if symbol is not None:
        arrays["symbol"] = pa.array([symbol] * len(at) if isinstance(symbol, str) else symbol, pa.string())
    made = pa.table(arrays)
    return made if timeframe is None else made.replace_schema_metadata({TIMEFRAME_KEY: timeframe.encode()})


def write(path: Path, rows: pa.Table, group: int = 1000, **options: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    parquet.write_table(rows, path, row_group_size=group, **({"use_dictionary": ["symbol"]} | options))
    return path


def written(path: Path, count: int = 2500, seed: int = 1, begin: int = BEGIN, symbol: str = "BTCUSDT") -> Path:
    """A sound file of one market."""
    return write(path, table(times(count, begin), figures(count, seed), symbol))


def whole(chunks: Sequence[Bars]) -> dict[str, list[Any]]:
    """All candles of *chunks*, column by column."""
    return {
        name: [value for chunk in chunks for value in getattr(chunk, name).tolist()]
        for name in ("market", "open_time", *FIGURES)
    }
