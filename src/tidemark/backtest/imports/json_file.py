"""Candles from JSON as freqtrade keeps them: one array of [open time in ms, open, high, low, close, volume].

The file is one line however long it is, so it is read in pieces; a row counts as a line.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from tidemark.backtest.imports.columns import Columns, columns_of
from tidemark.backtest.imports.csv_file import stamps_of
from tidemark.backtest.imports.rows import Block, Reason
from tidemark.backtest.imports.times import Times
from tidemark.errors import DECODE_ERRORS, CaptureError
from tidemark.units import MILLISECOND

_PIECE = 1 << 20
_MOST_ROW = 65_536
_WIDTH = 6
_BLANK = b" \t\r\n"
_MOST_SHOWN = 200


class JsonFile:
    """A file of JSON. each: told how much of it was read, 0 to 1."""

    def __init__(self, path: Path, each: Callable[[float], None]) -> None:
        self._path = path
        self._each = each
        self._size = max(1, path.stat().st_size)
        self.columns: Columns = columns_of(("date", "open", "high", "low", "close", "volume"), str(path))

    def blocks(self, times: Times, symbol: str) -> Iterator[Block]:
        """The rows, in order. symbol: JSON of this kind does not say its own."""
        done = 0
        for rows in self._pieces():
            yield self._block(rows, done, times, symbol)
            done += len(rows)

    def _pieces(self) -> Iterator[list[bytes]]:
        """Rows as they are written, from bracket to bracket."""
        with self._path.open("rb") as file:
            left = file.read(_PIECE).lstrip(_BLANK)
            left = left[1:].lstrip(_BLANK) or file.read(_PIECE).lstrip(_BLANK)
            if left[:1] not in {b"[", b"]"}:
                raise CaptureError(f"{self._path} is no array of arrays in JSON, as freqtrade writes candles")
            while True:
                whole, bracket, rest = left.rpartition(b"]")
                if len(rest) > _MOST_ROW:
                    raise CaptureError(f"{self._path} has a row of more than {_MOST_ROW} bytes; that is no candle")
                if bracket and whole.strip(_BLANK):
                    yield [row.lstrip(b"," + _BLANK) for row in whole.split(b"]") if row.strip(b"," + _BLANK)]
                    self._each(file.tell() / self._size)
                data = file.read(_PIECE)
                if not data:
                    break
                left = rest + data
            if bracket and not rest.strip(_BLANK) and (whole.rstrip(_BLANK)[-1:] == b"]" or not whole.strip(_BLANK)):
                return
            raise CaptureError(f"{self._path} ends in the middle of a row; it was cut, so get it again")

    def _block(self, rows: list[bytes], done: int, times: Times, symbol: str) -> Block:
        count = len(rows)
        reasons, texts = np.zeros(count, np.uint8), dict[int, str]()
        figures = np.zeros((5, count))
        whens: list[int | None] = []
        shown: list[str] = []
        for at, row in enumerate(_decoded(rows)):
            values = row if isinstance(row, list) and len(row) == _WIDTH else None
            if values is None:
                reasons[at], texts[at] = Reason.TORN, _shown(rows[at])
                whens.append(0)
                shown.append("")
                continue
            if not all(isinstance(value, int | float) for value in values[1:]):
                is_null = None in values[1:]
                reasons[at], texts[at] = (Reason.MISSING if is_null else Reason.NUMBER), _shown(rows[at])
                values = [values[0], *(value if isinstance(value, int | float) else 0.0 for value in values[1:])]
            is_whole = isinstance(values[0], int | float) and float(values[0]).is_integer()
            whens.append(int(values[0]) * MILLISECOND if is_whole else None)
            shown.append(str(values[0]))
            figures[:, at] = values[1:]
        stamps = stamps_of(whens, times.of_count, reasons, texts)
        texts |= {at: shown[at] for at in np.flatnonzero(reasons == Reason.TIME).tolist()}
        return Block(
            lines=np.arange(done + 1, done + count + 1),
            instants=np.array([stamp.instant for stamp in stamps], np.int64),
            walls=np.array([stamp.wall for stamp in stamps], np.int64),
            figures=figures,
            symbols=[symbol] * count,
            reasons=reasons,
            texts=texts,
            tells_offset=True,
        )


def _decoded(rows: list[bytes]) -> list[Any]:
    """Each row as JSON has it; None for what is none."""
    try:
        found = msgspec.json.decode(b"[" + b"],".join(rows) + b"]]", type=list[Any])
    except DECODE_ERRORS:
        found = []
    return found if len(found) == len(rows) else [_one(row) for row in rows]


def _one(row: bytes) -> Any:
    try:
        return msgspec.json.decode(row + b"]")
    except DECODE_ERRORS:
        return None


def _shown(row: bytes) -> str:
    return (row + b"]")[:_MOST_SHOWN].decode(errors="replace")
