"""REST in place of streams that are down: tickers of all markets, candles of one market after the other."""

import asyncio
from collections.abc import Sequence
from random import Random

import msgspec
import structlog

from tidemark.clock import Clock
from tidemark.engine.step import Engine
from tidemark.errors import TidemarkError
from tidemark.ingest.backoff import backoff
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues.base import Channel, Venue
from tidemark.live.sink import Sink
from tidemark.model.klines import as_klines
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, MINUTE, SECOND

LOOK_S = 1.0
# Share of the venue's weight that candles and tickers may take each while the streams are down.
KLINES_SHARE = 0.25
TICKERS_SHARE = 0.1
FASTEST_TICKERS_S = 5.0
# One request after the other, at most so many a second: the rest of the start-up and repair goes on beside this.
FASTEST_KLINES_S = 0.2
# Candles asked for at once: the minutes since the market had its last turn, as far as one cheap page goes.
MOST_ROWS = 60
log = structlog.get_logger()


class Pace(msgspec.Struct, frozen=True):
    """How often is asked: seconds between two requests for all tickers, and for the candles of one market."""

    tickers_s: float
    klines_s: float

    @property
    def markets_per_minute(self) -> float:
        """Markets whose candles are asked for in a minute."""
        return 60.0 / self.klines_s


def pace(venue: Venue, symbol: str = "BTCUSDT") -> Pace:
    """What the venue's weight allows, by what its requests cost."""
    budget = venue.rest.BUDGET
    per_s = budget.weight / budget.window_s
    tickers, klines = venue.rest.tickers(), venue.rest.klines(symbol, Timeframe.M1, 0, MOST_ROWS)
    return Pace(
        tickers_s=max(FASTEST_TICKERS_S, tickers.weight / (per_s * TICKERS_SHARE)),
        klines_s=max(FASTEST_KLINES_S, klines.weight / (per_s * KLINES_SHARE)),
    )


class Fallback:
    """Asks while trades or tickers of some markets have been in a gap for *after_s*; ends when the feed is whole.

    Tickers are told as TickerUpdate with `is_polled`, closed 1-minute candles as Klines.
    """

    def __init__(
        self,
        rest: RestClient,
        sink: Sink,
        engine: Engine,
        clock: Clock,
        venue: Venue,
        channels: Sequence[Channel],
        after_s: float,
    ) -> None:
        self._rest = rest
        self._sink = sink
        self._engine = engine
        self._clock = clock
        self._watched = [channel.value for channel in (Channel.TRADES, Channel.TICKERS) if channel in channels]
        self._after_ns = int(after_s * SECOND)
        self._tickers_at = 0
        self._klines_at = 0
        self._turn = 0
        self._is_failing = False
        self._pauses = backoff(Random(0))
        self.pace = pace(venue)
        # Markets that are polled now; 0 while the feed is whole.
        self.markets = 0
        self.tickers = 0
        self.candles = 0

    @property
    def notice(self) -> str:
        """What somebody has to know; empty while the feed is whole."""
        if not self.markets:
            return ""
        return (
            f"streams down, polling {self.markets} markets: tickers every {self.pace.tickers_s:g} s, candles of"
            f" {self.pace.markets_per_minute:.0f} markets a minute"
        )

    async def follow(self) -> None:
        """Look every second, and ask what is due."""
        while True:
            pause_s = await self.look()
            await asyncio.sleep(pause_s)

    async def look(self) -> float:
        """Ask what is due; give the seconds until it is worth looking again."""
        down = {channel: self._engine.freshness.down(channel, self._after_ns) for channel in self._watched}
        self._note({slot for slots in down.values() for slot in slots})
        now = self._clock.monotonic_ns()
        try:
            if down.get("tickers") and now >= self._tickers_at:
                self._tickers_at = now + int(self.pace.tickers_s * SECOND)
                await self._poll_tickers(set(down["tickers"]))
            if down.get("trades") and now >= self._klines_at:
                self._klines_at = now + int(self.pace.klines_s * SECOND)
                await self._poll_klines(down["trades"])
        except TidemarkError as error:
            if not error.retry:
                raise
            if not self._is_failing:
                log.warning("polling failed, trying again", cause=str(error))
            self._is_failing = True
            return next(self._pauses)
        if self._is_failing:
            self._is_failing, self._pauses = False, backoff(Random(0))
        return min(LOOK_S, self.pace.klines_s) if down.get("trades") else LOOK_S

    def _note(self, slots: set[int]) -> None:
        if slots and not self.markets:
            log.warning(
                "streams down, polling",
                markets=len(slots),
                tickers_every_s=self.pace.tickers_s,
                candles_of_markets_per_minute=round(self.pace.markets_per_minute),
            )
        elif self.markets and not slots:
            log.info("streams are back, polling ends", tickers=self.tickers, candles=self.candles)
        self.markets = len(slots)

    async def _poll_tickers(self, down: set[int]) -> None:
        """Tickers of all markets in one request; those whose stream is down by now are told."""
        slots, freshness = self._engine.universe.slots, self._engine.freshness
        for ticker in await self._rest.tickers():
            slot = slots.get(ticker.symbol)
            if slot in down and slot in freshness.down("tickers", 0):
                self._sink.on_event(msgspec.structs.replace(ticker, is_polled=True))
                self.tickers += 1

    async def _poll_klines(self, down: list[int]) -> None:
        """The closed minutes of the market whose turn it is, since the last that were asked for."""
        slot = next((slot for slot in down if slot >= self._turn), down[0])
        self._turn = slot + 1
        instrument = self._engine.universe.instrument(slot)
        exchange_ns = self._exchange_ns()
        if instrument is None or exchange_ns is None:
            return
        symbol = instrument.symbol
        # A round takes so long, and the minute that was open at its beginning is asked for again.
        rows = min(MOST_ROWS, 2 + int(len(down) * self.pace.klines_s / 60))
        first = exchange_ns - exchange_ns % MINUTE - rows * MINUTE
        found = await self._rest.klines(symbol, Timeframe.M1, first // MILLISECOND, rows)
        now = self._clock.now_ns()
        if self._engine.universe.slots.get(symbol) == slot:
            self._sink.on_event(as_klines(symbol, Timeframe.M1, first, rows, found, now))
            self.candles += len(found)

    def _exchange_ns(self) -> int | None:
        """The exchange's time now; None while it is not known: an open minute would be taken for a closed one."""
        skew_ns = self._engine.candles.time.skew_ns
        return None if skew_ns is None else self._clock.now_ns() + skew_ns
