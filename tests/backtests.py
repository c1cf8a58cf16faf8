"""Small backtests for tests: candles that were made up, an account without costs, and a sink that keeps all."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from tests.build import instrument

from tidemark.backtest.bars import Array, Bars
from tidemark.backtest.broker.account import Account
from tidemark.backtest.broker.models import Models
from tidemark.backtest.data.cache import Columns
from tidemark.backtest.driver import Driver
from tidemark.backtest.runs.request import Code, DataUsed, Request, Settings
from tidemark.backtest.strategies.base import Strategy
from tidemark.backtest.strategies.loading import Loaded, parameters
from tidemark.memory.ledger import Ledger
from tidemark.model.instrument import Instrument
from tidemark.model.round_trip import RoundTrip
from tidemark.model.timeframe import Timeframe
from tidemark.store.backtest_rows import Run, State
from tidemark.units import MINUTE

# 2024-01-01.
BEGAN = 1_704_067_200_000_000_000

# The score of candles is a signal whichever way it leans, again and again.
EAGER = {
    **{f"confluence.{name}": text for name, text in {
        "warm_up": "1m", "cooldown": "1m", "time_to_live": "5m", "enter": "50", "leave": "50", "coverage": "0",
        "coverage_kept": "0", "agreement": "0", "in_illiquid": "true", "against_trend": "true", "stop_least": "0.5",
        "wait": "2m", "life": "10m",
    }.items()},
    **{f"analysis.weights.{name}": "0" for name in ("order_flow", "order_book", "sentiment")},
    "signals.fee_bps": "0", "signals.slippage_bps": "0", "warm_up": "1m",
}  # fmt: skip
# And nothing longer than two hundred minutes has to be waited for.
QUICK = EAGER | {"candles.timeframes": "1m", "analysis.regime.timeframe": "1m"}


class Kept:
    """A sink that keeps what it is told."""

    def __init__(self) -> None:
        self.all: list[RoundTrip] = []
        self.at: list[int] = []
        self.worth: list[list[float]] = []

    def trips(self, closed: Sequence[RoundTrip]) -> None:
        self.all.extend(closed)

    def equity(self, at: Array, worth: Array) -> None:
        self.at.extend(at.tolist())
        self.worth.extend(worth.tolist())


class Made:
    """Candles in memory, as a source: those of each market by its name."""

    def __init__(self, markets: Mapping[str, Bars], digest: str = "made") -> None:
        self._names = tuple(markets)
        whole = list(markets.values())
        order = np.argsort(np.concatenate([one.open_time for one in whole]), kind="stable")
        self._bars = Bars(**{
            name: np.concatenate([getattr(one, name) for one in whole])[order] for name in Bars.__struct_fields__
        })  # fmt: skip
        self._digest = digest

    @property
    def used(self) -> DataUsed:
        times = self._bars.open_time
        return DataUsed(
            path="made", digest=self._digest, markets=self._names, timeframe="1m", candles=len(self._bars),
            begin=int(times[0]), end=int(times[-1]),
        )  # fmt: skip

    def instruments(self) -> list[Instrument]:
        return [instrument(name) for name in self._names]

    def bars(self, chunk: int) -> Iterator[Bars]:
        for begin in range(0, len(self._bars), chunk):
            # As those that lie in a file.
            part = self._bars.part(begin, min(begin + chunk, len(self._bars)))
            for name in part.__struct_fields__:
                getattr(part, name).flags.writeable = False
            yield part

    def columns(self) -> Columns:
        parts = [self._bars.market == number for number in range(len(self._names))]
        return Columns.of([
            Bars(**{name: getattr(self._bars, name)[mine] for name in Bars.__struct_fields__}) for mine in parts
        ])  # fmt: skip


def candles(close: Sequence[float] | Array, market: int = 0) -> Bars:
    """Candles that open where the one before closed, without wicks, and trade 10 each."""
    closes = np.asarray(close, np.float64)
    opens = np.r_[closes[:1], closes[:-1]]
    figures = {
        "open": opens, "high": np.maximum(opens, closes), "low": np.minimum(opens, closes), "close": closes,
        "volume": np.full(len(closes), 10.0),
    }  # fmt: skip
    return Bars.of(market, BEGAN + np.arange(len(closes)) * MINUTE, figures)


def walk(count: int, seed: int = 1, market: int = 0) -> Bars:
    """Candles of a walk at random."""
    return candles(100.0 * np.exp(np.cumsum(np.random.default_rng(seed).normal(0, 0.002, count))), market)


def account(*markets: str, cash: float = 10_000.0) -> Account:
    """An account that costs nothing."""
    return Account(
        [instrument(name) for name in markets], Models.null(), cash=cash, timeframe=Timeframe.M1, ledger=Ledger()
    )  # fmt: skip


def driven(
    kind: type[Strategy],
    *stretches: Bars,
    markets: Sequence[str] = ("BTCUSDT",),
    given: Mapping[str, str] | None = None,
) -> tuple[Kept, Driver]:
    """What a strategy does with *stretches*, without costs."""
    kept = Kept()
    driver = Driver(
        Loaded(kind, parameters(kind, given or {})), markets, account(*markets), kept, ledger=Ledger()
    )  # fmt: skip
    for bars in stretches:
        driver.take(bars)
    driver.end()
    return kept, driver


def file_of(path: Path, text: str) -> str:
    """A file of a strategy."""
    path.write_text("from tidemark.backtest.strategies.base import Context, Strategy\n" + text, encoding="utf-8")
    return str(path)


def begun_run(name: str = "a", **changed: Any) -> Run:
    """A run that was written down, of a strategy that nobody runs."""
    request = Request(strategy="cross.py", data="made")
    settings = Settings(
        request=request, strategy="Cross", parameters={"fast": 3}, models={},
        code=Code(file="cross.py", sha256="0" * 64, text=""),
    )  # fmt: skip
    data = DataUsed(
        path="made", digest="made", markets=("BTCUSDT",), timeframe="1m", candles=100, begin=BEGAN,
        end=BEGAN + 99 * MINUTE,
    )  # fmt: skip
    settings = msgspec.structs.replace(settings, **{key: changed.pop(key) for key in list(changed) if key != "result"})
    return Run(
        id=name, name=name, created_at=BEGAN, state=State.DONE, settings=msgspec.json.encode(settings).decode(),
        data=msgspec.json.encode(data).decode(), **changed,
    )  # fmt: skip
