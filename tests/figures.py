"""What a factor or modifier of candles says of one series' candles, its indicators between them."""

from typing import Any

import numpy as np
from tests.candles_of_prices import Array, Candles, known

from tidemark.analysis.columns import Column, Columns
from tidemark.analysis.factors import registry
from tidemark.analysis.indicators.bank import Bank
from tidemark.memory.ledger import Ledger

_FLAT = {"open": 100.0, "high": 101.0, "low": 99.0, "close": 100.0, "volume": 10.0, "delta": 0.0}


def candles(count: int, **columns: Any) -> Candles:
    """So many candles of a minute from 1970 on: columns of one number or of so many, else those of a still market."""
    made: Candles = {
        name: np.broadcast_to(np.asarray(column, np.float64), (count,)).copy()
        for name, column in {"time": 60.0 * np.arange(count), **_FLAT, **columns}.items()
    }
    made["bought"] = (made["volume"] + made["delta"]) / 2.0
    made["turnover"] = made["volume"] * made["close"]
    return made


def figures(name: str, made: Candles) -> list[float]:
    """The figure after each candle for which there is one."""
    module: Any = {one.name: one.module for one in registry.found()}[name]
    columns = known(made)
    bank = Bank("test", series=1, ledger=Ledger())
    count = len(made["time"])
    everything = Columns(count, {**columns, **bank.update(np.zeros(count, np.int32), columns)})
    taken, is_known = everything.take(module.READS)
    with np.errstate(divide="ignore", invalid="ignore"):
        column = Column.of((module.strength if hasattr(module, "MODIFIES") else module.value)(*taken), is_known)
    found: Array = column.values[column.is_known]
    return list(found.tolist())
