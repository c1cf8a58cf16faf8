import numpy as np
import pytest
from tests.build import MIDNIGHT, T, engine, history_of, instrument, klines_of, step

from tidemark.engine.outputs import BookTurned, GapNoted, Relisted
from tidemark.engine.size import EngineCounters, EngineSize
from tidemark.engine.step import Engine
from tidemark.errors import OwnerError
from tidemark.market.closed import Closed, Mismatched
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.book import BookBreak, BookRules
from tidemark.model.candle import Origin
from tidemark.model.events import (
    BookDelta,
    BookDepth,
    BookSnapshot,
    ClockJump,
    Delisting,
    Funding,
    Kline,
    Liquidation,
    Listing,
    LongShortRatio,
    MarketEvent,
    OpenInterest,
    ServerTime,
    Shed,
    StreamGap,
    Tick,
    TickerUpdate,
    Trade,
)
from tidemark.model.gap import Repair
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

AT = {"ts_event": MIDNIGHT, "ts_recv": MIDNIGHT}
UNUSED: list[MarketEvent] = [
    Kline(
        **AT,
        symbol="BTCUSDT",
        timeframe=Timeframe.M1,
        open_time=MIDNIGHT,
        open=1,
        high=1,
        low=1,
        close=1,
        volume=1,
        turnover=1,
        is_closed=True,
    ),
    BookSnapshot(**AT, symbol="BTCUSDT", update_id=1, bids=(), asks=()),
    BookDelta(**AT, symbol="BTCUSDT", update_id=1, bids=(), asks=()),
]
DERIVATIVES: list[MarketEvent] = [
    Funding(**AT, symbol="BTCUSDT", rate=0.1, due_at=MIDNIGHT),
    OpenInterest(**AT, symbol="BTCUSDT", value=1.0),
    LongShortRatio(**AT, symbol="BTCUSDT", long_share=0.5),
    Liquidation(**AT, symbol="BTCUSDT", price=1.0, size=1.0, is_long=True),
]  # fmt: skip


def give(made: Engine, *trades: T, events: list[MarketEvent] | None = None) -> list[object]:
    batch = Batch(64, 64)
    for n, trade in enumerate(trades):
        ts = MIDNIGHT + round(trade.at * SECOND)
        number = trade.number or n + 1
        assert batch.trades.append(trade.slot, ts, ts, number, number, trade.price, trade.size, trade.is_buy)
    for event in events or []:
        batch.add(event)
    return list(made.process(batch))


def tick(at: float) -> Tick:
    ts = MIDNIGHT + round(at * SECOND)
    return Tick(ts_event=ts, ts_recv=ts)


def gap(symbols: tuple[str, ...], since: float | None, until: float | None, channel: str = "trades") -> StreamGap:
    since_ns, until_ns = (None if at is None else MIDNIGHT + round(at * SECOND) for at in (since, until))
    return StreamGap(
        **AT, venue="bybit", channel=channel, symbols=symbols, gap_from=since_ns, gap_to=until_ns, cause="test"
    )


def origins(made: Engine, symbol: str) -> list[Origin]:
    return [candle.origin for candle in made.candles.closed(made.universe.slots[symbol], Timeframe.S10, 10)]


def test_trades_become_candles_and_the_tape_and_are_counted() -> None:
    made = engine()

    outputs = give(made, T(1, 100.0, 2.0), T(2, 101.0), T(2, 101.0, number=2), events=[tick(12)])

    assert [(type(output), len(output.slots)) for output in outputs if isinstance(output, Closed)] == [(Closed, 1)]
    assert made.counters == EngineCounters(trades=2, duplicates=1, tickers=0, unused=0, candles=1, gaps=0)
    last = made.tape.last(0)
    assert last is not None
    assert (last.price, last.turnover) == (101.0, 301.0)


def test_a_batch_without_anything_changes_nothing() -> None:
    made = engine()

    assert made.process(Batch(1, 1)) == []


def test_a_refused_trade_is_on_no_tape() -> None:
    made = engine()

    give(made, T(1, 100.0), T(7200, 100.0))

    assert made.counters.trades == 1
    assert made.candles.counters.from_future == 1


def test_a_ticker_is_kept_for_a_known_symbol_and_counted_for_another() -> None:
    made = engine()

    give(
        made,
        events=[
            TickerUpdate(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol=name, last=5.0) for name in ("BTCUSDT", "NOSUCH")
        ],
    )

    ticker = made.tickers.get(0, "BTCUSDT")
    assert ticker is not None
    assert ticker.last == 5.0
    assert (made.counters.tickers, made.counters.unused) == (1, 1)


