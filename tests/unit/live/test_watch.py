from collections.abc import AsyncIterator, Sequence
from random import Random

import pytest
from structlog.testing import capture_logs
from tests.build import MIDNIGHT, T, columns, engine

from tidemark.clock import EventClock
from tidemark.engine.step import Engine
from tidemark.errors import UnreachableError
from tidemark.ingest.budget import Priority
from tidemark.ingest.feed import Carried, Feed
from tidemark.ingest.gaps import Doubt
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Channel, Topic
from tidemark.live.watch import ACTIONS, Watch
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import StreamGap, Tick, TickerUpdate
from tidemark.units import SECOND

NAMES = [f"M{n}USDT" for n in range(12)]


def at(seconds: float) -> int:
    return MIDNIGHT + round(seconds * SECOND)


class Sockets(Feed):
    """A feed whose sockets are imagined: what is done to them is noted."""

    def __init__(self, carried: Sequence[Carried]) -> None:
        super().__init__(registry.find("bybit"), [], [Channel.TRADES], Nobody(), EventClock(), print, Random(1))
        self.imagined = list(carried)
        self.acts: list[tuple[str, object, tuple[str, ...], tuple[int, ...]]] = []

    def carried(self) -> list[Carried]:
        return self.imagined

    def renew(self, channel: Channel, symbols: Sequence[str], cause: str, since: Sequence[int] = ()) -> None:
        assert cause == "silent"
        self.acts.append(("renew", channel, tuple(symbols), tuple(since)))

    def replace(self, connection_id: str, cause: str, doubts: Sequence[Doubt] = ()) -> None:
        assert cause.startswith("connected but dead: ")
        names = tuple(doubt.topic.symbol for doubt in doubts)
        self.acts.append(("replace", connection_id, names, tuple(doubt.since for doubt in doubts)))


class Nobody:
    def on_frame(self, connection_id: str, payload: memoryview, ts_recv: int) -> None:
        raise AssertionError((connection_id, bytes(payload), ts_recv))

    def on_gap(self, gap: StreamGap) -> None:
        raise AssertionError(gap)


class Exchange(RestClient):
    """Its tickers are those of the test, or it cannot be reached."""

    def __init__(self, clock: EventClock) -> None:
        venue = registry.find("bybit")
        super().__init__(venue, venue.endpoints, clock)
        self.last: dict[str, float] | None = {}
        self.asked = 0

    async def tickers(self, priority: Priority = Priority.NORMAL) -> list[TickerUpdate]:
        self.asked += 1
        if self.last is None:
            raise UnreachableError("gone")
        return [TickerUpdate(ts_event=1, ts_recv=1, symbol=name, last=last) for name, last in self.last.items()]


class Made:
    """Markets whose tickers (and trades) come each second on one socket, until the test stops some."""

    def __init__(self, rest: Exchange, clock: EventClock, markets: int, *, whole: bool = False) -> None:
        self.clock, self.rest = clock, rest
        self.names = NAMES[:markets]
        self.engine: Engine = engine(self.names, series=markets)
        topics = [Topic(f"publicTrade.{name}", Channel.TRADES, name) for name in self.names]
        topics += (
            [Topic("!ticker@arr", Channel.TICKERS, "")]
            if whole
            else [Topic(f"tickers.{name}", Channel.TICKERS, name) for name in self.names]
        )
        self.feed = Sockets([Carried("bybit-1", tuple(topics), is_live=True)])
        self.ledger = Ledger()
        self.watch = Watch(rest, self.engine, self.feed, clock, series=markets, ledger=self.ledger)
        self.second = 0
        self.gap("tickers", closes=True)

    def gap(self, channel: str, *, closes: bool) -> None:
        now = at(self.second)
        self.give(
            StreamGap(
                ts_event=now, ts_recv=now, venue="bybit", channel=channel, symbols=(), gap_from=now - 1,
                gap_to=now if closes else None, cause="test",
            )
        )  # fmt: skip

    def give(self, *events: Tick | TickerUpdate | StreamGap, trades: Sequence[T] = ()) -> None:
        batch = Batch(64, 64)
        for row in zip(*(column[: len(trades)].tolist() for column in columns(trades).arrays), strict=True):
            assert batch.trades.append(*row)
        for event in events:
            batch.add(event)
        self.engine.process(batch)

    async def live(self, seconds: int, *, tickers: Sequence[int] = (), trades: Sequence[int] = ()) -> None:
        """So many seconds, in which only these markets speak; the watch looks once in each."""
        for _ in range(seconds):
            self.second += 1
            now = at(self.second)
            self.clock.set(now)
            # No trade without a ticker that tells of it.
            self.give(
                *(
                    TickerUpdate(ts_event=now, ts_recv=now, symbol=self.names[slot], last=100.0 + self.second)
                    for slot in tickers
                ),
                Tick(ts_event=now, ts_recv=now),
                trades=[T(self.second, 100.0, slot=slot, number=self.second) for slot in trades],
            )
            await self.watch.look()


