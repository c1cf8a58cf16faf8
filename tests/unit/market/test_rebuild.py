import numpy as np
from tests.build import MIDNIGHT

from tidemark.market.level import BUCKET, LIVE, ROW, Level
from tidemark.market.rebuild import rebuild
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.units import MINUTE

FIRST = MIDNIGHT // MINUTE


def levels() -> list[Level]:
    return [Level(t, 1, 30, Ledger()) for t in (Timeframe.M1, Timeframe.M5, Timeframe.M15)]


def hold(level: Level, bucket: int, close: int, origin: Origin = Origin.TRADES) -> None:
    values = dict.fromkeys(("open", "high", "low", "close"), close) | {"volume": 1, "turnover": close, "bought": 1}
    row = {name: np.array([values.get(name, origin | 1 << 4)], t) for name, t in ROW.items()}
    level.put(np.array([0]), np.array([bucket]), row)


def scratch() -> np.ndarray:
    return np.zeros(30, np.uint8)


def test_closed_candles_and_the_open_one_of_every_longer_timeframe_follow() -> None:
    made = levels()
    for minute in range(12):
        hold(made[0], FIRST + minute, 100 + minute, Origin.REPAIRED if minute == 3 else Origin.TRADES)

    changes = rebuild(made, 0, 0, FIRST + 3, FIRST + 11, MIDNIGHT + 12 * MINUTE, scratch())

    assert [(level.timeframe, buckets.tolist()) for level, buckets in changes] == [
        (Timeframe.M5, [FIRST // 5, FIRST // 5 + 1])
    ]
    five, fifteen = made[1], made[2]
    assert [int(mark) & 7 for mark in five.ring.last(0, 2)["marks"]] == [Origin.REPAIRED, Origin.TRADES]
    assert five.ring.last(0, 2)["open"].tolist() == [100, 105]
    # The open 5 minutes hold minutes 10 and 11, the open 15 minutes the two closed fives, one of them repaired.
    assert five.state[0, (FIRST // 5 + 2) % LIVE, :6].tolist() == [FIRST // 5 + 2, 110, 111, 110, 111, 2]
    assert fifteen.state[0, (FIRST // 15) % LIVE, :6].tolist() == [FIRST // 15, 100, 109, 100, 109, 10]
    assert fifteen.state[0, (FIRST // 15) % LIVE, 10] == 2 | 8


def test_an_accumulator_that_waits_for_late_prints_follows_its_row() -> None:
    made = levels()
    for minute in range(5):
        hold(made[0], FIRST + minute, 100 + minute)
    made[1].state[0, (FIRST // 5) % LIVE, BUCKET] = FIRST // 5

    rebuild(made, 0, 0, FIRST, FIRST + 4, MIDNIGHT + 5 * MINUTE, scratch())

    assert made[1].state[0, (FIRST // 5) % LIVE, :6].tolist() == [FIRST // 5, 100, 104, 100, 104, 5]
    assert made[1].sums[0, (FIRST // 5) % LIVE].tolist() == [5.0, 510.0, 5.0]


def test_what_lies_before_a_longer_ring_is_left_alone() -> None:
    made = levels()
    for minute in range(5):
        hold(made[0], FIRST + minute, 100 + minute)

    changes = rebuild(made, 0, 0, FIRST, FIRST + 4, MIDNIGHT + 40 * 15 * MINUTE, scratch())

    assert changes == []
