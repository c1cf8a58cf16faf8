import numpy as np
from tests.build import MIDNIGHT, T, candles, feed, until

from tidemark.market.level import CLOSE, LIVE, ROW, Level
from tidemark.memory.ledger import Ledger
from tidemark.model.timeframe import Timeframe
from tidemark.units import MINUTE, SECOND


def row(close: int, trades: int = 1) -> dict[str, np.ndarray]:
    values = {name: np.array([close if name in {"open", "high", "low", "close"} else 0], t) for name, t in ROW.items()}
    values["marks"][0] = 1 | trades << 4
    values["volume"][0] = trades / 2
    return values


def test_a_level_reserves_what_it_opens() -> None:
    ledger = Ledger()

    Level(Timeframe.M1, 3, 10, ledger)

    assert {line.owner: line.bytes_reserved for line in ledger.report() if line.owner != "transient"} == {
        reservation.owner: reservation.bytes for reservation in Level.reserve(Timeframe.M1, 3, 10)
    }
    assert sum(np.dtype(t).itemsize for t in ROW.values()) == 32


def test_rows_that_are_put_move_the_head_and_leave_holes_between() -> None:
    level = Level(Timeframe.M1, 2, 4, Ledger())
    slots = np.array([1])

    for bucket in (100, 103):
        level.put(slots, np.array([bucket]), row(bucket))

    assert level.ring.head.tolist() == [-1, 103]
    assert [int(mark) & 7 for mark in level.ring.last(1, 4)["marks"]] == [1, 0, 0, 1]


def test_a_row_that_the_ring_has_left_behind_is_not_put() -> None:
    level = Level(Timeframe.M1, 1, 4, Ledger())
    level.put(np.array([0]), np.array([100]), row(100))

    level.put(np.array([0]), np.array([96]), row(96))
    level.put(np.array([0]), np.array([97]), row(97))

    assert level.ring.head.tolist() == [100]
    assert [int(close) for close in level.ring.last(0, 4)["close"][[0, -1]]] == [97, 100]


def test_a_later_row_of_the_same_time_replaces_the_earlier_one() -> None:
    level = Level(Timeframe.M1, 1, 4, Ledger())

    level.put(np.array([0]), np.array([100]), row(5))
    level.put(np.array([0]), np.array([100]), row(6))

    assert level.ring.last(0, 1)["close"].tolist() == [6]


def test_an_open_candle_is_put_together_from_closed_children_and_marked_as_partial() -> None:
    child, parent = Level(Timeframe.M1, 1, 10, Ledger()), Level(Timeframe.M5, 1, 10, Ledger())
    for bucket, close in ((1000, 7), (1001, 9), (1002, 8)):
        child.put(np.array([0]), np.array([bucket]), row(close, trades=2))

    parent.resume(child, 1003)

    state = parent.state[0, 200 % LIVE]
    assert state.tolist() == [200, 7, 9, 7, 8, 6, 1000 * MINUTE, 0, 1003 * MINUTE - 1, 0, 1]


def test_the_open_candle_is_its_closed_and_its_open_parts() -> None:
    made = candles()
    feed(made, [T(1, 100.0, 1.0), T(65, 104.0, 2.0, is_buy=False), T(130, 90.0, 4.0)])
    until(made, 133)

    hour = made.provisional(0, Timeframe.H1)
    ten = made.provisional(0, Timeframe.S10)

    assert hour is not None
    assert (hour.open_time, hour.open, hour.high, hour.low, hour.close) == (MIDNIGHT, 100.0, 104.0, 90.0, 90.0)
    assert (hour.volume, hour.buy_volume, hour.trades, hour.turnover) == (7.0, 5.0, 3, 668.0)
    assert ten is not None
    assert (ten.open_time, ten.trades) == (MIDNIGHT + 130 * SECOND, 1)


def test_a_cleared_series_has_nothing() -> None:
    level = Level(Timeframe.M1, 1, 4, Ledger())
    level.put(np.array([0]), np.array([100]), row(5))
    level.state[0, 0, 0] = 100

    level.clear(0)

    assert level.ring.head.tolist() == [-1]
    assert level.state[0, :, 0].tolist() == [-1] * LIVE


def test_a_shed_level_keeps_the_rows_that_can_still_change_and_its_accumulators() -> None:
    level = Level(Timeframe.M1, 2, 30, Ledger())
    for bucket in range(100, 110):
        level.put(np.array([1]), np.array([bucket]), {name: np.array([bucket]) for name in ROW})
    level.state[1, 0, CLOSE] = 77

    level.shed(is_shed=True)
    assert (level.is_shed, level.ring.rows, level.columns[0].shape) == (True, 4, (2, 4))
    assert level.ring.last(1, 9)["open"].tolist() == [106, 107, 108, 109]

    level.shed(is_shed=False)
    assert (level.is_shed, level.ring.rows, level.columns[0].shape) == (False, 30, (2, 30))
    assert level.ring.last(1, 5)["open"].tolist() == [0, 106, 107, 108, 109]
    assert level.state[1, 0, CLOSE] == 77


def test_a_series_goes_in_as_its_rows_would_one_by_one() -> None:
    chosen = np.random.default_rng(3)
    for _ in range(50):
        one, other = (Level(Timeframe.M1, 3, 8, Ledger()) for _ in range(2))
        for _ in range(3):
            count = int(chosen.integers(0, 30))
            slots, buckets = chosen.integers(0, 3, count), chosen.integers(0, 25, count)
            rows = {name: chosen.integers(1, 1000, count).astype(dtype) for name, dtype in ROW.items()}
            for i in range(count):
                one.put(slots[i : i + 1], buckets[i : i + 1], {name: rows[name][i : i + 1] for name in ROW})

            other.put_series(slots, buckets, rows)

            assert one.ring.head.tolist() == other.ring.head.tolist()
            for slot in range(3):
                a, b = one.ring.last(slot, 8), other.ring.last(slot, 8)
                present = a["marks"] > 0
                assert a["marks"].tolist() == b["marks"].tolist()
                assert all(a[name][present].tolist() == b[name][present].tolist() for name in ROW)
