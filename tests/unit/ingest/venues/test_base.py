from tidemark.ingest.venues.base import Channel, Socket, Topic


def test_a_socket_tells_the_symbols_of_a_channel() -> None:
    socket = Socket(
        "wss://x",
        (
            Topic("a", Channel.TRADES, "AUSDT"),
            Topic("b", Channel.KLINES, "AUSDT"),
            Topic("c", Channel.TRADES, "BUSDT"),
            Topic("d", Channel.TICKERS, ""),
        ),
    )

    assert socket.symbols(Channel.TRADES) == ("AUSDT", "BUSDT")
    assert socket.symbols(Channel.KLINES) == ("AUSDT",)
    assert socket.symbols(Channel.TICKERS) == ()
