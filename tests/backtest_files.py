"""Files as a user of backtests has them: candles of markets, and the strategy that `tidemark new-strategy` writes."""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet
from tests.backtests import walk

from tidemark.units import MILLISECOND


def candle_files(folder: Path, markets: Sequence[str], count: int, seed: int = 1) -> Path:
    """A folder with so many candles of a minute of each market; give where it is."""
    made = folder / "candles"
    made.mkdir(exist_ok=True)
    for number, name in enumerate(markets):
        bars = walk(count, seed + number)
        columns = {column: getattr(bars, column) for column in ("open", "high", "low", "close", "volume")}
        parquet.write_table(pa.table({"ts": bars.open_time // MILLISECOND, **columns}), made / f"{name}.parquet")
    return made
