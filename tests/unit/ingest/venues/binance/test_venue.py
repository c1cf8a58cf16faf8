from tidemark.ingest.venues.base import Channel, Venue
from tidemark.ingest.venues.binance.venue import VENUE


def test_the_parts_make_a_venue() -> None:
    venue: Venue = VENUE()

    (socket,) = venue.sockets(["BTCUSDT"], [Channel.TRADES])
    assert socket.url == "wss://fstream.binance.com/market/stream"
    assert venue.has_numbered_trades
    assert venue.heartbeat.message is None
    assert venue.unsubscribe(["a"], 1) == b'{"method":"UNSUBSCRIBE","params":["a"],"id":1}'
