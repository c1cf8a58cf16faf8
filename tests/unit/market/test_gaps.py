from typing import Any

import numpy as np
import pytest
from tests.build import MIDNIGHT, T, candles, columns, feed, klines_of, until

from tidemark.market.candles import Candles
from tidemark.market.gaps import CHANNELS, RECENT, GapCounters, Gaps
from tidemark.memory.ledger import Ledger
from tidemark.model.events import StreamGap
from tidemark.model.gap import Gap, Repair
from tidemark.model.timeframe import Timeframe
from tidemark.units import HOUR, SECOND

ONE = np.array([0], np.int32)
MARKET = [T(n * 5, 100.0, number=n + 1) for n in range(100)]


def gaps(series: int = 2) -> Gaps:
    return Gaps(series=series, timeframes=(Timeframe.S10, Timeframe.M1), ledger=Ledger())


def event(since: float | None, to: float | None, channel: str = "trades", cause: str = "closed by peer") -> StreamGap:
    since_ns, to_ns = (None if at is None else MIDNIGHT + round(at * SECOND) for at in (since, to))
    return StreamGap(
        ts_event=MIDNIGHT, ts_recv=MIDNIGHT, venue="bybit", channel=channel, symbols=(), gap_from=since_ns,
        gap_to=to_ns, cause=cause,
    )  # fmt: skip


def gap(since: float, to: float | None, **more: Any) -> Gap:
    return Gap(
        **{
            "venue": "bybit",
            "symbol": "A",
            "channel": "trades",
            "gap_from": MIDNIGHT + round(since * SECOND),
            "gap_to": None if to is None else MIDNIGHT + round(to * SECOND),
            "cause": "closed by peer",
            **more,
        }
    )


def broken(since: int, to: int, end: int) -> Candles:
    made = candles()
    feed(made, [t for t in MARKET if t.at < since])
    until(made, since)
    made.open_gap(ONE, MIDNIGHT + since * SECOND)
    until(made, to)
    made.close_gap(ONE, MIDNIGHT + since * SECOND, MIDNIGHT + to * SECOND)
    for t in MARKET:
        if to <= t.at <= end:
            feed(made, [t])
    until(made, end)
    return made


def test_a_gap_is_noted_when_it_opens_and_when_it_closes_with_what_is_lost() -> None:
    made, market = gaps(), broken(70, 130, 150)

    opened = made.mark(0, "A", event(70, None), market)
    closed = made.mark(0, "A", event(70, 130), market)

    # Minutes 1 and 2 are touched; the second is open still, and counts as lost until it is whole.
    assert (opened, closed) == (gap(70, None), gap(70, 130, lost=2))
    assert made.counters == GapCounters(opened=1, closed=1, unmended=1, refused=0, forgotten=0)
    assert [(one.slot, one.gap) for one in made.unmended()] == [(0, closed)]


def test_what_is_mended_is_counted_until_nothing_is_lost() -> None:
    made, market = gaps(), broken(70, 130, 182)
    made.mark(0, "A", event(70, 130), market)

    nothing = made.review(0, Repair.KLINES, market)
    market.confirm(0, klines_of(MARKET, Timeframe.M1, 60, 1), 1.0)
    half = made.review(0, Repair.KLINES, market)
    market.confirm(0, klines_of(MARKET, Timeframe.M1, 120, 1), 1.0)
    all_of_it = made.review(0, Repair.TRADES, market)

    assert nothing == []
    assert half == [gap(70, 130, repair=Repair.KLINES, repaired=1, lost=1)]
    assert all_of_it == [gap(70, 130, repair=Repair.TRADES, repaired=2, lost=0)]
    assert made.unmended() == []
    assert made.review(0, Repair.KLINES, market) == []


def test_a_gap_that_is_open_already_stays_the_older_one() -> None:
    made, market = gaps(), candles()
    made.mark(0, "A", event(70, None), market)

    assert made.mark(0, "A", event(80, None), market) is None
    closed = made.mark(0, "A", event(80, 90), market)

    assert closed is not None
    assert closed.gap_from == MIDNIGHT + 70 * SECOND


def test_before_we_looked_there_is_no_gap() -> None:
    made, market = gaps(), candles()

    assert made.mark(0, "A", event(None, None), market) is None
    assert made.mark(0, "A", event(None, 5), market) is None

    assert list(made.gaps()) == []


def test_a_book_is_whole_again_with_a_snapshot_and_a_ticker_needs_no_repair() -> None:
    made, market = gaps(), candles()

    book = made.mark(0, "A", event(70, 80, "books"), market)
    ticker = made.mark(0, "A", event(70, 80, "tickers"), market)

    assert book == gap(70, 80, channel="books", repair=Repair.SNAPSHOT)
    assert ticker == gap(70, 80, channel="tickers", repair=Repair.NONE)
    assert made.unmended() == []


@pytest.mark.parametrize("wrong", [event(70, 80, "nosuch"), event(80, 70)])
def test_what_is_no_gap_is_refused_and_counted(wrong: StreamGap) -> None:
    made = gaps()

    assert made.mark(0, "A", wrong, candles()) is None

    assert made.counters.refused == 1
    assert list(made.gaps()) == []


