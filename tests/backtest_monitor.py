"""The backtests of a monitor without a monitor."""

from pathlib import Path

from tidemark.clock import Clock, SystemClock
from tidemark.live.backtesting import Backtesting
from tidemark.memory.ledger import Ledger
from tidemark.settings.settings import load


def backtesting(store: Path, clock: Clock | None = None, **flags: str) -> Backtesting:
    """Over the folders of *store*."""
    told = {"store.folder": str(store), **{f"backtests.{key}": value for key, value in flags.items()}}
    return Backtesting(load(None, {}, told).settings, clock or SystemClock(), Ledger())
