"""Candles of one market as a strategy of whole stretches sees them: columns, and the same columns some candles back."""

from collections.abc import Mapping

import numpy as np

from tidemark.backtest.bars import FIGURES, Array
from tidemark.memory.ledger import Ledger
from tidemark.memory.table import Table

# Nothing is said of a candle.
NOTHING = 2


class Stretch:
    """Columns of n candles in a row, float64 (n,).

    `open`, `high`, `low`, `close` and `volume`, and `stretch["name"]` for an indicator. `back(name, 1)` is a column one
    candle earlier, 0 before the first candle of all.
    """

    def __init__(self, columns: Mapping[str, Array], before: Mapping[str, Array]) -> None:
        self._columns, self._before = columns, before

    def __getitem__(self, name: str) -> Array:
        """A column by its name, that of an indicator or of a figure."""
        return self._find(self._columns, name)

    def back(self, name: str, candles: int = 1) -> Array:
        """The column as it was so many candles earlier; at most as many as the strategy's HISTORY, or 1."""
        column, before = self._find(self._columns, name), self._find(self._before, name)
        if not 0 <= candles <= len(before):
            raise IndexError(
                f"{candles} candles back were asked for, and {len(before)} are kept; set HISTORY = {candles}"
            )
        return np.concatenate([before[len(before) - candles :], column])[: len(column)]

    @property
    def open(self) -> Array:
        """First prices."""
        return self["open"]

    @property
    def high(self) -> Array:
        """Highest prices."""
        return self["high"]

    @property
    def low(self) -> Array:
        """Lowest prices."""
        return self["low"]

    @property
    def close(self) -> Array:
        """Last prices."""
        return self["close"]

    @property
    def volume(self) -> Array:
        """What was traded, base currency."""
        return self["volume"]

    def __len__(self) -> int:
        return len(self["close"])

    def _find(self, columns: Mapping[str, Array], name: str) -> Array:
        if name not in columns:
            raise KeyError(f"{name!r} is not there; there are {', '.join(columns)}")
        return columns[name]


class Stretches:
    """Cuts the candles of many markets into stretches of each, and keeps the end of one for the next.

    Memory: `leading` candles a market.
    """

    def __init__(self, names: tuple[str, ...], markets: int, leading: int, ledger: Ledger) -> None:
        self._names = (*FIGURES, *names)
        self._leading = leading
        table = Table(
            "backtest.stretches", slots=markets, columns={"before": (np.float64, (len(self._names), leading))}
        )
        ledger.open(table)
        self._before = table.columns["before"]

    def take(self, market: int, columns: Mapping[str, Array]) -> Stretch:
        """The next candles of *market*."""
        before = dict(zip(self._names, self._before[market].copy(), strict=True))
        for number, name in enumerate(self._names):
            last = columns[name][-self._leading :] if self._leading else columns[name][:0]
            # A short stretch moves what is kept on.
            self._before[market, number] = np.concatenate([before[name], last])[len(last) :]
        return Stretch(columns, before)
