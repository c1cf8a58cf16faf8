"""The rules over a recording: the engine lives through it as it did live, and what it signals is traded."""

from collections.abc import Callable, Iterator, Sequence

from tidemark.backtest.bars import Bars
from tidemark.backtest.broker.account import Account
from tidemark.backtest.data.stream import joined
from tidemark.backtest.driver import Sink
from tidemark.backtest.rules.asked import Asked
from tidemark.backtest.rules.desk import Desk
from tidemark.backtest.rules.recording import TIMEFRAME, Minutes, Recorded, engine_of
from tidemark.backtest.rules.said import RuleSaid, told
from tidemark.backtest.rules.trader import Trader
from tidemark.backtest.rules.warmth import Warmth
from tidemark.engine.outputs import Output, Signalled
from tidemark.engine.step import Engine
from tidemark.errors import SettingsError
from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Record

# Closed minutes that are given at once, about: a look at whether the run was cancelled lies between.
_AT_ONCE = 512


class RecordedDriver:
    """Trades *markets* of a recording. hear: told all that the engine signals, as a log of signals is."""

    def __init__(
        self, asked: Asked, recorded: Recorded, markets: Sequence[str], account: Account, sink: Sink, *,
        ledger: Ledger, hear: Callable[[Sequence[Record]], None] | None = None,
    ) -> None:  # fmt: skip
        self.engine = Engine(engine_of(asked.settings, recorded.venue, len(recorded.markets)), ledger)
        if TIMEFRAME not in self.engine.candles.timeframes:
            raise SettingsError(f"a recording is traded by candles of {TIMEFRAME.value}; name it in candles.timeframes")
        self._asked, self._recorded, self._ledger, self._hear = asked, recorded, ledger, hear
        self._minutes = Minutes(self.engine, markets)
        self._trader = Trader(account, markets, asked.rules, asked.trading, TIMEFRAME.ns)
        self._desk = Desk(account, self._trader, sink)
        self._warmth = Warmth(self.engine, TIMEFRAME, asked.trading.warm_up)
        self._closed: list[Bars] = []  # bounded: _AT_ONCE candles, and those of a batch

    @property
    def warm_up(self) -> int:
        """Minutes of a market before the first that may be traded, where the recording has no older candles."""
        return self._warmth.span_ns // TIMEFRAME.ns

    def over(self) -> Iterator[Bars]:
        """Go through all of it; the minutes that closed and were traded, in time order."""
        for _ in self._recorded.play(self.engine, self._asked.settings, self._deliver, ledger=self._ledger):
            if sum(map(len, self._closed)) >= _AT_ONCE:
                yield self._taken()
        if self._closed:
            yield self._taken()

    def take(self, bars: Bars) -> None:
        """Refused: the engine makes its candles itself here."""
        raise SettingsError(
            f"{len(bars):,} candles were given to a run over a recording, which makes its own; give candles as data"
        )

    def end(self) -> None:
        """After the last record: what is held is closed at its last close."""
        self._desk.finish()

    def told(self) -> tuple[RuleSaid, ...]:
        """What the rules said so far."""
        return told(self.engine, self._asked.rules, self._trader.counts)

    def _deliver(self, outputs: list[Output]) -> None:
        for output in outputs:
            if isinstance(output, Signalled):
                if self._hear is not None:
                    self._hear(output.records)
                self._trader.hear(output.records, self._warmth.of)
                continue
            bars = self._minutes.of(output)
            if bars is not None and len(bars):
                bars = bars.writable()
                self._desk.meet(bars, 0, len(bars))
                self._closed.append(bars)

    def _taken(self) -> Bars:
        self._desk.tell()
        bars = joined(self._closed)
        self._closed.clear()
        return bars
