"""Candles for tests of indicators: a random walk, and what a second opinion says of it."""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.candle_readings import as_columns
from tidemark.analysis.columns import Column
from tidemark.analysis.indicators.bank import Bank
from tidemark.analysis.wyckoff import profile
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe

Array = npt.NDArray[Any]
Candles = dict[str, Array]

# An accumulation, leg by leg: to which price, in how many candles, with how much volume at its end.
_LEGS = (
    (32.0, 16, 1.0), (30.0, 4, 1.5), (32.0, 4, 1.0), (24.0, 12, 3.0), (30.0, 8, 1.0), (24.5, 8, 1.0), (29.5, 10, 1.0),
    (24.5, 10, 0.8), (29.5, 10, 1.0), (23.2, 10, 0.7), (27.0, 4, 1.0), (24.5, 4, 0.5), (29.5, 8, 1.0), (32.5, 2, 5.0),
    (33.0, 3, 1.0), (30.5, 5, 0.6), (34.0, 6, 1.0), (32.0, 5, 0.6), (44.0, 30, 1.0),
)  # fmt: skip
_LEGS_BEGIN = 40.0


def walk(count: int, seed: int = 1, tick: float = 0.01) -> Candles:
    """So many candles of a minute, of a price that walks at random on a grid, high and low included."""
    rng = np.random.default_rng(seed)
    close = 100.0 + np.cumsum(np.rint(rng.normal(size=count) / tick / 4) * tick)
    opened = np.concatenate([[100.0], close[:-1]])
    reach = np.rint(rng.exponential(size=(2, count)) / tick / 4) * tick
    volume = np.rint(rng.exponential(50.0, size=count))
    # In steps that float32 holds exactly, as what was sold is then: the mirrored market has the opposite delta.
    bought = np.rint(volume * rng.uniform(size=count) * 64.0) / 64.0
    return {
        "open": opened,
        "high": np.maximum(opened, close) + reach[0],
        "low": np.minimum(opened, close) - reach[1],
        "close": close,
        "volume": volume,
        "bought": bought,
        "delta": 2.0 * bought - volume,
        "time": 60.0 * np.arange(count),
    }


def accumulation(count: int, seed: int = 1, tick: float = 0.01, level: float = 100.0) -> Candles:
    """So many candles of a minute, quiet ones at *level* and then, at the end, a trading range that is left upwards."""
    rng = np.random.default_rng(seed)
    to, bars, loud = (np.array(column) for column in zip(*_LEGS, strict=True))
    ends = count - int(bars.sum()) + np.concatenate([[0.0], np.cumsum(bars)])
    path = np.interp(np.arange(count), ends, np.concatenate([[_LEGS_BEGIN], to])) - _LEGS_BEGIN
    close = level + np.rint((path + rng.normal(0.0, 0.03, count)) / tick) * tick
    opened = np.concatenate([[level], close[:-1]])
    reach = np.rint(rng.uniform(0.1, 0.4, (2, count)) / tick) * tick
    volume = np.rint(rng.uniform(45.0, 55.0, count))
    for end, times in zip(ends[1:].astype(int), loud, strict=True):
        volume[end - 2 : end] = np.rint(times * volume[end - 2 : end])
    bought = np.rint(volume * rng.uniform(size=count) * 64.0) / 64.0
    return {
        "open": opened,
        "high": np.maximum(opened, close) + reach[0],
        "low": np.minimum(opened, close) - reach[1],
        "close": close,
        "volume": volume,
        "bought": bought,
        "delta": 2.0 * bought - volume,
        "time": 60.0 * np.arange(count),
    }


def by_rules() -> profile.Profile:
    """The default profile by its rules alone: what is drawn is not held against what was measured of markets."""
    return msgspec.structs.replace(profile.load(), confidence={})


def mirrored(candles: Candles, level: float = 100.0) -> Candles:
    """The same market upside down: prices reflected at *level*, buyers and sellers swapped."""
    turned = {"open": "open", "high": "low", "low": "high", "close": "close"}
    prices = {name: 2.0 * level - candles[other] for name, other in turned.items()}
    return {**candles, **prices, "bought": candles["volume"] - candles["bought"], "delta": -candles["delta"]}


def compact(candles: Candles, tick: float = 0.01) -> dict[str, Array]:
    """The same candles as rows of the market, all of them from trades."""
    prices = {name: np.rint(candles[name] / tick).astype(np.int32) for name in ("open", "high", "low", "close")}
    volume = candles["volume"].astype(np.float32)
    return prices | {
        "volume": volume,
        "turnover": (volume * candles["close"]).astype(np.float32),
        "bought": candles["bought"].astype(np.float32),
        "marks": np.full(len(volume), 1 | 7 << 4, np.uint32),
    }


def columns_of(candles: Candles, timeframe: Timeframe = Timeframe.M1, tick: float = 0.01) -> dict[str, Column]:
    """What indicators and factors read of one series' candles."""
    count = len(candles["close"])
    return as_columns(np.arange(count, dtype=np.int64) * timeframe.ns, np.full(count, tick), compact(candles, tick))


def known(candles: Candles) -> dict[str, Column]:
    """The same as columns that are known everywhere."""
    return {name: Column.of(np.asarray(column, np.float64)) for name, column in candles.items()}


def values(candles: Candles, indicator: str) -> dict[str, Array]:
    """What an indicator gives after each of *candles*: one row repeated over time. Warm-up left out."""
    bank = Bank("test", series=1, ledger=Ledger(), names=[indicator])
    count = len(next(iter(candles.values())))
    made = bank.update(np.zeros(count, np.int32), known(candles))
    return {name: column.values[column.is_known] for name, column in made.items()}
