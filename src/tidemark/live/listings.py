"""Follows what the exchange lists, and its clock, while the process runs."""

import asyncio

import structlog

from tidemark.clock import Clock
from tidemark.engine.step import Engine
from tidemark.ingest.feed import Feed
from tidemark.ingest.rest import RestClient
from tidemark.live.sink import Sink
from tidemark.model.events import Delisting, Listing, ServerTime
from tidemark.model.instrument import Instrument
from tidemark.settings import Universe

# Asked for this often; sooner when prices do not fit the ticks that we know.
EVERY_S = 300.0
CHECK_S = 10.0
log = structlog.get_logger()


class Listings:
    """Takes new instruments into free slots, lets those go that are no longer listed, and notes changed ticks."""

    def __init__(
        self, rest: RestClient, sink: Sink, engine: Engine, feed: Feed, clock: Clock, universe: Universe
    ) -> None:
        self._rest = rest
        self._sink = sink
        self._engine = engine
        self._feed = feed
        self._clock = clock
        self._universe = universe
        # Symbols that were asked for because of their prices: once in five minutes is enough.
        self._suspected: frozenset[str] = frozenset()

    async def follow(self) -> None:
        """Ask for the time at once, and for both every five minutes, or when prices show that a tick has changed."""
        while True:
            await self.ask_time()
            await self._wait()
            self.apply(await self._rest.instruments())

    async def _wait(self) -> None:
        waited_s = 0.0
        while waited_s < EVERY_S:
            await asyncio.sleep(CHECK_S)
            waited_s += CHECK_S
            suspects = [self._engine.universe.instrument(slot) for slot in self._engine.candles.take_suspects()]
            symbols = {instrument.symbol for instrument in suspects if instrument is not None} - self._suspected
            if symbols:
                self._suspected |= symbols
                log.warning("prices off their tick, asking for the instruments", symbols=sorted(symbols)[:10])
                return
        self._suspected = frozenset()

    async def ask_time(self) -> None:
        """Tell the engine what the exchange's clock says."""
        before = self._clock.monotonic_ns()
        told = await self._rest.server_time()
        # By the clock that cannot be set: ours may have been meanwhile.
        took = self._clock.monotonic_ns() - before
        self._sink.on_event(ServerTime(ts_event=told, ts_recv=self._clock.now_ns() - took // 2, round_trip=took))

    def apply(self, instruments: list[Instrument]) -> None:
        """Make the slots agree with what is listed. An empty list is not believed: it would end every market."""
        if not instruments:
            log.warning("the exchange lists no market, nothing is changed")
            return
        now = self._clock.now_ns()
        listed = {instrument.symbol: instrument for instrument in instruments}
        watched = {instrument.symbol: instrument for _, instrument in self._engine.universe.occupied()}
        left = sorted(set(watched) - set(listed))
        for symbol in left:
            self._sink.on_event(Delisting(ts_event=now, ts_recv=now, symbol=symbol))
        for symbol, instrument in listed.items():
            if instrument != watched.get(symbol) and (symbol in watched or self._is_open_to(symbol)):
                self._sink.on_event(Listing(ts_event=now, ts_recv=now, instrument=instrument))
        symbols = [instrument.symbol for _, instrument in self._engine.universe.occupied()]
        if set(symbols) != set(watched):
            log.info("listings changed", joined=sorted(set(symbols) - set(watched)), left=left)
            self._feed.resubscribe(symbols)

    def _is_open_to(self, symbol: str) -> bool:
        universe = self._universe
        return not universe.include and symbol not in universe.exclude and universe.max_symbols is None
