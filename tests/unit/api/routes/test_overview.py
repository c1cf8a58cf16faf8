import numpy as np
import pytest

from tidemark.api.monitor import Monitor
from tidemark.api.push.figures import NAMES
from tidemark.api.routes.base import Nothing
from tidemark.api.routes.overview import ROUTES, Ends, Overview


def overview(monitor: Monitor) -> Overview:
    told = ROUTES[0].give(monitor, Nothing())
    assert isinstance(told, Overview)
    return told


def test_every_market_is_in_one_state_and_the_sums_are_those_of_the_columns(monitor: Monitor) -> None:
    told = overview(monitor).totals

    assert told.live + told.stale + told.gap + told.polled + told.waiting == told.markets == 20
    assert told.scored == 20
    assert monitor.market is not None
    turnover = monitor.market.now(monitor.now_ns)[NAMES.index("turnover_24h")]
    assert told.turnover_24h == pytest.approx(np.nansum(turnover))


def test_the_ends_of_a_list_are_in_order_and_leave_out_what_is_not_known(monitor: Monitor) -> None:
    movers = overview(monitor).movers

    # It has lived for less than an hour.
    assert movers.funding == movers.change_1h == Ends(highest=(), lowest=())
    up, down = ([one.value for one in side] for side in (movers.score.highest, movers.score.lowest))
    assert (up, down) == (sorted(up, reverse=True), sorted(down))
    assert len(up) == 10
    assert up[0] >= down[0]
