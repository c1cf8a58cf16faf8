from tidemark.ingest.venues.base import Channel, Venue
from tidemark.ingest.venues.bybit.venue import VENUE


def test_the_parts_make_a_venue() -> None:
    venue: Venue = VENUE()

    (socket,) = venue.sockets(["BTCUSDT"], [Channel.TRADES])
    assert socket.url == "wss://stream.bybit.com/v5/public/linear"
    assert not venue.has_numbered_trades
    assert venue.heartbeat.message == b'{"req_id":"ping","op":"ping"}'
    assert venue.unsubscribe(["a"], 1) == b'{"req_id":"1","op":"unsubscribe","args":["a"]}'