@pytest.mark.parametrize("event", UNUSED, ids=lambda event: type(event).__name__)
def test_what_has_no_use_yet_is_counted(event: MarketEvent) -> None:
    made = engine()

    assert give(made, events=[event]) == []
    assert made.counters.unused == 1


@pytest.mark.parametrize("event", DERIVATIVES, ids=lambda event: type(event).__name__)
def test_what_is_told_of_derivatives_is_kept_for_a_known_symbol_only(event: MarketEvent) -> None:
    made, other = engine(), engine(["OTHERUSDT"])

    assert give(made, events=[event]) == give(other, events=[event]) == []

    assert (made.counters.derivatives, made.counters.unused) == (1, 0)
    assert (other.counters.derivatives, other.counters.unused) == (0, 1)


def test_a_joiner_finds_nothing_of_who_had_the_slot_before() -> None:
    made = engine(["AUSDT"])
    give(
        made,
        events=[
            OpenInterest(**AT, symbol="AUSDT", value=7.0),
            Delisting(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="AUSDT"),
        ],
    )

    step(made, Listing(**AT, instrument=instrument("BUSDT")))

    assert made.universe.slots == {"BUSDT": 0}
    assert made.derivatives.open_interest.latest(0) is None


def test_open_interest_in_a_ticker_and_a_gap_of_the_liquidations_reach_the_derivatives() -> None:
    made = engine()

    give(
        made,
        events=[
            TickerUpdate(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="BTCUSDT", open_interest=5.0),
            gap((), None, 0, channel="liquidations"),
        ],
    )

    latest = made.derivatives.open_interest.latest(0)
    assert latest is not None
    assert latest.value == 5.0
    totals = made.derivatives.liquidations.totals(0, MIDNIGHT + 60 * SECOND)
    assert totals is not None
    # One minute of the window of 23 h 55 min and that minute.
    assert totals.coverage == pytest.approx(60 / (287 * 300 + 60))
    assert made.counters.gaps == 0


def test_a_trade_outside_the_columns_is_a_mistake_of_ours() -> None:
    trade = Trade(**AT, symbol="BTCUSDT", trade_id="1", price=1.0, size=1.0, is_buy=True, sequence=1)

    with pytest.raises(TypeError, match="BTCUSDT"):
        give(engine(), events=[trade])


def test_a_gap_of_one_symbol_leaves_the_others() -> None:
    made = engine(["AUSDT", "BUSDT"])
    give(made, T(1, 100.0, slot=0), T(1, 100.0, slot=1), events=[gap(("AUSDT", "NOSUCH"), 3, None)])
    give(made, events=[tick(12)])

    assert (origins(made, "AUSDT"), origins(made, "BUSDT")) == ([Origin.PARTIAL], [Origin.TRADES])
    assert made.counters.gaps == 1


def test_a_gap_without_symbols_is_one_of_all_and_only_that_of_the_trades_counts() -> None:
    made = engine(["AUSDT", "BUSDT"])
    give(made, T(1, 100.0, slot=0), T(1, 100.0, slot=1), events=[gap((), 3, None, channel="tickers")])
    give(made, events=[tick(12)])
    give(made, T(13, 100.0, slot=0, number=20), T(13, 100.0, slot=1, number=20), events=[gap((), 14, None)])
    give(made, events=[gap((), 14, 25)])
    give(made, T(31, 100.0, slot=0, number=50), T(31, 100.0, slot=1, number=50), events=[tick(42)])

    for symbol in ("AUSDT", "BUSDT"):
        assert origins(made, symbol) == [Origin.TRADES, Origin.PARTIAL, Origin.TRADES]
    assert made.counters.gaps == 1


def test_a_gap_of_symbols_that_nobody_watches_is_nothing() -> None:
    made = engine()

    assert give(made, events=[gap(("NOSUCH",), 3, None)]) == []
    assert made.counters.gaps == 0


def test_the_exchanges_clock_is_learned() -> None:
    made = engine()

    give(made, events=[ServerTime(ts_event=MIDNIGHT + 3 * SECOND, ts_recv=MIDNIGHT)])

    assert made.candles.time.offset_ns == 3 * SECOND


