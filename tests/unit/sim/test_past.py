import itertools

import numpy as np

from tidemark.sim.past import write_past
from tidemark.sim.truth import MINUTES, Truth


def written(*, opens_at_close: bool, seed: int = 1) -> Truth:
    truth = Truth(3, 50_000, opens_at_close=opens_at_close)
    write_past(
        truth, np.random.default_rng(seed), np.array((20_000, 30_000, 500)), np.array((0.001, 0.002, 0.001)),
        np.array((0.0, 1.0, 1.0)), np.array((50.0, 0.7, 0.0)),
        np.array((3.0, 200.0, 1.0)),
    )  # fmt: skip
    return truth


def test_the_past_ends_where_the_live_market_begins() -> None:
    truth = written(opens_at_close=False)

    newest = truth.candle(0, 49_999)
    now = truth.candle(0, 50_000)
    assert newest is not None
    assert now is not None
    assert abs(newest.close / 20_000 - 1.0) < 0.01
    assert (now.open, now.close, now.lots) == (newest.close, newest.close, 0)
    assert truth.earliest(0) == 50_000 - MINUTES + 1


def test_every_candle_of_the_past_is_possible() -> None:
    truth = written(opens_at_close=False)

    for slot in range(3):
        candles = truth.candles(slot, 1, 0, 60_000)
        assert len(candles) == MINUTES
        for candle in candles:
            assert 1 <= candle.low <= min(candle.open, candle.close) <= max(candle.open, candle.close) <= candle.high
            assert candle.low * candle.lots <= candle.value <= candle.high * candle.lots
            assert 0 <= candle.buy_lots <= candle.lots
            assert (candle.trades == 0) == (candle.lots == 0)


def test_without_a_trade_the_past_is_flat() -> None:
    quiet = written(opens_at_close=False).candles(2, 1, 0, 60_000)

    assert len({candle.close for candle in quiet}) == 1
    assert sum(candle.lots for candle in quiet) == 0


def test_candles_open_at_the_close_before_where_the_venue_says_so() -> None:
    candles = written(opens_at_close=True).candles(0, 1, 0, 60_000)

    assert all(later.open == earlier.close for earlier, later in itertools.pairwise(candles))


def test_trade_numbers_run_on_through_the_past() -> None:
    truth = written(opens_at_close=False)
    candles = truth.candles(1, 1, 0, 60_000)

    for earlier, later in itertools.pairwise(candles):
        assert later.first_id == earlier.first_id + earlier.trades
    assert truth.numbers[1] == sum(candle.trades for candle in candles)
    assert truth.fills(1) == []


def test_the_same_seed_writes_the_same_past() -> None:
    one, other = written(opens_at_close=False, seed=4), written(opens_at_close=False, seed=4)

    assert np.array_equal(one.close, other.close)
    assert not np.array_equal(one.close, written(opens_at_close=False, seed=5).close)
