"""A strategy over candles: what it sees of them, in order, and what comes of it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from traceback import extract_tb
from typing import Protocol

import numpy as np

from tidemark.backtest.bars import FIGURES, Array, Bars
from tidemark.backtest.broker.account import Account, Sizes
from tidemark.backtest.regimes import TripRegimes
from tidemark.backtest.rules.said import RuleSaid
from tidemark.backtest.strategies.base import Strategy
from tidemark.backtest.strategies.indicators import Indicators
from tidemark.backtest.strategies.loading import Loaded
from tidemark.backtest.strategies.stretch import NOTHING, Stretches
from tidemark.errors import StrategyError
from tidemark.kernels.strategy_run import Context, Loop
from tidemark.memory.ledger import Ledger
from tidemark.memory.table import Table
from tidemark.model.round_trip import RoundTrip

# Round trips that wait in the table of the account when the loop stops for them to be taken.
_MOST_CLOSED = Sizes().trips // 2
# The fields of a strategy of whole stretches that say how much is held, and when it is left.
_SIZES = (("share", 1.0), ("stop", 0.0), ("target", 0.0))


class Sink(Protocol):
    """Takes what comes of a run, while it runs."""

    def trips(self, closed: Sequence[RoundTrip]) -> None:
        """Round trips, in the order in which they were closed."""
        ...

    def equity(self, at: Array, worth: Array) -> None:
        """Open times (ns) (n,) of which all candles were taken; (n, 3) equity, cash and exposure at their closes."""
        ...


class Driver:
    """Takes candles of *markets*, in time order, to instances of a strategy that share *account*; tells *sink*.

    Raises StrategyError where the strategy raises, with its line and the candle; what came before has been told then.
    """

    def __init__(
        self, loaded: Loaded, markets: Sequence[str], account: Account, sink: Sink, *, ledger: Ledger
    ) -> None:  # fmt: skip
        self._account = account
        self._sink = sink
        self._markets = tuple(markets)
        with _theirs("where it is made"):
            self._strategies = [loaded.make() for _ in markets]
            wanted = self._strategies[0].indicators()
        self._indicators = Indicators(wanted, markets=len(markets), ledger=ledger)
        span = int(getattr(loaded.kind, "HISTORY", 0))
        # One that decides of whole stretches is asked for those, and for nothing else.
        self._is_asked_at_once = loaded.kind.signals is not Strategy.signals
        self._regimes = TripRegimes(len(markets), account.timeframe, ledger)
        self._stretches = Stretches(self._indicators.names, len(markets), max(span, 1), ledger)
        history = Table(
            "backtest.history", slots=len(markets), columns={"ring": (np.float64, (len(FIGURES), max(span, 1)))}
        )
        ledger.open(history)
        self._seen = np.zeros(len(markets), np.int64)
        self._contexts = [
            Context(
                account.kernel, account.tag, number, name, self._indicators.names, span, history.columns["ring"][number]
            )
            for number, name in enumerate(markets)
        ]
        self._loop = Loop(
            account.kernel, self._contexts, [one.on_candle for one in self._strategies], self._indicators.warm_up,
            _MOST_CLOSED,
        )  # fmt: skip
        self._has_begun = False

    @property
    def warm_up(self) -> int:
        """Candles of a market before its strategy is asked for the first time."""
        return self._indicators.warm_up

    def told(self) -> tuple[RuleSaid, ...]:
        """Nothing: it is no rule that is run."""
        return ()

    def take(self, bars: Bars) -> None:
        """Take the next candles."""
        if not len(bars):
            return
        bars = bars.writable()
        figures = bars.figures()
        given = self._indicators.take(bars)
        self._regimes.take(bars)
        is_read = given and not self._is_asked_at_once
        columns = np.stack(list(given.values())) if is_read else np.zeros((0, len(bars)))
        market, times = bars.market, bars.open_time
        at, worth = np.zeros(len(bars) + 1, np.int64), np.zeros((len(bars) + 1, 3))
        begin = 0
        want: Array | None = None
        while begin < len(bars):
            try:
                with _theirs(lambda: self._candle(market, times)):
                    self._begin()
                    if self._is_asked_at_once:
                        if want is None:
                            want = self._wants(bars, given)
                        begin = self._loop.follow(market, times, figures, want, *self._sizes(), begin, at, worth)
                    else:
                        begin = self._loop.take(market, times, figures, columns, begin, at, worth)
            finally:
                self._tell(at, worth)
        self._regimes.hold(self._account.opened())

    def end(self) -> None:
        """After the last candle: strategies are told, and what is held is closed at its last close."""
        with _theirs("after the last candle"):
            for strategy, context in zip(self._strategies, self._contexts, strict=True):
                if context.candles >= self.warm_up:
                    strategy.on_end(context)
        self._sink.trips(self._named(self._account.finish()))
        at, worth = np.zeros(1, np.int64), np.zeros((1, 3))
        self._loop.end(at, worth)
        self._tell(at, worth)

    def _wants(self, bars: Bars, given: dict[str, Array]) -> Array:
        """What is wanted of each candle, int8 (n,): nothing new before the indicators have values."""
        want = np.full(len(bars), NOTHING, np.int8)
        for number, strategy in enumerate(self._strategies):
            # Of one market alone nothing has to be picked out.
            mine = slice(None) if len(self._strategies) == 1 else np.flatnonzero(bars.market == number)
            columns = {name: getattr(bars, name)[mine] for name in FIGURES}
            count = len(columns["close"])
            if not count:
                continue
            stretch = self._stretches.take(number, columns | {name: column[mine] for name, column in given.items()})
            said = np.asarray(strategy.signals(stretch))
            if said.shape != (count,) or not _is_sides(said):
                raise ValueError(
                    f"signals() has to give 1, -1, 0 or {NOTHING} for each of {count} candles; it gave"
                    f" {said.dtype} of shape {said.shape}"
                )
            cold = min(max(self.warm_up - 1 - int(self._seen[number]), 0), count)
            given_now = said.astype(np.int8)
            given_now[:cold] = NOTHING
            want[mine] = given_now
            self._seen[number] += count
        return want

    def _sizes(self) -> tuple[float, float, float]:
        """The share of the equity that is held, and the fractions at which it is left."""
        one = self._strategies[0]
        return tuple(float(getattr(one, name, default)) for name, default in _SIZES)  # type: ignore[return-value]

    def _begin(self) -> None:
        if self._has_begun:
            return
        self._has_begun = True
        for strategy, context in zip(self._strategies, self._contexts, strict=True):
            strategy.on_begin(context)

    def _tell(self, at: Array, worth: Array) -> None:
        self._sink.trips(self._named(self._account.drain()))
        self._sink.equity(at[: self._loop.points], worth[: self._loop.points])

    def _named(self, closed: Sequence[RoundTrip]) -> Sequence[RoundTrip]:
        return self._regimes.named(closed, self._markets)

    def _candle(self, market: Array, times: Array) -> str:
        """Which candle the loop is at."""
        i = self._loop.i
        when = str(np.datetime64(int(times[i]), "ns"))[:19]
        return f"at the candle of {self._markets[int(market[i])]} that opened {when}"


def _is_sides(said: Array) -> bool:
    """Whether all of it are sides, or nothing said."""
    return said.dtype.kind in "iufb" and bool(((said == np.rint(said)) & (said >= -1) & (said <= NOTHING)).all())


def asked_of(loaded: Loaded) -> dict[str, str]:
    """The indicators that a strategy asks for; StrategyError where it raises, SettingsError where there is no such."""
    with _theirs("where it is made"):
        wanted = dict(loaded.make().indicators())
    Indicators(wanted, markets=1, ledger=Ledger())
    return wanted


@contextmanager
def _theirs(where: str | Callable[[], str]) -> Iterator[None]:
    """Code of the user's: whatever it raises is its author's to mend, and is told with its line and *where*."""
    try:
        yield
    except Exception as error:
        frames = extract_tb(error.__traceback__)
        line = f"{Path(frames[-1].filename).name}, line {frames[-1].lineno}"
        said = where if isinstance(where, str) else where()
        raise StrategyError(
            f"the strategy raised {type(error).__name__}: {error} ({line}) {said}; what came before it is kept"
        ) from error
