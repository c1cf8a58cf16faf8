"""The journal of closed candles: what a crash must not take.

One folder a venue. `symbols.txt` names the symbols, one a line: the line's number is a symbol's number in the rows.
Each timeframe has segments `<timeframe>-<first open time>.journal`: blocks of a header `<4sIII` (magic, CRC-32 of the
rows, bytes of rows, 0) and rows of ROW_TYPE. A later row of the same symbol and open time replaces the earlier one. A
block is handed to the operating system when its candles close: a killed process loses none, a power failure may lose
the last seconds.

`<timeframe>-<first open time>.base` holds what the segments up to the one of that name held, merged: blocks of the same
form, ordered by symbol and time, each candle once, the newest of each symbol. Segments of later names come after it.
"""

from pathlib import Path

import numpy as np

from tidemark.store.framing import Framing

SUFFIX = ".journal"
BASE_SUFFIX = ".base"
# A closed candle: prices in ticks, sums as in a compact row, `marks` = origin | revised << 3 | trades << 4.
ROW_TYPE = np.dtype(
    [
        ("symbol", "<u4"),
        ("marks", "<u4"),
        ("open_time", "<i8"),
        ("tick_size", "<f8"),
        ("open", "<i4"),
        ("high", "<i4"),
        ("low", "<i4"),
        ("close", "<i4"),
        ("volume", "<f4"),
        ("turnover", "<f4"),
        ("bought", "<f4"),
        ("unused", "<u4"),
    ]
)
# No block is larger: what claims to be is damage.
FRAMING = Framing(b"TMJ1", ROW_TYPE, 1 << 28)
block, blocks, whole_bytes = FRAMING.block, FRAMING.blocks, FRAMING.whole_bytes


def segments(folder: Path, timeframe: str) -> list[Path]:
    """The segments of a timeframe, oldest first."""
    return sorted(folder.glob(f"{timeframe}-*{SUFFIX}"))


def symbols(folder: Path) -> list[str]:
    """The symbols by their number; empty where there is no journal. A last line that a crash cut short is none."""
    path = folder / "symbols.txt"
    if not path.exists():
        return []
    return [line.decode(errors="replace") for line in path.read_bytes().split(b"\n")[:-1]]


def stamp(segment: Path) -> int:
    """The first open time in the name of a segment or a base; 0 when there is none."""
    text = segment.name.removesuffix(segment.suffix).rpartition("-")[2]
    return int(text) if text.isdecimal() else 0


def base(folder: Path, timeframe: str) -> Path | None:
    """The merged file of a timeframe; the newest where a crash left two."""
    found = sorted(folder.glob(f"{timeframe}-*{BASE_SUFFIX}"))
    return found[-1] if found else None


def files(folder: Path, timeframe: str) -> list[Path]:
    """All that is kept of a timeframe, in the order in which later rows replace earlier ones."""
    merged = base(folder, timeframe)
    return [*([merged] if merged is not None else []), *segments(folder, timeframe)]
