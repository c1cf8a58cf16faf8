import numpy as np
import pytest
from tests.backtests import BEGAN, Kept, account, candles

from tidemark.backtest.data.stream import joined
from tidemark.backtest.rules.asked import Trading
from tidemark.backtest.rules.desk import Desk
from tidemark.backtest.rules.trader import Trader
from tidemark.units import MINUTE


def test_each_time_is_met_by_all_its_candles_and_is_one_point_of_equity() -> None:
    made, kept = account("AUSDT", "BUSDT"), Kept()
    desk = Desk(made, Trader(made, ("AUSDT", "BUSDT"), (), Trading(), MINUTE), kept)
    bars = joined([candles([100.0, 110.0]), candles([50.0, 60.0], market=1)])
    order = np.argsort(bars.open_time, kind="stable")
    bars = type(bars)(**{name: getattr(bars, name)[order] for name in bars.__struct_fields__})

    desk.meet(bars, 0, 2)
    made.kernel.order(0, 1, 1.0)
    made.kernel.order(1, 1, 2.0)
    desk.meet(bars, 2, 4)
    desk.tell()

    assert kept.at == [BEGAN, BEGAN + MINUTE]
    assert kept.worth[0] == [10_000.0, 10_000.0, 0.0]
    # 10 were won with the first and 20 with the second.
    assert kept.worth[1] == pytest.approx([10_030.0, 10_000.0, 110.0 + 120.0])
    assert kept.all == []


def test_at_the_end_all_is_closed_and_the_last_point_is_what_is_left() -> None:
    made, kept = account("AUSDT"), Kept()
    desk = Desk(made, Trader(made, ("AUSDT",), (), Trading(), MINUTE), kept)
    bars = candles([100.0, 110.0])
    desk.meet(bars, 0, 1)
    made.kernel.order(0, 1, 1.0)
    desk.meet(bars, 1, 2)

    desk.finish()
    desk.finish()

    assert [trip.profit for trip in kept.all] == pytest.approx([10.0])
    assert kept.worth[-1] == pytest.approx([10_010.0, 10_010.0, 0.0])
    assert len(kept.at) == 2
