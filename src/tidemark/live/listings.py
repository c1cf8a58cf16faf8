"""Follows what the exchange lists, decides who is watched, and asks for its clock, while the process runs."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from tidemark.clock import Clock
from tidemark.engine.step import Engine
from tidemark.errors import FrameError, RefusedError
from tidemark.ingest.budget import Priority
from tidemark.ingest.feed import Feed
from tidemark.ingest.rest import RestClient
from tidemark.live.overview import Overview
from tidemark.live.sink import Sink
from tidemark.market.activity import trades_last_hour
from tidemark.market.selection import Candidate, Decision, Reason, Rules, evaluate
from tidemark.model.events import Delisting, Listing, ServerTime
from tidemark.model.instrument import Instrument, Status
from tidemark.units import HOUR

# Prices off their tick, and a wish to evaluate at once, are noticed this soon.
CHECK_S = 10.0
# A market that left for its silence is not tried again sooner.
QUIET_NS = 6 * HOUR
# Fewer markets than this may all be gone at once; of more, a list that lacks half of them is not believed.
_BELIEVED = 3
# Under pressure this share of the slots is given up at a time.
_GIVEN_UP_AT_ONCE = 0.05
log = structlog.get_logger()


class Listings:
    """Lets markets join and leave the slots: newcomers, those that the filters say, those that are listed no more.

    seats: how many may be watched at most. on_join: told of the symbols that have just joined and are subscribed, so
    that somebody fetches their history.
    """

    def __init__(
        self,
        rest: RestClient,
        sink: Sink,
        engine: Engine,
        feed: Feed,
        clock: Clock,
        rules: Rules,
        overview: Overview,
        *,
        seats: int,
        every_s: float,
        on_join: Callable[[Sequence[str]], None] = lambda _: None,
    ) -> None:
        self._rest = rest
        self._sink = sink
        self._engine = engine
        self._feed = feed
        self._clock = clock
        self._rules = rules
        self._overview = overview
        self._seats = seats
        self._every_s = every_s
        self.on_join = on_join
        # Symbols that were asked for because of their prices: once an evaluation is enough.
        self._suspected: frozenset[str] = frozenset()
        self._strikes: dict[str, int] = {}  # bounded: by the markets that are watched
        self._quiet: dict[str, int] = {}  # bounded: by the markets that are listed
        self._refused: Counter[str] = Counter()  # bounded: by the reasons there are
        self._withheld: list[int] = []  # bounded: each entry is at least one seat
        self._is_due = asyncio.Event()

    @property
    def seats(self) -> int:
        """How many markets may be watched now: fewer while memory pressure lasts."""
        return max(1, self._seats - sum(self._withheld))

    async def follow(self) -> None:
        """Ask for the time at once; then, again and again, for what is listed and traded, and decide who is watched.

        A reply that cannot be used is told and passed over: nobody joins or leaves because of it.
        """
        while True:
            try:
                await self.ask_time()
                await self._wait()
                instruments = await self._rest.instruments(Priority.BACKGROUND)
                self._overview.take(instruments, await self._rest.tickers(Priority.BACKGROUND))
            except (FrameError, RefusedError) as error:
                log.warning("listings not used", cause=str(error))
                await asyncio.sleep(CHECK_S)
            else:
                self.apply(instruments)

    async def _wait(self) -> None:
        waited_s = 0.0
        while waited_s < self._every_s:
            try:
                async with asyncio.timeout(CHECK_S):
                    await self._is_due.wait()
            except TimeoutError:
                waited_s += CHECK_S
            else:
                self._is_due.clear()
                return
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

    def apply(self, instruments: Sequence[Instrument]) -> list[Decision]:
        """Decide about *instruments*, all that the exchange lists, and make the slots agree; give the decisions.

        A list that is empty, or in which most of the watched markets are gone or halted at once, is not believed: it
        would end them all.
        """
        watched = {instrument.symbol: instrument for _, instrument in self._engine.universe.occupied()}
        listed = {instrument.symbol: instrument for instrument in instruments}
        trading = {symbol for symbol, one in listed.items() if one.status is Status.TRADING}
        missing = len(set(watched) - trading)
        if not listed or (missing > _BELIEVED and 2 * missing > len(watched)):
            log.error("alarm", what=f"the exchange lists {missing} of {len(watched)} markets no more; not believed")
            return []
        now = self._clock.now_ns()
        members = {symbol: self._strikes.get(symbol, 0) for symbol in watched}
        self._quiet = {symbol: until for symbol, until in self._quiet.items() if until > now and symbol in listed}
        candidates = [self._candidate(instrument) for instrument in listed.values()]
        decisions = evaluate(candidates, members, self._rules, seats=self.seats, now_ns=now)
        self._strikes = {one.symbol: one.strikes for one in decisions if one.is_watched and one.strikes}
        self._change(decisions, listed, watched, now)
        self._tell_refused(decisions)
        return decisions

    def _candidate(self, instrument: Instrument) -> Candidate:
        symbol = instrument.symbol
        slot = self._engine.universe.slots.get(symbol)
        counts = self._rules.min_trades_1h > 0 and slot is not None
        return Candidate(
            instrument=instrument,
            turnover=self._overview.breadth.turnover(symbol),
            trades_1h=trades_last_hour(self._engine.candles, slot) if counts and slot is not None else None,
            trades_24h=self._overview.breadth.trades_24h(symbol),
            is_quiet=symbol in self._quiet,
        )

    def _change(
        self, decisions: list[Decision], listed: dict[str, Instrument], watched: dict[str, Instrument], now: int
    ) -> None:
        for one in decisions:
            if one.was_watched and not one.is_watched:
                if one.reason is Reason.TRADES:
                    self._quiet[one.symbol] = now + QUIET_NS
                self._sink.on_event(Delisting(ts_event=now, ts_recv=now, symbol=one.symbol, cause=str(one)))
                log.info("market left", symbol=one.symbol, why=str(one), rank=one.rank)
        for one in decisions:
            if one.is_watched and listed[one.symbol] != watched.get(one.symbol):
                self._sink.on_event(Listing(ts_event=now, ts_recv=now, instrument=listed[one.symbol]))
        held = self._engine.universe.slots
        joined = [one for one in decisions if one.is_watched and not one.was_watched and one.symbol in held]
        for one in joined:
            log.info("market joined", symbol=one.symbol, why=str(one), rank=one.rank, turnover=one.turnover)
        if set(held) != set(watched):
            self._feed.resubscribe(list(held))
        if joined:
            self.on_join([one.symbol for one in joined])

    def _tell_refused(self, decisions: list[Decision]) -> None:
        """How many are refused for which reason, when that is not as before."""
        refused = Counter(one.reason.value for one in decisions if not one.is_watched and not one.was_watched)
        if refused != self._refused:
            self._refused = refused
            log.info("markets refused", watched=len(self._engine.universe.slots), **{"by reason": dict(refused)})

    def give_up(self) -> int | None:
        """Let the least traded markets go, one in twenty of the slots, and keep their seats empty; give how many left.

        None when only one is left. Those that are always watched go last.
        """
        engine = self._engine
        turnovers = engine.tickers.column("turnover_24h", engine.tape.turnovers())
        occupied = engine.universe.occupied()
        count = min(max(1, int(self._seats * _GIVEN_UP_AT_ONCE)), len(occupied) - 1)
        if count < 1:
            return None
        least = sorted(
            occupied,
            key=lambda entry: (entry[1].symbol in self._rules.always, float(turnovers[entry[0]]), -entry[0]),
        )
        now = self._clock.now_ns()
        leavers = [instrument.symbol for _, instrument in least[:count]]
        # Seats that nobody sits in are gone with them, else the next evaluation would fill them.
        self._withheld.append(self.seats - (len(occupied) - count))
        for symbol in leavers:
            self._sink.on_event(Delisting(ts_event=now, ts_recv=now, symbol=symbol, cause="memory pressure"))
        self._feed.resubscribe(list(engine.universe.slots))
        log.warning("markets given up for memory", count=count, symbols=leavers[:10], watched=len(occupied) - count)
        return count

    def take_back(self) -> None:
        """Give back the seats that were taken last, and evaluate at once who sits down in them."""
        if self._withheld:
            self._withheld.pop()
            self._is_due.set()
