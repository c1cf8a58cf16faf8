"""The candles before the start: what an exchange that did not begin a minute ago would show."""

import numpy as np

from tidemark.sim.trades import Ints
from tidemark.sim.truth import MINUTES, Truth


def write_past(
    truth: Truth,
    rng: np.random.Generator,
    last_ticks: Ints,
    sigma: np.ndarray[tuple[int], np.dtype[np.float64]],
    beta: np.ndarray[tuple[int], np.dtype[np.float64]],
    trades_per_minute: np.ndarray[tuple[int], np.dtype[np.float64]],
    mean_lots: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> None:
    """Fill all minutes before the current one, walking back from *last_ticks*.

    `sigma` is the volatility of a minute beside the leader's, `beta` the share in the leader's return; a market whose
    `trades_per_minute` is 0 stays flat; `mean_lots` is the mean size of its trades. Prices stay on ticks, at 1 tick or
    more.
    """
    slots = truth.slots
    leader = rng.normal(0.0, sigma[0] * np.repeat(rng.choice((0.6, 1.0, 2.2), MINUTES // 50 + 1), 50)[:MINUTES])
    returns = beta * leader[:, None] + sigma * rng.normal(size=(MINUTES, slots))
    counts = rng.poisson(trades_per_minute * rng.gamma(2.0, 0.5, size=(MINUTES, 1)), size=(MINUTES, slots))
    # Walk back from the present, so that the past ends exactly where the live market begins.
    walk = np.cumsum(returns[::-1], axis=0)[::-1]
    drift = np.clip(np.vstack((walk[1:], np.zeros((1, slots)))), -1.5, 1.5)
    closes = np.maximum(1, np.rint(last_ticks * np.exp(-drift))).astype(np.int64)
    wiggle = np.rint(closes * np.abs(rng.normal(0.0, 0.5, size=(MINUTES, slots))) * sigma).astype(np.int64)
    volumes = np.maximum(counts, np.rint(counts * mean_lots * rng.gamma(8.0, 1 / 8, size=(MINUTES, slots))))
    volumes = volumes.astype(np.int64)
    share = rng.beta(20.0, 20.0, size=(MINUTES, slots))
    first = truth.minute - MINUTES + 1
    before = closes[0]
    for k in range(MINUTES - 1):
        row = (first + k) % MINUTES
        traded = counts[k] > 0
        close = np.where(traded, closes[k], before)
        # A minute opens near the close before it; only a venue that says so opens exactly there.
        opened = before if truth.opens_at_close else np.where(traded, np.maximum(1, before + wiggle[k] % 3 - 1), before)
        high = np.where(traded, np.maximum(opened, close) + wiggle[k], before)
        low = np.where(traded, np.maximum(1, np.minimum(opened, close) - wiggle[k]), before)
        lots = volumes[k]
        truth.open[row], truth.high[row], truth.low[row], truth.close[row] = opened, high, low, close
        truth.count[row] = counts[k]
        truth.lots[row] = lots
        truth.value[row] = lots * ((high + low) // 2)
        truth.buy_lots[row] = (lots * share[k]).astype(np.int64)
        truth.buy_value[row] = truth.buy_lots[row] * ((high + low) // 2)
        before = close
    row = truth.minute % MINUTES
    for column in (truth.open, truth.high, truth.low, truth.close):
        column[row] = before
    total = np.cumsum(truth.count[np.arange(first, truth.minute + 1) % MINUTES], axis=0)
    truth.first_id[np.arange(first + 1, truth.minute + 1) % MINUTES] = total[:-1]
    truth.numbers[:] = truth.remembered_from[:] = total[-1]
    # One before the first: no market looks as if it had been listed in that minute.
    truth.since[:] = first - 1
    truth.lived(first)
    day = np.arange(truth.minute - 1439, truth.minute + 1) % MINUTES
    truth.day_lots[:] = truth.lots[day].sum(axis=0)
    truth.day_value[:] = truth.value[day].sum(axis=0)
    truth.day_count[:] = truth.count[day].sum(axis=0)
    truth.measure_day()
