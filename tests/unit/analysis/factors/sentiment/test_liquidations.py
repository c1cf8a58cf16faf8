import numpy as np

from tidemark.analysis.factors.sentiment.liquidations import DOWN, UP, value


def test_liquidated_longs_are_forced_sells_and_speak_for_falling_prices() -> None:
    longs, shorts = np.array([300.0, 0.0, 50.0]), np.array([0.0, 300.0, 50.0])

    # 300 of 6000 is a twentieth.
    assert value(longs, shorts, np.full(3, 6000.0)).tolist() == [-0.05, 0.05, 0.0]
    assert "sell" in DOWN
    assert "buy" in UP


def test_a_market_that_trades_nothing_has_no_figure() -> None:
    with np.errstate(divide="ignore"):
        assert not np.isfinite(value(np.array([1.0]), np.array([0.0]), np.array([0.0]))).any()
