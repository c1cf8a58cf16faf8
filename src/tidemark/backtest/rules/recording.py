"""A recording as the data of a backtest: its frames through the venue's parser, the intake and the engine, as live.

The minutes that the engine closes feed the account; what it signals is traded. An order goes out with the first minute
that opened after its signal.
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from tidemark.analysis.candle_readings import is_present
from tidemark.backtest.bars import Array, Bars
from tidemark.backtest.replay import Replay
from tidemark.backtest.survey import Survey, survey
from tidemark.engine.intake import Intake
from tidemark.engine.outputs import Output
from tidemark.engine.size import EngineSize
from tidemark.engine.sizing import Choice, engine_size, kept_timeframes
from tidemark.engine.step import Engine
from tidemark.errors import CaptureError, FrameError
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Channel, Venue
from tidemark.market.closed import Closed, Revised
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.store.capture import Recording, find, read
from tidemark.units import MIB, SECOND

# The candles that an account is fed with.
TIMEFRAME = Timeframe.M1
_PRICES = ("open", "high", "low", "close")


class Recorded:
    """The recording at *path*, read once to know what it holds. CaptureError where it is none, or has no trades."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._recording: Recording = find(path)
        self.venue: Venue = registry.find(self._recording.venue)
        self.held: Survey = survey(read(self._recording), self.venue.name, self.venue.parser({}))
        if not self.held.instruments:
            raise CaptureError(f"{path} holds {self.held.records:,} records, and no trade of a market among them")

    @property
    def markets(self) -> tuple[str, ...]:
        """The names of its markets."""
        return tuple(instrument.symbol for instrument in self.held.instruments)

    @property
    def span(self) -> tuple[int, int]:
        """The open times (ns) of the first minute and the last one that may close in it."""
        first, last = self.held.first_recv, self.held.last_recv
        return first // TIMEFRAME.ns * TIMEFRAME.ns, max(first, last - TIMEFRAME.ns) // TIMEFRAME.ns * TIMEFRAME.ns

    def digest(self) -> str:
        """A hash of its files."""
        made = hashlib.sha256()
        for file in self._recording.files:
            with file.open("rb") as stream:
                while piece := stream.read(MIB):
                    made.update(piece)
        return made.hexdigest()

    def play(
        self, engine: Engine, settings: Settings, deliver: Callable[[list[Output]], None], *, ledger: Ledger
    ) -> Iterator[None]:  # fmt: skip
        """Let *engine*, which is of *settings*, live through it by one record a turn; its outputs go to *deliver*."""
        intake = Intake(engine, self.venue.parser(engine.universe.slots), ledger, deliver=deliver, reject=_pass)
        replay = Replay(intake)
        if not self.held.lists_itself:
            replay.begin(self.venue.name, self.held.instruments, self.held.first_recv, self.held.exchange_at)
        for record in read(self._recording):
            replay.take(record)
            yield
        replay.end(int(settings.candles.grace * SECOND))
        yield


class Minutes:
    """Takes closed minutes out of what an engine gives, as candles of *markets*, whose numbers are their places."""

    def __init__(self, engine: Engine, markets: Sequence[str]) -> None:
        self._engine = engine
        self._number = {name: number for number, name in enumerate(markets)}

    def of(self, output: Output) -> Bars | None:
        """The candles that closed with *output*; what changed afterwards was not known when they were traded."""
        if not isinstance(output, Closed) or isinstance(output, Revised) or output.timeframe is not TIMEFRAME:
            return None
        market = self._numbers(output.slots)
        fit = is_present(output.rows) & (market >= 0)
        figures = {
            name: output.rows[name][fit].astype(np.float64) * output.tick_sizes[fit] for name in _PRICES
        } | {"volume": output.rows["volume"][fit].astype(np.float64)}  # fmt: skip
        order = np.argsort(market[fit], kind="stable")
        return Bars(
            market=market[fit][order], open_time=output.open_times[fit][order],
            **{name: column[order] for name, column in figures.items()},
        )  # fmt: skip

    def _numbers(self, slots: Array) -> Array:
        """The number of the market in each slot, -1 where it is none of those that are wanted."""
        universe = self._engine.universe
        named = (universe.instrument(slot) for slot in slots.tolist())
        return np.array([-1 if one is None else self._number.get(one.symbol, -1) for one in named], np.int32)


def engine_of(settings: Settings, venue: Venue, markets: int) -> EngineSize:
    """The size of the engine of a service that watches so many markets of *venue*, spare slots included."""
    has_books = Channel.BOOKS.value in settings.venue.channels and venue.book_rules is not None
    choice = Choice(
        timeframes=kept_timeframes(settings), series=markets + settings.universe.spare_slots,
        book_depth=settings.book.depth if has_books else 0, book_rules=venue.book_rules if has_books else None,
    )  # fmt: skip
    return engine_size(
        settings, choice, is_numbered=venue.has_numbered_trades, opens_at_close=venue.opens_at_close
    )  # fmt: skip


def _pass(error: FrameError, payload: bytes | memoryview) -> None:
    """Counted by the intake; a recording is not sampled."""
