"""A power of the share of the volume."""

import pytest
from tests.brokers import Desk, free, instrument

from tidemark.backtest.broker.slippage import volume_share
from tidemark.backtest.broker.slippage.volume_share import Parameters


@pytest.mark.parametrize(
    ("quantity", "volume", "bps"),
    [(4.0, 100.0, 1 + 100 * 0.2), (25.0, 100.0, 1 + 100 * 0.5), (100.0, 100.0, 101.0), (100.0, 0.0, 101.0)],
)
def test_the_kernel_slips_by_what_the_formula_says(quantity: float, volume: float, bps: float) -> None:
    desk = Desk(free(slippage__use="volume_share"))
    desk.bar(100.0, 110.0, 90.0, 100.0)
    desk.order(1, quantity)
    desk.bar(100.0, 110.0, 90.0, 100.0, volume=volume)

    away = volume_share.distance(Parameters(), instrument(), 100.0, quantity, volume)
    assert away == pytest.approx(bps / 100)
    assert [fill.price for fill in desk.fills()] == [100.0 + away]


def test_it_has_a_most() -> None:
    desk = Desk(free(slippage__use="volume_share", slippage__volume_share__most="20"))
    desk.bar(100.0, 110.0, 90.0, 100.0)
    desk.order(1, 50.0)
    desk.bar(100.0, 110.0, 90.0, 100.0)

    assert volume_share.distance(Parameters(most=20.0), instrument(), 100.0, 50.0, 100.0) == 0.2
    assert [fill.price for fill in desk.fills()] == [100.2]
