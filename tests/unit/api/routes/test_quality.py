from tests.api_process import SYMBOL

from tidemark.api.monitor import Monitor
from tidemark.api.routes.base import Nothing
from tidemark.api.routes.quality import ROUTES, Quality


def test_every_market_is_told_with_the_channels_that_are_subscribed(monitor: Monitor) -> None:
    told = ROUTES[0].give(monitor, Nothing())

    assert isinstance(told, Quality)
    assert told.subscribed == ("trades", "tickers", "books")
    assert len(told.markets) == 20
    by_symbol = {market.symbol: market for market in told.markets}
    assert set(by_symbol[SYMBOL].channels) == set(told.subscribed)
    assert (by_symbol[SYMBOL].book_synced, by_symbol["M08USDT"].book_synced) == (True, False)
    assert list(by_symbol) == sorted(by_symbol)
