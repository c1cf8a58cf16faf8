"""What a request is run by: an account, and the driver that takes candles to its strategy, or to the rules."""

from collections.abc import Iterator
from typing import Protocol

import msgspec
import numpy as np

from tidemark.backtest.bars import Array, Bars
from tidemark.backtest.broker.account import Account, Sizes
from tidemark.backtest.broker.models import Models
from tidemark.backtest.driver import Driver, Sink, asked_of
from tidemark.backtest.rules.asked import asked, digest_of, is_rules, parameters_of, settable, text_of
from tidemark.backtest.rules.driver import RulesDriver
from tidemark.backtest.rules.recorded_driver import RecordedDriver
from tidemark.backtest.rules.said import RuleSaid
from tidemark.backtest.rules.sizes import size_of
from tidemark.backtest.rules.ticks import ticks
from tidemark.backtest.runs.recording import Recording
from tidemark.backtest.runs.request import Code, Request, code_of
from tidemark.backtest.runs.source import CHUNK, Source
from tidemark.backtest.strategies.loading import load
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe

# The engine takes milliseconds for the candles of a time: after so many times a run is looked after again.
_TIMES = 128
# Rules trade many markets, each of which may have an order that waits.
_MOST_ORDERS = 2000


class Drives(Protocol):
    """What takes candles to a strategy."""

    @property
    def warm_up(self) -> int:
        """Candles of a market before the first that is decided on."""
        ...

    def take(self, bars: Bars) -> None:
        """Take the next candles."""
        ...

    def end(self) -> None:
        """After the last candle: what is held is closed at its last close."""
        ...

    def told(self) -> tuple[RuleSaid, ...]:
        """What rules said, where it is those that are run."""
        ...


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What a request comes to: a name for people, all parameters, and the code."""

    strategy: str
    parameters: dict[str, str | int | float | bool]
    code: Code


def named(request: Request) -> Named:
    """What *request* comes to; SettingsError where its strategy or a parameter is wrong."""
    if is_rules(request.strategy):
        made = asked(request.strategy, request.parameters)
        code = Code(file="rules", sha256=digest_of(made), text=text_of(made))
        return Named(strategy=request.strategy, parameters=parameters_of(made), code=code)
    loaded = load(request.strategy, request.parameters)
    asked_of(loaded)
    return Named(strategy=loaded.kind.__name__, parameters=loaded.parameters, code=code_of(request.strategy))


def parameters_there(request: Request) -> tuple[str, ...]:
    """The names of all parameters that *request* could set; SettingsError where its strategy is wrong."""
    if is_rules(request.strategy):
        return settable(asked(request.strategy, request.parameters))
    return tuple(load(request.strategy, request.parameters).parameters)


def digest_now(request: Request) -> str:
    """The digest of the code of *request* as it is now."""
    if is_rules(request.strategy):
        return digest_of(asked(request.strategy, request.parameters))
    return code_of(request.strategy).sha256


def must_fit(request: Request, source: Source) -> None:
    """SettingsError where rules cannot be run over the candles of *source*."""
    if is_rules(request.strategy):
        made = asked(request.strategy, request.parameters)
        if isinstance(source, Recording):
            return
        size_of(made.settings, Timeframe(source.used.timeframe), len(source.used.markets))


def account_of(request: Request, source: Source, ledger: Ledger) -> Account:
    """The account that *request* asks for; SettingsError where it cannot be."""
    markets = len(source.used.markets) if is_rules(request.strategy) else 0
    return Account(
        source.instruments(), Models.load(request.models), cash=request.cash,
        timeframe=Timeframe(source.used.timeframe), ledger=ledger,
        sizes=Sizes(orders=max(Sizes().orders, min(markets, _MOST_ORDERS))),
    )  # fmt: skip


def ticks_of(source: Source) -> Array:
    """The steps of prices, float64 (markets,): what is told of a market, else what its candles show."""
    told = np.array([instrument.tick_size for instrument in source.instruments()])
    return told if (told > 0.0).all() else np.where(told > 0.0, told, ticks(source.bars(CHUNK), len(told)))


def driver_of(request: Request, source: Source, sink: Sink) -> tuple[Account, Drives]:
    """An account, and the driver of the strategy over it; SettingsError where something of it is wrong."""
    ledger = Ledger()
    account = account_of(request, source, ledger)
    if is_rules(request.strategy):
        made = asked(request.strategy, request.parameters)
        if isinstance(source, Recording):
            return account, RecordedDriver(
                made, source.recorded, source.used.markets, account, sink, ledger=ledger
            )  # fmt: skip
        return account, RulesDriver(
            made, source.used.markets, ticks_of(source), Timeframe(source.used.timeframe), account, sink, ledger=ledger
        )  # fmt: skip
    loaded = load(request.strategy, request.parameters)
    return account, Driver(loaded, source.used.markets, account, sink, ledger=ledger)


def taken(driver: Drives, source: Source) -> Iterator[Bars]:
    """Let *driver* take all candles of *source*; gives them when they were taken."""
    if isinstance(driver, RecordedDriver):
        yield from driver.over()
        return
    chunk = _TIMES * len(source.used.markets) if isinstance(driver, RulesDriver) else CHUNK
    for bars in source.bars(min(chunk, CHUNK)):
        driver.take(bars)
        yield bars
