"""Keeps the tickers of all markets of the exchange, whether they are watched or not: one request a minute."""

import asyncio
from collections.abc import Iterable, Sequence

import structlog

from tidemark.clock import Clock
from tidemark.engine.step import Engine
from tidemark.errors import FrameError, RefusedError
from tidemark.ingest.budget import Priority
from tidemark.ingest.rest import RestClient
from tidemark.market.breadth import Breadth, Reading
from tidemark.model.events import TickerUpdate
from tidemark.model.instrument import Instrument, Status
from tidemark.units import SECOND

# A ticker that was missing in so many rounds is stale.
_STALE_ROUNDS = 5
log = structlog.get_logger()


class Overview:
    """Fills *breadth*, which is no part of the engine: it depends on nothing that is recorded, and nothing on it."""

    def __init__(self, rest: RestClient, breadth: Breadth, engine: Engine, clock: Clock, every_s: float) -> None:
        self.breadth = breadth
        self._rest = rest
        self._engine = engine
        self._clock = clock
        self._every_s = every_s

    async def follow(self) -> None:
        """Ask for all tickers again and again, and for what is listed until it is known; later lists come by `take`.

        A reply that cannot be used is told and passed over: the figures get older, and say so.
        """
        while True:
            try:
                if not self.breadth.usage().used:
                    self.take(await self._rest.instruments(Priority.BACKGROUND), ())
                self.breadth.update(await self._rest.tickers(Priority.BACKGROUND))
            except (FrameError, RefusedError) as error:
                log.warning("tickers not used", cause=str(error))
            await asyncio.sleep(self._every_s)

    def take(self, instruments: Sequence[Instrument], tickers: Iterable[TickerUpdate]) -> None:
        """What the exchange lists now, and says of it; an empty list is not believed."""
        if instruments:
            self.breadth.relist(one.symbol for one in instruments if one.status is Status.TRADING)
        self.breadth.update(tickers)

    def reading(self) -> Reading:
        """The market as a whole, now."""
        now_ns = self._clock.now_ns() + self._engine.candles.time.offset_ns
        return self.breadth.reading(now_ns, int(_STALE_ROUNDS * self._every_s * SECOND))
