"""Round trips as a backtest would tell them: few by hand, many drawn."""

import math

import msgspec
import numpy as np

from tidemark.model.round_trip import Exit, RoundTrip
from tidemark.model.signal import Side
from tidemark.units import DAY, HOUR

# A midnight.
BEGAN = 19_000 * DAY
TRIP = RoundTrip(
    number=1, symbol="BTCUSDT", tag="", side=Side.LONG, quantity=2.0, entry_at=BEGAN, entry_price=100.0,
    exit_at=BEGAN + HOUR, exit_price=103.0, exit=Exit.TARGET, fees=0.5, funding=-0.1, slippage=0.0, profit=5.6,
    risk=4.0, best=0.03, worst=-0.01, bars=7, regime="range",
)  # fmt: skip


def trip(number: int, profit: float, **other: object) -> RoundTrip:
    """One that brought *profit*."""
    return msgspec.structs.replace(TRIP, number=number, profit=profit, **other)


def drawn(count: int, seed: int = 1) -> list[RoundTrip]:
    """So many of four markets, some without a stop, some that brought nothing."""
    rng = np.random.default_rng(seed)
    made = []
    for number in range(1, count + 1):
        entered = BEGAN + int(rng.integers(0, 60 * DAY))
        price = float(rng.uniform(1.0, 100.0))
        change = float(rng.normal(0.0, 0.02)) if rng.random() > 0.1 else 0.0
        side = Side.LONG if rng.random() < 0.5 else Side.SHORT
        quantity = float(rng.uniform(0.1, 5.0))
        has_stop, fees = rng.random() < 0.8, float(rng.uniform(0.0, 0.1)) if change else 0.0
        made.append(
            trip(
                number,
                quantity * price * change - fees,
                symbol=f"M{rng.integers(0, 4)}USDT",
                tag=("", "breakout", "fade")[int(rng.integers(0, 3))],
                side=side,
                quantity=quantity,
                entry_at=entered,
                entry_price=price,
                exit_at=entered + int(rng.integers(1, DAY)),
                exit_price=price * (1.0 + side * change),
                exit=list(Exit)[int(rng.integers(0, len(Exit)))],
                fees=fees,
                funding=0.0,
                slippage=0.0,
                risk=quantity * price * 0.01 if has_stop else None,
                best=max(0.0, change) + math.floor(rng.uniform(0.0, 3.0)) / 100.0,
                worst=min(0.0, change) - 0.005,
                bars=int(rng.integers(1, 100)),
                regime=("range", "trend_up", "")[int(rng.integers(0, 3))],
            )
        )
    return made
