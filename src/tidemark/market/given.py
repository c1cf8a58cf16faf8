"""Closed candles of the exchange that come in the place of trades: they become open ones, and close as those do."""

from collections.abc import Mapping

import numpy as np

from tidemark.market.level import (
    BUCKET,
    CLOSE,
    CORRECTED,
    FIRST_TS,
    FLAGS,
    LAST_TS,
    LIVE,
    OPEN,
    TRADES,
    UNTOLD,
    Array,
    Level,
)

_PRICES = ("open", "high", "low", "close")
_WIDTH = FLAGS + 1
_MAX_TICKS = float(np.iinfo(np.int32).max)


def put(level: Level, slots: Array, bucket: int, figures: Mapping[str, Array], ticks_per_unit: Array) -> Array:
    """Make *figures*, (n,) each, the accumulators of *bucket*, each slot once; give which were taken, bool (n,).

    A price that a row cannot hold is not taken. How many trades there were and who bought is not told.
    """
    ticks = np.stack([figures[name] for name in _PRICES], axis=1) * ticks_per_unit[slots, None] + 0.5
    fit: Array = np.all((ticks >= 1.0) & (ticks < _MAX_TICKS), axis=1)
    slots, volume = slots[fit], figures["volume"][fit]
    state = np.zeros((len(slots), _WIDTH), np.int64)
    state[:, BUCKET] = bucket
    state[:, OPEN : CLOSE + 1] = ticks[fit]
    # An accumulator without trades is empty: where they are not told, one stands for them.
    state[:, TRADES] = 1
    state[:, FIRST_TS], state[:, LAST_TS] = bucket * level.ns, (bucket + 1) * level.ns - 1
    state[:, FLAGS] = CORRECTED | np.where(volume > 0.0, UNTOLD, 0)
    level.state[slots, bucket % LIVE] = state
    level.sums[slots, bucket % LIVE] = 0.0
    level.sums[slots, bucket % LIVE, 0] = volume
    return fit
