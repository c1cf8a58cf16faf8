"""An account that is driven by hand: as its kernel was built or as plain Python, and on either side of the market."""

from collections.abc import Callable
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
from tests.kernels_modes import load_pure, load_pure_whole

from tidemark.backtest.broker.account import Account, Sizes
from tidemark.backtest.broker.models import Models
from tidemark.backtest.broker.told import Told
from tidemark.kernels import broker, broker_columns, vector_run
from tidemark.memory.ledger import Ledger
from tidemark.model.instrument import Instrument, Status
from tidemark.model.round_trip import RoundTrip
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, MINUTE

PLAIN = load_pure_whole("broker")
MODES: dict[str, ModuleType] = {"built": broker, "plain": PLAIN}
VECTORISED: dict[str, ModuleType] = {"built": vector_run, "plain": load_pure("vector_run")}
SIZES = Sizes(orders=16, trips=64, told=64, fills=256)
QUIET = (100.0, 101.0, 99.0, 100.0)
# Within a candle: at the last millisecond of it.
LATE = 1 - MILLISECOND / MINUTE
# A mirrored market is at this price less the other's.
MIRROR = 200.0
PRICES = ("price", "trigger")


def instrument(symbol: str = "BTCUSDT", *, tick: float = 0.5, lot: float = 0.25, venue: str = "bybit") -> Instrument:
    return Instrument(
        venue=venue, symbol=symbol, base=symbol[:3], quote="USDT", tick_size=tick, lot_size=lot, status=Status.TRADING
    )


def free(**given: str) -> Models:
    """Models without costs and bounds but for *given*, `fees__venue__taker="5"`."""
    settings = {f"{kind}.use": "none" for kind in ("fees", "slippage", "latency", "funding", "margin", "rounding")}
    return Models.load(settings | {name.replace("__", "."): value for name, value in given.items()})


def about(value: float) -> Any:
    """As `pytest.approx`, where a type is asked for."""
    return pytest.approx(value)


class Filled(NamedTuple):
    """A fill as the side that is tested sees it; when: candles since the first one, minutes."""

    when: float
    side: int
    quantity: float
    price: float


class Desk:
    """Candles and orders by hand; of a mirrored one all prices and sides are turned round, and what comes out back."""

    def __init__(
        self, models: Models | None = None, *, mode: str = "built", is_mirrored: bool = False, cash: float = 1000.0,
        markets: int = 1, sizes: Sizes = SIZES, first: int = 0, **given: Any,
    ) -> None:  # fmt: skip
        instruments = [instrument(f"M{number}USDT") for number in range(markets)]
        self.account = made(models or free(), mode=mode, cash=cash, instruments=instruments, sizes=sizes, **given)
        self.kernel = self.account.kernel
        self.is_mirrored = is_mirrored
        self.first = first
        self.now = first - MINUTE

    def bar(self, *figures: float, volume: float = 100.0, market: int = 0, time: int | None = None) -> int:
        """The next candle of *market*, a minute behind the one before unless *time* says otherwise."""
        self.now = self.now + MINUTE if time is None else time
        return int(self.kernel.bar(market, self.now, *self._turned(figures), volume))

    def bar_with(self, *subs: tuple[float, float, float, float], volume: float = 100.0) -> int:
        """The next candle, of which *subs* are the parts."""
        self.now += MINUTE
        step = MINUTE // len(subs)
        rows = np.array([[*self._turned(sub), volume / len(subs)] for sub in subs])
        times = self.now + step * np.arange(len(subs))
        whole = rows[0, 0], rows[:, 1].max(), rows[:, 2].min(), rows[-1, 3]
        return int(self.kernel.bar_with(0, self.now, *whole, volume, step, times, rows))

    def order(self, side: int, size: float, kind: str = "market", *, flags: tuple[str, ...] = (), **given: Any) -> int:
        """An order of the side that is tested."""
        market, sizing = given.pop("market", 0), broker_columns.SIZINGS.index(given.pop("sizing", "units"))
        bits = sum(1 << broker_columns.FLAGS.index(flag) for flag in flags)
        turned = PRICES if "fraction" in flags else (*PRICES, "stop", "target")
        for name in turned:
            if name in given:
                given[name] = self.price(given[name])
        return int(
            self.kernel.order(
                market, self.way * side, size, broker_columns.KINDS.index(kind), sizing=sizing, flags=bits, **given
            )
        )

    def protect(self, **given: Any) -> int:
        """Change what protects the position."""
        for name in ("stop", "target"):
            if given.get(name, 0.0) > 0.0 and not given.get("is_fraction"):
                given[name] = self.price(given[name])
        return int(self.kernel.protect(0, **given))

    @property
    def way(self) -> int:
        return -1 if self.is_mirrored else 1

    def price(self, price: float) -> float:
        return MIRROR - price if self.is_mirrored else price

    @property
    def held(self) -> float:
        return float(self.way * self.kernel.position(0))

    def fills(self) -> list[Filled]:
        """What was filled since the last call."""
        return [
            Filled((fill.at - self.first) / MINUTE, self.way * fill.side, fill.quantity, self.price(fill.price))
            for fill in self.account.fills()
        ]

    def trips(self) -> list[RoundTrip]:
        return self.account.drain()

    def trip(self) -> RoundTrip:
        (trip,) = self.trips()
        return trip

    def reasons(self) -> list[str]:
        return [told.reason.value for told in self.told()]

    def told(self) -> list[Told]:
        return self.account.told()

    def _turned(self, figures: tuple[float, ...]) -> tuple[float, float, float, float]:
        opened, high, low, close = figures
        if self.is_mirrored:
            return MIRROR - opened, MIRROR - low, MIRROR - high, MIRROR - close
        return opened, high, low, close


def made(
    models: Models, *, mode: str = "built", cash: float = 1000.0, instruments: list[Instrument] | None = None,
    sizes: Sizes = SIZES, **given: Any,
) -> Account:  # fmt: skip
    """An account whose kernel is in that mode."""
    account = Account(
        instruments or [instrument()], models, cash=cash, timeframe=Timeframe.M1, ledger=Ledger(), sizes=sizes, **given
    )
    if mode == "plain":
        account.kernel = PLAIN.Broker(account.kernel.arrays)
    return account


Make = Callable[..., Desk]


def opened(make: Make, size: float = 2.0, **given: Any) -> Desk:
    """A desk that is long at 100 since the open of candle 1, which it has not seen the close of yet."""
    made = make(**{name: given.pop(name) for name in ("models", "cash", "sizes") if name in given})
    made.bar(*QUIET)
    assert made.order(1, size, **given) > 0
    return made