@pytest.fixture
async def rest() -> AsyncIterator[Exchange]:
    async with Exchange(EventClock(MIDNIGHT)) as client:
        yield client


def made(rest: Exchange, markets: int, *, whole: bool = False) -> Made:
    clock = rest._clock
    assert isinstance(clock, EventClock)
    return Made(rest, clock, markets, whole=whole)


async def slow_market_without_a_ticker(rest: Exchange) -> Made:
    """One market with a trade every 20 s, and its pace learned."""
    world = made(rest, 1)
    world.gap("tickers", closes=False)
    for _ in range(12):
        await world.live(19)
        await world.live(1, trades=[0])
    return world


async def test_while_all_speak_nothing_is_done(rest: Exchange) -> None:
    world = made(rest, 3)

    await world.live(90, tickers=range(3), trades=range(3))

    assert world.feed.acts == []


async def test_a_silent_topic_is_renewed_then_its_socket_replaced_once_with_an_alarm(rest: Exchange) -> None:
    world = made(rest, 12)
    everybody = range(12)
    await world.live(60, tickers=everybody, trades=everybody)

    with capture_logs() as told:
        await world.live(13, tickers=everybody, trades=range(1, 12))
        first = list(world.feed.acts)
        await world.live(27, tickers=everybody, trades=range(1, 12))
        still = list(world.feed.acts)
        await world.live(100, tickers=everybody, trades=range(1, 12))

    # Its last trade came at 60 s; stale from 71 s on, confirmed two seconds later.
    assert first == still == [("renew", Channel.TRADES, ("M0USDT",), (at(60),))]
    assert world.feed.acts[1] == ("replace", "bybit-1", ("M0USDT",), (at(60),))
    assert [act[0] for act in world.feed.acts] == ["renew", "replace", "renew"]
    assert [line["event"] for line in told] == ["silent, subscribed anew", "alarm", "silent, subscribed anew"]
    assert told[1]["what"] == "bybit-1 connected but dead: 1 of 12 trades silent; replaced"
    assert (world.watch.renewed, world.watch.replaced) == (2, 1)


async def test_a_slow_ticker_is_left_alone_until_its_silence_cannot_be_chance(rest: Exchange) -> None:
    world = made(rest, 12)
    for _ in range(40):
        await world.live(6, tickers=range(1, 12), trades=range(12))
        await world.live(1, tickers=range(12), trades=range(12))

    await world.live(4 * 35, tickers=range(1, 12), trades=range(12))
    before = list(world.feed.acts)
    await world.live(4, tickers=range(1, 12), trades=range(12))

    # A ticker each 7 s: stale after 35 s of silence, seen to after 140 s.
    assert before == []
    assert world.feed.acts == [("renew", Channel.TICKERS, ("M0USDT",), (at(280),))]


async def test_a_market_that_does_not_trade_never_costs_the_others_their_socket(rest: Exchange) -> None:
    world = made(rest, 12)
    others, everybody = range(1, 12), range(12)
    await world.live(60, tickers=everybody, trades=everybody)

    await world.live(400, tickers=others, trades=others)

    # After 30, 60, 120 and 240 s, at the earliest.
    assert [act[0] for act in world.feed.acts] == 4 * ["renew"]
    assert {act[1] for act in world.feed.acts} == {Channel.TICKERS}


async def test_a_ticker_that_stays_silent_while_its_market_trades_costs_the_socket_once(rest: Exchange) -> None:
    world = made(rest, 12)
    await world.live(60, tickers=range(12), trades=range(12))

    await world.live(400, tickers=range(1, 12), trades=range(12))

    assert [act[0] for act in world.feed.acts] == ["renew", "replace", "renew", "renew"]


async def test_a_trade_that_the_exchange_tells_of_first_is_waited_for(rest: Exchange) -> None:
    world = made(rest, 12)
    await world.live(60, tickers=range(12), trades=range(12))
    rest.last = dict.fromkeys(world.names, 101.0)

    # M0 is silent for 11 s; the exchange is asked, and tells of a trade that comes a second later.
    await world.live(13, tickers=range(1, 12), trades=range(1, 12))
    assert rest.asked == 1
    await world.live(30, tickers=range(12), trades=range(12))

    assert world.feed.acts == []


async def test_a_socket_on_which_many_fall_silent_at_once_is_replaced_at_once(rest: Exchange) -> None:
    world = made(rest, 12)
    await world.live(60, tickers=range(12), trades=range(12))

    await world.live(13, tickers=range(12), trades=range(5))

    (act,) = world.feed.acts
    assert act == ("replace", "bybit-1", tuple(NAMES[5:12]), tuple([at(60)] * 7))


