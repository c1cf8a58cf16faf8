"""Candles from text: with commas, semicolons, tabs or bars between the columns, in UTF-8 or UTF-16, with a header.

Each line is a row: a quotation mark that is never closed spoils its own line and no other.
"""

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import numpy as np
import numpy.typing as npt

from tidemark.backtest.imports.columns import MOST_COLUMNS, Columns, columns_of, headless
from tidemark.backtest.imports.rows import Block, Reason
from tidemark.backtest.imports.times import Stamp, Times
from tidemark.errors import CaptureError

Array = npt.NDArray[Any]
T = TypeVar("T")

_ROWS = 16_384
_MOST_LINE = 65_536
# Some vendors write a line or two about themselves above the header.
_HEADER_WITHIN = 20
_MARKS = (",", ";", "\t", "|")
_EMPTY = frozenset({"", "null", "none", "na", "n/a", "-"})


class CsvFile:
    """A file of text, of which columns and the mark between them are known. each: told how much was read, 0 to 1."""

    def __init__(self, path: Path, each: Callable[[float], None]) -> None:
        self._path = path
        self._each = each
        self._size = max(1, path.stat().st_size)
        with path.open("rb") as file:
            self._encoding = _encoding(file.read(4))
            file.seek(0)
            self._skipped, self._mark, self.columns = self._begin(file)

    def blocks(self, times: Times, symbol: str) -> Iterator[Block]:
        """The rows, in order. symbol: that of files which do not say it."""
        with self._path.open("rb") as file:
            taken: list[list[str]] = []
            numbers: list[int] = []
            is_first = True
            for number, line in self._lines(file):
                if number <= self._skipped or not line.strip():
                    continue
                taken.append(cells_of(line, self._mark))
                numbers.append(number)
                if len(taken) == _ROWS:
                    yield self._block(taken, numbers, times, symbol, settles=is_first)
                    self._each(file.tell() / self._size)
                    taken, numbers, is_first = [], [], False
            if taken:
                yield self._block(taken, numbers, times, symbol, settles=is_first)

    def _begin(self, file: BinaryIO) -> tuple[int, str, Columns]:
        """How many lines stand above the first row, the mark, and the columns."""
        first: CaptureError | None = None
        for number, line in self._lines(file):
            if number > _HEADER_WITHIN:
                break
            mark = max(_MARKS, key=line.count)
            cells = cells_of(line, mark)
            columns = headless(cells)
            if columns is not None:
                return number - 1, mark, columns
            try:
                return number, mark, columns_of(cells, str(self._path))
            except CaptureError as error:
                # What is above the header has fewer columns than the header.
                first = error if first is None or len(cells) > MOST_COLUMNS else first
        raise first or CaptureError(f"{self._path} is empty")

    def _lines(self, file: BinaryIO) -> Iterator[tuple[int, str]]:
        text = io.TextIOWrapper(file, self._encoding, errors="replace")
        try:
            number = 0
            while line := text.readline(_MOST_LINE):
                number += 1
                if len(line) == _MOST_LINE:
                    raise CaptureError(
                        f"{self._path}: line {number} has {_MOST_LINE} characters or more; that is no candle"
                    )
                yield number, line.rstrip("\r\n")
        finally:
            text.detach()

    def _block(self, taken: list[list[str]], numbers: list[int], times: Times, symbol: str, *, settles: bool) -> Block:
        width = len(self.columns.names)
        reasons = np.zeros(len(taken), np.uint8)
        texts: dict[int, str] = {}
        for at, cells in enumerate(taken):
            if len(cells) == width or (len(cells) == width + 1 and not cells[-1].strip()):
                continue
            reasons[at], texts[at] = Reason.TORN, self._mark.join(cells)
            taken[at] = [""] * width
        when = [" ".join([cells[at].strip() for at in self.columns.when]) for cells in taken]
        if settles:
            times.settle(when, str(self._path))
        figures = np.zeros((5, len(taken)))
        for row, place in enumerate(self.columns.figures):
            if place is not None:
                figures[row] = _numbers([cells[place] for cells in taken], reasons, texts)
        stamps = stamps_of(when, times.read, reasons, texts)
        named = self.columns.symbol
        return Block(
            lines=np.array(numbers, np.int64),
            instants=np.array([stamp.instant for stamp in stamps], np.int64),
            walls=np.array([stamp.wall for stamp in stamps], np.int64),
            figures=figures,
            symbols=[symbol] * len(taken) if named is None else [cells[named].strip() for cells in taken],
            reasons=reasons,
            texts=texts,
            tells_offset=any(stamp.tells_offset for stamp in stamps),
        )


def cells_of(line: str, mark: str) -> list[str]:
    """The cells of a line; a quotation mark may stand around each.

    >>> cells_of('"a;b";c', ";")
    ['a;b', 'c']
    """
    if '"' not in line:
        return line.split(mark)
    try:
        return next(csv.reader([line], delimiter=mark))
    except csv.Error:
        return [line]


def stamps_of(
    given: Sequence[T], read: Callable[[T], Stamp | None], reasons: Array, told: dict[int, str]
) -> list[Stamp]:
    """The times of rows; what cannot be read is told in *reasons*, but for rows that are not rows at all."""
    stamps = []
    for at, one in enumerate(given):
        stamp = read(one)
        if stamp is None:
            stamp = Stamp(0, 0, tells_offset=False)
            if reasons[at] != Reason.TORN:
                reasons[at] = Reason.TIME
                told[at] = str(one)
        stamps.append(stamp)
    return stamps


def _numbers(texts: list[str], reasons: Array, told: dict[int, str]) -> Array:
    try:
        return np.array(list(map(float, texts)))
    except ValueError:
        pass
    made = np.zeros(len(texts))
    for at, text in enumerate(texts):
        try:
            made[at] = float(text)
        except ValueError:
            if reasons[at] == Reason.NONE:
                reasons[at] = Reason.MISSING if text.strip().lower() in _EMPTY else Reason.NUMBER
                told[at] = text
    return made


def _encoding(begin: bytes) -> str:
    return "utf-16" if begin[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
