import msgspec
import numpy as np
import pytest
from tests.build import MIDNIGHT, T, columns, engine

from tidemark.analysis.analysis import Weights
from tidemark.engine.size import EngineSize
from tidemark.engine.step import Engine
from tidemark.live.board import Board, Line, Order
from tidemark.market.freshness import State
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import Klines, StreamGap, Tick, TickerUpdate
from tidemark.model.timeframe import Timeframe
from tidemark.settings.markets import Retention
from tidemark.units import SECOND

NAMES = ("AUSDT", "BUSDT", "CUSDT")


def at(seconds: float) -> int:
    return MIDNIGHT + round(seconds * SECOND)


def give(made: Engine, *trades: T, until: float | None = None) -> None:
    batch = Batch(64, 8)
    rows = columns(trades)
    for row in zip(*(column[: len(trades)].tolist() for column in rows.arrays), strict=True):
        assert batch.trades.append(*row)
    if until is not None:
        batch.add(Tick(ts_event=at(until), ts_recv=at(until)))
    made.process(batch)


def board(made: Engine) -> Board:
    return Board(made, Retention(), MIDNIGHT)


def test_a_market_without_a_trade_says_that_it_knows_nothing() -> None:
    (line,) = board(engine(["AUSDT"])).lines(at(60), Order.TURNOVER, 5)

    assert line == Line(
        symbol="AUSDT", decimals=1, last=None, change_1m=None, turnover=0.0, is_24h=False, trades_per_s=0.0, candles=0,
        wanted=1440, age_s=None, is_stale=False, state=State.LIVE,
    )  # fmt: skip


def test_a_line_tells_price_change_turnover_and_age() -> None:
    made = engine(["AUSDT"])
    give(made, T(1, 100.0, number=1), T(31, 110.0, number=2), T(119, 121.0, number=3), until=122)

    (line,) = board(made).lines(at(124), Order.TURNOVER, 5)

    assert (line.last, line.turnover, line.is_24h) == (121.0, 331.0, False)
    # The candle that ended at 50 s, filled at 110, is the newest that ended a minute before the last trade.
    assert line.change_1m == pytest.approx(121.0 / 110.0 - 1.0)
    assert (line.candles, line.age_s, line.is_stale) == (2, 3.0, False)


def test_what_the_exchange_says_of_the_day_goes_before_our_own_count() -> None:
    made = engine(["AUSDT"])
    give(made, T(1, 100.0))
    batch = Batch(1, 1)
    batch.add(TickerUpdate(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="AUSDT", turnover_24h=5e9))
    made.process(batch)

    (line,) = board(made).lines(at(2), Order.TURNOVER, 5)

    assert (line.turnover, line.is_24h) == (5e9, True)


def test_each_order_puts_its_own_first() -> None:
    made = engine(NAMES)
    shown = board(made)
    give(made, T(1, 100.0, 9.0, slot=0, number=1), T(5, 10.0, slot=1, number=2), T(6, 1.0, slot=2, number=3))
    give(made, T(119, 50.0, slot=2, number=4), T(119, 10.1, slot=1, number=5), until=122)
    give(made, *(T(119.5, 10.1, slot=1, number=n) for n in range(6, 9)))

    first = {order: [line.symbol for line in shown.lines(at(123), order, 3)] for order in Order}

    assert first[Order.SYMBOL] == ["AUSDT", "BUSDT", "CUSDT"]
    assert first[Order.TURNOVER] == ["AUSDT", "CUSDT", "BUSDT"]
    assert first[Order.RATE] == ["BUSDT", "CUSDT", "AUSDT"]
    assert first[Order.CHANGE][0] == "CUSDT"
    assert first[Order.AGE][0] == "AUSDT"
    assert [line.symbol for line in shown.lines(at(123), Order.SYMBOL, 2)] == ["AUSDT", "BUSDT"]


def test_scores_are_shown_where_there_are_some_the_highest_first() -> None:
    made = engine(NAMES, weights=Weights())
    give(made, T(1, 100.0, slot=0, number=1), T(2, 10.0, slot=1, number=2), until=5)
    analysis = made.analysis
    assert analysis is not None
    assert analysis.scores is not None
    analysis.scores = msgspec.structs.replace(
        analysis.scores, score=np.array([40.0, 60.0, 99.0, 0.0]), is_known=np.array([True, True, False, False])
    )

    told = [(line.symbol, line.score) for line in board(made).lines(at(6), Order.SCORE, 3)]

    assert told == [("BUSDT", 60.0), ("AUSDT", 40.0), ("CUSDT", None)]
    assert [line.score for line in board(engine(NAMES)).lines(at(6), Order.SCORE, 3)] == [None] * 3


def test_rates_are_those_of_the_last_ten_to_twenty_seconds() -> None:
    made = engine(["AUSDT"])
    shown = board(made)
    give(made, *(T(n / 10, 100.0, number=n + 1) for n in range(40)))

    assert shown.lines(at(4), Order.RATE, 1)[0].trades_per_s == 10.0
    assert shown.lines(at(10), Order.RATE, 1)[0].trades_per_s == 4.0
    assert shown.lines(at(20), Order.RATE, 1)[0].trades_per_s == 0.0


def test_a_market_is_stale_by_its_own_pace() -> None:
    made = engine(["AUSDT", "BUSDT"])
    give(made, *(T(n, 100.0, number=n + 1) for n in range(61)), T(60, 10.0, slot=1, number=1), until=75)
    shown = board(made)

    fast, slow = shown.lines(at(75), Order.SYMBOL, 2)

    assert (fast.is_stale, slow.is_stale) == (True, False)
    assert (fast.age_s, slow.age_s) == (15.0, 15.0)
    assert (fast.state, slow.state) == (State.STALE, State.LIVE)


def test_a_market_that_rest_stands_in_for_says_so() -> None:
    made = engine(["AUSDT"])
    give(made, T(1, 100.0))
    for event in (
        StreamGap(
            ts_event=at(2), ts_recv=at(2), venue="bybit", channel="trades", symbols=(), gap_from=at(1), cause="lost"
        ),
        Klines(ts_event=at(9), ts_recv=at(9), symbol="AUSDT", timeframe=Timeframe.M1, first=at(-60), count=1, rows=()),
        Tick(ts_event=at(12), ts_recv=at(12)),
    ):
        batch = Batch(1, 1)
        batch.add(event)
        made.process(batch)

    (line,) = board(made).lines(at(12), Order.AGE, 1)

    assert (line.state, line.is_polled, line.is_stale, line.age_s) == (State.POLLED, True, False, 3.0)
    assert line.ticker_age_s is None


def test_without_minutes_the_shortest_candles_are_counted() -> None:
    size = EngineSize(
        series=1, retention={Timeframe.M5: 5, Timeframe.H1: 5}, tape_rows=5, is_numbered=True, batch_trades=64,
        grace_ns=0,
    )  # fmt: skip
    made = Engine(size, Ledger())
    whole = engine(["AUSDT"])
    made.universe.join(msgspec.structs.replace(whole.universe.occupied()[0][1]))
    made.candles.join(0, 0.1)
    give(made, T(1, 100.0), until=301)

    (line,) = board(made).lines(at(302), Order.TURNOVER, 1)

    assert (line.candles, line.wanted, line.change_1m) == (1, 864, None)
