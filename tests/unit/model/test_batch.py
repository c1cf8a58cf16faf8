import pytest
from tests.build import MIDNIGHT, instrument

from tidemark.model.batch import Batch
from tidemark.model.events import Delisting, Kline, Listing, MarketEvent, ServerTime, StreamGap, Tick, TickerUpdate
from tidemark.model.timeframe import Timeframe

UPDATE = TickerUpdate(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="BTCUSDT", last=1.0)
CONTROL: list[MarketEvent] = [
    Tick(ts_event=MIDNIGHT, ts_recv=MIDNIGHT),
    ServerTime(ts_event=MIDNIGHT, ts_recv=MIDNIGHT),
    Listing(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, instrument=instrument()),
    Delisting(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, symbol="BTCUSDT"),
    StreamGap(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, venue="bybit", channel="trades", symbols=(), cause="test"),
]


def fill(batch: Batch, trades: int) -> None:
    for n in range(trades):
        assert batch.trades.append(0, MIDNIGHT, MIDNIGHT, n, n, 1.0, 1.0, True)


def test_a_batch_takes_what_it_was_made_for_and_says_when_it_is_full() -> None:
    batch = Batch(trades=3, events=2)

    assert batch.is_empty
    fill(batch, 1)
    assert batch.has_room(2)
    assert not batch.has_room(3)
    batch.add(UPDATE)
    assert batch.has_room(1)
    assert not batch.has_room(2)
    batch.add(UPDATE)
    assert not batch.has_room(1)
    assert not batch.is_empty


@pytest.mark.parametrize("event", CONTROL, ids=lambda event: type(event).__name__)
def test_an_event_that_does_not_commute_seals_the_batch(event: MarketEvent) -> None:
    batch = Batch(trades=3, events=9)

    batch.add(UPDATE)
    assert not batch.sealed
    batch.add(event)

    assert batch.sealed
    assert not batch.has_room(0)


@pytest.mark.parametrize("is_closed", [False, True])
def test_a_candle_seals_the_batch_once_it_is_closed(is_closed: bool) -> None:
    batch = Batch(trades=3, events=9)

    batch.add(
        Kline(
            ts_event=MIDNIGHT,
            ts_recv=MIDNIGHT,
            symbol="BTCUSDT",
            timeframe=Timeframe.M1,
            open_time=MIDNIGHT,
            open=1.0,
            high=2.0,
            low=1.0,
            close=2.0,
            volume=3.0,
            turnover=4.0,
            is_closed=is_closed,
        )
    )

    assert batch.sealed is is_closed


def test_a_cleared_batch_is_as_new_in_the_same_memory() -> None:
    batch = Batch(trades=3, events=2)
    arrays = batch.trades.arrays
    fill(batch, 3)
    batch.add(CONTROL[0])

    batch.clear()

    assert batch.is_empty
    assert batch.has_room(2)
    assert batch.trades.arrays is arrays
