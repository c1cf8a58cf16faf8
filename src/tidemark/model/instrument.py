"""An instrument: one perpetual-futures market of a venue."""

import math
from enum import Enum

import msgspec


class Status(Enum):
    """Whether an instrument trades."""

    TRADING = "trading"
    PENDING = "pending"
    CLOSING = "closing"
    CLOSED = "closed"


class Instrument(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What does not change from trade to trade. Prices and sizes are in quote and base currency.

    `symbol` is the exchange's own name, in its own case; `launched_at` is in nanoseconds since the epoch, None where
    the exchange does not say.
    """

    venue: str
    symbol: str
    base: str
    quote: str
    tick_size: float
    lot_size: float
    status: Status
    launched_at: int | None = None
    funding_interval_h: float | None = None

    @property
    def price_decimals(self) -> int:
        """Digits behind the point that show every tick of the price.

        >>> Instrument(venue="bybit", symbol="X", base="X", quote="USDT", tick_size=0.25, lot_size=1.0,
        ...            status=Status.TRADING).price_decimals
        2
        """
        for decimals in range(16):
            if math.isclose(round(self.tick_size, decimals), self.tick_size, rel_tol=1e-9):
                return decimals
        return 16