async def test_a_socket_that_says_nothing_at_all_is_replaced_for_a_single_stale_market(rest: Exchange) -> None:
    world = made(rest, 12)
    await world.live(60, tickers=range(12), trades=range(12))
    world.feed.imagined = [Carried("bybit-1", world.feed.imagined[0].topics, is_live=True, silent_s=4.0)]

    with capture_logs() as told:
        await world.live(13, tickers=range(12), trades=range(1, 12))

    assert world.feed.acts == [("replace", "bybit-1", ("M0USDT",), (at(60),))]
    assert told[0]["what"] == "bybit-1 connected but dead: 1 of 12 trades silent, no data for 4 s; replaced"


async def test_a_topic_of_all_markets_is_silent_when_most_of_them_are(rest: Exchange) -> None:
    world = made(rest, 6, whole=True)
    await world.live(60, tickers=range(6), trades=range(6))

    await world.live(20, tickers=range(4), trades=range(6))
    some = list(world.feed.acts)
    await world.live(13, tickers=[], trades=range(6))

    assert some == []
    assert world.feed.acts == [("renew", Channel.TICKERS, (), (at(80),))]


async def test_a_slow_market_without_a_ticker_is_compared_with_the_exchange_first(rest: Exchange) -> None:
    world = await slow_market_without_a_ticker(rest)
    rest.last = {"M0USDT": 100.0}

    # Its mean gap is 20 s, so it is stale 100 s after its last trade.
    await world.live(103)
    quiet = (list(world.feed.acts), rest.asked, world.watch.quiet)
    rest.last = {"M0USDT": 101.0}
    await world.live(31)
    told = list(world.feed.acts)
    await world.live(2)

    # Had the trade been on its way to us, it would have come within two seconds.
    assert (quiet, told) == (([], 1, 1), [])
    assert world.feed.acts == [("renew", Channel.TRADES, ("M0USDT",), (at(240),))]
    assert rest.asked == 2


async def test_a_trade_that_was_lost_in_a_gap_is_no_sign_of_silence_after_it(rest: Exchange) -> None:
    world = await slow_market_without_a_ticker(rest)
    world.gap("trades", closes=False)
    await world.live(5)
    world.gap("trades", closes=True)
    # The last trade of the market fell into the gap.
    rest.last = {"M0USDT": 101.0}

    await world.live(400)
    quiet = list(world.feed.acts)
    rest.last = {"M0USDT": 102.0}
    await world.live(33)

    assert quiet == []
    assert world.feed.acts == [("renew", Channel.TRADES, ("M0USDT",), (at(245),))]


async def test_a_socket_is_not_replaced_for_one_market_after_the_other(rest: Exchange) -> None:
    world = made(rest, 12)
    await world.live(60, tickers=range(12), trades=range(12))
    await world.live(100, tickers=range(12), trades=range(1, 12))
    await world.live(400, tickers=range(12), trades=range(4, 12))
    before = [act[0] for act in world.feed.acts]
    await world.live(400, tickers=range(12), trades=range(4, 12))

    assert before.count("replace") == 1
    assert [act[0] for act in world.feed.acts].count("replace") == 2


async def test_where_the_exchange_cannot_be_asked_a_slow_market_is_left_alone(rest: Exchange) -> None:
    world = await slow_market_without_a_ticker(rest)
    rest.last = None

    with capture_logs() as told:
        await world.live(103)

    assert world.feed.acts == []
    assert [line["event"] for line in told] == ["silent markets cannot be checked"]


async def test_a_connection_that_is_not_live_is_left_alone(rest: Exchange) -> None:
    world = made(rest, 2)
    await world.live(60, tickers=range(2), trades=range(2))
    world.feed.imagined = [Carried("bybit-1", world.feed.imagined[0].topics, is_live=False)]

    await world.live(40, tickers=range(2))

    assert world.feed.acts == []


async def test_there_are_never_more_than_ten_actions_a_minute(rest: Exchange) -> None:
    world = made(rest, 12)
    topics = world.feed.imagined[0].topics
    # Twelve sockets, each with the trades and the ticker of one market.
    world.feed.imagined = [Carried(f"bybit-{n}", (topics[n], topics[12 + n]), is_live=True) for n in range(12)]
    await world.live(60, tickers=range(12), trades=range(12))

    await world.live(23)
    first = len(world.feed.acts)
    await world.live(60)

    assert first == ACTIONS == 10
    assert len(world.feed.acts) <= 20


async def test_it_takes_what_it_reserved(rest: Exchange) -> None:
    world = made(rest, 2)

    reserved = {line.owner: line.bytes_reserved for line in world.ledger.report()}
    (planned,) = Watch.reserve(series=2)
    assert reserved["watch"] == planned.bytes
    assert planned.item_bytes == 6 * (8 + 8 + 8 + 8 + 8 + 2) + 8 + 8 == 268