def test_a_leaver_frees_a_slot_that_begins_anew() -> None:
    made = engine(["AUSDT", "BUSDT"])
    give(made, T(1, 100.0, slot=0), events=[tick(12)])
    give(
        made,
        events=[
            TickerUpdate(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="AUSDT", last=5.0),
            Delisting(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="AUSDT"),
        ],
    )

    step(made, Listing(**AT, instrument=instrument("CUSDT")))

    assert made.universe.slots == {"BUSDT": 1, "CUSDT": 0}
    assert made.tape.last(0) is None
    assert made.tickers.get(0, "CUSDT") is None
    assert made.candles.closed(0, Timeframe.S10, 10) == []


def test_a_delisting_of_nobody_is_nothing() -> None:
    assert give(engine(), events=[Delisting(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="NOSUCH")]) == []


def test_a_newcomer_without_a_slot_is_left_out() -> None:
    made = engine([f"{n}USDT" for n in range(4)])

    assert step(made, Listing(**AT, instrument=instrument("LATEUSDT"))) == []
    assert len(made.universe.slots) == 4


def test_a_relisting_with_the_same_tick_changes_nothing_and_with_another_restates() -> None:
    made = engine()
    give(made, T(1, 100.5), events=[tick(12)])

    assert step(made, Listing(**AT, instrument=instrument())) == []
    (relisted,) = step(made, Listing(**AT, instrument=instrument(tick_size=0.5)))

    assert isinstance(relisted, Relisted)
    assert [candle.close for candle in made.candles.closed(0, Timeframe.S10, 10)] == [100.5]
    assert made.candles.tick_size(0) == 0.5


def test_an_engine_takes_what_it_reserved_and_cannot_be_made_twice_in_one_ledger() -> None:
    ledger = Ledger()
    size = EngineSize(
        series=3,
        retention={Timeframe.M1: 5},
        tape_rows=7,
        is_numbered=False,
        batch_trades=16,
        grace_ns=0,
    )
    Engine(size, ledger)

    assert {line.owner: line.bytes_reserved for line in ledger.report() if line.owner != "transient"} == {
        reservation.owner: reservation.bytes for reservation in Engine.reserve(size)
    }
    assert ledger.violations() == []
    with pytest.raises(OwnerError):
        Engine(size, ledger)


def test_the_same_input_gives_the_same_output() -> None:
    def outputs() -> list[bytes]:
        made = engine(["AUSDT", "BUSDT"])
        rng = np.random.default_rng(7)
        told = []
        for second in range(0, 400, 3):
            trades = [
                T(second + n / 10, 100 + int(rng.integers(0, 50)) / 10, 1.5, slot=n % 2, number=second * 10 + n + 1)
                for n in range(6)
            ]
            for output in give(made, *trades, events=[tick(second + 1)]):
                assert isinstance(output, Closed)
                told += [column.tobytes() for column in output.rows.values()]
        return told

    assert len(outputs()) > 100
    assert outputs() == outputs()


def test_a_timeframe_is_shed_and_kept_again_by_events_and_one_that_is_not_there_is_nothing() -> None:
    made = engine()

    step(made, Shed(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, timeframe=Timeframe.M30, is_shed=True))
    assert list(made.candles.shed_timeframes) == [Timeframe.M30]
    step(made, Shed(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, timeframe=Timeframe.M30, is_shed=False))
    assert not made.candles.shed_timeframes

    size = EngineSize(series=1, retention={Timeframe.M1: 5}, tape_rows=5, is_numbered=True, batch_trades=10, grace_ns=0)
    small = Engine(size, Ledger())
    assert step(small, Shed(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, timeframe=Timeframe.M30, is_shed=True)) == []


def with_books(symbols: tuple[str, ...] = ("AUSDT", "BUSDT")) -> Engine:
    size = EngineSize(
        series=3,
        retention={Timeframe.M1: 5},
        tape_rows=7,
        is_numbered=False,
        batch_trades=16,
        grace_ns=0,
        book_depth=5,
        book_rules=BookRules(resyncs_by_rest=True),
    )
    made = Engine(size, Ledger())
    for symbol in symbols:
        step(made, Listing(**AT, instrument=instrument(symbol)))
    return made


def give_delta(made: Engine, slot: int, update: int, bids: tuple[tuple[float, float], ...] = ()) -> list[object]:
    batch = Batch(1, 1)
    assert batch.books.append(slot, False, MIDNIGHT, MIDNIGHT, -1, update, update - 1, bids, ())
    return list(made.process(batch))


