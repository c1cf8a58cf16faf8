import numpy as np
import pytest

from tidemark.sim.longer import Candle
from tidemark.sim.market import Market
from tidemark.sim.truth import MINUTES, RECENT, Truth


def market(symbol: str) -> Market:
    return Market(symbol=symbol, base=symbol, quote="USDT", settle="USDT", tick_size=0.1, price_decimals=1,
                  lot_size=1.0, lot_decimals=0, start_price=10.0, launched_ms=0)  # fmt: skip


def build(*, opens_at_close: bool = False, minute: int = 10_000) -> Truth:
    truth = Truth(2, minute, opens_at_close=opens_at_close)
    truth.enter(0, market("AUSDT"), 100)
    truth.enter(1, market("BUSDT"), 50)
    return truth


def trade(truth: Truth, *rows: tuple[int, int, int, bool]) -> list[int]:
    """Rows of (slot, ticks, lots, is_buy), sorted by slot; each an aggregate trade of its own."""
    slot, ticks, lots, is_buy = (np.array(column) for column in zip(*rows, strict=True))
    order = np.array([sum(1 for before in rows[:k] if before[0] == row[0]) for k, row in enumerate(rows)])
    numbers: list[int] = truth.apply(slot, ticks, lots, is_buy, np.full(len(rows), 7), order).tolist()
    return numbers


def test_a_candle_opens_at_its_first_trade_where_the_venue_says_so() -> None:
    truth = build()

    trade(truth, (0, 103, 2, True), (0, 101, 5, False), (0, 102, 1, True))

    assert truth.candle(0, 10_000) == Candle(10_000, 103, 103, 101, 102, 8, 813, 3, 308, 3, 0)


def test_a_candle_opens_at_the_close_before_it_where_the_venue_says_so() -> None:
    truth = build(opens_at_close=True)

    trade(truth, (0, 103, 2, True), (0, 101, 5, False))

    candle = truth.candle(0, 10_000)
    assert candle is not None
    assert (candle.open, candle.high, candle.low, candle.close) == (100, 103, 100, 101)


def test_a_minute_without_trades_is_flat_at_the_old_close() -> None:
    truth = build()
    trade(truth, (0, 104, 1, True))

    truth.roll(10_002)

    assert truth.candle(0, 10_001) == Candle(10_001, 104, 104, 104, 104, 0, 0, 0, 0, 0, 1)


def test_a_second_call_goes_on_with_the_open_candle() -> None:
    truth = build()
    trade(truth, (0, 104, 1, True))
    trade(truth, (0, 99, 1, True), (1, 51, 4, False))

    first, second = truth.candle(0, 10_000), truth.candle(1, 10_000)
    assert first is not None
    assert second is not None
    assert (first.open, first.high, first.low, first.close, first.lots, first.trades) == (104, 104, 99, 99, 2, 2)
    assert (second.open, second.lots, second.buy_lots) == (51, 4, 0)


def test_trades_are_numbered_within_their_market() -> None:
    truth = build()

    assert trade(truth, (0, 100, 1, True), (0, 100, 1, True), (1, 50, 1, True)) == [0, 1, 0]
    assert trade(truth, (0, 100, 1, True), (1, 50, 1, True)) == [2, 1]
    assert [fill.order for fill in truth.fills(0)] == [0, 1, 2]


def test_only_the_newest_trades_are_remembered() -> None:
    truth = build()
    for _ in range(3):
        trade(truth, *[(0, 100, 1, True)] * 400)

    numbers = [fill.number for fill in truth.fills(0)]
    assert len(numbers) == RECENT
    assert (numbers[0], numbers[-1]) == (200, 1199)


def test_five_minutes_open_at_their_first_trade_not_at_the_flat_minute_before_it() -> None:
    truth = build(minute=9_999)
    truth.roll(10_001)
    trade(truth, (0, 110, 2, True), (0, 108, 1, False))
    truth.roll(10_003)
    trade(truth, (0, 111, 4, True))
    truth.roll(10_005)

    assert truth.candles(0, 5, 10_000, 10_004) == [Candle(10_000, 110, 111, 108, 111, 7, 772, 6, 664, 3, 0)]


