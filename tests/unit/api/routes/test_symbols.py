from tests.api_process import SYMBOL

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Nothing
from tidemark.api.routes.symbols import ROUTES, Asked, MarketStanding, WatchedMarkets

ALL, ONE = ROUTES


def test_all_markets_are_listed_from_a_to_z(monitor: Monitor) -> None:
    told = ALL.give(monitor, Nothing())

    assert isinstance(told, WatchedMarkets)
    names = [one.symbol for one in told.symbols]
    assert (len(names), names) == (20, sorted(names))
    assert told.symbols[7].decimals == 1


def test_one_market_is_told_with_its_channels_and_its_candles(monitor: Monitor) -> None:
    told = ONE.give(monitor, Asked(symbol=SYMBOL))

    assert isinstance(told, MarketStanding)
    by_channel = {one.channel: one for one in told.channels}
    assert by_channel["trades"].age_s is not None
    assert by_channel["marks"].state == "waiting"
    held = {one.timeframe: one for one in told.candles}
    assert set(held) == {"10s", "1m", "5m", "1h"}
    assert held["10s"].held <= held["10s"].capacity == 360
    newest = monitor.engine.candles.newest(monitor.slot(SYMBOL), monitor.timeframe("1m"))
    assert newest is not None
    assert held["1m"].newest_ms == newest // 1_000_000