def snapshot_of(symbol: str, update: int) -> BookSnapshot:
    return BookSnapshot(**AT, symbol=symbol, update_id=update, bids=((10.0, 1.0),), asks=((10.1, 1.0),))


def turned(outputs: list[object]) -> list[tuple[str, bool, BookBreak]]:
    assert all(isinstance(output, BookTurned | GapNoted) for output in outputs)
    return [(out.symbol, out.is_synced, out.reason) for out in outputs if isinstance(out, BookTurned)]


def test_books_join_break_and_are_announced() -> None:
    made = with_books()

    assert give_delta(made, 1, 100) == []
    joined = give(made, events=[snapshot_of("BUSDT", 100)])
    assert give_delta(made, 1, 101, ((10.0, 2.0),)) == []
    lost = give_delta(made, 1, 103)

    assert turned(joined) == [("BUSDT", True, BookBreak.NONE)]
    assert turned(lost) == [("BUSDT", False, BookBreak.GAP)]
    assert made.counters.unused == 0


def test_a_gap_of_the_books_ends_what_was_known_of_them_and_nothing_else() -> None:
    made = with_books()
    give(made, events=[snapshot_of("AUSDT", 1), snapshot_of("BUSDT", 1)])

    assert turned(give(made, events=[gap(("AUSDT",), 3, None, channel="tickers")])) == []
    one = give(made, events=[gap(("AUSDT",), 3, None, channel="books")])
    rest = give(made, events=[gap((), 3, None, channel="books")])

    assert turned(one) == [("AUSDT", False, BookBreak.FEED_LOST)]
    assert turned(rest) == [("BUSDT", False, BookBreak.FEED_LOST)]
    assert turned(give(made, events=[gap((), 3, 4, channel="books")])) == []
    assert made.counters.gaps == 0


def test_a_channel_that_fell_silent_leaves_stale_books() -> None:
    made = with_books()
    give(made, events=[snapshot_of("AUSDT", 1)])

    silent = StreamGap(**AT, venue="binance", channel="books", symbols=("AUSDT",), gap_from=MIDNIGHT, cause="silent")

    assert turned(give(made, events=[silent])) == [("AUSDT", False, BookBreak.STALE)]


def test_another_tick_restates_candles_and_ends_the_book() -> None:
    made = with_books()
    give(made, events=[snapshot_of("AUSDT", 1)])

    relisted, *turns = step(made, Listing(**AT, instrument=instrument("AUSDT", tick_size=0.5)))

    assert isinstance(relisted, Relisted)
    assert turned(turns) == [("AUSDT", False, BookBreak.TICK_CHANGED)]


def test_a_leaver_takes_its_book_along() -> None:
    made = with_books()
    give(made, events=[snapshot_of("AUSDT", 1), Delisting(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="AUSDT")])
    step(made, Listing(**AT, instrument=instrument("CUSDT")))

    assert made.books is not None
    assert made.universe.slots["CUSDT"] == 0
    assert made.books.top(0) is None


def test_without_books_their_messages_are_counted_as_unused() -> None:
    made = engine()

    assert made.books is None
    assert give_delta(made, 0, 1) == []
    assert made.counters.unused == 1


def test_each_channel_is_heard_by_what_it_brings() -> None:
    made = engine()
    batch = Batch(4, 4)
    assert batch.trades.append(0, MIDNIGHT, MIDNIGHT + 1, 1, 1, 100.0, 1.0, True)
    assert batch.books.append(0, True, MIDNIGHT, MIDNIGHT + 2, 1, 1, -1, ((99.0, 1.0),), ())
    batch.add(TickerUpdate(ts_event=MIDNIGHT, ts_recv=MIDNIGHT + 3, symbol="BTCUSDT", last=100.0))
    batch.add(tick(5))

    made.process(batch)

    heard = {channel: made.freshness.heard(0, channel) for channel in ("books", "tickers", "marks")}
    assert heard == {"books": MIDNIGHT + 2, "tickers": MIDNIGHT + 3, "marks": None}
    assert made.reading(0, "trades").age_s == 5.0 - 1e-9


