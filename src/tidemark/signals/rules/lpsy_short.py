"""The range was left downwards, and the pullback failed: the last point of supply.

Formula: the newest last point of supply, held against volume, phase, level, risk and context, by
signals.structure_trades. It speaks with the candle at whose close the event is known.
The stop lies beyond its high; the first target is
a width of the range below the ice. Warm-up: 100 candles of `wyckoff.signals`. Memory: that of the structure.

>>> import msgspec
>>> import numpy as np
>>> limits = {key: float(value) for key, value in msgspec.structs.asdict(Parameters()).items()}
>>> at_once, later = ([np.array([{**EXAMPLE, "lpsy_bars": bars}[one]]) for one in READS] for bars in (0.0, 5.0))
>>> judge(limits, np.zeros(1, np.int8), *at_once)
Verdict(enter=array([-1], dtype=int8), stays=array([False]))
>>> judge(limits, np.array([-1], np.int8), *later)
Verdict(enter=array([0], dtype=int8), stays=array([False]))
"""

from typing import Annotated

from msgspec import Meta

from tidemark.model.signal import Kind, Side
from tidemark.signals import structure_trades
from tidemark.signals.rules.base import Array, Code, Limits, Verdict

TITLE = "Last point of supply"
KIND = Kind.TRADE
CODES = {-1: Code("short", Side.SHORT)}
MIRRORED = "lps_long"
READS = structure_trades.reads("lpsy")
PLANNED = structure_trades.planned("lpsy")
FACT = structure_trades.fact("lpsy", "last point of supply")
EXAMPLE = structure_trades.example("lpsy", Side.SHORT)
SILENCED = {"lpsy_bars": 9.0}


class Parameters(structure_trades.StructureParameters, frozen=True, kw_only=True):
    """When a last point of supply is a trade."""

    volume: Annotated[float, Meta(ge=0.0, le=100.0, description="Volume at most so many times the usual")] = 1.2
    depth: Annotated[
        float, Meta(ge=-10.0, le=10.0, description="Beyond the bound at most so many widths of the range")
    ] = 0.2


def judge(limits: Limits, held: Array, *columns: Array) -> Verdict:
    """See base.Rule.judge."""
    return structure_trades.judge(Side.SHORT, limits, held, columns)
