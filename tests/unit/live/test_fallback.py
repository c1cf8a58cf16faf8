import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.build import MIDNIGHT, engine

from tidemark.clock import EventClock
from tidemark.engine.intake import Intake
from tidemark.errors import RefusedError, UnreachableError
from tidemark.ingest.budget import Priority
from tidemark.ingest.rejects import Rejects
from tidemark.ingest.rest import RestClient
from tidemark.ingest.venues import registry
from tidemark.ingest.venues.base import Channel
from tidemark.live.fallback import Fallback, pace
from tidemark.live.sink import Sink
from tidemark.market.freshness import State
from tidemark.memory.ledger import Ledger
from tidemark.model.events import Kline, Klines, MarketEvent, ServerTime, StreamGap, Tick, TickerUpdate
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, MINUTE, SECOND

NAMES = ["AUSDT", "BUSDT", "CUSDT"]


def at(seconds: float) -> int:
    return MIDNIGHT + round(seconds * SECOND)


class Exchange(RestClient):
    """Answers at once with what the test has, and notes what it was asked."""

    def __init__(self, clock: EventClock) -> None:
        venue = registry.find("bybit")
        super().__init__(venue, venue.endpoints, clock)
        self.clock = clock
        self.asked: list[tuple[str, int]] = []
        self.failure: Exception | None = None

    async def tickers(self, priority: Priority = Priority.NORMAL) -> list[TickerUpdate]:
        self._note("tickers")
        now = self.clock.now_ns()
        return [TickerUpdate(ts_event=now, ts_recv=now, symbol=name, last=5.0) for name in [*NAMES, "OTHERUSDT"]]

    async def klines(
        self, symbol: str, timeframe: Timeframe, start_ms: int, limit: int, priority: Priority = Priority.NORMAL
    ) -> list[Kline]:
        self._note(symbol)
        now = self.clock.now_ns()
        return [
            Kline(
                ts_event=now, ts_recv=now, symbol=symbol, timeframe=timeframe,
                open_time=start_ms * MILLISECOND + n * MINUTE, open=1.0, high=2.0, low=0.5, close=1.5,
                volume=10.0, turnover=15.0, is_closed=True,
            )
            for n in range(limit + 1)
        ]  # fmt: skip

    def _note(self, what: str) -> None:
        self.asked.append((what, (self.clock.now_ns() - MIDNIGHT) // SECOND))
        if self.failure is not None:
            raise self.failure


class Noting(Sink):
    def __init__(self, clock: EventClock, folder: Path) -> None:
        super().__init__(clock, Rejects(folder / "rejects"), None)
        self.events: list[MarketEvent] = []

    def on_event(self, event: MarketEvent) -> None:
        self.events.append(event)
        super().on_event(event)


class Made:
    """Three markets, whose trades and tickers are confirmed at midnight."""

    def __init__(self, rest: Exchange, folder: Path, *channels: Channel) -> None:
        self.rest, self.clock = rest, rest.clock
        venue = registry.find("bybit")
        self.engine = engine(NAMES)
        self.sink = Noting(self.clock, folder)
        self.sink.intake = Intake(
            self.engine,
            venue.parser(self.engine.universe.slots),
            Ledger(),
            deliver=lambda outputs: None,
            reject=self.sink.reject,
        )
        self.fallback = Fallback(
            rest, self.sink, self.engine, self.clock, venue, channels or (Channel.TRADES, Channel.TICKERS), 5.0
        )
        self.sink.on_event(ServerTime(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, round_trip=1))
        for channel in ("trades", "tickers"):
            self.gap(channel, 0, closes=True)

    def gap(self, channel: str, seconds: float, *names: str, closes: bool = False) -> None:
        now = at(seconds)
        self.sink.on_gap(
            StreamGap(
                ts_event=now, ts_recv=now, venue="bybit", channel=channel, symbols=names, gap_from=now,
                gap_to=now if closes else None, cause="test",
            )
        )  # fmt: skip

    async def look(self, seconds: float) -> float:
        self.clock.set(at(seconds))
        self.sink.on_event(Tick(ts_event=at(seconds), ts_recv=at(seconds)))
        return await self.fallback.look()

    def told(self, kind: type[TickerUpdate] | type[Klines]) -> list[str]:
        return [event.symbol for event in self.sink.events if isinstance(event, kind)]


@pytest.fixture
async def rest() -> AsyncIterator[Exchange]:
    async with Exchange(EventClock(MIDNIGHT)) as client:
        yield client


def test_the_pace_is_what_a_share_of_the_weight_allows() -> None:
    bybit, binance = pace(registry.find("bybit")), pace(registry.find("binance"))

    # Bybit: 120 a second, so that the requests themselves set the pace. Binance: 40 of 2,400 a minute for all tickers,
    # one for a page of candles.
    assert (bybit.tickers_s, bybit.klines_s, bybit.markets_per_minute) == (5.0, 0.2, 300.0)
    assert (binance.tickers_s, binance.klines_s, binance.markets_per_minute) == (10.0, 0.2, 300.0)
    for venue, found in (("bybit", bybit), ("binance", binance)):
        queries = registry.find(venue).rest
        budget = queries.BUDGET
        klines = queries.klines("BTCUSDT", Timeframe.M1, 0, 60).weight
        spent_per_s = queries.tickers().weight / found.tickers_s + klines / found.klines_s
        assert spent_per_s <= 0.35 * budget.weight / budget.window_s


async def test_while_the_feed_is_whole_nothing_is_asked(rest: Exchange, tmp_path: Path) -> None:
    made = Made(rest, tmp_path)

    pauses = [await made.look(second) for second in range(1, 30)]

    assert (rest.asked, set(pauses), made.fallback.notice) == ([], {1.0}, "")


async def test_a_gap_of_five_seconds_is_polled_and_marked_until_it_closes(rest: Exchange, tmp_path: Path) -> None:
    made = Made(rest, tmp_path)
    made.gap("tickers", 10, "AUSDT", "BUSDT")
    with capture_logs() as lines:
        for second in range(11, 26):
            await made.look(second)
        during = (made.fallback.markets, made.engine.reading(0, "tickers").state, made.fallback.notice)
        made.gap("tickers", 26, "AUSDT", "BUSDT", closes=True)
        for second in range(26, 40):
            await made.look(second)

    assert rest.asked == [("tickers", 15), ("tickers", 20), ("tickers", 25)]
    assert made.told(TickerUpdate) == ["AUSDT", "BUSDT"] * 3
    assert all(event.is_polled for event in made.sink.events if isinstance(event, TickerUpdate))
    assert during == (
        2,
        State.POLLED,
        "streams down, polling 2 markets: tickers every 5 s, candles of 300 markets a minute",
    )
    assert made.engine.reading(2, "tickers").state is State.LIVE
    assert [line["event"] for line in lines] == ["streams down, polling", "streams are back, polling ends"]
    assert (made.fallback.markets, made.fallback.tickers, made.fallback.notice) == (0, 6, "")


async def test_candles_are_asked_for_one_market_after_the_other_and_only_closed_ones_told(
    rest: Exchange, tmp_path: Path
) -> None:
    made = Made(rest, tmp_path)
    made.gap("trades", 130, "AUSDT", "CUSDT")

    pauses = [await made.look(135 + n / 5) for n in range(4)]

    assert [what for what, _ in rest.asked] == ["AUSDT", "CUSDT", "AUSDT", "CUSDT"]
    assert pauses == [0.2] * 4
    (first, *_) = [event for event in made.sink.events if isinstance(event, Klines)]
    # At 2 min 15 s, minutes 0 and 1 are closed.
    assert (first.first, first.count, len(first.rows)) == (MIDNIGHT, 2, 2)
    assert [row.open_time for row in first.rows] == [MIDNIGHT, MIDNIGHT + MINUTE]
    assert made.engine.reading(0, "trades").state is State.POLLED
    assert made.engine.reading(1, "trades").state is State.LIVE


async def test_a_clock_that_is_wrong_takes_no_open_minute_for_a_closed_one(rest: Exchange, tmp_path: Path) -> None:
    made = Made(rest, tmp_path)
    made.sink.on_event(ServerTime(ts_event=MIDNIGHT, ts_recv=MIDNIGHT + 100 * SECOND, round_trip=0))
    made.gap("trades", 230, "AUSDT")

    await made.look(235)

    (told,) = [event for event in made.sink.events if isinstance(event, Klines)]
    # It is 2 min 15 s at the exchange, and 3 min 55 s here.
    assert (told.first, told.first + told.count * MINUTE) == (MIDNIGHT, MIDNIGHT + 2 * MINUTE)


async def test_what_is_not_subscribed_is_not_polled(rest: Exchange, tmp_path: Path) -> None:
    made = Made(rest, tmp_path, Channel.TRADES)
    made.gap("tickers", 1)

    for second in range(2, 30):
        await made.look(second)

    assert rest.asked == []


async def test_an_exchange_that_does_not_answer_is_asked_ever_less_and_told_of_once(
    rest: Exchange, tmp_path: Path
) -> None:
    made = Made(rest, tmp_path)
    made.gap("tickers", 1)
    rest.failure = UnreachableError("gone")
    with capture_logs() as lines:
        pauses = [await made.look(10 + 5 * n) for n in range(5)]
        rest.failure = None
        after = await made.look(40)

    assert [line["event"] for line in lines] == ["streams down, polling", "polling failed, trying again"]
    assert all(0.25 * 2**n <= pause <= 0.5 * 2**n for n, pause in enumerate(pauses))
    assert after == 1.0
    assert made.fallback.tickers == 3


async def test_a_failure_that_no_retry_mends_is_not_hidden(rest: Exchange, tmp_path: Path) -> None:
    made = Made(rest, tmp_path)
    made.gap("tickers", 1)
    rest.failure = RefusedError("no")

    with pytest.raises(RefusedError):
        await made.look(10)


async def test_it_looks_again_and_again(rest: Exchange, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Made(rest, tmp_path)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise asyncio.CancelledError

    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(asyncio.CancelledError):
        await made.fallback.follow()

    assert slept == [1.0, 1.0, 1.0]