def test_a_clock_that_is_set_moves_all_moments_of_ours() -> None:
    made = engine()
    give(made, T(1, 100.0), events=[TickerUpdate(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="BTCUSDT", last=5.0)])

    give(made, events=[ClockJump(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, step_ns=SECOND)])

    last, ticker = made.tape.last(0), made.tickers.get(0, "BTCUSDT")
    assert last is not None
    assert ticker is not None
    assert (last.ts_recv, last.ts_event, ticker.ts_recv) == (
        MIDNIGHT + 2 * SECOND,
        MIDNIGHT + SECOND,
        MIDNIGHT + SECOND,
    )
    assert made.candles.time.offset_ns == -SECOND


HISTORY = [T(n * 5, 100.0 + n % 7, 1.0, number=n + 1) for n in range(60)]


def broken(at: Engine, since: float, until: float, end: float) -> list[object]:
    """Give HISTORY but for a gap; what was noted of it."""
    noted: list[object] = []
    give(at, *[t for t in HISTORY if t.at < since])
    noted += give(at, events=[gap(("BTCUSDT",), since, None)])
    give(at, events=[tick(until)])
    noted += give(at, events=[gap(("BTCUSDT",), since, until)])
    give(at, *[t for t in HISTORY if until <= t.at <= end])
    give(at, events=[tick(end)])
    return [output for output in noted if isinstance(output, GapNoted)]


def minutes(made: Engine) -> list[tuple[float, Origin]]:
    return [(candle.close, candle.origin) for candle in made.candles.closed(0, Timeframe.M1, 10)]


def test_a_gap_is_noted_mended_and_noted_again() -> None:
    made = engine()
    noted = broken(made, 70, 95, 182)

    outputs = give(made, events=[klines_of(HISTORY, Timeframe.M1, 60, 1)])

    assert [(o.gap.gap_to is None, o.gap.repaired, o.gap.lost) for o in noted if isinstance(o, GapNoted)] == [
        (True, 0, 0), (False, 0, 1),
    ]  # fmt: skip
    (mended,) = [output for output in outputs if isinstance(output, GapNoted)]
    assert (mended.gap.symbol, mended.gap.repair, mended.gap.repaired, mended.gap.lost) == (
        "BTCUSDT", Repair.KLINES, 1, 0,
    )  # fmt: skip
    assert minutes(made) == [(104.0, Origin.TRADES), (102.0, Origin.REPAIRED), (100.0, Origin.TRADES)]
    assert made.gaps.unmended() == []


def test_trades_that_were_fetched_mend_a_gap_as_well() -> None:
    made = engine()
    broken(made, 70, 95, 182)

    outputs = give(made, events=[history_of(HISTORY, 60, 100)])

    (mended,) = [output for output in outputs if isinstance(output, GapNoted)]
    assert (mended.gap.repair, mended.gap.lost) == (Repair.TRADES, 0)
    assert {candle.origin for candle in made.candles.closed(0, Timeframe.S10, 18)} == {Origin.TRADES, Origin.REPAIRED}
    assert made.counters.trades == 32, "fetched trades are no news for the tape"


def test_a_candle_that_is_pushed_before_ours_is_over_waits_for_it() -> None:
    made = engine()
    give(made, *[t for t in HISTORY if t.at <= 61], events=[tick(61)])
    wrong = [t if t.at != 5 else t._replace(price=90.0) for t in HISTORY]
    (row,) = klines_of(wrong, Timeframe.M1, 0, 1).rows
    pushed = Kline(
        **AT, symbol="BTCUSDT", timeframe=Timeframe.M1, open_time=row.open_time, open=row.open, high=row.high,
        low=row.low, close=row.close, volume=row.volume, turnover=row.turnover, trades=row.trades, bought=row.bought,
        is_closed=True,
    )  # fmt: skip

    early = give(made, events=[pushed])
    late = give(made, events=[tick(62)])

    assert early == []
    (mismatched,) = [output for output in late if isinstance(output, Mismatched)]
    assert mismatched.open_times.tolist() == [MIDNIGHT]
    assert minutes(made) == [(104.0, Origin.EXCHANGE)]
    assert made.candles.confirmed.of(0).mismatched == 1
    assert give(made, events=[tick(63)]) == [], "it counts once"


def test_a_candle_far_ahead_of_time_does_not_wait() -> None:
    made = engine()
    give(made, T(1, 100.0), events=[tick(3)])
    ahead = klines_of([T(3601, 100.0)], Timeframe.M1, 3600, 1).rows[0]

    give(
        made,
        events=[
            Kline(
                **AT, symbol="BTCUSDT", timeframe=Timeframe.M1, open_time=ahead.open_time, open=1.0, high=1.0, low=1.0,
                close=1.0, volume=1.0, turnover=1.0, is_closed=True,
            )
        ],
    )  # fmt: skip

    assert made.counters.unused == 1


