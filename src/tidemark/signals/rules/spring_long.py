"""Support gave way, nobody followed, and the price was back soon: a spring.

Formula: the newest spring, held against volume, phase, level, risk and context, by
signals.structure_trades. It speaks with the candle at whose close the event is known.
The stop lies beyond its low; the first target is
the creek. Warm-up: 100 candles of `wyckoff.signals`. Memory: that of the structure.

>>> import msgspec
>>> import numpy as np
>>> limits = {key: float(value) for key, value in msgspec.structs.asdict(Parameters()).items()}
>>> at_once, later = ([np.array([{**EXAMPLE, "spring_bars": bars}[one]]) for one in READS] for bars in (0.0, 5.0))
>>> judge(limits, np.zeros(1, np.int8), *at_once)
Verdict(enter=array([1], dtype=int8), stays=array([False]))
>>> judge(limits, np.array([1], np.int8), *later)
Verdict(enter=array([0], dtype=int8), stays=array([False]))
"""

from typing import Annotated

from msgspec import Meta

from tidemark.model.signal import Kind, Side
from tidemark.signals import structure_trades
from tidemark.signals.rules.base import Array, Code, Limits, Verdict

TITLE = "Spring"
KIND = Kind.TRADE
CODES = {1: Code("long", Side.LONG)}
MIRRORED = "utad_short"
READS = structure_trades.reads("spring")
PLANNED = structure_trades.planned("spring")
FACT = structure_trades.fact("spring", "spring")
EXAMPLE = structure_trades.example("spring", Side.LONG)
SILENCED = {"spring_bars": 9.0}


class Parameters(structure_trades.StructureParameters, frozen=True, kw_only=True):
    """When a spring is a trade."""

    volume: Annotated[float, Meta(ge=0.0, le=100.0, description="Volume at most so many times the usual")] = 1.5
    depth: Annotated[
        float, Meta(ge=-10.0, le=10.0, description="Beyond the bound at most so many widths of the range")
    ] = 0.3


def judge(limits: Limits, held: Array, *columns: Array) -> Verdict:
    """See base.Rule.judge."""
    return structure_trades.judge(Side.LONG, limits, held, columns)
