"""A candle fills a share of its volume."""

import pytest
from tests.brokers import Desk, free

from tidemark.backtest.broker.filling import volume_share
from tidemark.backtest.broker.filling.volume_share import Parameters


@pytest.mark.parametrize("volume", [0.0, 7.0, 100.0])
def test_the_kernel_fills_as_much_as_the_formula_says(volume: float) -> None:
    desk = Desk(free(filling__use="volume_share", filling__volume_share__share="0.25"))
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(1, 20.0)
    desk.bar(100.0, 101.0, 99.0, 100.0, volume=volume)

    assert desk.held == min(20.0, volume_share.most(Parameters(share=0.25), volume))
