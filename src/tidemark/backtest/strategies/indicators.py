"""Indicators by name, for strategies: those of a length of one's own, and all that the score is made of.

`sma(20)` is of closes, `sma(volume, 20)` of volumes. Without a length: the values of analysis.indicators, by the names
that they have there, such as `macd_histogram` or `adx`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tidemark.analysis.columns import Column
from tidemark.analysis.indicators import registry
from tidemark.analysis.indicators.bank import Bank
from tidemark.backtest.bars import FIGURES, Array, Bars
from tidemark.errors import SettingsError
from tidemark.kernels import rolling
from tidemark.memory.ledger import Ledger
from tidemark.memory.table import Table
from tidemark.units import SECOND

LONGEST = 10_000
_WORDS = re.compile(r"\s*([a-z_0-9]+)\s*(?:\(\s*(?:([a-z]+)\s*,)?\s*(\d+)\s*\))?\s*")


class Rolling(NamedTuple):
    """An indicator of any length: what it is, how many candles beyond its length it needs, what it reads by default."""

    text: str
    run: Callable[..., None]
    extra: int
    reads: tuple[str, ...]
    is_windowed: bool


ROLLING: Mapping[str, Rolling] = {
    "sma": Rolling("mean", rolling.mean, 0, ("close",), True),
    "ema": Rolling("exponential mean", rolling.exponential, 0, ("close",), False),
    "stdev": Rolling("standard deviation", rolling.deviation, 0, ("close",), True),
    "highest": Rolling("largest", rolling.highest, 0, ("high",), True),
    "lowest": Rolling("smallest", rolling.lowest, 0, ("low",), True),
    "roc": Rolling("change in percent", rolling.change, 1, ("close",), True),
    "rsi": Rolling("relative strength index", rolling.strength, 1, ("close",), False),
    "atr": Rolling("average true range", rolling.true_range, 1, ("high", "low", "close"), False),
}


class _Asked(NamedTuple):
    name: str
    kind: str
    source: str | None
    period: int


class Indicators:
    """What a strategy asked for, of *markets* markets; wanted: its own names, each with the words of an indicator.

    Memory: 8 bytes for each number of state, a market, and what a call of `take` gives.
    """

    def __init__(self, wanted: Mapping[str, str], *, markets: int, ledger: Ledger) -> None:
        asked = [_parse(name, words) for name, words in wanted.items()]
        rolling_ones = [one for one in asked if one.period]
        states = _states(rolling_ones, markets, ledger)
        self._rolling = [(one, ROLLING[one.kind], states[one.name]) for one in rolling_ones]
        homes = _homes()
        fixed = {one.name: one.kind for one in asked if not one.period}
        modules = tuple(sorted({homes[value] for value in fixed.values()}))
        self._fixed = fixed
        self._bank = Bank("backtest.indicators", series=markets, ledger=ledger, names=modules) if modules else None
        self.names = tuple(wanted)
        self.warm_up = max(
            [
                *(one.period + kind.extra for one, kind, _ in self._rolling),
                *(registry.find(module).WARM_UP for module in modules),
                1,
            ]
        )

    def take(self, bars: Bars) -> dict[str, Array]:
        """The value of each after every candle, float64 (n,), by the strategy's names; 0 before there is one.

        bars: writable, since kernels take no others.
        """
        rows = bars.market
        given: dict[str, Array] = {}
        for one, kind, state in self._rolling:
            reads = (one.source,) if one.source else kind.reads
            given[one.name] = np.zeros(len(rows))
            columns = [getattr(bars, read) for read in reads]
            kind.run(state, rows, *columns, one.period, given[one.name])
        if self._bank is not None:
            made = self._bank.update(rows, _columns(bars))
            given |= {
                name: np.where(made[value].is_known, made[value].values, 0.0) for name, value in self._fixed.items()
            }
        return {name: given[name] for name in self.names}


def known() -> tuple[str, ...]:
    """All that may be asked for, those of a length with an example of it."""
    return (*(f"{name}(20)" for name in sorted(ROLLING)), *sorted(_homes()))


def _states(asked: Sequence[_Asked], markets: int, ledger: Ledger) -> Mapping[str, Array]:
    """A row of state for each market, of each indicator."""
    if not asked:
        return {}
    table = Table("backtest.rolling", slots=markets, columns={one.name: (np.float64, (_wide(one),)) for one in asked})
    ledger.open(table)
    return table.columns


def _wide(one: _Asked) -> int:
    return rolling.window_width(one.period) if ROLLING[one.kind].is_windowed else rolling.SMOOTHED_WIDTH


def _parse(name: str, words: str) -> _Asked:
    found = _WORDS.fullmatch(words)
    if found is None:
        raise SettingsError(f"indicator {name!r} is {words!r}; write it like sma(20), sma(volume, 20) or adx")
    kind, source, period = found[1], found[2], int(found[3] or 0)
    if period == 0:
        if kind not in _homes() or found[3] is not None:
            raise SettingsError(f"indicator {name!r} is {words!r}; {_nearest(kind, is_plain=found[3] is None)}")
        return _Asked(name, kind, None, 0)
    if kind not in ROLLING:
        raise SettingsError(f"indicator {name!r} is {words!r}; {_nearest(kind, is_plain=False)}")
    if source is not None and (source not in FIGURES or len(ROLLING[kind].reads) > 1):
        raise SettingsError(
            f"indicator {name!r} is {words!r}; {kind} reads"
            f" {' or '.join(FIGURES) if len(ROLLING[kind].reads) == 1 else ', '.join(ROLLING[kind].reads) + ' alone'}"
        )
    if period > LONGEST:
        raise SettingsError(f"indicator {name!r} is {words!r}; its length is at most {LONGEST}")
    return _Asked(name, kind, source, period)


def _nearest(kind: str, *, is_plain: bool) -> str:
    if is_plain and kind in ROLLING:
        return f"it needs a length, like {kind}(20)"
    return f"there are {', '.join(known())}"


def _homes() -> dict[str, str]:
    """Where each value of analysis.indicators comes from, without what candles in files do not tell."""
    told = {"time", *FIGURES}
    return {
        value: module
        for module in registry.names()
        for value in registry.find(module).GIVES
        if set(registry.find(module).READS) <= told
    }


def _columns(bars: Bars) -> dict[str, Column]:
    is_known = np.ones(len(bars), bool)
    made: dict[str, Any] = {name: Column(getattr(bars, name), is_known) for name in FIGURES}
    return made | {"time": Column(bars.open_time / SECOND, is_known)}


def describe(wanted: Mapping[str, str]) -> Sequence[str]:
    """Each in words: `fast: mean of 20 closes`."""
    told = []
    for name, words in wanted.items():
        one = _parse(name, words)
        if not one.period:
            told.append(f"{name}: {one.kind}")
            continue
        kind = ROLLING[one.kind]
        reads = (one.source,) if one.source else kind.reads
        told.append(f"{name}: {kind.text} of {one.period} candles, from {', '.join(reads)}")
    return told
