import numpy as np
import pytest
from tests.build import MIDNIGHT, T, engine, instrument, step

from tidemark.engine.outputs import Relisted
from tidemark.engine.step import Engine, EngineCounters, EngineSize
from tidemark.errors import OwnerError
from tidemark.market.closed import Closed
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.candle import Origin
from tidemark.model.events import (
    BookDelta,
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
    StreamGap,
    Tick,
    TickerUpdate,
    Trade,
)
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

AT = {"ts_event": MIDNIGHT, "ts_recv": MIDNIGHT}
UNUSED: list[MarketEvent] = [
    Kline(
        **AT, symbol="BTCUSDT", timeframe=Timeframe.M1, open_time=MIDNIGHT, open=1, high=1, low=1, close=1, volume=1,
        turnover=1, is_closed=True,
    ),
    BookSnapshot(**AT, symbol="BTCUSDT", update_id=1, bids=(), asks=()),
    BookDelta(**AT, symbol="BTCUSDT", update_id=1, bids=(), asks=()),
    Funding(**AT, symbol="BTCUSDT", rate=0.1, due_at=1),
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
            Delisting(**AT, symbol="AUSDT"),
        ],
    )

    step(made, Listing(**AT, instrument=instrument("CUSDT")))

    assert made.universe.slots == {"BUSDT": 1, "CUSDT": 0}
    assert made.tape.last(0) is None
    assert made.tickers.get(0, "CUSDT") is None
    assert made.candles.closed(0, Timeframe.S10, 10) == []


def test_a_delisting_of_nobody_is_nothing() -> None:
    assert give(engine(), events=[Delisting(**AT, symbol="NOSUCH")]) == []


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