def test_a_leaver_takes_its_gaps_and_what_waited_along_and_its_late_candles_are_unused() -> None:
    made = engine()
    broken(made, 70, 95, 182)
    give(made, events=[gap(("BTCUSDT",), 185, None, channel="books")])

    outputs = give(made, events=[Delisting(ts_event=MIDNIGHT, ts_recv=MIDNIGHT + 200 * SECOND, symbol="BTCUSDT")])
    give(made, events=[klines_of(HISTORY, Timeframe.M1, 60, 1)])
    give(made, events=[history_of(HISTORY, 60, 100)])

    assert [(o.gap.channel, o.gap.gap_to) for o in outputs if isinstance(o, GapNoted)] == [
        ("books", MIDNIGHT + 200 * SECOND)
    ]
    assert made.gaps.unmended() == []
    assert made.counters.unused == 2
    assert made.candles.closed(0, Timeframe.M1, 10) == []


def test_how_trades_are_cut_around_the_exchanges_candles_makes_no_difference() -> None:
    kept = []
    for size in (1, 7, 60):
        made = engine()
        trades = [t for t in HISTORY if not 70 <= t.at < 95]
        for n in range(0, len(trades), size):
            give(made, *trades[n : n + size])
        give(made, events=[gap(("BTCUSDT",), 70, 95)])
        give(made, events=[klines_of(HISTORY, Timeframe.M1, 0, 4)])
        give(made, T(30, 500.0, number=900), T(301, 100.0, number=901))
        give(made, events=[tick(400)])
        kept.append([made.candles.closed(0, timeframe, 50) for timeframe in made.candles.timeframes])

    assert kept[0] == kept[1] == kept[2]


def test_books_become_shallower_by_an_event_and_deep_again() -> None:
    made = with_books()
    give_delta(made, 0, 1)
    bids = tuple((10.0 - n / 10, 1.0) for n in range(5))
    give(made, events=[BookSnapshot(**AT, symbol="AUSDT", update_id=1, bids=bids, asks=((10.1, 1.0),))])
    assert made.books is not None

    outputs = give(made, events=[BookDepth(**AT, levels=2)])
    shallow = made.books.levels(0, 5)
    give(made, events=[BookDepth(**AT, levels=9)])

    assert outputs == []
    assert shallow is not None
    assert shallow.bids[:, 0].tolist() == [10.0, 9.9]
    assert made.books.depth == 5, "no deeper than what was planned"


def test_a_depth_is_nothing_to_an_engine_without_books() -> None:
    made = engine()

    assert give(made, events=[BookDepth(**AT, levels=2)]) == []
    assert made.counters.unused == 0


def test_a_depth_holds_for_what_comes_behind_it_however_the_input_is_cut() -> None:
    ends = []
    for is_cut in (False, True):
        made = with_books()
        give_delta(made, 0, 1)
        events: list[MarketEvent] = [snapshot_of("AUSDT", 1), BookDepth(**AT, levels=1), snapshot_of("AUSDT", 2)]
        for some in [[event] for event in events] if is_cut else [events]:
            give(made, events=some)
        give_delta(made, 0, 3, ((9.9, 4.0), (9.8, 4.0)))
        assert made.books is not None
        levels = made.books.levels(0, 9)
        assert levels is not None
        ends.append((levels.bids.tolist(), levels.asks.tolist(), levels.update_id, made.books.status(0)))

    assert ends[0] == ends[1]
    assert ends[0][0] == [[10.0, 1.0]]


def test_a_clock_that_is_set_moves_the_moments_of_the_books_as_well() -> None:
    made = with_books()
    give_delta(made, 0, 1)
    give(made, events=[snapshot_of("AUSDT", 1)])
    assert made.books is not None
    before = made.books.status(0)

    give(made, events=[ClockJump(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, step_ns=SECOND)])

    after = made.books.status(0)
    assert (before.is_synced, before.ts_recv, before.since) == (True, MIDNIGHT, MIDNIGHT)
    assert (after.ts_recv, after.since, after.ts_event) == (MIDNIGHT + SECOND, MIDNIGHT + SECOND, MIDNIGHT)
