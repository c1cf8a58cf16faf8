"""Where a trade is entered, given up and taken: from the average true range and the last swing, in whole ticks.

The entry is at the price or a pullback better. The stop is a little beyond the newest swing against the trade, between
`stop_least` and `stop_most` average true ranges from the entry, at the nearer bound where no swing is known. Where a
rule names a goal, a price, it is the first target, and the last one is no nearer. Everything
is rounded against the trade: the stop away from the entry, the targets away from it, the entry to the better price, so
that it is touched later. The mirrored market has the mirrored plan.
"""

import math
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.model.signal import Plan, Side
from tidemark.signals.rules.base import Limits
from tidemark.units import SECOND

Array = npt.NDArray[Any]

# The stop lies so many average true ranges beyond the swing: whoever looks for it there finds it.
BEYOND = 0.1
# What is within so much of a tick of it is that tick.
_TICK_ERROR = 1e-6
_BPS = 1e-4


class Costs(msgspec.Struct, frozen=True, kw_only=True):
    """What a trade costs: each side of it in basis points, and how much of the risk both may be at most."""

    fee_bps: float = 5.5
    slippage_bps: float = 1.0
    most_of_risk: float = 0.5

    @property
    def side(self) -> float:
        """One side, as a fraction of the price."""
        return (self.fee_bps + self.slippage_bps) * _BPS


def is_plannable(price: Array, atr: Array, is_known: Array, limits: Limits, costs: Costs) -> Array:
    """Where the costs of the tightest stop leave enough of its risk, bool (n,)."""
    least = limits["stop_least"] * atr
    fit: Array = is_known & (price > 0.0) & (atr > 0.0) & (2.0 * costs.side * price <= costs.most_of_risk * least)
    return fit


def plan(
    side: Side,
    *,
    price: float,
    atr: float,
    swing: float | None,
    tick_size: float,
    limits: Mapping[str, float],
    costs: Costs,
    at: int,
    goal: float | None = None,
) -> Plan | None:
    """The plan of a trade to *side*, made at *at* (ns); None where its prices would not be positive.

    swing: the price that the market turned at against the trade, the low for LONG. limits: of the rule, see
    TradeParameters. goal: the price of the first target, which counts where it is beyond the entry.
    """
    way = int(side)
    if not (price > 0.0 and atr > 0.0 and tick_size > 0.0 and way):
        return None
    # In ticks to the trade's own side: up is good for both.
    best = _down(way * (price - way * limits["pullback"] * atr) / tick_size)
    reach = atr / tick_size
    least, most = limits["stop_least"] * reach, limits["stop_most"] * reach
    wanted = least if swing is None else best - way * swing / tick_size + BEYOND * reach
    risk_ticks = best - _down(best - min(max(wanted, least), most))
    first, last = (best + _up(limits[name] * risk_ticks) for name in ("first_target", "last_target"))
    if goal is not None and way * goal / tick_size > best:
        first = _up(way * goal / tick_size)
        last = max(first, last)
    targets = (first, last)
    entry, stop = _price(way * best, tick_size), _price(way * (best - risk_ticks), tick_size)
    prices = tuple(_price(way * target, tick_size) for target in targets)
    if min(entry, stop, *prices) <= 0.0 or risk_ticks <= 0:
        return None
    risk = _price(risk_ticks, tick_size)
    return Plan(
        entry=entry,
        stop=stop,
        targets=prices,
        risk=risk,
        rewards=tuple(net_r(way, entry, target, risk, costs.side) for target in prices),
        loss=net_r(way, entry, stop, risk, costs.side),
        cost=costs.side,
        atr=atr,
        tick_size=tick_size,
        is_structural=swing is not None and least < wanted <= most,
        wait_until=at + round(limits["wait"] * SECOND),
        expires_at=at + round(limits["life"] * SECOND),
    )


def net_r(way: int, entry: float, leave: float, risk: float, cost: float, funding: float = 0.0) -> float:
    """What a trade brought in R: the way of the price less the costs of both sides and the funding that was paid.

    way: 1 or -1; cost: of one side, and funding, as fractions.

    >>> round(net_r(1, 100.0, 102.0, 1.0, 0.0005), 3)
    1.899
    """
    return (way * (leave - entry) - cost * (entry + leave) - funding * entry) / risk


def _price(ticks: int, tick_size: float) -> float:
    """So many ticks, without the last bits of their product: 977.3 and not 977.3000000000001."""
    return float(f"{ticks * tick_size:.15g}")


def _down(ticks: float) -> int:
    return math.floor(ticks + _TICK_ERROR)


def _up(ticks: float) -> int:
    return math.ceil(ticks - _TICK_ERROR)


def swing_of(side: Side, low: float | None, high: float | None, price: float) -> float | None:
    """The swing that a stop goes beyond: the low below the price for LONG, the high above it for SHORT; else None."""
    swing = low if side is Side.LONG else high
    if swing is None or not np.isfinite(swing) or int(side) * (price - swing) <= 0.0:
        return None
    return swing
