"""Half of a spread that is never narrower than its ticks."""

import pytest
from tests.brokers import Desk, free, instrument

from tidemark.backtest.broker.slippage import spread


@pytest.mark.parametrize(("bps", "ticks", "away"), [(40.0, 0.0, 0.2), (40.0, 3.0, 0.75), (2.0, 1.0, 0.25)])
def test_the_kernel_slips_by_what_the_formula_says(bps: float, ticks: float, away: float) -> None:
    given = {"slippage__use": "spread", "slippage__spread__bps": str(bps), "slippage__spread__least_ticks": str(ticks)}
    desk = Desk(free(**given))
    desk.bar(100.0, 101.0, 99.0, 100.0)
    desk.order(1, 2.0)
    desk.bar(100.0, 101.0, 99.0, 100.0)

    parameters = spread.Parameters(bps=bps, least_ticks=ticks)
    assert spread.distance(parameters, instrument(tick=0.5), 100.0, 2.0, 100.0) == pytest.approx(away)
    assert [fill.price for fill in desk.fills()] == pytest.approx([100.0 + away])
