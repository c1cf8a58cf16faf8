import pytest
from tests.api_process import SYMBOL

from tidemark.api.monitor import Monitor
from tidemark.api.routes.book import ROUTES, Asked, OrderBook


def book(monitor: Monitor, symbol: str, levels: int = 20) -> OrderBook:
    told = ROUTES[0].give(monitor, Asked(symbol=symbol, levels=levels))
    assert isinstance(told, OrderBook)
    return told


def test_the_best_levels_come_first_with_what_follows_from_them(monitor: Monitor) -> None:
    told = book(monitor, SYMBOL)

    assert told.bids == [(100.4, 1.5), (100.3, 2.0)]
    assert told.asks == [(100.6, 0.5), (100.7, 4.0)]
    assert (told.mid, told.imbalance, told.is_synced) == (100.5, 0.5, True)
    assert told.spread_bps == pytest.approx(0.2 / 100.5 * 1e4)
    # Nearer to the side that is thinner: (100.4 * 0.5 + 100.6 * 1.5) / 2.
    assert told.microprice == pytest.approx(100.55)
    assert len(book(monitor, SYMBOL, 1).asks) == 1


def test_a_book_that_is_out_of_sync_has_no_figures(monitor: Monitor) -> None:
    told = book(monitor, "M08USDT")

    assert (told.is_synced, told.bids, told.asks, told.mid, told.age_s) == (False, [], [], None, None)
