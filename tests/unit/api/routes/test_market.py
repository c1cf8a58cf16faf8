from tidemark.api.monitor import Monitor
from tidemark.api.routes.market import ROUTES, Asked, WholeMarket


def test_every_market_has_its_regime_counted(monitor: Monitor) -> None:
    told = ROUTES[0].give(monitor, Asked(timeframe="1m"))

    assert isinstance(told, WholeMarket)
    assert sum(told.market.regimes.values()) == 20
    assert told.market.context is not None
    assert told.market.context.timeframe.value == "1m"
