import numpy as np
import pytest
import talib
from tests.candles_of_prices import Candles, known, mirrored, values, walk

from tidemark.analysis.columns import Column
from tidemark.analysis.indicators.bank import Bank
from tidemark.memory.ledger import Ledger


def of(delta: list[float], volume: list[float], close: list[float]) -> dict[str, float]:
    """The values after the last candle."""
    candles: Candles = {"delta": np.array(delta), "volume": np.array(volume), "close": np.array(close)}
    return {name: float(column[-1]) for name, column in values(candles, "delta_lines").items()}


def test_where_aggressors_buy_all_the_line_rises_by_the_whole_volume() -> None:
    found = of([9.0] * 14, [9.0] * 14, [100.0 + 2.0 * n for n in range(14)])

    assert found == pytest.approx(
        {"delta_share": 1.0, "taker_buy_share": 1.0, "cumulative_delta_slope": 1.0, "close_slope": 2.0}
    )


def test_the_share_is_that_of_the_latest_five_candles() -> None:
    found = of([-8.0] * 9 + [4.0, -1.0, 2.0, 3.0, 0.0], [8.0] * 9 + [4.0, 3.0, 2.0, 3.0, 4.0], [1.0] * 14)

    # 4 - 1 + 2 + 3 + 0 of 4 + 3 + 2 + 3 + 4.
    assert found["delta_share"] == 0.5
    assert found["close_slope"] == 0.0


def test_the_longer_share_forgets_two_in_a_hundred_a_candle() -> None:
    found = of([0.0] * 12 + [5.0, -10.0], [0.0] * 12 + [10.0, 10.0], [1.0] * 14)

    # (5 x 0.98 - 10) / (10 x 0.98 + 10) is delta over volume.
    assert found["taker_buy_share"] == pytest.approx(0.5 + 0.5 * (4.9 - 10.0) / 19.8)


def test_one_candle_in_the_middle_is_a_step_of_the_line() -> None:
    # The line is 0 seven times, then 14 seven times: 14 x (0.5 + 1.5 + .. + 6.5) = 343 over 227.5, and over a mean
    # volume of 1.
    found = of([0.0] * 7 + [14.0] + [0.0] * 6, [1.0] * 14, [3.0] * 14)

    assert found["cumulative_delta_slope"] == pytest.approx(343.0 / 227.5)


@pytest.mark.parametrize("seed", range(3))
def test_the_slopes_are_those_of_ta_lib(seed: int) -> None:
    made = walk(400, seed)
    found = values(made, "delta_lines")

    slope = talib.LINEARREG_SLOPE(np.cumsum(made["delta"]), 14) / talib.SMA(made["volume"], 14)
    np.testing.assert_allclose(found["cumulative_delta_slope"], slope[13:], rtol=0, atol=1e-9)
    np.testing.assert_allclose(found["close_slope"], talib.LINEARREG_SLOPE(made["close"], 14)[13:], rtol=0, atol=1e-9)


def test_where_buyers_and_sellers_are_swapped_all_is_the_opposite() -> None:
    straight, other = (values(one, "delta_lines") for one in (walk(200), mirrored(walk(200))))

    for name in ("delta_share", "cumulative_delta_slope", "close_slope"):
        assert straight[name] == pytest.approx(-other[name], abs=1e-9)
    assert straight["taker_buy_share"] == pytest.approx(1.0 - other["taker_buy_share"], abs=1e-9)


def test_a_candle_that_does_not_tell_its_aggressors_is_passed_over() -> None:
    made = known(walk(40))
    told = np.arange(40) % 2 == 0
    made["delta"] = Column.of(np.where(told, made["delta"].values, 0.0), told)
    bank = Bank("test", series=1, ledger=Ledger(), names=["delta_lines"])
    share = bank.update(np.zeros(40, np.int32), made)["delta_share"]

    rest = values({name: column.values[told] for name, column in made.items()}, "delta_lines")["delta_share"]
    assert np.flatnonzero(share.is_known).tolist() == [26, 28, 30, 32, 34, 36, 38]
    assert share.values[share.is_known].tolist() == rest.tolist()


def test_nothing_traded_is_neutral() -> None:
    found = of([0.0] * 14, [0.0] * 14, [5.0] * 14)

    assert found == {"delta_share": 0.0, "taker_buy_share": 0.5, "cumulative_delta_slope": 0.0, "close_slope": 0.0}
