from types import ModuleType

import numpy as np
import pytest
from tests.build import MIDNIGHT
from tests.kernels_modes import load_pure

from tidemark.kernels import tickers as built
from tidemark.model.events import TickerUpdate


@pytest.mark.parametrize("mode", [built, load_pure("tickers")], ids=["built", "pure"])
def test_what_an_update_does_not_tell_stays_with_its_age(mode: ModuleType) -> None:
    values, received = np.full((2, 3), np.nan), np.zeros((2, 2), np.int64)
    due, ts_recv, is_polled = np.zeros(2, np.int64), np.zeros(2, np.int64), np.zeros(2, np.uint8)
    sheet = mode.Sheet(
        ("last", "bid", "ask"), np.array([0, 1, 1], np.int64), (values, received, due, ts_recv, is_polled)
    )

    sheet.update(1, TickerUpdate(ts_event=1, ts_recv=MIDNIGHT, symbol="X", last=7.0, bid=6.0, next_funding_at=99))
    sheet.update(1, TickerUpdate(ts_event=2, ts_recv=MIDNIGHT + 1, symbol="X", ask=8.0, is_polled=True))

    assert values[1].tolist() == [7.0, 6.0, 8.0]
    assert received[1].tolist() == [MIDNIGHT, MIDNIGHT + 1]
    assert (due[1], ts_recv[1], is_polled[1]) == (99, MIDNIGHT + 1, 1)
    assert np.isnan(values[0]).all()
    assert received[0].tolist() == [0, 0]
