from collections.abc import Callable

import pytest

from tidemark.sim.binance.rest import BinanceRest
from tidemark.sim.bybit.rest import BybitRest
from tidemark.sim.generator import Generator
from tidemark.sim.venue import Answer, Reply, Venue


@pytest.mark.parametrize("venue", ["bybit", "binance"])
def test_both_venues_offer_what_the_server_needs(make: Callable[..., Generator], venue: str) -> None:
    side: Venue = BybitRest(make(venue)) if venue == "bybit" else BinanceRest(make(venue))

    assert side.reply("/nosuch", {}, 0).status == 404
    assert side.weight("/nosuch", {}) == 1
    assert dict(side.headers(7, 100, 5))
    assert side.session().opened("/ws", {}) == Answer()
    assert dict(side.refusal("fault", 9, 0).headers)["Retry-After"] == "9"


def test_a_plain_reply_is_200_without_headers() -> None:
    assert Reply(b"{}") == Reply(b"{}", 200, ())
