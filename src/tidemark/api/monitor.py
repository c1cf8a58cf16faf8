"""What is asked over HTTP: the parts of the process, read between two turns of its loop."""

from collections.abc import Callable

from tidemark.analysis.analysis import Analysis
from tidemark.api.past import Standing
from tidemark.api.push.figures import MarketFigures
from tidemark.api.score_history import ScoreHistory
from tidemark.engine.step import Engine
from tidemark.errors import RequestError
from tidemark.live.assembly import Parts
from tidemark.live.health import Figures
from tidemark.model.instrument import Instrument
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings
from tidemark.sources import Loaded
from tidemark.units import MILLISECOND


class Monitor:
    """The parts of the process, with its settings and their sources, and what the API itself keeps.

    history: the scores of the last day. market: the figures of all markets side by side, None until there is push.
    database: says how the way to the database is, None where there is no such way.
    """

    def __init__(self, parts: Parts, loaded: Loaded[Settings], history: ScoreHistory) -> None:
        self.parts = parts
        self.loaded = loaded
        self.history = history
        self.market: MarketFigures | None = None
        self.database: Callable[[], Standing] | None = None

    @property
    def engine(self) -> Engine:
        """The state of the markets."""
        return self.parts.engine

    @property
    def figures(self) -> Figures | None:
        """The figures of the last second, None before the first look."""
        return self.parts.health.last

    @property
    def now_ns(self) -> int:
        """Our clock (ns)."""
        return self.parts.clock.now_ns()

    @property
    def now_ms(self) -> int:
        """Our clock (ms): what an answer is as of."""
        return self.now_ns // MILLISECOND

    @property
    def exchange_ns(self) -> int:
        """The exchange's clock (ns), as far as it is known."""
        return self.now_ns + self.engine.candles.time.offset_ns

    def slot(self, symbol: str) -> int:
        """The slot of a market; RequestError (404) when it is not watched."""
        slot = self.engine.universe.slots.get(symbol)
        if slot is None:
            raise RequestError(404, f"{symbol} is not watched; /api/v1/symbols lists the markets that are")
        return slot

    def instrument(self, symbol: str) -> Instrument:
        """What is known of a market beside its figures; RequestError (404) when it is not watched."""
        instrument = self.engine.universe.instrument(self.slot(symbol))
        if instrument is None:
            raise RequestError(404, f"{symbol} has just left; /api/v1/symbols lists the markets that are watched")
        return instrument

    def timeframe(self, name: str) -> Timeframe:
        """One of those whose candles are kept; RequestError (404) for another."""
        kept = self.engine.candles.timeframes
        found = [one for one in kept if one.value == name]
        if not found:
            raise RequestError(404, f"there are no {name} candles; there are: {', '.join(one.value for one in kept)}")
        return found[0]

    def analysis(self) -> Analysis:
        """What scores the markets; RequestError (404) where nothing does."""
        if self.engine.analysis is None:
            raise RequestError(404, "nothing is scored: analysis.enabled is false in the settings")
        return self.engine.analysis
