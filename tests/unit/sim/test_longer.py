import numpy as np
import pytest

from tidemark.sim.longer import Candle, Longer, Rows


def rows(*minutes: tuple[int, int, int, int, int]) -> Rows:
    """Minutes of one slot: open, high, low, close and lots; a trade where there are lots, bought by half."""
    opened, high, low, close, lots = (np.array(column)[:, None] for column in zip(*minutes, strict=True))
    return Rows(opened, high, low, close, lots, lots * 10, lots // 2, lots * 5, (lots > 0).astype(np.int64))


def told(*, opens_at_close: bool) -> Candle:
    longer = Longer(1, 5, 4, opens_at_close=opens_at_close)
    longer.take(10, rows((9, 9, 9, 9, 0), (5, 8, 4, 6, 4), (6, 7, 2, 3, 2)))
    return next(longer.candles(0, 10, 14))


@pytest.mark.parametrize(("opens_at_close", "opened", "high"), [(True, 9, 9), (False, 5, 8)])
def test_a_candle_is_that_of_its_minutes(opens_at_close: bool, opened: int, high: int) -> None:
    assert told(opens_at_close=opens_at_close) == Candle(10, opened, high, 2, 3, 6, 60, 3, 30, 2, 0)


def test_only_the_newest_are_kept() -> None:
    longer = Longer(1, 5, 4, opens_at_close=True)
    for k in range(6):
        longer.take(k * 5, rows((k + 1, k + 1, k + 1, k + 1, 0)))

    assert longer.earliest() == 10
    assert [(c.minute, c.close) for c in longer.candles(0, 10, 100)] == [(10, 3), (15, 4), (20, 5), (25, 6)]
    assert [c.minute for c in longer.candles(0, 11, 20)] == [15, 20]


def test_minutes_without_a_trade_are_flat() -> None:
    longer = Longer(1, 5, 4, opens_at_close=False)
    longer.take(0, rows((7, 7, 7, 7, 0), (7, 7, 7, 7, 0)))

    assert next(longer.candles(0, 0, 0)) == Candle(0, 7, 7, 7, 7, 0, 0, 0, 0, 0, 0)
