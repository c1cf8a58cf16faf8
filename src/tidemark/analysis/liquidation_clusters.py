"""Where positions were liquidated lately: prices at which much of it happened, by side.

Made from the newest liquidations that are kept of a market, when it is asked for. Prices fall into buckets of
equal ratio, so that a cluster is as wide at any price.
"""

import math
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.units import DAY

Array = npt.NDArray[Any]

# More are not looked at, however many are kept.
NEWEST = 1000
WIDTH_BPS = 25.0
CLUSTERS = 10


class Cluster(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """Liquidations at prices of [low, high): turnover in quote currency and how many, of longs and of shorts.

    last_at: when the newest of them was, by the exchange's clock, `age_ns` ago.
    """

    low: float
    high: float
    long_turnover: float
    short_turnover: float
    longs: int
    shorts: int
    last_at: int
    age_ns: int


def clusters(
    rows: Mapping[str, Array],
    now_ns: int,
    *,
    width_bps: float = WIDTH_BPS,
    count: int = CLUSTERS,
    window_ns: int = DAY,
) -> tuple[Cluster, ...]:
    """The *count* with the most turnover, of `Liquidations.rows` within *window_ns* before *now_ns*; ties by price."""
    is_in = (rows["ts_event"] > now_ns - window_ns) & (rows["ts_event"] <= now_ns) & (rows["price"] > 0.0)
    times, prices, is_long = rows["ts_event"][is_in], rows["price"][is_in], rows["is_long"][is_in] > 0
    turnover = prices * rows["size"][is_in]
    step = math.log1p(width_bps * 1e-4)
    numbers, at = np.unique(np.floor(np.log(prices) / step).astype(np.int64), return_inverse=True)
    made = []
    for bucket, number in enumerate(numbers.tolist()):
        mine = at == bucket
        last_at = int(times[mine].max())
        made.append(
            Cluster(
                low=math.exp(number * step),
                high=math.exp((number + 1) * step),
                long_turnover=float(turnover[mine & is_long].sum()),
                short_turnover=float(turnover[mine & ~is_long].sum()),
                longs=int(np.count_nonzero(mine & is_long)),
                shorts=int(np.count_nonzero(mine & ~is_long)),
                last_at=last_at,
                age_ns=now_ns - last_at,
            )
        )
    made.sort(key=lambda one: (-(one.long_turnover + one.short_turnover), one.low))
    return tuple(made[:count])
