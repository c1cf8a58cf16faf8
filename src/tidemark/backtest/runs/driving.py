"""What a request is run by: an account, and the driver that takes candles to its strategy."""

from tidemark.backtest.broker.account import Account
from tidemark.backtest.broker.models import Models
from tidemark.backtest.driver import Driver, Sink
from tidemark.backtest.runs.request import Request
from tidemark.backtest.runs.source import Source
from tidemark.backtest.strategies.loading import load
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe


def account_of(request: Request, source: Source, ledger: Ledger) -> Account:
    """The account that *request* asks for; SettingsError where it cannot be."""
    return Account(
        source.instruments(), Models.load(request.models), cash=request.cash,
        timeframe=Timeframe(source.used.timeframe), ledger=ledger,
    )  # fmt: skip


def driver_of(request: Request, source: Source, sink: Sink) -> tuple[Account, Driver]:
    """An account, and the driver of the strategy over it; SettingsError where something of it is wrong."""
    ledger = Ledger()
    account = account_of(request, source, ledger)
    loaded = load(request.strategy, request.parameters)
    return account, Driver(loaded, source.used.markets, account, sink, ledger=ledger)
