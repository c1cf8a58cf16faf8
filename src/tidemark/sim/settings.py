"""Settings of the local exchange."""

import msgspec

from tidemark.errors import SettingsError
from tidemark.sim.faults import Faults

VENUES = ("bybit", "binance")


class Address(msgspec.Struct, frozen=True):
    """Where the local exchange answers: base URLs of REST and of WebSocket, on one port."""

    rest: str
    stream: str


class SimSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How the local exchange runs.

    `rate` is the mean number of trade and quote messages a second over all symbols at 1x; `speed` is how much faster
    than the clock it runs, None as fast as the slowest client reads. `start_ns` None starts now. `churn_s` is
    the mean time between a listing and a delisting, in the exchange's time; 0 turns both off. `trades_kept_s` is how
    long the trades of a market are remembered at its mean rate; at least the newest 1,000 are.

    Memory: about 120 KB a symbol, and 29 bytes a remembered trade: 30 MB at the defaults.
    """

    venue: str
    host: str = "127.0.0.1"
    port: int = 0
    symbols: int = 560
    rate: float = 2000.0
    seed: int = 1
    speed: float | None = 1.0
    start_ns: int | None = None
    churn_s: float = 1800.0
    trades_kept_s: float = 300.0
    faults: Faults = Faults()

    def __post_init__(self) -> None:
        if self.venue not in VENUES:
            raise SettingsError(f"sim.venue is {self.venue!r}; the local exchange speaks {' or '.join(VENUES)}")
        if not 1 <= self.symbols <= 2000:
            raise SettingsError(f"sim.symbols is {self.symbols}; from 1 to 2000 are allowed")
        if not 0.0 < self.rate <= 1e6:
            raise SettingsError(
                f"sim.rate is {self.rate}; more than 0 and at most 1000000 messages a second are allowed"
            )
        if self.speed is not None and not 0.0 < self.speed <= 1e6:
            raise SettingsError(f"sim.speed is {self.speed}; give a positive factor, or none for as fast as it can")
        if not 0.0 <= self.trades_kept_s <= 86_400.0:
            raise SettingsError(f"sim.trades_kept_s is {self.trades_kept_s}; from 0 to 86400 seconds are allowed")
        if self.churn_s < 0.0:
            raise SettingsError(f"sim.churn_s is {self.churn_s}; 0 turns listings off, else give seconds")
