from tests.api_process import SYMBOL

from tidemark.api.monitor import Monitor
from tidemark.api.routes.trades import ROUTES, Asked, NewestTrades


def test_the_newest_trades_come_oldest_first(monitor: Monitor) -> None:
    told = ROUTES[0].give(monitor, Asked(symbol=SYMBOL, limit=6))

    assert isinstance(told, NewestTrades)
    columns = told.columns
    assert columns.time_ms == sorted(columns.time_ms)
    # Two a second: a buy of 1 and a sale of 2, as they were fed.
    assert columns.size == [1.0, 2.0] * 3
    assert columns.is_buy == [True, False] * 3
