import numpy as np

from tidemark.sim.trades import Trades


def kept(count: int, room: int = 10) -> Trades:
    """Trades 0, 1, ... of slot 1, two to an aggregate trade, an aggregate trade every 100 ms from 1,000 on."""
    numbers, since = np.array([0, count]), np.zeros(2, np.int64)
    trades = Trades(np.array([5, room]), numbers, since)
    begins, _, time_ms, ticks, lots, is_buy, order = trades.rings()
    for number in range(count):
        place = begins[1] + number % room
        time_ms[place], order[place] = number // 2 * 100 + 1000, number // 2
        ticks[place], lots[place], is_buy[place] = number + 50, number + 1, number % 2 == 0
    return trades


def told(trades: Trades, limit: int = 100, **asked: int) -> list[int]:
    return [fill.number for fill in trades.aggregated(1, limit, **asked)]


def test_the_newest_trades_are_remembered() -> None:
    trades = kept(14)

    assert trades.remembered(1) == range(4, 14)
    assert trades.remembered(0) == range(0)
    fills = trades.fills(1, range(12, 14))
    assert [(f.number, f.time_ms, f.ticks, f.lots, f.is_buy, f.order) for f in fills] == [
        (12, 1600, 62, 13, True, 6), (13, 1600, 63, 14, False, 6),
    ]  # fmt: skip


def test_the_newest_aggregate_trades_come_when_no_range_is_named() -> None:
    assert told(kept(8), 2) == [4, 5, 6, 7]
    assert told(kept(8)) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert told(kept(0)) == []


def test_from_an_id_on_the_oldest_come_first() -> None:
    assert told(kept(8), 2, order=1) == [2, 3, 4, 5]
    assert told(kept(8), 2, order=9) == []


def test_within_times_both_ends_count() -> None:
    assert told(kept(8), start_ms=1100, end_ms=1200) == [2, 3, 4, 5]
    assert told(kept(8), 1, start_ms=1100, end_ms=1200) == [2, 3]
    assert told(kept(8), 1, end_ms=1200) == [4, 5]
    assert told(kept(8), start_ms=1101, end_ms=1199) == []


def test_an_aggregate_trade_of_which_the_beginning_is_forgotten_is_left_out() -> None:
    # 15 trades in a room of 10: number 5 is the oldest, the second half of aggregate trade 2.
    assert told(kept(15)) == list(range(6, 15))
    assert told(kept(15), 1, order=0) == [6, 7]
