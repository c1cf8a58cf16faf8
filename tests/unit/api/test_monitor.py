import pytest
from tests.api_process import SYMBOL, UNKNOWN

from tidemark.api.monitor import Monitor
from tidemark.errors import RequestError
from tidemark.model.timeframe import Timeframe


def test_a_market_is_found_by_its_name(monitor: Monitor) -> None:
    assert monitor.instrument(SYMBOL).symbol == SYMBOL
    with pytest.raises(RequestError, match=f"{UNKNOWN} is not watched") as refused:
        monitor.slot(UNKNOWN)
    assert refused.value.status == 404


def test_only_candles_that_are_kept_can_be_asked_for(monitor: Monitor) -> None:
    assert monitor.timeframe("5m") is Timeframe.M5
    with pytest.raises(RequestError, match="there are no 4h candles; there are: 10s, 1m, 5m, 1h"):
        monitor.timeframe("4h")


def test_the_figures_are_those_of_the_last_look(monitor: Monitor) -> None:
    assert monitor.figures is not None
    assert monitor.figures.trades > 0
    assert monitor.now_ms == monitor.now_ns // 1_000_000
