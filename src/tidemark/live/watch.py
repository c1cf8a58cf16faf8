"""Acts on channels that have fallen silent on a living socket: renew the topic, then replace the socket."""

import asyncio
from collections import deque

import numpy as np
import numpy.typing as npt
import structlog

from tidemark.clock import Clock
from tidemark.engine.step import Engine
from tidemark.errors import TidemarkError
from tidemark.ingest.feed import Carried, Feed
from tidemark.ingest.gaps import Doubt
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues.base import Channel
from tidemark.market.freshness import CHANNELS, State
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Table
from tidemark.units import SECOND

LOOK_S = 1.0
# A verdict that is younger than this may only mean that we were late ourselves.
CONFIRM_NS = 2 * SECOND
# The pause after a first action on a channel, doubled by each further one up to the longest.
PAUSE_NS = 30 * SECOND
LONGEST_NS = 600 * SECOND
# A socket on which nothing at all came for so long while something should have: dead as a whole.
SILENT_S = 4.0
# So many channels of one kind, and half of those on the socket: the socket is dead, not its channels.
MANY = 5
# Actions in one minute, whatever happens.
ACTIONS = 10
_MINUTE_NS = 60 * SECOND
# These come only when somebody trades.
_TRADED = ("trades", "klines")
_EACH = (len(CHANNELS),)
_COLUMNS: dict[str, tuple[npt.DTypeLike, tuple[int, ...]]] = {
    "since": (np.int64, _EACH),
    "next_at": (np.int64, _EACH),
    "told_at": (np.int64, _EACH),
    "acted_at": (np.int64, _EACH),
    "replaced_at": (np.int64, _EACH),
    "step": (np.int16, _EACH),
    "quoted": (np.float64, ()),
    "quoted_at": (np.int64, ()),
}
log = structlog.get_logger()