def test_a_leaver_ends_its_gaps_and_nothing_of_it_is_mended_any_more() -> None:
    made, market = gaps(), broken(70, 130, 182)
    made.mark(0, "A", event(70, 130), market)
    made.mark(0, "A", event(140, None, "books"), market)
    made.mark(1, "B", event(150, None, "books"), market)

    gone = made.leave(0, MIDNIGHT + 200 * SECOND)

    assert gone == [gap(140, 200, channel="books")]
    assert made.unmended() == []
    assert made.spans(0, MIDNIGHT) == []
    assert [one.symbol for one in made.gaps()] == ["B", "A", "A"]


def ahead(market: Candles, seconds: float) -> None:
    """The exchange's clock was measured to be so far ahead of ours, 64 times."""
    for n in range(64):
        at = MIDNIGHT + 600 * SECOND + n
        fresh = np.ones(1, np.uint8)
        batch = columns([T(600.0, 100.0, number=1000 + n, slot=1)])
        batch.arrays[1][0], batch.arrays[2][0] = at, at - round(seconds * SECOND)
        market.apply(batch, fresh)


def test_the_spans_of_a_slot_are_its_gaps_of_trades_by_the_exchanges_time_and_doubted_around() -> None:
    made, market = gaps(), candles(2)
    ahead(market, 3.0)
    made.mark(0, "A", event(70, 80), market)
    made.mark(0, "A", event(75, 95, "books"), market)
    made.mark(0, "A", event(100, None), market)
    # What is measured later changes nothing about what the candles took for not seen.
    ahead(market, 2.0)

    spans = made.spans(0, MIDNIGHT + 110 * SECOND)

    half = SECOND // 2
    assert [(since - MIDNIGHT, to - MIDNIGHT) for since, to in spans] == [
        (73 * SECOND - half, 83 * SECOND + half), (103 * SECOND - half, 110 * SECOND + half),
    ]  # fmt: skip


def test_a_minute_that_was_marked_by_another_clock_is_not_forgotten() -> None:
    made, market = gaps(), candles(2)
    feed(market, [t for t in MARKET if t.at < 65])
    ahead(market, 0.0)
    # Heard last at 60.2 s; half a second is doubted, so the minute before is too.
    market.open_gap(ONE, MIDNIGHT + round(60.2 * SECOND))
    made.mark(0, "A", event(60.2, None), market)
    ahead(market, 0.5)
    market.close_gap(ONE, MIDNIGHT + round(60.2 * SECOND), MIDNIGHT + 130 * SECOND)
    closed = made.mark(0, "A", event(60.2, 130), market)

    assert closed is not None
    assert closed.repaired + closed.lost == 3
    (unseen,) = made.unmended()
    flawed = market.flawed(0, Timeframe.M1, unseen.since, unseen.until)
    assert MIDNIGHT in flawed.tolist()
    market.confirm(0, klines_of(MARKET, Timeframe.M1, 60, 2), 0.001, made.spans(0, MIDNIGHT + 600 * SECOND))
    made.review(0, Repair.KLINES, market)
    assert [one.gap.lost for one in made.unmended()] == [1]
    market.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 1), 0.001, made.spans(0, MIDNIGHT + 600 * SECOND))
    made.review(0, Repair.KLINES, market)
    assert made.unmended() == []


def test_the_oldest_closed_one_goes_when_there_are_too_many_and_the_open_ones_stay() -> None:
    made, market = gaps(), candles()
    made.mark(1, "B", event(1, None), market)

    for n in range(RECENT + 10):
        made.mark(0, "A", event(n, n + 1, "tickers"), market)

    assert made.counters.forgotten == 10
    held = list(made.gaps())
    assert len(held) == RECENT + 1 == made.usage().used
    assert held[0].symbol == "B"
    assert (held[1].gap_from - MIDNIGHT, held[-1].gap_from - MIDNIGHT) == ((RECENT + 9) * SECOND, 10 * SECOND)
    assert made.usage().evicted == 10


def test_a_gap_longer_than_the_ring_stays_lost_where_the_ring_has_moved_on() -> None:
    made, market = gaps(), candles(retention={Timeframe.S10: 60, Timeframe.M1: 3})
    until(market, 10)
    market.open_gap(ONE, MIDNIGHT + 10 * SECOND)
    until(market, 602)
    market.close_gap(ONE, MIDNIGHT + 10 * SECOND, MIDNIGHT + 599 * SECOND)
    made.mark(0, "A", event(10, 599), market)

    market.confirm(0, klines_of(MARKET, Timeframe.M1, 0, 10), 1.0)
    (noted,) = made.review(0, Repair.KLINES, market)

    assert (noted.repaired, noted.lost) == (3, 7)


def test_memory_is_what_was_declared_and_is_enough() -> None:
    ledger = Ledger()

    made = Gaps(series=7, timeframes=(Timeframe.M1,), ledger=ledger)

    assert {one.owner: one.bytes for one in Gaps.reserve(series=7)} == {
        line.owner: line.bytes_reserved for line in ledger.report() if line.owner != "transient"
    }
    assert made.reservation.capacity == 7 * len(CHANNELS) + RECENT
    assert made.usage().bytes_used <= made.reservation.bytes
    assert made.mark(0, "A", event(0, HOUR / SECOND, cause="x" * 500), candles()) is not None
    assert len(next(made.gaps()).cause) == 80