def test_five_minutes_where_candles_open_at_the_close_take_in_the_flat_minute() -> None:
    truth = build(opens_at_close=True, minute=9_999)
    truth.roll(10_001)
    trade(truth, (0, 110, 2, True))
    truth.roll(10_005)

    merged = truth.candles(0, 5, 10_000, 10_004)[0]
    assert (merged.open, merged.high, merged.low, merged.close) == (100, 110, 100, 110)


def test_a_merged_candle_of_which_the_beginning_is_forgotten_is_left_out() -> None:
    truth = build(minute=10_000)
    truth.roll(10_000 + MINUTES + 2)

    opened = [candle.minute for candle in truth.candles(0, 60, 0, 20_000)]
    known = truth.earliest(0)
    assert known == 10_003
    assert opened[0] == 10_020
    assert opened[-1] == 11_460


def test_weeks_open_on_monday() -> None:
    # 2025-11-17 00:00 UTC is a Monday: 29,389,440 minutes after the epoch.
    monday = 1_763_337_600 // 60
    truth = build(minute=monday - 10)
    truth.roll(monday + 60)

    assert [candle.minute for candle in truth.candles(0, 10_080, monday - 100, monday + 100)] == [monday]


def test_the_day_forgets_what_is_older_than_1440_minutes() -> None:
    truth = build()
    trade(truth, (0, 200, 9, True))
    truth.roll(10_001)
    trade(truth, (0, 90, 1, True))
    day = truth.day(0)
    assert (day.high, day.low, day.last, day.lots, day.value, day.trades) == (200, 90, 90, 10, 1890, 2)

    truth.roll(10_000 + 1440)

    day = truth.day(0)
    assert (day.first, day.high, day.low, day.lots, day.value, day.trades) == (90, 90, 90, 1, 90, 1)


def test_the_close_of_an_hour_ago_is_known_as_far_as_the_market_is() -> None:
    truth = build()
    trade(truth, (0, 120, 1, True))
    truth.roll(10_001)
    trade(truth, (0, 130, 1, True))
    assert truth.hour_ago(0) == 120

    truth.roll(10_061)

    assert truth.hour_ago(0) == 130


def test_a_slot_is_clean_for_its_next_market() -> None:
    truth = build()
    trade(truth, (0, 200, 9, True))
    truth.roll(10_005)
    truth.leave(0)
    truth.enter(0, market("CUSDT"), 7)

    assert "AUSDT" not in truth.slot_of
    assert truth.slot_of["CUSDT"] == 0
    assert truth.fills(0) == []
    assert truth.candle(0, 10_004) is None
    assert truth.day(0).lots == 0
    assert [market.symbol for _, market in truth.listed()] == ["CUSDT", "BUSDT"]


@pytest.mark.parametrize("minute", [9_999, 10_001])
def test_a_minute_outside_what_is_known_has_no_candle(minute: int) -> None:
    assert build().candle(0, minute) is None


def test_longer_candles_are_written_down_as_they_end() -> None:
    truth = build(minute=9_998)
    trade(truth, (0, 104, 1, True))
    truth.roll(10_000)
    trade(truth, (0, 99, 3, True))
    truth.roll(10_004)
    trade(truth, (0, 101, 1, True), (1, 51, 2, True))
    truth.roll(10_007)

    five = truth.longer[0]
    told = [(c.minute, c.open, c.high, c.low, c.close, c.lots, c.trades) for c in five.candles(0, 9_995, 10_004)]
    # The first began before anything was known; the second has trades of two of its minutes.
    assert told == [(9_995, 104, 104, 104, 104, 1, 1), (10_000, 99, 101, 99, 101, 4, 2)]
    assert [c.lots for c in five.candles(1, 10_000, 10_004)] == [2]


def test_minutes_from_before_the_start_are_written_down_too() -> None:
    truth = build(minute=10_000)
    truth.roll(10_020)
    truth.lived(10_003)

    assert [c.minute for c in truth.longer[0].candles(0, 10_000, 10_020)] == [10_000, 10_005, 10_010, 10_015]


def test_the_price_of_a_minute_is_that_of_the_nearest_known() -> None:
    truth = build()
    trade(truth, (0, 120, 1, True))
    truth.roll(10_002)
    trade(truth, (0, 130, 1, True))

    assert [truth.price_at(0, minute) for minute in (9_000, 10_000, 10_001, 10_002, 11_000)] == [
        120,
        120,
        120,
        130,
        130,
    ]
