"""What is read from order books: the best levels of one, several levels of one, the best levels of all.

Prices are in quote currency, sizes in base currency, `ts_event` and `ts_recv` those of the last message applied. What
is out of sync or has a side without levels gives no reading.
"""

from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


class Top(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The best level of both sides of one book."""

    bid: float
    bid_size: float
    ask: float
    ask_size: float
    ts_event: int
    ts_recv: int

    @property
    def mid(self) -> float:
        """Halfway between bid and ask."""
        return (self.bid + self.ask) / 2

    @property
    def microprice(self) -> float:
        """Bid and ask, each weighted by the size on the other side: nearer to the side that is thinner.

        >>> Top(bid=99.0, bid_size=3.0, ask=101.0, ask_size=1.0, ts_event=0, ts_recv=0).microprice
        100.5
        """
        return (self.bid * self.ask_size + self.ask * self.bid_size) / (self.bid_size + self.ask_size)

    @property
    def spread_bps(self) -> float:
        """Ask less bid, in hundredths of a percent of the mid."""
        return (self.ask - self.bid) / self.mid * 1e4

    @property
    def imbalance(self) -> float:
        """(bid size - ask size) / (bid size + ask size), in [-1, 1]; positive: more is bid for than offered."""
        return (self.bid_size - self.ask_size) / (self.bid_size + self.ask_size)


class Levels(msgspec.Struct, frozen=True, kw_only=True):
    """Both sides of one book, best first, as copies: float64 (n, 2) of price and size each; `update_id` is the last."""

    bids: Array
    asks: Array
    update_id: int
    ts_event: int
    ts_recv: int


class Tops(msgspec.Struct, frozen=True, kw_only=True):
    """The best levels of all slots, as copies: float64 (series,), zero where `is_known` is false."""

    bid: Array
    bid_size: Array
    ask: Array
    ask_size: Array
    is_known: Array

    def mid(self) -> Array:
        """Halfway between bid and ask."""
        return (self.bid + self.ask) / 2

    def microprice(self) -> Array:
        """As Top.microprice."""
        return self._divided(self.bid * self.ask_size + self.ask * self.bid_size, self.bid_size + self.ask_size)

    def spread_bps(self) -> Array:
        """As Top.spread_bps."""
        return self._divided((self.ask - self.bid) * 1e4, self.mid())

    def imbalance(self) -> Array:
        """As Top.imbalance."""
        return self._divided(self.bid_size - self.ask_size, self.bid_size + self.ask_size)

    def _divided(self, above: Array, below: Array) -> Array:
        quotient: Array = np.divide(above, below, out=np.zeros(len(above)), where=self.is_known)
        return quotient


class Depths(msgspec.Struct, frozen=True, kw_only=True):
    """What lies within a distance of the mid, of all slots: float64 (series,) in quote currency, as copies.

    Zero where `is_known` is false: out of sync, or not known as far as that.
    """

    bids: Array
    asks: Array
    is_known: Array

    def imbalance(self) -> Array:
        """(bids - asks) / (bids + asks), in [-1, 1]; zero where both are."""
        total = self.bids + self.asks
        quotient: Array = np.divide(self.bids - self.asks, total, out=np.zeros(len(total)), where=total > 0)
        return quotient


class Ladder(msgspec.Struct, frozen=True, kw_only=True):
    """The levels of all slots as they lie, for kernels that read them: views, whose next message changes them.

    keys, sizes: (series, 2, levels), bids and asks, the best of the `counts` (series, 2) levels last; a key is the
    price in ticks, of an ask negated. per_tick: ticks per unit of price (series,). Out of sync there are no levels.
    """

    keys: Array
    sizes: Array
    counts: Array
    per_tick: Array
