"""What is a candle and what is none: each row that is none has one reason, the first that applies."""

from enum import IntEnum
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY

Array = npt.NDArray[Any]


class Reason(IntEnum):
    """Why a row was set aside."""

    NONE = 0
    TORN = 1
    TIME = 2
    MISSING = 3
    NUMBER = 4
    FINITE = 5
    PRICE = 6
    VOLUME = 7
    CROSSED = 8
    OUTSIDE = 9
    SYMBOL = 10
    GRID = 11
    TWICE = 12
    BACK = 13

    @property
    def title(self) -> str:
        """In words: "high below low"."""
        return _TITLES[self]


_TITLES = {
    Reason.NONE: "none",
    Reason.TORN: "wrong number of columns",
    Reason.TIME: "time not understood",
    Reason.MISSING: "value missing",
    Reason.NUMBER: "not a number",
    Reason.FINITE: "not finite",
    Reason.PRICE: "price not above 0",
    Reason.VOLUME: "negative volume",
    Reason.CROSSED: "high below low",
    Reason.OUTSIDE: "open or close outside high and low",
    Reason.SYMBOL: "symbol missing",
    Reason.GRID: "time between two candles",
    Reason.TWICE: "time twice",
    Reason.BACK: "time out of order",
}


class Block(msgspec.Struct, kw_only=True):
    """Rows as a file has them, shape (n,) each. reasons: uint8, NONE where a row could be read.

    lines: where they stand, from 1. instants, walls: int64 ns (see Stamp). figures: float64 (5, n). texts: what a row
    that could not be read says. tells_offset: whether any of its times told its offset from UTC.
    """

    lines: Array
    instants: Array
    walls: Array
    figures: Array
    symbols: list[str]
    reasons: Array
    texts: dict[int, str]
    tells_offset: bool


class Rejected(msgspec.Struct, frozen=True, gc=False):
    """One row that was set aside."""

    line: int
    reason: Reason
    value: str


class Checker:
    """Judges the rows of one file, block after block, and remembers the newest time of every symbol.

    Memory: one entry a symbol, of which *most_symbols* are taken.
    """

    def __init__(self, timeframe: Timeframe, *, is_descending: bool, most_symbols: int) -> None:
        self._timeframe = timeframe
        self._sign = -1 if is_descending else 1
        self._most = most_symbols
        self._newest: dict[str, int] = {}  # bounded: `most_symbols`

    def judge(self, block: Block) -> Array:
        """The times of the candles (int64 ns); `block.reasons` then says which rows are none."""
        reasons = block.reasons
        # Days have no place in time: they stand for themselves, wherever they were.
        times: Array = block.walls // DAY * DAY if self._timeframe is Timeframe.D1 else block.instants
        opened, high, low, close, volume = block.figures
        with np.errstate(invalid="ignore"):
            for reason, is_bad in (
                (Reason.FINITE, ~np.isfinite(block.figures).all(axis=0)),
                (Reason.PRICE, (block.figures[:4] <= 0).any(axis=0)),
                (Reason.VOLUME, volume < 0),
                (Reason.CROSSED, high < low),
                (Reason.OUTSIDE, (np.maximum(opened, close) > high) | (np.minimum(opened, close) < low)),
                (Reason.SYMBOL, np.array([not symbol for symbol in block.symbols], np.bool_)),
                (Reason.GRID, times % self._timeframe.ns != 0),
            ):
                reasons[(reasons == Reason.NONE) & is_bad] = reason
        for symbol, mine in by_symbol(block.symbols, reasons == Reason.NONE):
            self._order(symbol, mine, times, reasons)
        return times

    @property
    def symbols(self) -> list[str]:
        """Of which there are candles."""
        return sorted(self._newest)

    @property
    def has_too_many(self) -> bool:
        """Whether there are more symbols than are taken."""
        return len(self._newest) > self._most

    def _order(self, symbol: str, mine: Array, times: Array, reasons: Array) -> None:
        own = self._sign * times[mine]
        before = self._newest.get(symbol)
        start = np.iinfo(np.int64).min if before is None else before
        newest = np.maximum.accumulate(np.concatenate([[start], own]))
        reasons[mine[own == newest[:-1]]] = Reason.TWICE
        reasons[mine[own < newest[:-1]]] = Reason.BACK
        self._newest[symbol] = int(newest[-1])


def by_symbol(symbols: list[str], is_in: Array) -> list[tuple[str, Array]]:
    """The rows that are in, by symbol, each in the order of the file."""
    rows = np.flatnonzero(is_in)
    if not len(rows):
        return []
    if symbols.count(symbols[0]) == len(symbols):
        return [(symbols[0], rows)]
    names, codes = np.unique(np.array([symbols[at] for at in rows.tolist()], np.str_), return_inverse=True)
    order = np.argsort(codes, kind="stable")
    parts = np.split(rows[order], np.flatnonzero(np.diff(codes[order])) + 1)
    return [(str(name), part) for name, part in zip(names.tolist(), parts, strict=True)]


def rejected(block: Block, times: Array) -> list[Rejected]:
    """The rows that were set aside, and what it is about them."""
    return [
        Rejected(int(block.lines[at]), Reason(int(block.reasons[at])), block.texts.get(at) or _value(block, times, at))
        for at in np.flatnonzero(block.reasons).tolist()
    ]


def _value(block: Block, times: Array, at: int) -> str:
    opened, high, low, close, volume = (f"{figure:.10g}" for figure in block.figures[:, at].tolist())
    reason = Reason(int(block.reasons[at]))
    if reason in {Reason.GRID, Reason.TWICE, Reason.BACK}:
        return str(np.datetime64(int(times[at]), "ns").astype("datetime64[s]"))
    if reason is Reason.VOLUME:
        return f"volume {volume}"
    return f"open {opened} high {high} low {low} close {close} volume {volume}"