class Watch:
    """Looks once a second. Times are monotonic. Memory: 268 bytes a slot, allocated here.

    A channel is seen to step by step: its topic is subscribed anew; if it is stale again after that, and the market
    trades, its socket is replaced once, which raises an alarm; if that did not help either, its topic is subscribed
    anew now and then, since the others on the socket are well. Between two steps lies a pause that doubles. A socket is
    replaced for the sake of single channels once in ten minutes at most: all that it carries loses a second. Where many
    channels of one socket are silent at once, or all of it is, the socket is replaced without more ado. Trades of a
    market whose ticker is silent as well are compared with the exchange's REST ticker before anything is disturbed; a
    ticker or book is given time until its silence cannot be chance.
    """

    def __init__(
        self, rest: RestClient, engine: Engine, feed: Feed, clock: Clock, *, series: int, ledger: Ledger
    ) -> None:
        self._rest = rest
        self._engine = engine
        self._feed = feed
        self._clock = clock
        self._table = Table("watch", slots=series, columns=_COLUMNS)
        ledger.open(self._table)
        self._acts: deque[int] = deque(maxlen=ACTIONS)
        self._asked_at: int | None = None
        self.renewed = 0
        self.replaced = 0
        self.quiet = 0

    @staticmethod
    def reserve(*, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve("watch", slots=series, columns=_COLUMNS)]

    async def follow(self) -> None:
        """Look without end, and relieve connections before the exchange ends them for their age."""
        while True:
            await asyncio.sleep(LOOK_S)
            self._feed.relieve()
            await self.look()

    async def look(self) -> None:
        """Act on what has been stale for a while."""
        now = self._clock.monotonic_ns()
        ripe = self._ripe(now)
        if not any(ripe.values()):
            return
        await self._spare_the_quiet(ripe, now)
        for carried in self._feed.carried():
            if carried.is_live:
                self._see_to(carried, ripe, now)

    def _ripe(self, now: int) -> dict[str, list[int]]:
        """The slots of each channel that are due for the next step."""
        since, next_at, told_at = (self._table.columns[name] for name in ("since", "next_at", "told_at"))
        ripe: dict[str, list[int]] = {}
        for at, channel in enumerate(CHANNELS):
            stale = self._engine.freshness.stale(channel)
            kept, told = since[stale, at], told_at[stale, at]
            since[:, at] = told_at[:, at] = 0
            since[stale, at], told_at[stale, at] = np.where(kept > 0, kept, now), told
            ripe[channel] = [slot for slot in stale if now - since[slot, at] >= CONFIRM_NS and now >= next_at[slot, at]]
        return ripe

    async def _spare_the_quiet(self, ripe: dict[str, list[int]], now: int) -> None:
        """Take those off *ripe* of which nothing says that they trade."""
        for channel in _TRADED:
            dead = self._dead_together(channel, ripe[channel])
            doubtful = [
                slot
                for slot in ripe[channel]
                if slot not in dead and self._engine.reading(slot, "tickers").state is not State.LIVE
            ]
            if not doubtful:
                continue
            told_at, next_at = (
                self._table.columns[name][:, CHANNELS.index(channel)] for name in ("told_at", "next_at")
            )
            unknown = [slot for slot in doubtful if not told_at[slot]]
            if unknown and (self._asked_at is None or now - self._asked_at >= PAUSE_NS):
                self._asked_at = now
                traded = await self._traded(unknown)
                quiet = [slot for slot in unknown if slot not in traded]
                told_at[list(traded)] = now
                next_at[quiet] = now + PAUSE_NS
                self.quiet += len(quiet)
            # The exchange may have told of a trade that was on its way to us.
            unsure = {slot for slot in doubtful if not told_at[slot] or now - told_at[slot] < CONFIRM_NS}
            ripe[channel] = [slot for slot in ripe[channel] if slot not in unsure]

    def _dead_together(self, channel: str, ripe: list[int]) -> set[int]:
        """Those of *ripe* of which so many are on one connection that it is no chance, whatever tickers say."""
        together = set[int]()
        if len(ripe) < MANY:
            return together
        wanted = Channel(channel)
        for carried in self._feed.carried():
            carries = self._carries(carried, wanted)
            silent = set(carries).intersection(ripe)
            if len(silent) >= MANY and 2 * len(silent) >= len(carries):
                together |= silent
        return together

    async def _traded(self, slots: list[int]) -> set[int]:
        """Those of *slots* whose last price at the exchange is not that of the last trade which we heard of.

        After a gap the last trade may be one that we lost: there it has to change from what we are told first.
        """
        try:
            tickers = {ticker.symbol: ticker for ticker in await self._rest.tickers()}
        except TidemarkError as error:
            if not error.retry:
                raise
            log.warning("silent markets cannot be checked", markets=len(slots), cause=str(error))
            return set()
        quoted, quoted_at = self._table.columns["quoted"], self._table.columns["quoted_at"]
        now = self._clock.now_ns()
        traded = set()
        for slot in slots:
            instrument = self._engine.universe.instrument(slot)
            ticker = tickers.get(instrument.symbol) if instrument is not None else None
            last, heard = self._engine.tape.last(slot), self._engine.freshness.heard(slot, "trades") or 0
            if ticker is None or ticker.last is None or last is None:
                continue
            known = last.price
            if last.ts_recv < heard:
                if quoted_at[slot] < heard:
                    quoted[slot], quoted_at[slot] = ticker.last, now
                known = quoted[slot]
            if ticker.last != known:
                traded.add(slot)
        return traded

    def _see_to(self, carried: Carried, ripe: dict[str, list[int]], now: int) -> None:
        """The next step for what is stale on one connection."""
        is_silent = carried.silent_s >= SILENT_S
        for channel in Channel:
            if not ripe[channel.value] or not (is_silent or self._is_pressing(channel.value, ripe[channel.value])):
                continue
            slots, doubts, topics = self._doubtful(carried, channel, ripe[channel.value])
            is_dead = is_silent or (len(doubts) >= MANY and 2 * len(doubts) >= topics)
            if not is_dead and channel.value not in _TRADED and all(doubt.topic.symbol for doubt in doubts):
                # Each for itself, it may be silent by chance.
                certain = [slot for slot in slots if self._engine.freshness.is_certain(slot, channel.value)]
                slots, doubts, topics = self._doubtful(carried, channel, certain)
            if not doubts or not self._may_act(now):
                continue
            at = CHANNELS.index(channel.value)
            columns = self._table.columns
            # Long without trouble: a new beginning.
            calm = now - columns["acted_at"][slots, at] > 2 * LONGEST_NS
            columns["step"][np.array(slots)[calm], at] = 0
            step = int(columns["step"][slots, at].max())
            self._acts.append(now)
            pause = min(PAUSE_NS << min(step, 10), LONGEST_NS)
            is_missing = any(self._engine.freshness.is_outrun(slot, channel.value) for slot in slots)
            replaced_at = int(columns["replaced_at"][slots, at].max())
            is_spared = step == 1 and not is_dead and replaced_at > 0 and now - replaced_at < LONGEST_NS
            columns["acted_at"][slots, at] = now
            columns["next_at"][slots, at] = now + pause
            columns["step"][slots, at] = step if is_spared else step + 1
            names = [doubt.topic.symbol for doubt in doubts if doubt.topic.symbol]
            if is_dead or (step == 1 and is_missing and not is_spared):
                self.replaced += 1
                columns["replaced_at"][self._carries(carried, channel) or slots, at] = now
                cause = f"connected but dead: {len(doubts)} of {topics} {channel.value} silent"
                cause += f", no data for {carried.silent_s:.0f} s" if is_silent else ""
                log.error("alarm", what=f"{carried.connection_id} {cause}; replaced", symbols=names[:10])
                self._feed.replace(carried.connection_id, cause, doubts)
                return
            self.renewed += len(doubts)
            log.warning("silent, subscribed anew", id=carried.connection_id, channel=channel.value, symbols=names[:10])
            self._feed.renew(channel, names, "silent", [doubt.since for doubt in doubts])

    def _carries(self, carried: Carried, channel: Channel) -> list[int]:
        """The slots whose own topics of *channel* are on that connection."""
        slots = self._engine.universe.slots
        return [slots[topic.symbol] for topic in carried.topics if topic.channel is channel and topic.symbol in slots]

    def _is_pressing(self, channel: str, ripe: list[int]) -> bool:
        """Whether the silence of *ripe* on living sockets may be no chance, for one of them or for all together."""
        freshness = self._engine.freshness
        return (
            channel in _TRADED
            or len(ripe) >= MANY
            or 2 * len(ripe) >= len(freshness.alive(channel))
            or any(freshness.is_certain(slot, channel) for slot in ripe)
        )

    def _doubtful(self, carried: Carried, channel: Channel, ripe: list[int]) -> tuple[list[int], list[Doubt], int]:
        """The ripe slots of *channel* on that connection, their topics with their last word, and all there are."""
        freshness, slots = self._engine.freshness, self._engine.universe.slots
        topics = [topic for topic in carried.topics if topic.channel is channel]
        found: list[int] = []
        doubts: list[Doubt] = []
        for topic in topics:
            if not topic.symbol:
                # One topic for all: it is silent when most of them are, and spoke last when any of them did.
                alive = freshness.alive(channel.value)
                if ripe and 2 * len(ripe) >= len(alive):
                    found += ripe
                    heard = max(freshness.heard(slot, channel.value) or 0 for slot in alive)
                    doubts.append(Doubt(topic, heard))
                continue
            slot = slots.get(topic.symbol, -1)
            if slot in ripe:
                found.append(slot)
                heard = freshness.heard(slot, channel.value) or 0
                doubts.append(Doubt(topic, heard - heard % SECOND))
        return found, doubts, len(topics)

    def _may_act(self, now: int) -> bool:
        return len(self._acts) < ACTIONS or now - self._acts[0] >= _MINUTE_NS
